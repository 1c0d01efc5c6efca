// lot-monitor: watches the queue of finished lots and has a station measure livers of each.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "clients/cpp/channel.h"
#include "clients/cpp/producer.h"
#include "egi/feeding/v1/lot.grpc.pb.h"
#include "egi/quality/v1/inspection.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "simulators/lot_monitor/monitor.h"
#include "simulators/lot_monitor/subject.h"
#include "simulators/program/program.h"
#include "simulators/station/inspection.h"
#include "simulators/station/profile_loader.h"

ABSL_FLAG(std::string, server, "127.0.0.1:50051", "HOST:PORT of the server");
ABSL_FLAG(double, polling_interval, 60, "seconds between two looks at the queue, 0.1 to 3600");
ABSL_FLAG(int, samples_per_lot, 5, "livers measured per lot, 1 to 1000");
ABSL_FLAG(uint64_t, seed, 1, "seed of the livers; a lot measured twice gives the same samples");
ABSL_FLAG(std::string, owner, "", "name of this inspector in the leases; default: lot-monitor-HOST-PID");
ABSL_FLAG(int, lease_seconds, 60, "how long a lot is reserved for one inspection, 5 to 3600");
ABSL_FLAG(bool, once, false, "inspect what is waiting now, then end");

namespace egi::lot_monitor {
namespace {

absl::Status CheckFlags() {
  std::string bad;
  const double interval = absl::GetFlag(FLAGS_polling_interval);
  if (!(interval >= 0.1 && interval <= 3600)) absl::StrAppend(&bad, "--polling-interval is ", interval, "; give 0.1 to 3600 seconds. ");
  const int samples = absl::GetFlag(FLAGS_samples_per_lot);
  if (samples < 1 || samples > 1000) absl::StrAppend(&bad, "--samples-per-lot is ", samples, "; give 1 to 1000. ");
  const int lease = absl::GetFlag(FLAGS_lease_seconds);
  if (lease < 5 || lease > 3600) absl::StrAppend(&bad, "--lease-seconds is ", lease, "; give 5 to 3600. ");
  return bad.empty() ? absl::OkStatus() : absl::InvalidArgumentError(bad);
}

std::string Owner() {
  if (const std::string owner = absl::GetFlag(FLAGS_owner); !owner.empty()) return owner;
  char host[65] = "";
  gethostname(host, sizeof(host) - 1);
  return absl::StrCat("lot-monitor-", host, "-", getpid());
}

absl::Time SlaughterTime(const quality::v1::PendingLot& lot) {
  return absl::FromUnixSeconds(lot.date_abattage().seconds()) + absl::Nanoseconds(lot.date_abattage().nanos());
}

// What feeding knows of a lot.
absl::StatusOr<feeding::v1::Lot> ReadLot(const std::string& code_lot) {
  const auto lots = feeding::v1::LotService::NewStub(client::MakeChannel(absl::GetFlag(FLAGS_server)));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  feeding::v1::GetLotRequest request;
  request.set_lot(code_lot);
  feeding::v1::Lot lot;
  if (const grpc::Status status = lots->GetLot(&context, request, &lot); !status.ok()) return client::FromGrpcStatus(status);
  return lot;
}

// Measures livers of a lot and streams them to the server; returns how many are stored.
absl::StatusOr<int> InspectAndSend(const std::string& owner, const quality::v1::PendingLot& lot, const std::string& profile_name, int samples) {
  absl::StatusOr<station::ProfileBook> profiles = station::ProfileBook::BuiltIn();
  if (!profiles.ok()) return profiles.status();
  absl::StatusOr<station::Profile> profile = profiles->Find(profile_name);
  if (!profile.ok()) return profile.status();

  const absl::StatusOr<feeding::v1::Lot> fed = ReadLot(lot.code_lot());
  if (!fed.ok()) return fed.status();

  std::atomic<int> refused = 0;
  client::SampleProducer::Options options;
  options.server = absl::GetFlag(FLAGS_server);
  options.producer_id = absl::StrCat(owner, "/", lot.code_lot());
  options.when_full = client::WhenFull::kBlock;
  options.ephemeral = true;
  client::SampleProducer::Callbacks callbacks;
  callbacks.on_rejected = [&refused](int64_t, const quality::v1::Sample& sample, const absl::Status& why) {
    fprintf(stderr, "lot-monitor: %s refused: %s\n", sample.sample_id().c_str(), why.ToString().c_str());
    ++refused;
  };
  absl::StatusOr<std::unique_ptr<client::SampleProducer>> producer = client::SampleProducer::Create(options, std::move(callbacks));
  if (!producer.ok()) return producer.status();

  for (const quality::v1::Sample& sample : station::InspectLot(SubjectOf(*fed), *profile, samples, absl::GetFlag(FLAGS_seed), SlaughterTime(lot))) {
    if (absl::StatusOr<int64_t> sent = (*producer)->Send(sample); !sent.ok()) return sent.status();
  }
  // Half of the lease, so that the outcome can still be reported under it.
  const absl::Status closed = (*producer)->Close(absl::Seconds(absl::GetFlag(FLAGS_lease_seconds)) / 2);
  if (!closed.ok()) return closed;
  return samples - refused;
}

}  // namespace

absl::Status Run(program::StopSignal& stop) {
  if (absl::Status status = CheckFlags(); !status.ok()) return status;
  const std::string owner = Owner();
  const std::shared_ptr<quality::v1::InspectionService::StubInterface> queue =
      quality::v1::InspectionService::NewStub(grpc::CreateChannel(absl::GetFlag(FLAGS_server), grpc::InsecureChannelCredentials()));
  Monitor monitor({.owner = owner, .samples_per_lot = absl::GetFlag(FLAGS_samples_per_lot), .lease_seconds = absl::GetFlag(FLAGS_lease_seconds)}, queue,
                  [&owner](const quality::v1::PendingLot& lot, const std::string& profile, int samples) { return InspectAndSend(owner, lot, profile, samples); });
  do {
    const absl::StatusOr<int> completed = monitor.RunOnce();
    if (!completed.ok()) {
      if (absl::GetFlag(FLAGS_once) || !absl::IsUnavailable(completed.status())) return completed.status();
      fprintf(stderr, "lot-monitor: waiting for the server at %s: %s\n", absl::GetFlag(FLAGS_server).c_str(), std::string(completed.status().message()).c_str());
    }
  } while (!absl::GetFlag(FLAGS_once) && !stop.WaitFor(absl::Seconds(absl::GetFlag(FLAGS_polling_interval))));
  return absl::OkStatus();
}

}  // namespace egi::lot_monitor

int main(int argc, char** argv) {
  return egi::program::Main("lot-monitor", "Inspects finished lots: claims them, measures livers, reports. --help lists the options.", argc, argv, egi::lot_monitor::Run);
}
