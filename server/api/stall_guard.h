// Cancels a call that stalls.
#ifndef EGI_SERVER_API_STALL_GUARD_H_
#define EGI_SERVER_API_STALL_GUARD_H_

#include <atomic>
#include <memory>

#include "absl/time/time.h"
#include "grpcpp/alarm.h"
#include "grpcpp/grpcpp.h"
#include "server/base/mutex.h"

namespace egi::api {

// Thread-safe. Held by shared_ptr: lives until its last alarm has rung.
class StallGuard final : public std::enable_shared_from_this<StallGuard> {
 public:
  // A call without progress for `limit` (up to twice, as it is looked at that often) is cancelled; an infinite one never.
  StallGuard(grpc::CallbackServerContext* context, absl::Duration limit) : limit_(limit), context_(context) {}

  void Watch();
  void Progress() { moved_ = true; }
  // Before the call ends.
  void Forget();

 private:
  void Rest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Look();

  const absl::Duration limit_;
  Mutex mutex_;
  grpc::CallbackServerContext* context_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> moved_{false};
  grpc::Alarm alarm_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_STALL_GUARD_H_
