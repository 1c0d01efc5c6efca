#include "server/app/health_monitor.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace egi::app {

HealthMonitor::HealthMonitor(Options options) : options_(std::move(options)), thread_([this] { Run(); }) {}

HealthMonitor::~HealthMonitor() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

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

void HealthMonitor::Run() {
  while (true) {
    Take(options_.probe());
    const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(options_.interval);
    MutexLock lock(&mutex_);
    while (!stopping_) {
      const auto left = deadline - std::chrono::steady_clock::now();
      if (left <= std::chrono::nanoseconds::zero()) break;
      changed_.WaitFor(&mutex_, left);
    }
    if (stopping_) return;
  }
}

}  // namespace egi::app
