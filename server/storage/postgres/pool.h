// Connections for unary work: each call borrows one, runs one transaction, gives it back.
#ifndef EGI_SERVER_STORAGE_POSTGRES_POOL_H_
#define EGI_SERVER_STORAGE_POSTGRES_POOL_H_

#include <functional>
#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/mutex.h"

namespace egi::storage {

// Thread-safe. Exceptions of libpqxx stop here and become the codes of sqlstate.h.
class Pool {
 public:
  struct Options {
    std::string url;                                          // libpq connection string or URI
    int max_connections = 4;                                  // > 0; further callers wait
    absl::Duration statement_timeout = absl::Seconds(30);     // > 0
    absl::Duration wait_timeout = absl::Seconds(10);          // for a free connection
    std::string application_name = "egi-server";
  };

  // Opens one connection, to find out at once when the database cannot be reached. Errors: UNAVAILABLE, INVALID_ARGUMENT (options).
  static absl::StatusOr<std::unique_ptr<Pool>> Create(Options options);

  // The body of a transaction. May throw what libpqxx throws. A status that is not OK rolls back and is returned as it is.
  using Body = std::function<absl::Status(pqxx::transaction_base&)>;

  // Runs `body` in a read-only transaction with one snapshot (REPEATABLE READ). A stale connection is replaced and `body` run again
  // once, so it must start by clearing what it fills. Errors: of `body`; RESOURCE_EXHAUSTED (no free connection); those of sqlstate.h.
  absl::Status Read(const Body& body);

  // Runs `body` in a transaction (READ COMMITTED) and commits it. Serialization failures and deadlocks are run again up to three times,
  // and a connection found stale at the first statement is replaced, so `body` must start by clearing what it fills. When the outcome of
  // COMMIT is unknown the answer is UNAVAILABLE: bodies must be safe to repeat. Other errors as Read.
  absl::Status Write(const Body& body);

  const std::string& url() const { return options_.url; }

 private:
  explicit Pool(Options options) : options_(std::move(options)) {}

  absl::StatusOr<std::unique_ptr<pqxx::connection>> Borrow();
  void Return(std::unique_ptr<pqxx::connection> connection);
  absl::StatusOr<std::unique_ptr<pqxx::connection>> Connect();
  void DropIdle();

  template <typename Transaction>
  absl::Status Run(const Body& body, int attempts);

  const Options options_;
  Mutex mutex_;
  CondVar returned_;
  std::vector<std::unique_ptr<pqxx::connection>> idle_ ABSL_GUARDED_BY(mutex_);
  int borrowed_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_POOL_H_
