#include "server/ingest/sample_lane.h"

#include <utility>

#include "server/analyse/judge.h"
#include "server/base/rich_status.h"
#include "server/base/storable_text.h"
#include "server/ingest/decode.h"
#include "server/validate/validate.h"

namespace egi::ingest {
namespace {

constexpr size_t kMaxAnswer = 200;  // bytes of a station's answer that are kept, command.proto

constexpr char kBadDeviceId[] = "must have 1 to 100 characters, none of them NUL";
bool IsDeviceId(const std::string& id) { return !id.empty() && id.size() <= 100 && IsStorableText(id); }

}  // namespace

SampleLane::SampleLane(persist::SampleSink* sink, telemetry::Metrics* metrics, OnHeartbeat on_heartbeat, OnCommandResult on_command_result,
                       const gauge::GradingGate* gate, SampleJudge judge)
    : sink_(sink),
      metrics_(metrics),
      on_heartbeat_(std::move(on_heartbeat)),
      on_command_result_(std::move(on_command_result)),
      gate_(gate),
      judge_(std::move(judge)) {}

const analyse::AnalysisProfile* SampleLane::ProfileOf(const quality::v1::Sample& sample) const {
  if (judge_.book == nullptr) return nullptr;
  const std::string name =
      judge_.devices == nullptr ? sample.config_profile() : judge_.devices->Of(sample.device_id(), sample.config_profile());
  if (name.empty()) return nullptr;  // never the default profile: that would be a guess
  bool known = false;
  const analyse::AnalysisProfile& profile = judge_.book->FindOrDefault(name, &known);
  return known ? &profile : nullptr;
}

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
  if (const absl::Status refused = gauge::CheckMayGrade(*gate_->View(), write->sample.device_id(), write->received); !refused.ok()) {
    write->rejection = ToRpcStatus(refused);
    return;
  }
  const analyse::AnalysisProfile* const profile = ProfileOf(write->sample);
  if (profile == nullptr && !write->sample.has_tof_analysis() && !write->sample.has_spectral_analysis()) {
    write->rejection = ToRpcStatus(InvalidFields(
        {{"config_profile", "names no profile the server knows, and without one a sample must bring an analysis; name a profile (station "
                            "--list-profiles prints them) or send tof_analysis and spectral_analysis"}}));
    return;
  }
  write->verdict = analyse::JudgeSample(write->sample, write->received, profile == nullptr ? judge_.rules : profile->rules, profile);
  metrics_->CountComparison(write->verdict.comparison);
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

absl::StatusOr<std::string> SampleLane::Heartbeat(const std::string& bytes, absl::Time received) {
  quality::v1::DeviceHeartbeat heartbeat;
  if (!heartbeat.ParseFromString(bytes)) {
    return InvalidFields({{"heartbeat", "cannot be read: truncated or text that is not UTF-8"}});
  }
  if (!IsDeviceId(heartbeat.device_id())) {
    return InvalidFields({{"heartbeat.device_id", kBadDeviceId}});
  }
  on_heartbeat_(heartbeat, received);
  return heartbeat.device_id();
}

absl::Status SampleLane::CommandResult(const std::string& bytes, absl::Time received) {
  quality::v1::CommandResult result;
  if (!result.ParseFromString(bytes)) {
    return InvalidFields({{"command_result", "cannot be read: truncated or text that is not UTF-8"}});
  }
  std::vector<FieldViolation> violations;
  if (!IsDeviceId(result.device_id())) violations.emplace_back("command_result.device_id", kBadDeviceId);
  if (result.command_id() < 1) violations.emplace_back("command_result.command_id", "must be the id of a command, at least 1");
  if (result.outcome() == quality::v1::COMMAND_OUTCOME_UNSPECIFIED || !quality::v1::CommandOutcome_IsValid(result.outcome())) {
    violations.emplace_back("command_result.outcome", "must be applied, refused, in progress or rolled back");
  }
  if (!violations.empty()) return InvalidFields(violations);
  result.set_message(ToStorableText(result.message(), kMaxAnswer));
  on_command_result_(result, received);
  return absl::OkStatus();
}

}  // namespace egi::ingest
