#include "server/api/stall_guard.h"

namespace egi::api {

void StallGuard::Watch() {
  if (limit_ == absl::InfiniteDuration()) return;
  MutexLock lock(&mutex_);
  Rest();
}

void StallGuard::Forget() {
  MutexLock lock(&mutex_);
  context_ = nullptr;
  alarm_.Cancel();
}

void StallGuard::Rest() {
  const gpr_timespec pause = gpr_time_from_millis(absl::ToInt64Milliseconds(limit_), GPR_TIMESPAN);
  alarm_.Set(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), pause), [self = shared_from_this()](bool) { self->Look(); });
}

void StallGuard::Look() {
  MutexLock lock(&mutex_);
  if (context_ == nullptr) return;
  if (moved_.exchange(false)) {
    Rest();
  } else {
    context_->TryCancel();
  }
}

}  // namespace egi::api
