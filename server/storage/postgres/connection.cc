#include "server/storage/postgres/connection.h"

#include <charconv>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/postgres/sqlstate.h"

namespace egi::storage {
namespace {

constexpr char kLostSqlState[] = "08006";

void AppendQuoted(absl::string_view value, std::string* out) {
  out->push_back('"');
  for (const char c : value) {
    if (c == '"' || c == '\\') out->push_back('\\');
    out->push_back(c);
  }
  out->push_back('"');
}

}  // namespace

int64_t Rows::changed() const {
  const char* text = PQcmdTuples(result_.get());
  return *text == '\0' ? 0 : std::strtoll(text, nullptr, 10);
}

absl::string_view Rows::text(int row, int column) const {
  return absl::string_view(PQgetvalue(result_.get(), row, column),
                           static_cast<size_t>(PQgetlength(result_.get(), row, column)));
}

int64_t Rows::integer(int row, int column) const { return std::strtoll(PQgetvalue(result_.get(), row, column), nullptr, 10); }

double Rows::real(int row, int column) const { return std::strtod(PQgetvalue(result_.get(), row, column), nullptr); }

std::optional<double> Rows::maybe_real(int row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return real(row, column);
}

std::string Rows::bytes(int row, int column) const {
  size_t size = 0;
  unsigned char* raw = PQunescapeBytea(reinterpret_cast<const unsigned char*>(PQgetvalue(result_.get(), row, column)), &size);
  if (raw == nullptr) return "";
  std::string value(reinterpret_cast<char*>(raw), size);
  PQfreemem(raw);
  return value;
}

std::string TextArray(const std::vector<std::string>& values) {
  std::string out = "{";
  for (const std::string& value : values) {
    if (out.size() > 1) out.push_back(',');
    AppendQuoted(value, &out);
  }
  out.push_back('}');
  return out;
}

std::string NullableArray(const std::vector<Param>& values) {
  std::string out = "{";
  for (const Param& value : values) {
    if (out.size() > 1) out.push_back(',');
    if (value.has_value()) {
      AppendQuoted(*value, &out);
    } else {
      out += "NULL";
    }
  }
  out.push_back('}');
  return out;
}

std::string IntArray(const std::vector<int64_t>& values) {
  std::string out = "{";
  for (const int64_t value : values) {
    if (out.size() > 1) out.push_back(',');
    absl::StrAppend(&out, value);
  }
  out.push_back('}');
  return out;
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const std::string& url, const std::string& application_name) {
  const char* keys[] = {"dbname", "application_name", "connect_timeout", "options", nullptr};
  const char* values[] = {url.c_str(), application_name.c_str(), "10", "-c timezone=UTC -c lock_timeout=20s", nullptr};
  std::unique_ptr<Connection> connection(new Connection(PQconnectdbParams(keys, values, /*expand_dbname=*/1)));
  if (!connection->healthy()) {
    return StatusFromSqlState(kLostSqlState, "cannot connect to the database; check that it runs and EGI_DATABASE_URL names it");
  }
  PQsetNoticeProcessor(connection->connection_.get(), [](void*, const char*) {}, nullptr);
  return connection;
}

absl::Status Connection::Error(const PGresult* result) const {
  const char* sqlstate = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (sqlstate == nullptr || !healthy()) return StatusFromSqlState(kLostSqlState, "the connection to the database was lost");
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const char* constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
  return StatusFromSqlState(sqlstate, absl::StrCat(message == nullptr ? "" : message, constraint == nullptr ? "" : " ",
                                                   constraint == nullptr ? "" : constraint));
}

absl::Status Connection::Check(PGresult* result) const {
  switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
      return absl::OkStatus();
    default:
      return Error(result);
  }
}

absl::Status Connection::Exec(const std::string& sql) {
  std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection_.get(), sql.c_str()), PQclear);
  return Check(result.get());
}

absl::StatusOr<Rows> Connection::Query(const char* sql, const std::vector<Param>& params) {
  auto found = prepared_.find(sql);
  if (found == prepared_.end()) {
    const std::string name = absl::StrCat("s", prepared_.size());
    std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQprepare(connection_.get(), name.c_str(), sql, 0, nullptr), PQclear);
    if (absl::Status status = Check(result.get()); !status.ok()) return status;
    found = prepared_.emplace(sql, name).first;
  }
  std::vector<const char*> values;
  values.reserve(params.size());
  for (const Param& param : params) values.push_back(param.has_value() ? param->c_str() : nullptr);
  PGresult* result = PQexecPrepared(connection_.get(), found->second.c_str(), static_cast<int>(values.size()), values.data(),
                                    nullptr, nullptr, 0);
  Rows rows(result);
  if (absl::Status status = Check(result); !status.ok()) return status;
  return rows;
}

absl::Status Connection::StartCopy(const std::string& sql) {
  std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection_.get(), sql.c_str()), PQclear);
  if (PQresultStatus(result.get()) == PGRES_COPY_IN) return absl::OkStatus();
  return Error(result.get());
}

absl::Status Connection::PutCopy(const char* data, size_t size) {
  if (PQputCopyData(connection_.get(), data, static_cast<int>(size)) == 1 && PQflush(connection_.get()) == 0) {
    return absl::OkStatus();
  }
  return Error(nullptr);
}

absl::Status Connection::FinishCopy() {
  if (PQputCopyEnd(connection_.get(), nullptr) != 1) return Error(nullptr);
  return Drain();
}

absl::Status Connection::Drain() {
  absl::Status status;
  while (PGresult* raw = PQgetResult(connection_.get())) {
    std::unique_ptr<PGresult, void (*)(PGresult*)> result(raw, PQclear);
    if (status.ok()) status = Check(raw);
    if (!healthy()) return Error(nullptr);
  }
  return status.ok() && !healthy() ? Error(nullptr) : status;
}

}  // namespace egi::storage
