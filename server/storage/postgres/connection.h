// One libpq connection for the hot path: prepared statements, binary COPY.
#ifndef EGI_SERVER_STORAGE_POSTGRES_CONNECTION_H_
#define EGI_SERVER_STORAGE_POSTGRES_CONNECTION_H_

#include <postgresql/libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace egi::storage {

// Rows of a statement, in text format. Movable.
class Rows {
 public:
  explicit Rows(PGresult* result) : result_(result, PQclear) {}

  int size() const { return PQntuples(result_.get()); }
  // Rows changed by INSERT, UPDATE or DELETE.
  int64_t changed() const;
  bool is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  // The value; empty for NULL.
  absl::string_view text(int row, int column) const;
  int64_t integer(int row, int column) const;   // 0 for NULL
  double real(int row, int column) const;       // 0 for NULL
  std::optional<double> maybe_real(int row, int column) const;
  bool boolean(int row, int column) const { return text(row, column) == "t"; }
  // A bytea column.
  std::string bytes(int row, int column) const;

 private:
  std::unique_ptr<PGresult, void (*)(PGresult*)> result_;
};

// A parameter in text format; nullopt = NULL.
using Param = std::optional<std::string>;

// Array literals for unnest($1::text[]) and the like.
std::string TextArray(const std::vector<std::string>& values);
std::string NullableArray(const std::vector<Param>& values);
std::string IntArray(const std::vector<int64_t>& values);

// Not thread-safe: one thread owns it. All errors are those of sqlstate.h.
class Connection {
 public:
  // Connects (10 s at most). Errors: UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const std::string& url, const std::string& application_name);

  // Runs statements without parameters; results are dropped.
  absl::Status Exec(const std::string& sql);

  // Prepares `sql` at its first use on this connection, then runs it. `sql` must be a literal: its address is its name.
  absl::StatusOr<Rows> Query(const char* sql, const std::vector<Param>& params);

  // COPY ... FROM STDIN: start, data in pieces, finish. After an error the transaction is failed and must be rolled back.
  absl::Status StartCopy(const std::string& sql);
  absl::Status PutCopy(const char* data, size_t size);
  absl::Status FinishCopy();

  // False after the connection was lost; it is of no more use then.
  bool healthy() const { return PQstatus(connection_.get()) == CONNECTION_OK; }
  int backend_pid() const { return PQbackendPID(connection_.get()); }

 private:
  explicit Connection(PGconn* connection) : connection_(connection, PQfinish) {}
  absl::Status Error(const PGresult* result) const;
  absl::Status Check(PGresult* result) const;
  absl::Status Drain();

  std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
  std::unordered_map<const char*, std::string> prepared_;
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_CONNECTION_H_
