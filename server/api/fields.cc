#include "server/api/fields.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

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
  Add(field, absl::StrCat("is \"", value.substr(0, 50), "\", must be one of ", absl::StrJoin(allowed, ", "), ", or empty for all"));
}

int Fields::Number(const std::string& field, int value, int min, int max, int fallback) {
  if (value == 0) return fallback;
  Check(value >= min && value <= max, field, absl::StrCat("is ", value, ", must be ", min, "..", max, " (default ", fallback, ")"));
  return value;
}

void Fields::Length(const std::string& field, const std::string& value, size_t min, size_t max) {
  Check(value.size() >= min && value.size() <= max, field,
        absl::StrCat("has ", value.size(), " characters, must have ", min, "..", max));
}

storage::read::LotKey Fields::Lot(const std::string& field, const std::string& value) {
  storage::read::LotKey key;
  if (value.empty()) Add(field, "is empty, must be the integer id or the code of a lot");
  Check(value.size() <= 20, field, "must have at most 20 characters");
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
