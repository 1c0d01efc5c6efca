#include "tests/load/disk_load.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "postgresql/libpq-fe.h"

namespace egi::load {
namespace {

constexpr int kRowsPerTransaction = 1000;

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using PgResult = std::unique_ptr<PGresult, decltype(&PQclear)>;

absl::Status Failure(PGconn* connection, const char* what) { return absl::InternalError(absl::StrCat(what, ": ", PQerrorMessage(connection))); }

absl::Status Execute(PGconn* connection, const char* sql) {
  const PgResult result(PQexec(connection, sql), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? absl::OkStatus() : Failure(connection, sql);
}

// The binary COPY image of up to kRowsPerTransaction stored samples: header, rows, trailer.
absl::StatusOr<std::string> ReadRows(PGconn* connection, int* rows) {
  const std::string sql = absl::StrCat("COPY (SELECT * FROM sqal_samples LIMIT ", kRowsPerTransaction, ") TO STDOUT (FORMAT binary)");
  if (PgResult begun(PQexec(connection, sql.c_str()), &PQclear); PQresultStatus(begun.get()) != PGRES_COPY_OUT) return Failure(connection, "COPY TO");
  std::string image;
  char* chunk = nullptr;
  int length = 0;
  while ((length = PQgetCopyData(connection, &chunk, 0)) > 0) {
    image.append(chunk, length);
    PQfreemem(chunk);
  }
  const PgResult ended(PQgetResult(connection), &PQclear);
  if (PQresultStatus(ended.get()) != PGRES_COMMAND_OK) return Failure(connection, "COPY TO");
  *rows = std::atoi(PQcmdTuples(ended.get()));
  while (PGresult* rest = PQgetResult(connection)) PQclear(rest);
  if (*rows == 0) return absl::FailedPreconditionError("no stored sample to copy; measure ingest first");
  return image;
}

absl::Status CopyOnce(PGconn* connection, const std::string& image) {
  constexpr size_t kChunk = 32 * 1024;
  if (PgResult begun(PQexec(connection, "COPY egi_bench_raw FROM STDIN (FORMAT binary)"), &PQclear); PQresultStatus(begun.get()) != PGRES_COPY_IN) {
    return Failure(connection, "COPY FROM");
  }
  for (size_t at = 0; at < image.size(); at += kChunk) {
    if (PQputCopyData(connection, image.data() + at, static_cast<int>(std::min(kChunk, image.size() - at))) != 1) return Failure(connection, "COPY FROM");
  }
  if (PQputCopyEnd(connection, nullptr) != 1) return Failure(connection, "COPY FROM");
  absl::Status status;
  while (PGresult* result = PQgetResult(connection)) {
    if (PQresultStatus(result) != PGRES_COMMAND_OK) status = Failure(connection, "COPY FROM");
    PQclear(result);
  }
  return status;
}

}  // namespace

absl::StatusOr<Result> MeasureFsync(const std::string& directory, absl::Duration duration) {
  std::string path = absl::StrCat(directory, "/egi_bench_fsync_XXXXXX");
  const int file = mkstemp(path.data());
  if (file < 0) return absl::PermissionDeniedError(absl::StrCat("cannot write in ", directory, ": ", strerror(errno)));
  unlink(path.c_str());
  const std::array<char, 8192> page{};
  std::vector<double> latencies_ms;
  const absl::Time start = absl::Now();
  absl::Time now = start;
  while (now < start + duration) {
    if (pwrite(file, page.data(), page.size(), 0) != static_cast<ssize_t>(page.size()) || fdatasync(file) != 0) {
      close(file);
      return absl::InternalError(absl::StrCat("cannot write to disk: ", strerror(errno)));
    }
    const absl::Time done = absl::Now();
    latencies_ms.push_back(absl::ToDoubleMilliseconds(done - now));
    now = done;
  }
  close(file);
  return Result{.name = "fsync",
                .value = latencies_ms.size() / absl::ToDoubleSeconds(now - start),
                .unit = "ops/s",
                .p50_ms = Quantile(latencies_ms, 0.5),
                .p99_ms = Quantile(latencies_ms, 0.99),
                .runs = 1};
}

absl::StatusOr<Result> MeasureRawCopy(const std::string& database_url, absl::Duration duration) {
  const Connection connection(PQconnectdb(database_url.c_str()), &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) return Failure(connection.get(), "cannot connect");
  int rows = 0;
  absl::StatusOr<std::string> image = ReadRows(connection.get(), &rows);
  if (!image.ok()) return image.status();
  if (absl::Status status = Execute(connection.get(), "DROP TABLE IF EXISTS egi_bench_raw"); !status.ok()) return status;
  if (absl::Status status = Execute(connection.get(), "CREATE TABLE egi_bench_raw (LIKE sqal_samples)"); !status.ok()) return status;

  std::vector<double> latencies_ms;
  absl::Status status;
  const absl::Time start = absl::Now();
  absl::Time now = start;
  while (status.ok() && now < start + duration) {
    status = CopyOnce(connection.get(), *image);
    const absl::Time done = absl::Now();
    latencies_ms.push_back(absl::ToDoubleMilliseconds(done - now));
    now = done;
  }
  const absl::Status dropped = Execute(connection.get(), "DROP TABLE egi_bench_raw");
  if (!status.ok()) return status;
  if (!dropped.ok()) return dropped;
  return Result{.name = "raw_copy_binary",
                .value = static_cast<double>(latencies_ms.size()) * rows / absl::ToDoubleSeconds(now - start),
                .unit = "rows/s",
                .p50_ms = Quantile(latencies_ms, 0.5),
                .p99_ms = Quantile(latencies_ms, 0.99),
                .runs = 1};
}

}  // namespace egi::load
