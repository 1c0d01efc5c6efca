#include "server/ingest/decode.h"

#include "absl/strings/str_cat.h"
#include "server/base/rich_status.h"
#include "server/base/storable_text.h"

namespace egi::ingest {
namespace {

constexpr size_t kMaxIdentity = 400;  // bytes: 100 characters of at most 4

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
