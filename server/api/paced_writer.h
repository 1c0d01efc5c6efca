// A stream of answers that a worker prepares piece by piece.
#ifndef EGI_SERVER_API_PACED_WRITER_H_
#define EGI_SERVER_API_PACED_WRITER_H_

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "server/base/grpc_status.h"
#include "server/base/rich_status.h"
#include "server/base/worker_pool.h"

namespace egi::api {

// The next piece is prepared when the one before is written, as one task of the pool: a reader that stalls holds a piece and no thread.
// Finishes only when neither a task nor a write is under way; deletes itself then.
template <typename Message>
class PacedWriter : public grpc::ServerWriteReactor<Message> {
 public:
  void OnWriteDone(bool ok) final {
    if (ok) {
      Continue();
    } else {
      this->Finish(grpc::Status::CANCELLED);
    }
  }
  void OnDone() final { delete this; }

 protected:
  // `again`: what the client shall do when no worker is free, e.g. "export again".
  PacedWriter(WorkerPool& workers, std::string again) : workers_(workers), again_(std::move(again)) {}

  // Prepares the next piece; RESOURCE_EXHAUSTED with RetryInfo when too many calls wait already.
  void Continue() {
    if (workers_.Post([this] { SendNext(); })) return;
    this->Finish(ToGrpcStatus(Overloaded(absl::StrCat("too many calls are waiting for the database; ", again_), absl::Seconds(1))));
  }

  // Runs on a worker; ends with exactly one StartWrite, StartWriteAndFinish or Finish.
  virtual void SendNext() = 0;

 private:
  WorkerPool& workers_;
  const std::string again_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_PACED_WRITER_H_
