// The one table from SQLSTATE to canonical codes. Message texts are never looked at.
#ifndef EGI_SERVER_STORAGE_POSTGRES_SQLSTATE_H_
#define EGI_SERVER_STORAGE_POSTGRES_SQLSTATE_H_

#include <string>

#include "absl/status/status.h"

namespace egi::storage {

// What a failed statement asks of the caller.
enum class SqlFailure {
  kConnection,   // the connection or the server is gone: nothing is known but what was committed before
  kRetry,        // serialization failure, deadlock: run the transaction again
  kUnique,       // unique violation
  kRow,          // a value the table refuses (classes 22 and 23)
  kResources,    // disk or memory full, too many connections
  kOther,        // a defect of ours
};

// `sqlstate`: five characters, empty when the connection broke before an answer.
SqlFailure ClassifySqlState(const std::string& sqlstate);

// Error of a failed statement, with ErrorInfo{reason, metadata: sqlstate}. kConnection, kResources: UNAVAILABLE;
// kRetry: ABORTED; kUnique: ALREADY_EXISTS; kRow: INVALID_ARGUMENT; foreign key: FAILED_PRECONDITION; statement cancelled:
// DEADLINE_EXCEEDED; else INTERNAL. `message` is for logs: it may hold values of the row.
absl::Status StatusFromSqlState(const std::string& sqlstate, const std::string& message);

// Class of a status made by StatusFromSqlState (from its ErrorInfo, not its code).
SqlFailure FailureOf(const absl::Status& status);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_SQLSTATE_H_
