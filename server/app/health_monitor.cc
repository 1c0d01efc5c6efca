#include "server/app/health_monitor.h"

#include <algorithm>
#include <utility>

namespace egi::app {

HealthMonitor::HealthMonitor(Options options)
    : options_(std::move(options)), task_([this] {
        Take(options_.probe());
        return absl::ToChronoNanoseconds(options_.interval);
      }) {}

void HealthMonitor::Take(const absl::Status& status) {
  const absl::Time now = options_.clock->Now();
  if (status.ok()) {
    failing_since_ = absl::InfiniteFuture();
  } else {
    failing_since_ = std::min(failing_since_, now);
  }
  const bool serving = status.ok() || (serving_ && now - failing_since_ < options_.patience);
  if (serving == serving_) return;
  serving_ = serving;
  options_.on_change(serving);
}

}  // namespace egi::app
