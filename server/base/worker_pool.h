// A few threads for calls that block (the database), so that the threads of gRPC never do.
#ifndef EGI_SERVER_BASE_WORKER_POOL_H_
#define EGI_SERVER_BASE_WORKER_POOL_H_

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "server/base/mutex.h"

namespace egi {

// Runs tasks in the order posted, on a fixed number of threads. Thread-safe. The destructor finishes the tasks already posted.
class WorkerPool {
 public:
  // `threads` > 0; at most `max_queued` tasks wait.
  WorkerPool(int threads, int max_queued);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full: the task is not taken.
  [[nodiscard]] bool Post(std::function<void()> task);

 private:
  void Run();

  const size_t max_queued_;
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace egi

#endif  // EGI_SERVER_BASE_WORKER_POOL_H_
