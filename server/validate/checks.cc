#include "server/validate/checks.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace egi::validate {
namespace {

constexpr size_t kMaxDetailsBytes = 256 * 1024;

// Number of code points of a valid UTF-8 text.
int Characters(const std::string& text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool HasControl(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool HasNul(const std::string& text) { return text.find('\0') != std::string::npos; }

// Characters never outnumber bytes, so most texts are accepted without counting.
bool TooLong(const std::string& text, int max) {
  return text.size() > static_cast<size_t>(max) && Characters(text) > max;
}

// First thing in a JSON value that the database cannot keep, or null.
const char* BadValue(const google::protobuf::Value& value) {
  using Kind = google::protobuf::Value;
  switch (value.kind_case()) {
    case Kind::kNumberValue:
      return std::isfinite(value.number_value()) ? nullptr : "holds a number that is NaN or infinite";
    case Kind::kStringValue:
      return HasNul(value.string_value()) ? "holds a NUL character" : nullptr;
    case Kind::kListValue:
      for (const auto& item : value.list_value().values()) {
        if (const char* bad = BadValue(item)) return bad;
      }
      return nullptr;
    case Kind::kStructValue:
      for (const auto& [key, item] : value.struct_value().fields()) {
        if (HasNul(key)) return "holds a NUL character";
        if (const char* bad = BadValue(item)) return bad;
      }
      return nullptr;
    default:
      return nullptr;
  }
}

std::string Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Infinity" : "-Infinity";
  return absl::StrCat(value);
}

}  // namespace

void Report::Add(std::string path, std::string description) {
  if (violations_.size() >= kMaxViolations) {
    ++left_out_;
    return;
  }
  violations_.push_back({std::move(path), std::move(description)});
}

std::vector<Violation> Report::Take() {
  if (left_out_ > 0) {
    violations_.back() = {"", absl::StrCat(left_out_ + 1, " further violations are not listed; correct these first")};
  }
  return std::move(violations_);
}

std::string Path(absl::string_view prefix, absl::string_view name) {
  if (prefix.empty()) return std::string(name);
  if (name.empty()) return std::string(prefix);
  return absl::StrCat(prefix, ".", name);
}

void CheckRange(Report& report, absl::string_view prefix, absl::string_view name, double value, double low, double high,
                absl::string_view unit) {
  if (value >= low && value <= high) return;  // false for NaN
  report.Add(Path(prefix, name), absl::StrCat("is ", Number(value), ", expected ", low, " to ", high,
                                              unit.empty() ? "" : " ", unit));
}

void CheckRangeOrZero(Report& report, absl::string_view prefix, absl::string_view name, double value, double low,
                      double high, absl::string_view unit) {
  if (value == 0) return;
  CheckRange(report, prefix, name, value, low, high, unit);
}

void CheckId(Report& report, absl::string_view prefix, absl::string_view name, const std::string& value, int max,
             bool required) {
  if (value.empty()) {
    if (required) report.Add(Path(prefix, name), absl::StrCat("is missing, expected 1 to ", max, " characters"));
    return;
  }
  if (TooLong(value, max)) {
    report.Add(Path(prefix, name), absl::StrCat("has ", Characters(value), " characters, at most ", max, " expected"));
  }
  if (HasControl(value)) report.Add(Path(prefix, name), "holds a control character, expected printable text");
}

void CheckText(Report& report, absl::string_view prefix, absl::string_view name, const std::string& value, int max) {
  if (value.empty()) return;
  if (TooLong(value, max)) {
    report.Add(Path(prefix, name), absl::StrCat("has ", Characters(value), " characters, at most ", max, " expected"));
  }
  if (HasNul(value)) report.Add(Path(prefix, name), "holds a NUL character, expected printable text");
}

void CheckGrade(Report& report, absl::string_view prefix, absl::string_view name, const std::string& value,
                bool required) {
  if (value == "A+" || value == "A" || value == "B" || value == "C" || value == "REJECT") return;
  if (value.empty()) {
    if (required) report.Add(Path(prefix, name), "is missing, expected A+, A, B, C or REJECT");
    return;
  }
  report.Add(Path(prefix, name), absl::StrCat("is \"", absl::string_view(value).substr(0, 40),
                                              "\", expected A+, A, B, C or REJECT"));
}

void CheckSite(Report& report, absl::string_view name, const std::string& value) {
  if (value.empty() || value == "LL" || value == "LS" || value == "MT") return;
  report.Add(std::string(name),
             absl::StrCat("is \"", absl::string_view(value).substr(0, 40), "\", expected LL, LS or MT"));
}

void CheckTime(Report& report, absl::string_view name, bool present, const google::protobuf::Timestamp& value,
               absl::Time now) {
  constexpr int64_t kYear2000 = 946684800;
  constexpr int64_t kYear10000 = 253402300800;
  if (!present) {
    report.Add(std::string(name), "is missing, expected the time of the measurement in UTC");
    return;
  }
  if (value.nanos() < 0 || value.nanos() > 999999999 || value.seconds() >= kYear10000) {
    report.Add(std::string(name), "is not a valid timestamp, expected nanos 0 to 999999999 and a year up to 9999");
    return;
  }
  if (value.seconds() < kYear2000) {
    report.Add(std::string(name), "is before 2000-01-01: set the clock of the device");
    return;
  }
  const absl::Time time = absl::FromUnixSeconds(value.seconds()) + absl::Nanoseconds(value.nanos());
  if (time > now + kMaxClockLead) {
    report.Add(std::string(name), absl::StrCat("is ", absl::FormatDuration(absl::Trunc(time - now, absl::Seconds(1))),
                                               " in the future, at most 5m expected: set the clock of the device"));
  }
}

void CheckDetails(Report& report, absl::string_view prefix, const google::protobuf::Struct& details) {
  if (details.fields().empty()) return;
  if (const size_t bytes = details.ByteSizeLong(); bytes > kMaxDetailsBytes) {
    report.Add(Path(prefix, "details"), absl::StrCat("has ", bytes, " bytes, at most ", kMaxDetailsBytes, " expected"));
    return;
  }
  for (const auto& [key, value] : details.fields()) {
    const char* bad = HasNul(key) ? "holds a NUL character" : BadValue(value);
    if (bad != nullptr) {
      report.Add(Path(prefix, absl::StrCat("details.", absl::string_view(key).substr(0, 60))), bad);
    }
  }
}

}  // namespace egi::validate
