// The rules of a day of feeding that is entered as a whole.
#ifndef EGI_SERVER_API_FEEDING_DAY_CHECKS_H_
#define EGI_SERVER_API_FEEDING_DAY_CHECKS_H_

#include <optional>
#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "egi/feeding/v1/day_meal.pb.h"
#include "server/api/fields.h"
#include "server/persist/write.h"

namespace egi::api {

// The lot a body names: a number is an id, a text an id or a code. Empty when it names none.
std::string LotOf(const google::protobuf::Value& value);

// Notes everything that is wrong with the entry itself, whatever its lot. `correct`: a correction needs a reason, and may leave both doses out. Fields are named
// `day.dose_matin` and so on.
void CheckEntry(const feeding::v1::DayEntry& entry, bool correct, Fields& fields);

// The day of an entry, and the times of its doses in the zone of the sites, at most 5 minutes after `now`. An hour that the change to summer time leaves out is a
// violation; of one that comes twice the first is meant. `entry` has passed CheckEntry.
struct DayTimes {
  std::optional<absl::Time> matin, soir;
};
DayTimes TimesOf(const feeding::v1::DayEntry& entry, absl::CivilDay date, absl::Time now, Fields& fields);

// A violation of `day.date_gavage` unless `date` lies between 2000-01-01 and the day after `now` in the zone of the sites.
void CheckDate(absl::CivilDay date, absl::Time now, Fields& fields);

// YYYY-MM-DD that passed IsDate.
absl::CivilDay DateOf(const std::string& text);

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_DAY_CHECKS_H_
