// What both committers do when a transaction fails.
#ifndef EGI_SERVER_STORAGE_POSTGRES_COMMIT_RETRY_H_
#define EGI_SERVER_STORAGE_POSTGRES_COMMIT_RETRY_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/rpc/status.pb.h"
#include "server/base/rich_status.h"
#include "server/storage/postgres/commit_frame.h"
#include "server/storage/postgres/sqlstate.h"

namespace egi::storage {

// Rejection of an item whose row the database refuses although validation let it through.
inline google::rpc::Status PoisonStatus(const absl::Status& refused) {
  return ToRpcStatus(WithErrorInfo(
      absl::InternalError("the database refuses the values of this item; it is kept in rejected_messages, report it"),
      "ROW_REFUSED", {{"cause", std::string(refused.message())}}));
}

// Runs `attempt` until it commits. A lost connection is replaced once; conflicts are tried again; for a refused row or key
// `isolate` marks the items at fault, and the rest goes on. Errors: UNAVAILABLE, nothing is stored.
template <typename T, typename Attempt, typename Isolate>
absl::StatusOr<T> CommitWithRetry(CommitFrame* frame, Attempt attempt, Isolate isolate) {
  constexpr int kAttempts = 12;
  int lost = 0;
  absl::Status status;
  for (int i = 0; i < kAttempts; ++i) {
    absl::StatusOr<T> done = attempt();
    if (done.ok()) return done;
    status = done.status();
    SqlFailure failure = FailureOf(status);
    if (failure == SqlFailure::kConnection) {
      frame->Disconnect();
    } else {
      frame->Rollback();
    }
    if (failure == SqlFailure::kUnique || failure == SqlFailure::kRow) {
      if (absl::Status isolated = isolate(failure); !isolated.ok()) {
        status = isolated;
        failure = FailureOf(isolated);
      }
    }
    if (failure == SqlFailure::kConnection && ++lost > 1) break;
    if (failure == SqlFailure::kOther || failure == SqlFailure::kResources) break;
  }
  if (absl::IsUnavailable(status)) return status;
  return WithErrorInfo(absl::UnavailableError("nothing was stored because the database refused the transaction; send again"),
                       "NOT_STORED", {{"cause", std::string(status.message())}});
}

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_COMMIT_RETRY_H_
