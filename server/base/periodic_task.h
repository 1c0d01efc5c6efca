// Work that comes back, in a thread of its own.
#ifndef EGI_SERVER_BASE_PERIODIC_TASK_H_
#define EGI_SERVER_BASE_PERIODIC_TASK_H_

#include <chrono>
#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "server/base/mutex.h"

namespace egi {

// Runs a step at once, and again after the pause the step answered. One thread at a time may create and destroy it.
class PeriodicTask {
 public:
  // `step` may block; it answers how long to rest (elapsed time, not the injected clock). It runs in the task's own thread, never twice at once.
  explicit PeriodicTask(std::function<std::chrono::nanoseconds()> step);
  // Waits for a step under way, cuts a rest short.
  ~PeriodicTask();
  PeriodicTask(const PeriodicTask&) = delete;
  PeriodicTask& operator=(const PeriodicTask&) = delete;

 private:
  void Run();

  const std::function<std::chrono::nanoseconds()> step_;
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: starts when everything else is there
};

}  // namespace egi

#endif  // EGI_SERVER_BASE_PERIODIC_TASK_H_
