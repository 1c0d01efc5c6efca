// The way of a sensor sample from bytes to the batcher.
#ifndef EGI_SERVER_INGEST_SAMPLE_LANE_H_
#define EGI_SERVER_INGEST_SAMPLE_LANE_H_

#include <functional>
#include <string>
#include <vector>

#include "egi/quality/v1/ingest.pb.h"
#include "egi/quality/v1/sample.pb.h"
#include "server/analyse/profile_book.h"
#include "server/gauge/gate.h"
#include "server/ingest/device_profiles.h"
#include "server/ingest/lane.h"
#include "server/telemetry/metrics.h"

namespace egi::ingest {

// Told of each valid sign of life. Must not block.
using OnHeartbeat = std::function<void(const quality::v1::DeviceHeartbeat& heartbeat, absl::Time received)>;

// Told of each readable answer of a station. Must not block.
using OnCommandResult = std::function<void(const quality::v1::CommandResult& result, absl::Time received)>;

// How samples are judged: by the rules of their profile.
struct SampleJudge {
  analyse::SampleRules rules;                   // of samples without known profile
  const analyse::AnalysisBook* book = nullptr;  // null: no profile is known, nothing is computed
  DeviceProfiles* devices = nullptr;            // null: only the samples say
};

// Decode → normalise → validate → judge → submit. Thread-safe.
class SampleLane final : public Lane {
 public:
  // All outlive the lane, also what `judge` points to. Samples of stations that `gate` does not let grade are refused.
  SampleLane(persist::SampleSink* sink, telemetry::Metrics* metrics, OnHeartbeat on_heartbeat, OnCommandResult on_command_result,
             const gauge::GradingGate* gate, SampleJudge judge);

  const std::string& kind() const override { return kind_; }
  void Submit(const persist::Producer& producer, int64_t first_sequence, std::vector<std::string> items, absl::Time received,
              persist::Done done) override;
  absl::StatusOr<std::string> Heartbeat(const std::string& bytes, absl::Time received) override;
  absl::Status CommandResult(const std::string& bytes, absl::Time received) override;

  // The same way for a sample that came by a unary call.
  void SubmitOne(const persist::Producer& producer, const quality::v1::Sample& sample, absl::Time received, persist::Done done);

 private:
  // The profile by which a sample is measured again; null = unknown.
  const analyse::AnalysisProfile* ProfileOf(const quality::v1::Sample& sample) const;

  // Applies the rules to write->sample, unless it is refused already.
  void Prepare(persist::SampleWrite* write) const;

  const std::string kind_ = "sample";
  persist::SampleSink* const sink_;
  telemetry::Metrics* const metrics_;
  const OnHeartbeat on_heartbeat_;
  const OnCommandResult on_command_result_;
  const gauge::GradingGate* const gate_;
  const SampleJudge judge_;
};

}  // namespace egi::ingest

#endif  // EGI_SERVER_INGEST_SAMPLE_LANE_H_
