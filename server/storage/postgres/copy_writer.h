// Rows in the binary COPY format of PostgreSQL, sent in chunks while later rows are still being encoded.
#ifndef EGI_SERVER_STORAGE_POSTGRES_COPY_WRITER_H_
#define EGI_SERVER_STORAGE_POSTGRES_COPY_WRITER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/storage/postgres/connection.h"

namespace egi::storage {

// Microseconds since 2000-01-01 UTC, the form of a timestamptz on the wire.
int64_t PostgresMicros(absl::Time time);

// One COPY. Start, then for each row StartRow and one call a column, then Finish. Keeps its buffer for the next COPY.
// Format: PostgreSQL 15 manual, COPY, "Binary Format".
class CopyWriter {
 public:
  // `statement` is COPY table (columns) FROM STDIN BINARY.
  absl::Status Start(Connection* connection, const std::string& statement);

  // Sends what exceeds a chunk (32 KiB); errors of earlier rows may surface here or in Finish.
  absl::Status StartRow(int16_t columns);
  absl::Status Finish();

  void Null() { Put32(-1); }
  void Bool(bool value);
  void Int4(int32_t value);
  void Int8(int64_t value);
  void Float4(float value);
  void Float8(double value);
  void Text(absl::string_view value);          // also varchar
  void Bytea(absl::string_view value) { Text(value); }
  void Jsonb(absl::string_view json);
  void Time(absl::Time value) { Int8(PostgresMicros(value)); }
  void Float8Array(const double* values, int32_t count);

  void MaybeFloat8(const std::optional<double>& value) { value.has_value() ? Float8(*value) : Null(); }
  void TextOrNull(absl::string_view value) { value.empty() ? Null() : Text(value); }  // empty = NULL
  void Int4OrNull(int32_t value) { value == 0 ? Null() : Int4(value); }               // 0 = NULL

 private:
  void Put16(int16_t value);
  void Put32(int32_t value);
  void Put64(int64_t value);

  Connection* connection_ = nullptr;
  std::string buffer_;
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_COPY_WRITER_H_
