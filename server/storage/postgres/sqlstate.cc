#include "server/storage/postgres/sqlstate.h"

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"
#include "server/base/rich_status.h"

namespace egi::storage {
namespace {

constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";

struct Row {
  const char* prefix;  // of the SQLSTATE; the first match wins
  SqlFailure failure;
  absl::StatusCode code;
  const char* reason;
};

// Appendix A of the PostgreSQL 15 manual.
constexpr Row kTable[] = {
    {"08", SqlFailure::kConnection, absl::StatusCode::kUnavailable, "DATABASE_CONNECTION"},
    {"57P", SqlFailure::kConnection, absl::StatusCode::kUnavailable, "DATABASE_SHUTDOWN"},
    {"25006", SqlFailure::kConnection, absl::StatusCode::kUnavailable, "DATABASE_READ_ONLY"},
    {"57014", SqlFailure::kOther, absl::StatusCode::kDeadlineExceeded, "STATEMENT_CANCELLED"},
    {"55P03", SqlFailure::kRetry, absl::StatusCode::kAborted, "LOCK_TIMEOUT"},
    {"40", SqlFailure::kRetry, absl::StatusCode::kAborted, "TRANSACTION_CONFLICT"},
    {"23505", SqlFailure::kUnique, absl::StatusCode::kAlreadyExists, "ALREADY_EXISTS"},
    {"23503", SqlFailure::kRow, absl::StatusCode::kFailedPrecondition, "REFERENCE_MISSING"},
    {"22", SqlFailure::kRow, absl::StatusCode::kInvalidArgument, "VALUE_REFUSED"},
    {"23", SqlFailure::kRow, absl::StatusCode::kInvalidArgument, "VALUE_REFUSED"},
    {"53", SqlFailure::kResources, absl::StatusCode::kUnavailable, "DATABASE_RESOURCES"},
    {"58", SqlFailure::kResources, absl::StatusCode::kUnavailable, "DATABASE_SYSTEM"},
};

constexpr Row kDefect = {"", SqlFailure::kOther, absl::StatusCode::kInternal, "DATABASE"};
constexpr Row kLost = {"", SqlFailure::kConnection, absl::StatusCode::kUnavailable, "DATABASE_CONNECTION"};

const Row& Find(const std::string& sqlstate) {
  if (sqlstate.empty()) return kLost;
  for (const Row& row : kTable) {
    if (sqlstate.rfind(row.prefix, 0) == 0) return row;
  }
  return kDefect;
}

}  // namespace

SqlFailure ClassifySqlState(const std::string& sqlstate) { return Find(sqlstate).failure; }

absl::Status StatusFromSqlState(const std::string& sqlstate, const std::string& message) {
  const Row& row = Find(sqlstate);
  return WithErrorInfo(absl::Status(row.code, message), row.reason, {{"sqlstate", sqlstate}});
}

SqlFailure FailureOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kErrorInfoUrl);
  google::rpc::ErrorInfo info;
  if (!payload.has_value() || !info.ParseFromString(std::string(*payload))) return SqlFailure::kOther;
  const auto found = info.metadata().find("sqlstate");
  return found == info.metadata().end() ? SqlFailure::kOther : ClassifySqlState(found->second);
}

}  // namespace egi::storage
