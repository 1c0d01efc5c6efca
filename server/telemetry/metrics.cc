#include "server/telemetry/metrics.h"

#include <cstring>

namespace egi::telemetry {
namespace {

// Seconds. The budgets speak of 1 ms to 50 ms; an outage shows in the last ones.
const prometheus::Histogram::BucketBoundaries kLatencyBuckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                                 0.05,   0.1,   0.25,   0.5,   1,    5};

constexpr std::array<const char*, 4> kComparisons = {"agrees", "disagrees", "not_declared", "unknown_profile"};

template <typename Builder>
auto& Register(Builder builder, const char* name, const char* help, prometheus::Registry& registry) {
  return builder.Name(name).Help(help).Register(registry);
}

}  // namespace

Metrics::Metrics()
    : registry_(std::make_shared<prometheus::Registry>()),
      items_(Register(prometheus::BuildCounter(), "egi_ingest_items_total", "Items taken in, by what became of them.", *registry_)),
      ack_latency_(Register(prometheus::BuildHistogram(), "egi_ack_latency_seconds",
                            "From the reception of a batch to its commit.", *registry_)),
      commit_duration_(
          Register(prometheus::BuildHistogram(), "egi_commit_duration_seconds", "Duration of one transaction.", *registry_)),
      outstanding_(Register(prometheus::BuildGauge(), "egi_outstanding_items", "Items submitted and not yet committed.", *registry_)),
      streams_(Register(prometheus::BuildGauge(), "egi_ingest_streams", "Open ingestion streams.", *registry_)),
      subscribers_(Register(prometheus::BuildGauge(), "egi_subscribers", "Subscribers of the live feed, by state.", *registry_)),
      devices_(Register(prometheus::BuildGauge(), "egi_devices", "Stations, by state; a station may count in several.", *registry_)),
      device_steps_(
          Register(prometheus::BuildCounter(), "egi_device_events_total", "What the heartbeats of the stations counted.", *registry_)),
      device_buffered_(
          Register(prometheus::BuildGauge(), "egi_device_buffered_measurements", "Measurements waiting in the stations online.", *registry_)
              .Add({})),
      device_commands_(
          Register(prometheus::BuildGauge(), "egi_device_commands_open", "Commands that stations have not answered for good.", *registry_)
              .Add({})),
      score_disagreements_(Register(prometheus::BuildCounter(), "egi_score_disagreements_total",
                                    "Samples whose declared and computed scores differ by more than 0.02.", *registry_)
                               .Add({})),
      events_(Register(prometheus::BuildCounter(), "egi_events_published_total", "Committed events handed to the live feed.", *registry_)
                  .Add({})),
      database_up_(
          Register(prometheus::BuildGauge(), "egi_database_up", "1 when the database answers, else 0.", *registry_).Add({})) {
  auto& comparisons = Register(prometheus::BuildCounter(), "egi_score_comparisons_total",
                               "Samples by how their declared scores stand to the computed ones.", *registry_);
  for (size_t i = 0; i < kComparisons.size(); ++i) comparisons_[i] = &comparisons.Add({{"result", kComparisons[i]}});
  for (const char* kind : {"sample", "meal"}) {
    for (const char* result : {"saved", "duplicate", "corrected", "rejected", "resent", "lost"}) {
      items_.Add({{"kind", kind}, {"result", result}});
    }
  }
}

void Metrics::CountItems(const std::string& kind, const std::string& result, int64_t count) {
  if (count > 0) items_.Add({{"kind", kind}, {"result", result}}).Increment(static_cast<double>(count));
}

void Metrics::ObserveAckLatency(const std::string& kind, double seconds) {
  ack_latency_.Add({{"kind", kind}}, kLatencyBuckets).Observe(seconds);
}

void Metrics::AddOutstanding(const std::string& kind, int64_t delta) {
  outstanding_.Add({{"kind", kind}}).Increment(static_cast<double>(delta));
}

void Metrics::AddStreams(const std::string& kind, int delta) { streams_.Add({{"kind", kind}}).Increment(delta); }

void Metrics::ObserveCommit(const std::string& kind, double seconds) {
  commit_duration_.Add({{"kind", kind}}, kLatencyBuckets).Observe(seconds);
}

void Metrics::CountScoreDisagreement() { score_disagreements_.Increment(); }

void Metrics::CountComparison(const char* result) {
  for (size_t i = 0; i < kComparisons.size(); ++i) {
    if (std::strcmp(kComparisons[i], result) == 0) comparisons_[i]->Increment();
  }
}

void Metrics::SetSubscribers(const std::string& state, int64_t count) {
  subscribers_.Add({{"state", state}}).Set(static_cast<double>(count));
}

void Metrics::CountEvents(int64_t count) { events_.Increment(static_cast<double>(count)); }

void Metrics::SetDevices(const std::string& state, int64_t count) { devices_.Add({{"state", state}}).Set(static_cast<double>(count)); }

void Metrics::SetDeviceBacklog(int64_t buffered, int64_t open_commands) {
  device_buffered_.Set(static_cast<double>(buffered));
  device_commands_.Set(static_cast<double>(open_commands));
}

void Metrics::CountDeviceSteps(const std::string& event, int64_t count) {
  device_steps_.Add({{"event", event}}).Increment(static_cast<double>(count));
}

void Metrics::SetDatabaseUp(bool up) { database_up_.Set(up ? 1 : 0); }

}  // namespace egi::telemetry
