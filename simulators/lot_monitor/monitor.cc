#include "simulators/lot_monitor/monitor.h"

#include <chrono>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "simulators/lot_monitor/lease_keeper.h"
#include "simulators/lot_monitor/profile.h"

namespace egi::lot_monitor {
namespace {

constexpr std::chrono::seconds kCallDeadline(10);
constexpr int kLotsAtOnce = 10;
constexpr size_t kLongestReason = 500;  // inspection.proto

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

void SetDeadline(grpc::ClientContext* context) { context->set_deadline(std::chrono::system_clock::now() + kCallDeadline); }

}  // namespace

Monitor::Monitor(MonitorOptions options, std::shared_ptr<quality::v1::InspectionService::StubInterface> queue, Inspect inspect)
    : options_(std::move(options)), queue_(std::move(queue)), inspect_(std::move(inspect)) {}

absl::StatusOr<int> Monitor::RunOnce() {
  grpc::ClientContext context;
  SetDeadline(&context);
  quality::v1::ListPendingLotsRequest request;
  request.set_status("claimable");
  request.set_limit(kLotsAtOnce);
  quality::v1::ListPendingLotsResponse response;
  if (const grpc::Status status = queue_->ListPendingLots(&context, request, &response); !status.ok()) return FromGrpc(status);
  int completed = 0;
  for (const quality::v1::PendingLot& lot : response.lots()) {
    if (options_.stopping && options_.stopping()) break;
    completed += InspectLot(lot.code_lot()) ? 1 : 0;
  }
  return completed;
}

absl::StatusOr<quality::v1::ClaimLotResponse> Monitor::Claim(const std::string& code_lot) {
  quality::v1::ClaimLotRequest claim;
  claim.set_code_lot(code_lot);
  claim.set_owner(options_.owner);
  claim.set_lease_seconds(options_.lease_seconds);
  quality::v1::ClaimLotResponse claimed;
  grpc::ClientContext context;
  SetDeadline(&context);
  if (const grpc::Status status = queue_->ClaimLot(&context, claim, &claimed); !status.ok()) return FromGrpc(status);
  return claimed;
}

bool Monitor::InspectLot(const std::string& code_lot) {
  const absl::StatusOr<quality::v1::ClaimLotResponse> claimed = Claim(code_lot);
  if (!claimed.ok()) {
    if (!absl::IsAborted(claimed.status())) {
      fprintf(stderr, "lot-monitor: %s not claimed: %s\n", code_lot.c_str(), std::string(claimed.status().message()).c_str());
    }
    return false;
  }
  const std::string profile = ChooseProfile(claimed->lot());
  const int samples = options_.sampling.Of(claimed->lot());
  printf("%s: %s, %d samples\n", code_lot.c_str(), profile.c_str(), samples);
  fflush(stdout);
  const absl::Duration every = options_.renew_every > absl::ZeroDuration() ? options_.renew_every : absl::Seconds(options_.lease_seconds) / 3.0;
  LeaseKeeper keeper(queue_, code_lot, claimed->lease_token(), options_.lease_seconds, every);
  const absl::StatusOr<int> stored = inspect_(claimed->lot(), profile, samples);
  if (!keeper.Stop()) {
    fprintf(stderr, "lot-monitor: %s: the lease was lost to somebody else\n", code_lot.c_str());
    return false;
  }
  return Report(*claimed, stored, samples);
}

bool Monitor::Report(const quality::v1::ClaimLotResponse& claimed, const absl::StatusOr<int>& stored, int samples) {
  const std::string& code_lot = claimed.lot().code_lot();
  grpc::ClientContext context;
  SetDeadline(&context);
  quality::v1::PendingLot lot;
  grpc::Status reported;
  const bool good = stored.ok() && *stored == samples;
  if (good) {
    quality::v1::CompleteLotRequest complete;
    complete.set_code_lot(code_lot);
    complete.set_lease_token(claimed.lease_token());
    complete.set_samples(*stored);
    reported = queue_->CompleteLot(&context, complete, &lot);
  } else {
    const std::string reason = stored.ok() ? absl::StrCat(*stored, " of ", samples, " samples stored") : stored.status().ToString();
    fprintf(stderr, "lot-monitor: %s given back: %s\n", code_lot.c_str(), reason.c_str());
    quality::v1::FailLotRequest fail;
    fail.set_code_lot(code_lot);
    fail.set_lease_token(claimed.lease_token());
    fail.set_reason(reason.substr(0, kLongestReason));
    reported = queue_->FailLot(&context, fail, &lot);
  }
  if (!reported.ok()) fprintf(stderr, "lot-monitor: %s: outcome not accepted: %s\n", code_lot.c_str(), reported.error_message().c_str());
  return good && reported.ok();
}

}  // namespace egi::lot_monitor
