// Subscribers that must not miss anything.
#ifndef EGI_TESTS_GUARANTEES_FOLLOWER_H_
#define EGI_TESTS_GUARANTEES_FOLLOWER_H_

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "egi/realtime/v1/realtime.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/base/mutex.h"

namespace egi::guarantees {

// Follows the live feed over gRPC and resumes with the last token after every disconnection. Thread-safe.
class Follower {
 public:
  // Follows at once; returns when the first `current` marker has come.
  explicit Follower(const std::string& server);
  ~Follower();

  // Ids of the samples in the order of arrival.
  std::vector<std::string> samples() const;
  size_t count() const;
  int reconnects() const { return reconnects_; }

 private:
  void Follow();
  void ReadStream();

  const std::unique_ptr<realtime::v1::RealtimeService::Stub> stub_;
  mutable Mutex mutex_;
  CondVar started_;
  std::vector<std::string> samples_ ABSL_GUARDED_BY(mutex_);
  bool current_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<grpc::ClientContext> context_ ABSL_GUARDED_BY(mutex_);
  std::string token_;  // only the following thread
  std::atomic<int> reconnects_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace egi::guarantees

#endif  // EGI_TESTS_GUARANTEES_FOLLOWER_H_
