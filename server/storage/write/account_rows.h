// Rows of accounts and of their audit.
#ifndef EGI_SERVER_STORAGE_WRITE_ACCOUNT_ROWS_H_
#define EGI_SERVER_STORAGE_WRITE_ACCOUNT_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "egi/identity/v1/account.pb.h"
#include "pqxx/pqxx"
#include "server/storage/read/row_cursor.h"

namespace egi::storage::write {

// "SELECT ... FROM accounts a ...": the columns ToAccount takes, without WHERE.
extern const char kAccountRow[];
identity::v1::Account ToAccount(read::RowCursor row);

// Inside a transaction. The account with that number.
std::optional<identity::v1::Account> FindAccount(pqxx::transaction_base& transaction, int32_t id);

// A row of the audit.
struct AuditRow {
  absl::Time at;
  std::string act;
  std::string reason;      // empty = done, else why it was refused
  int32_t actor_id = 0;    // 0 = nobody
  int32_t account_id = 0;  // 0 = none
};

// Inside a transaction. Numbers that no account has are left out.
void WriteAudit(pqxx::transaction_base& transaction, const AuditRow& row);

// Inside a transaction. Ends the open sessions of an account; `why` as in account_sessions.
void EndSessions(pqxx::transaction_base& transaction, int32_t account_id, const std::string& why, absl::Time now);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_ACCOUNT_ROWS_H_
