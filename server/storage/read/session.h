// Runs prepared statements on the pool's read-only snapshots. A statement is prepared once a connection, under a name made from its text.
#ifndef EGI_SERVER_STORAGE_READ_SESSION_H_
#define EGI_SERVER_STORAGE_READ_SESSION_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pqxx/pqxx"
#include "server/storage/postgres/pool.h"
#include "server/storage/read/row_cursor.h"

namespace egi::storage::read {

// Runs `sql` with text parameters. Throws what libpqxx throws: call it inside Pool::Read only.
pqxx::result Run(pqxx::transaction_base& transaction, const std::string& sql, const std::vector<std::string>& params);

// One statement, each row converted by `convert(RowCursor)`. Errors: those of Pool::Read.
template <typename T, typename Convert>
absl::StatusOr<std::vector<T>> ReadRows(Pool& pool, const std::string& sql, const std::vector<std::string>& params,
                                        Convert convert) {
  std::vector<T> values;
  const absl::Status status = pool.Read([&](pqxx::transaction_base& transaction) {
    values.clear();
    const pqxx::result rows = Run(transaction, sql, params);
    values.reserve(rows.size());
    for (const pqxx::row& row : rows) values.push_back(convert(RowCursor(row)));
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return values;
}

// The same for a statement that always answers one row. INTERNAL when it does not.
template <typename T, typename Convert>
absl::StatusOr<T> ReadRow(Pool& pool, const std::string& sql, const std::vector<std::string>& params, Convert convert) {
  auto values = ReadRows<T>(pool, sql, params, convert);
  if (!values.ok()) return values.status();
  if (values->size() != 1) return absl::InternalError("a statement of one row answered " + std::to_string(values->size()));
  return std::move(values->front());
}

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_SESSION_H_
