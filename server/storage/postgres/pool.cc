#include "server/storage/postgres/pool.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/rich_status.h"
#include "server/storage/postgres/sqlstate.h"

namespace egi::storage {
namespace {

constexpr char kLostSqlState[] = "08006";

using ReadTransaction = pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>;

}  // namespace

absl::StatusOr<std::unique_ptr<Pool>> Pool::Create(Options options) {
  if (options.max_connections <= 0 || options.statement_timeout <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("pool: max_connections and statement_timeout must be positive");
  }
  std::unique_ptr<Pool> pool(new Pool(std::move(options)));
  auto connection = pool->Borrow();
  if (!connection.ok()) return connection.status();
  pool->Return(*std::move(connection));
  return pool;
}

absl::StatusOr<std::unique_ptr<pqxx::connection>> Pool::Connect() {
  try {
    auto connection = std::make_unique<pqxx::connection>(options_.url);
    connection->set_variable("statement_timeout",
                             absl::StrCat("'", absl::ToInt64Milliseconds(options_.statement_timeout), "ms'"));
    connection->set_variable("application_name", absl::StrCat("'", options_.application_name, "'"));
    connection->set_variable("timezone", "'UTC'");
    return connection;
  } catch (const std::exception&) {
    // The text of libpq may quote the connection string: it stays out of the message.
    return StatusFromSqlState(kLostSqlState, "cannot connect to the database; check that it runs and EGI_DATABASE_URL names it");
  }
}

absl::StatusOr<std::unique_ptr<pqxx::connection>> Pool::Borrow() {
  {
    MutexLock lock(&mutex_);
    const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(options_.wait_timeout);
    while (borrowed_ >= options_.max_connections) {
      const auto left = deadline - std::chrono::steady_clock::now();
      if (left <= std::chrono::nanoseconds(0)) {
        return Overloaded("every database connection is busy", absl::Seconds(1));
      }
      returned_.WaitFor(&mutex_, left);
    }
    ++borrowed_;
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  auto connection = Connect();
  if (!connection.ok()) Return(nullptr);
  return connection;
}

void Pool::Return(std::unique_ptr<pqxx::connection> connection) {
  MutexLock lock(&mutex_);
  --borrowed_;
  if (connection != nullptr && connection->is_open()) idle_.push_back(std::move(connection));
  returned_.NotifyOne();
}

void Pool::DropIdle() {
  std::vector<std::unique_ptr<pqxx::connection>> stale;
  MutexLock lock(&mutex_);
  stale.swap(idle_);
}

template <typename Transaction>
absl::Status Pool::Run(const Body& body, int attempts) {
  absl::Status status;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    auto connection = Borrow();
    if (!connection.ok()) return connection.status();
    bool committing = false, answered = false;
    try {
      // The transaction ends, and a refused one is rolled back, before the connection goes to the next caller.
      Transaction transaction(**connection);
      status = body(transaction);
      if (status.ok()) {
        committing = true;
        transaction.commit();
      }
      answered = true;
    } catch (const pqxx::in_doubt_error&) {
      status = StatusFromSqlState(kLostSqlState, "the database went away during the commit; ask again to learn the outcome");
      committing = true;
    } catch (const pqxx::broken_connection&) {
      status = StatusFromSqlState(kLostSqlState, "the connection to the database was lost");
    } catch (const pqxx::sql_error& error) {
      status = StatusFromSqlState(error.sqlstate(), error.what());
    } catch (const std::exception& error) {
      status = WithErrorInfo(absl::InternalError(error.what()), "DATABASE");
    }
    if (answered) {
      Return(*std::move(connection));
      return status;
    }
    const SqlFailure failure = FailureOf(status);
    if (failure == SqlFailure::kConnection) {
      connection->reset();
      DropIdle();
    }
    Return(*std::move(connection));
    const bool again = failure == SqlFailure::kRetry || (failure == SqlFailure::kConnection && !committing);
    if (!again) return status;
  }
  return status;
}

absl::Status Pool::Read(const Body& body) { return Run<ReadTransaction>(body, 2); }

absl::Status Pool::Write(const Body& body) { return Run<pqxx::work>(body, 3); }

}  // namespace egi::storage
