#include "server/api/fields.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/storable_text.h"

namespace egi::api {
namespace {

// The range of google.protobuf.Timestamp: 0001-01-01 to 9999-12-31.
constexpr int64_t kMinSeconds = -62'135'596'800;
constexpr int64_t kMaxSeconds = 253'402'300'799;

}  // namespace

void Fields::Check(bool good, const std::string& field, const std::string& description) {
  if (!good) Add(field, description);
}

void Fields::OneOf(const std::string& field, const std::string& value, std::initializer_list<const char*> allowed) {
  if (value.empty() || std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return;
  Add(field, absl::StrCat("is \"", ToStorableText(value, 50), "\", must be one of ", absl::StrJoin(allowed, ", "), ", or empty"));
}

int Fields::Number(const std::string& field, int value, int min, int max, int fallback) {
  if (value == 0) return fallback;
  Check(value >= min && value <= max, field, absl::StrCat("is ", value, ", must be ", min, "..", max, " (default ", fallback, ")"));
  return value;
}

void Fields::Text(const std::string& field, const std::string& value, size_t min, size_t max) {
  if (value.size() < min || value.size() > max) {
    Add(field, absl::StrCat("has ", value.size(), " characters, must have ", min, "..", max));
  } else {
    Check(IsStorableText(value), field, "holds NUL or text that is not UTF-8");
  }
}

storage::read::LotKey Fields::Lot(const std::string& field, const std::string& value) {
  storage::read::LotKey key;
  if (value.empty()) Add(field, "is empty, must be the integer id or the code of a lot");
  Text(field, value, 0, 20);
  if (!absl::SimpleAtoi(value, &key.id) || key.id <= 0 || !absl::ascii_isdigit(value[0])) {
    key.id = 0;
    key.code = value;
  }
  return key;
}

absl::Time Fields::Time(const std::string& field, const google::protobuf::Timestamp& value) {
  if (value.seconds() < kMinSeconds || value.seconds() > kMaxSeconds || value.nanos() < 0 || value.nanos() > 999'999'999) {
    Add(field, "must be a time of the years 1..9999");
    return absl::UnixEpoch();
  }
  return absl::FromUnixSeconds(value.seconds()) + absl::Nanoseconds(value.nanos());
}

absl::Status Fields::status() const { return violations_.empty() ? absl::OkStatus() : InvalidFields(violations_); }

}  // namespace egi::api
