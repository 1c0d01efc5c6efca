// The server's Prometheus metrics: https://prometheus.io/docs/practices/naming/ - base units, counters end in _total, and no
// device, lot or producer id ever becomes a label.
#ifndef EGI_SERVER_TELEMETRY_METRICS_H_
#define EGI_SERVER_TELEMETRY_METRICS_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"

namespace egi::telemetry {

// Metrics of the server. `kind` is "sample" or "meal". Thread-safe.
class Metrics {
 public:
  Metrics();

  // egi_ingest_items_total{kind,result}: saved, duplicate, corrected, rejected, resent (a sequence already taken) or lost (not committed).
  void CountItems(const std::string& kind, const std::string& result, int64_t count);
  // egi_ack_latency_seconds{kind}: from the reception of a batch to its commit.
  void ObserveAckLatency(const std::string& kind, double seconds);
  // egi_outstanding_items{kind}: submitted and not yet committed.
  void AddOutstanding(const std::string& kind, int64_t delta);
  // egi_ingest_streams{kind}.
  void AddStreams(const std::string& kind, int delta);
  // egi_commit_duration_seconds{kind}: one transaction.
  void ObserveCommit(const std::string& kind, double seconds);
  // egi_score_disagreements_total: declared and computed scores differ by more than 0.02.
  void CountScoreDisagreement();
  // egi_score_comparisons_total{result}: agrees, disagrees, not_declared or unknown_profile.
  void CountComparison(const char* result);
  // egi_subscribers{state}: live, catch_up, snapshot.
  void SetSubscribers(const std::string& state, int64_t count);
  // egi_events_published_total.
  void CountEvents(int64_t count);
  // egi_devices{state}: online, offline, pending, silent (alert device_silent open), refusing_to_grade.
  void SetDevices(const std::string& state, int64_t count);
  // egi_device_buffered_measurements: waiting in the stations online; egi_device_commands_open: without final answer.
  void SetDeviceBacklog(int64_t buffered, int64_t open_commands);
  // egi_device_events_total{event}, of all devices, as their heartbeats told: nack, acquisition_failure, measurement_dropped, boot.
  void CountDeviceSteps(const std::string& event, int64_t count);
  // egi_database_up: 1 or 0.
  void SetDatabaseUp(bool up);

  const std::shared_ptr<prometheus::Registry>& registry() const { return registry_; }

 private:
  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>& items_;
  prometheus::Family<prometheus::Histogram>& ack_latency_;
  prometheus::Family<prometheus::Histogram>& commit_duration_;
  prometheus::Family<prometheus::Gauge>& outstanding_;
  prometheus::Family<prometheus::Gauge>& streams_;
  prometheus::Family<prometheus::Gauge>& subscribers_;
  prometheus::Family<prometheus::Gauge>& devices_;
  prometheus::Family<prometheus::Counter>& device_steps_;
  prometheus::Gauge& device_buffered_;
  prometheus::Gauge& device_commands_;
  prometheus::Counter& score_disagreements_;
  std::array<prometheus::Counter*, 4> comparisons_;
  prometheus::Counter& events_;
  prometheus::Gauge& database_up_;
};

}  // namespace egi::telemetry

#endif  // EGI_SERVER_TELEMETRY_METRICS_H_
