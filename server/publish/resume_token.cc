#include "server/publish/resume_token.h"

#include "absl/strings/escaping.h"
#include "server/base/rich_status.h"

namespace egi::publish {
namespace {

constexpr char kVersion = 1;
constexpr size_t kBody = 1 + 8 + 4 + 7;  // version, commit_seq, index, issued (unix seconds, 56 bits)
constexpr size_t kSize = kBody + 4;

// CRC-32C (Castagnoli), reflected polynomial 0x82F63B78: RFC 3720 section 12.1.
uint32_t Crc32c(const std::string& bytes, size_t size) {
  uint32_t crc = 0xFFFFFFFF;
  for (size_t i = 0; i < size; ++i) {
    crc ^= static_cast<uint8_t>(bytes[i]);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0x82F63B78u & (0u - (crc & 1)));
  }
  return ~crc;
}

void Append(uint64_t value, int width, std::string* out) {
  for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

uint64_t Take(const std::string& bytes, size_t offset, int width) {
  uint64_t value = 0;
  for (int i = 0; i < width; ++i) value = value << 8 | static_cast<uint8_t>(bytes[offset + static_cast<size_t>(i)]);
  return value;
}

absl::Status Unreadable() {
  return WithErrorInfo(
      InvalidFields({{"resume_token", "was not given by this service; subscribe without a token to start from a snapshot"}}),
      "BAD_RESUME_TOKEN");
}

}  // namespace

std::string EncodeResumeToken(const ResumePoint& point) {
  std::string bytes(1, kVersion);
  Append(static_cast<uint64_t>(point.position.commit_seq), 8, &bytes);
  Append(static_cast<uint32_t>(point.position.index), 4, &bytes);
  Append(static_cast<uint64_t>(absl::ToUnixSeconds(point.issued)), 7, &bytes);
  Append(Crc32c(bytes, kBody), 4, &bytes);
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<ResumePoint> DecodeResumeToken(const std::string& token) {
  std::string bytes;
  if (token.size() != kSize / 3 * 4 || !absl::WebSafeBase64Unescape(token, &bytes) || bytes.size() != kSize ||
      bytes[0] != kVersion || Take(bytes, kBody, 4) != Crc32c(bytes, kBody)) {
    return Unreadable();
  }
  ResumePoint point;
  point.position.commit_seq = static_cast<int64_t>(Take(bytes, 1, 8));
  point.position.index = static_cast<int32_t>(Take(bytes, 9, 4));
  point.issued = absl::FromUnixSeconds(static_cast<int64_t>(Take(bytes, 13, 7)));
  if (point.position.commit_seq < 0 || point.position.index < 0) return Unreadable();
  return point;
}

}  // namespace egi::publish
