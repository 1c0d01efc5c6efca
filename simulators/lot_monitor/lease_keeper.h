// Keeps the lease of a lot while it is inspected.
#ifndef EGI_SIMULATORS_LOT_MONITOR_LEASE_KEEPER_H_
#define EGI_SIMULATORS_LOT_MONITOR_LEASE_KEEPER_H_

#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "egi/quality/v1/inspection.grpc.pb.h"
#include "server/base/mutex.h"

namespace egi::lot_monitor {

// Renews from a thread of its own, from construction to Stop. An unreachable server is asked again: a lease that lapsed and that nobody took is still
// renewed. Not thread-safe.
class LeaseKeeper {
 public:
  // `lease_seconds`: what a renewal asks for. `every`: time between two, below the length of the lease.
  LeaseKeeper(std::shared_ptr<quality::v1::InspectionService::StubInterface> queue, std::string code_lot, std::string lease_token, int lease_seconds,
              absl::Duration every);
  ~LeaseKeeper() { Stop(); }

  // Ends the renewals; false when the server said that the lease belongs to somebody else.
  bool Stop();

 private:
  void Run();
  // False when the lease is lost.
  bool Renew();

  const std::shared_ptr<quality::v1::InspectionService::StubInterface> queue_;
  const std::string code_lot_;
  const std::string lease_token_;
  const int lease_seconds_;
  const absl::Duration every_;

  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool lost_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace egi::lot_monitor

#endif  // EGI_SIMULATORS_LOT_MONITOR_LEASE_KEEPER_H_
