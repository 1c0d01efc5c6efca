#include "server/ingest/decode.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "server/base/rich_status.h"

namespace egi::ingest {
namespace {

constexpr size_t kMaxIdentity = 400;  // bytes: 100 characters of at most 4

// Length of the well-formed sequence at `i`, 0 when there is none (RFC 3629 section 4).
size_t SequenceLength(const std::string& s, size_t i) {
  const auto at = [&s](size_t k) { return k < s.size() ? static_cast<uint8_t>(s[k]) : uint8_t{0}; };
  const auto tail = [&at](size_t k) { return (at(k) & 0xC0) == 0x80; };
  const uint8_t lead = at(i);
  if (lead < 0x80) return 1;
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

std::string Identity(const std::string& text) {
  return text.size() <= kMaxIdentity && IsStorableText(text) ? text : std::string();
}

absl::Status Unreadable(const std::string& kind) {
  return WithErrorInfo(
      InvalidFields({{kind, "cannot be read: truncated, a wrong type of field, or text that is not UTF-8; check the encoder"}}),
      "UNREADABLE_ITEM");
}

absl::Status TooLarge(const std::string& kind, size_t size) {
  return WithErrorInfo(
      InvalidFields({{kind, absl::StrCat("has ", size, " bytes, at most ", kMaxItemBytes, " are taken; send smaller details")}}),
      "ITEM_TOO_LARGE");
}

}  // namespace

bool IsStorableText(const std::string& bytes) {
  for (size_t i = 0; i < bytes.size();) {
    const size_t length = bytes[i] == '\0' ? 0 : SequenceLength(bytes, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

absl::Status DecodeSample(const std::string& bytes, quality::v1::Sample* sample) {
  const bool parsed = sample->ParseFromString(bytes);
  if (parsed && bytes.size() <= kMaxItemBytes) return absl::OkStatus();
  quality::v1::Sample identity;
  identity.set_device_id(Identity(sample->device_id()));
  identity.set_sample_id(Identity(sample->sample_id()));
  *sample = std::move(identity);
  return parsed ? TooLarge("sample", bytes.size()) : Unreadable("sample");
}

absl::Status DecodeMeal(const std::string& bytes, feeding::v1::Meal* meal) {
  const bool parsed = meal->ParseFromString(bytes);
  if (parsed && bytes.size() <= kMaxItemBytes) return absl::OkStatus();
  feeding::v1::Meal identity;
  identity.set_code_lot(Identity(meal->code_lot()));
  *meal = std::move(identity);
  return parsed ? TooLarge("meal", bytes.size()) : Unreadable("meal");
}

}  // namespace egi::ingest
