// Which events a subscriber wants.
#ifndef EGI_SERVER_PUBLISH_FILTER_H_
#define EGI_SERVER_PUBLISH_FILTER_H_

#include <string>

#include "absl/status/status.h"
#include "egi/realtime/v1/events.pb.h"

namespace egi::publish {

// INVALID_ARGUMENT with every bad field.
absl::Status CheckFilter(const realtime::v1::Filter& filter);

// The lot that the filter names by its integer id; 0 when it names none, or by code.
int32_t LotIdOf(const realtime::v1::Filter& filter);

// True when the event passes a checked filter, whose lot is named by code. A field that is set restricts every kind that has it, and excludes the kinds that cannot
// have it (a meal has no device); min_grade restricts samples only. kinds empty = all.
bool Matches(const realtime::v1::Filter& filter, const realtime::v1::Event& event);

// What an event is about, for keeping only the newest of each: "s/" + device of a sample, "m/" + code of a meal's lot; empty for
// events that may never be left out.
std::string ConflationKey(const realtime::v1::Event& event);

}  // namespace egi::publish

#endif  // EGI_SERVER_PUBLISH_FILTER_H_
