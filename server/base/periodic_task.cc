#include "server/base/periodic_task.h"

#include <utility>

namespace egi {

PeriodicTask::PeriodicTask(std::function<std::chrono::nanoseconds()> step) : step_(std::move(step)), thread_([this] { Run(); }) {}

PeriodicTask::~PeriodicTask() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void PeriodicTask::Run() {
  while (true) {
    const auto deadline = std::chrono::steady_clock::now() + step_();
    MutexLock lock(&mutex_);
    while (!stopping_) {
      const auto left = deadline - std::chrono::steady_clock::now();
      if (left <= std::chrono::nanoseconds::zero()) break;
      changed_.WaitFor(&mutex_, left);
    }
    if (stopping_) return;
  }
}

}  // namespace egi
