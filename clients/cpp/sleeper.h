// The sleep between two attempts, injected so that tests do not wait.
#ifndef EGI_CLIENTS_CPP_SLEEPER_H_
#define EGI_CLIENTS_CPP_SLEEPER_H_

#include "absl/time/time.h"
#include "server/base/mutex.h"

namespace egi::client {

// An interruptible sleep. Thread-safe.
class Sleeper {
 public:
  virtual ~Sleeper() = default;
  // Returns after `delay`, or earlier once Wake was called (also when it was called before).
  virtual void Sleep(absl::Duration delay) = 0;
  // Ends the present sleep and every later one at once.
  virtual void Wake() = 0;
};

// Sleeps on the machine's steady clock.
class SystemSleeper : public Sleeper {
 public:
  void Sleep(absl::Duration delay) override;
  void Wake() override;

 private:
  Mutex mutex_;
  CondVar changed_;
  bool awake_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_SLEEPER_H_
