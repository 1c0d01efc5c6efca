#include "simulators/lot_monitor/inspector.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "clients/cpp/channel.h"
#include "clients/cpp/producer.h"
#include "egi/feeding/v1/lot.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "simulators/lot_monitor/subject.h"
#include "simulators/station/inspection.h"

namespace egi::lot_monitor {
namespace {

absl::Time SlaughterTime(const quality::v1::PendingLot& lot) {
  return absl::FromUnixSeconds(lot.date_abattage().seconds()) + absl::Nanoseconds(lot.date_abattage().nanos());
}

}  // namespace

absl::StatusOr<Inspector> Inspector::Create(Options options) {
  absl::StatusOr<station::ProfileBook> profiles = station::ProfileBook::BuiltIn();
  if (!profiles.ok()) return profiles.status();
  return Inspector(std::move(options), *std::move(profiles));
}

absl::StatusOr<feeding::v1::Lot> Inspector::ReadLot(const std::string& code_lot) const {
  const auto lots = feeding::v1::LotService::NewStub(client::MakeChannel(options_.server));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  feeding::v1::GetLotRequest request;
  request.set_lot(code_lot);
  feeding::v1::Lot lot;
  if (const grpc::Status status = lots->GetLot(&context, request, &lot); !status.ok()) return client::FromGrpcStatus(status);
  return lot;
}

absl::StatusOr<int> Inspector::Inspect(const quality::v1::PendingLot& lot, const std::string& profile_name, int samples) {
  const absl::StatusOr<station::Profile> profile = profiles_.Find(profile_name);
  if (!profile.ok()) return profile.status();
  const absl::StatusOr<feeding::v1::Lot> fed = ReadLot(lot.code_lot());
  if (!fed.ok()) return fed.status();

  std::atomic<int> refused = 0;
  client::SampleProducer::Options options;
  options.server = options_.server;
  options.producer_id = absl::StrCat(options_.owner, "/", lot.code_lot());
  options.when_full = client::WhenFull::kBlock;
  options.ephemeral = true;
  client::SampleProducer::Callbacks callbacks;
  callbacks.on_rejected = [&refused](int64_t, const quality::v1::Sample& sample, const absl::Status& why) {
    if (absl::IsAlreadyExists(why)) return;
    fprintf(stderr, "lot-monitor: %s refused: %s\n", sample.sample_id().c_str(), why.ToString().c_str());
    ++refused;
  };
  absl::StatusOr<std::unique_ptr<client::SampleProducer>> producer = client::SampleProducer::Create(options, std::move(callbacks));
  if (!producer.ok()) return producer.status();
  for (const quality::v1::Sample& sample : station::InspectLot(SubjectOf(*fed), *profile, samples, options_.seed, SlaughterTime(lot))) {
    if (absl::StatusOr<int64_t> sent = (*producer)->Send(sample); !sent.ok()) return sent.status();
  }
  if (const absl::Status closed = (*producer)->Close(options_.send_timeout); !closed.ok()) return closed;
  return samples - refused;
}

}  // namespace egi::lot_monitor
