#include "server/base/storable_text.h"

#include <algorithm>
#include <cstdint>

namespace egi {
namespace {

// Length of the well-formed sequence at `i`, 0 when there is none or it is NUL (RFC 3629 section 4).
size_t SequenceLength(const std::string& s, size_t i) {
  const auto at = [&s](size_t k) { return k < s.size() ? static_cast<uint8_t>(s[k]) : uint8_t{0}; };
  const auto tail = [&at](size_t k) { return (at(k) & 0xC0) == 0x80; };
  const uint8_t lead = at(i);
  if (lead < 0x80) return lead == 0 ? 0 : 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(i + 1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const uint8_t low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
    return at(i + 1) >= low && at(i + 1) <= high && tail(i + 2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const uint8_t low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
    return at(i + 1) >= low && at(i + 1) <= high && tail(i + 2) && tail(i + 3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool IsStorableText(const std::string& bytes) {
  for (size_t i = 0; i < bytes.size();) {
    const size_t length = SequenceLength(bytes, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string ToStorableText(const std::string& bytes, size_t max_bytes) {
  if (bytes.size() <= max_bytes && IsStorableText(bytes)) return bytes;
  std::string text;
  for (size_t i = 0; i < bytes.size();) {
    const size_t length = SequenceLength(bytes, i);
    if (text.size() + std::max<size_t>(length, 1) > max_bytes) break;
    length == 0 ? text.push_back('?') : void(text.append(bytes, i, length));
    i += std::max<size_t>(length, 1);
  }
  return text;
}

}  // namespace egi
