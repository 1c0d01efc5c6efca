#include "server/ingest/sample_lane.h"

#include <utility>

#include "server/analyse/judge.h"
#include "server/base/rich_status.h"
#include "server/base/storable_text.h"
#include "server/ingest/decode.h"
#include "server/validate/validate.h"

namespace egi::ingest {

SampleLane::SampleLane(persist::SampleSink* sink, telemetry::Metrics* metrics, OnHeartbeat on_heartbeat)
    : sink_(sink), metrics_(metrics), on_heartbeat_(std::move(on_heartbeat)) {}

void SampleLane::Prepare(persist::SampleWrite* write) const {
  if (write->rejection.has_value()) return;
  validate::NormaliseSample(&write->sample);
  std::vector<FieldViolation> violations;
  for (auto& violation : validate::ValidateSample(write->sample, write->received)) {
    violations.emplace_back(std::move(violation.field), std::move(violation.description));
  }
  if (!violations.empty()) {
    write->rejection = ToRpcStatus(InvalidFields(violations));
    return;
  }
  write->verdict = analyse::JudgeSample(write->sample, write->received);
  if (write->verdict.score_disagrees) metrics_->CountScoreDisagreement();
}

void SampleLane::Submit(const persist::Producer& producer, int64_t first_sequence, std::vector<std::string> items,
                        absl::Time received, persist::Done done) {
  std::vector<persist::SampleWrite> group(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    persist::SampleWrite& write = group[i];
    write.producer = producer;
    write.sequence = first_sequence + static_cast<int64_t>(i);
    write.received = received;
    if (const absl::Status status = DecodeSample(items[i], &write.sample); !status.ok()) write.rejection = ToRpcStatus(status);
    Prepare(&write);
  }
  sink_->Submit(std::move(group), std::move(done));
}

void SampleLane::SubmitOne(const persist::Producer& producer, const quality::v1::Sample& sample, absl::Time received,
                           persist::Done done) {
  std::vector<persist::SampleWrite> group(1);
  group[0].producer = producer;
  group[0].received = received;
  group[0].sample = sample;
  Prepare(&group[0]);
  sink_->Submit(std::move(group), std::move(done));
}

absl::Status SampleLane::Heartbeat(const std::string& bytes, absl::Time received) {
  quality::v1::DeviceHeartbeat heartbeat;
  if (!heartbeat.ParseFromString(bytes)) {
    return InvalidFields({{"heartbeat", "cannot be read: truncated or text that is not UTF-8"}});
  }
  if (heartbeat.device_id().empty() || heartbeat.device_id().size() > 100 || !IsStorableText(heartbeat.device_id())) {
    return InvalidFields({{"heartbeat.device_id", "must have 1 to 100 characters, none of them NUL"}});
  }
  on_heartbeat_(heartbeat, received);
  return absl::OkStatus();
}

}  // namespace egi::ingest
