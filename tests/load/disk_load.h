// The limits the disk and the database set.
#ifndef EGI_TESTS_LOAD_DISK_LOAD_H_
#define EGI_TESTS_LOAD_DISK_LOAD_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/load/result.h"

namespace egi::load {

// fdatasync of 8 kB overwrites in a file of `directory`, operations per second.
absl::StatusOr<Result> MeasureFsync(const std::string& directory, absl::Duration duration);

// COPY BINARY of the rows that ingestion writes, 1000 rows a transaction, into a table of the same columns without indexes, on
// one connection, for `duration`. The rows are encoded once; the table is dropped afterwards.
absl::StatusOr<Result> MeasureRawCopy(const std::string& database_url, absl::Duration duration);

}  // namespace egi::load

#endif  // EGI_TESTS_LOAD_DISK_LOAD_H_
