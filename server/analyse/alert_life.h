// The life of an alert, in one place: open -> acknowledged, shelved, closed (domain.md section 9; ISA-18.2 for the words). Pure.
#ifndef EGI_SERVER_ANALYSE_ALERT_LIFE_H_
#define EGI_SERVER_ANALYSE_ALERT_LIFE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/analyse/verdict.h"

namespace egi::analyse {

enum class AlertState { kOpen = 0, kAcknowledged = 1, kShelved = 2, kClosed = 3 };

// open, acknowledged, shelved or closed.
const char* NameOf(AlertState state);

// Close reasons.
inline constexpr char kBackInRange[] = "back_in_range";  // the measure came back, by more than the margin, often enough
inline constexpr char kEscalated[] = "escalated";        // a worse alert of the same rule and object took its place

// The longest silence a person may order.
inline constexpr absl::Duration kLongestShelf = absl::Hours(7 * 24);

// What is remembered of an alert. A new one is made by its first Occur.
struct AlertLife {
  Severity severity = Severity::kInfo;
  absl::Time first_time = absl::InfiniteFuture();
  absl::Time last_time = absl::InfinitePast();  // newest occurrence
  int64_t occurrences = 0;
  int32_t good_in_a_row = 0;        // readings beyond the margin since the last occurrence
  std::string last_sample;          // of the newest occurrence
  std::string worst_sample;         // of the occurrence farthest beyond its limit
  double worst_observed = 0;
  double worst_excess = 0;          // |observed - limit|
  bool acknowledged = false;
  absl::Time shelved_until = absl::InfinitePast();
  absl::Time closed_time = absl::InfinitePast();
  std::string close_reason;         // empty = not closed
};

// Closed, else shelved while `now` is before the end of the silence, else acknowledged, else open.
AlertState StateOf(const AlertLife& life, absl::Time now);

// What an input did to an alert.
enum class AlertChange {
  kNone,     // nothing to write
  kCounted,  // written, not told
  kTold,     // its state changed: written and told to subscribers
};

// The condition was met once more, by the reading `sample` of `time`. While shelved nothing is counted. The first occurrence after the end
// of a silence is told. `now` is the time of the server.
AlertChange Occur(const AlertCandidate& candidate, absl::Time time, const std::string& sample, absl::Time now, AlertLife* life);

// A reading of `time` lies in range by more than the margin. After `clear_after` (>= 1) of them in a row the alert closes, and that is told; a shelved
// one closes with the first good reading after its silence, so that nothing is told before. Readings that are not newer than the newest occurrence say
// nothing. `now` is the time of the server.
AlertChange BackInRange(absl::Time time, int clear_after, absl::Time now, AlertLife* life);

// A worse alert takes its place.
void Escalate(absl::Time time, AlertLife* life);

// A person saw it. kNone when somebody did before. A closed alert may be acknowledged too.
AlertChange Acknowledge(AlertLife* life);

// A person silences it until `until`; again moves the end. Errors: FAILED_PRECONDITION (closed), INVALID_ARGUMENT (`until` not after `now`, or more
// than kLongestShelf after it).
absl::Status Shelve(absl::Time until, absl::Time now, AlertLife* life);

// A person ends the silence; an alert that is not shelved stays as it is. Errors: FAILED_PRECONDITION (closed).
absl::Status Unshelve(AlertLife* life);

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_ALERT_LIFE_H_
