#include "clients/cpp/sleeper.h"

#include <chrono>

namespace egi::client {

void SystemSleeper::Sleep(absl::Duration delay) {
  const auto end = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(delay);
  MutexLock lock(&mutex_);
  while (!awake_) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= std::chrono::nanoseconds::zero()) return;
    changed_.WaitFor(&mutex_, left);
  }
}

void SystemSleeper::Wake() {
  MutexLock lock(&mutex_);
  awake_ = true;
  changed_.NotifyAll();
}

}  // namespace egi::client
