#include "server/storage/postgres/copy_writer.h"

#include <endian.h>

#include <cstring>

namespace egi::storage {
namespace {

constexpr size_t kChunk = 32 * 1024;
constexpr char kHeader[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";  // signature, flags, extension length
constexpr int64_t kUnixOf2000 = 946'684'800;
constexpr int32_t kFloat8Oid = 701;

}  // namespace

int64_t PostgresMicros(absl::Time time) { return absl::ToUnixMicros(time) - kUnixOf2000 * 1'000'000; }

absl::Status CopyWriter::Start(Connection* connection, const std::string& statement) {
  connection_ = connection;
  buffer_.assign(kHeader, sizeof(kHeader) - 1);
  return connection_->StartCopy(statement);
}

absl::Status CopyWriter::StartRow(int16_t columns) {
  if (buffer_.size() >= kChunk) {
    if (absl::Status status = connection_->PutCopy(buffer_.data(), buffer_.size()); !status.ok()) return status;
    buffer_.clear();
  }
  Put16(columns);
  return absl::OkStatus();
}

absl::Status CopyWriter::Finish() {
  Put16(-1);
  if (absl::Status status = connection_->PutCopy(buffer_.data(), buffer_.size()); !status.ok()) return status;
  buffer_.clear();
  return connection_->FinishCopy();
}

void CopyWriter::Bool(bool value) {
  Put32(1);
  buffer_.push_back(value ? 1 : 0);
}

void CopyWriter::Int4(int32_t value) {
  Put32(4);
  Put32(value);
}

void CopyWriter::Int8(int64_t value) {
  Put32(8);
  Put64(value);
}

void CopyWriter::Float4(float value) {
  Put32(4);
  int32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  Put32(bits);
}

void CopyWriter::Float8(double value) {
  int64_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  Int8(bits);
}

void CopyWriter::Text(absl::string_view value) {
  Put32(static_cast<int32_t>(value.size()));
  buffer_.append(value.data(), value.size());
}

void CopyWriter::Jsonb(absl::string_view json) {
  Put32(static_cast<int32_t>(json.size() + 1));
  buffer_.push_back(1);  // version
  buffer_.append(json.data(), json.size());
}

void CopyWriter::Float8Array(const double* values, int32_t count) {
  Put32(20 + count * 12);
  Put32(1);  // dimensions
  Put32(0);  // no NULL inside
  Put32(kFloat8Oid);
  Put32(count);
  Put32(1);  // lower bound
  for (int32_t i = 0; i < count; ++i) Float8(values[i]);
}

void CopyWriter::Put16(int16_t value) {
  const uint16_t wire = htobe16(static_cast<uint16_t>(value));
  buffer_.append(reinterpret_cast<const char*>(&wire), sizeof(wire));
}

void CopyWriter::Put32(int32_t value) {
  const uint32_t wire = htobe32(static_cast<uint32_t>(value));
  buffer_.append(reinterpret_cast<const char*>(&wire), sizeof(wire));
}

void CopyWriter::Put64(int64_t value) {
  const uint64_t wire = htobe64(static_cast<uint64_t>(value));
  buffer_.append(reinterpret_cast<const char*>(&wire), sizeof(wire));
}

}  // namespace egi::storage
