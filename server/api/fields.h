// Collects every bad field of a request, so that one answer names them all.
#ifndef EGI_SERVER_API_FIELDS_H_
#define EGI_SERVER_API_FIELDS_H_

#include <initializer_list>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "server/base/rich_status.h"
#include "server/storage/read/lot_key.h"

namespace egi::api {

// A bounded period; the start is inclusive, the end exclusive.
struct TimeRange {
  absl::Time start;
  absl::Time end;
};

// Not thread-safe. Each check notes a violation of `field` when the value is bad, and answers the value to go on with.
class Fields {
 public:
  void Add(const std::string& field, const std::string& description) { violations_.emplace_back(field, description); }

  // Notes `description` unless `good`.
  void Check(bool good, const std::string& field, const std::string& description);

  // `value` is empty (all, or a default) or one of `allowed`.
  void OneOf(const std::string& field, const std::string& value, std::initializer_list<const char*> allowed);

  // LL, LS or MT, or empty.
  void SiteCode(const std::string& field, const std::string& value) { OneOf(field, value, {"LL", "LS", "MT"}); }

  // min..max; 0 means `fallback`.
  int Number(const std::string& field, int value, int min, int max, int fallback);

  // min..max characters (bytes of UTF-8), no NUL.
  void Text(const std::string& field, const std::string& value, size_t min, size_t max);

  // Digits are an id, anything else a code. Empty is a violation.
  storage::read::LotKey Lot(const std::string& field, const std::string& value);

  // Years 1..9999.
  absl::Time Time(const std::string& field, const google::protobuf::Timestamp& value);

  // INVALID_ARGUMENT naming every field noted, OK when there is none.
  absl::Status status() const;

 private:
  std::vector<FieldViolation> violations_;
};

// start_time and end_time of `request`; absent ones are now and `window` before the end. Notes an end that is not after the start.
template <typename Request>
TimeRange PeriodOf(const Request& request, absl::Time now, absl::Duration window, Fields& fields) {
  TimeRange range;
  range.end = request.has_end_time() ? fields.Time("end_time", request.end_time()) : now;
  range.start = request.has_start_time() ? fields.Time("start_time", request.start_time()) : range.end - window;
  fields.Check(range.start < range.end, "end_time", "must be after start_time (default of end_time: now)");
  return range;
}

}  // namespace egi::api

#endif  // EGI_SERVER_API_FIELDS_H_
