#include "server/analyse/alert_life.h"

#include <algorithm>
#include <cmath>

namespace egi::analyse {
namespace {

absl::Status Closed() { return absl::FailedPreconditionError("the alert is closed; only open alerts can be shelved"); }

}  // namespace

const char* NameOf(AlertState state) {
  constexpr const char* kNames[] = {"open", "acknowledged", "shelved", "closed"};
  return kNames[static_cast<int>(state)];
}

AlertState StateOf(const AlertLife& life, absl::Time now) {
  if (!life.close_reason.empty()) return AlertState::kClosed;
  if (now < life.shelved_until) return AlertState::kShelved;
  return life.acknowledged ? AlertState::kAcknowledged : AlertState::kOpen;
}

AlertChange Occur(const AlertCandidate& candidate, absl::Time time, const std::string& sample, absl::Time now, AlertLife* life) {
  if (!life->close_reason.empty()) return AlertChange::kNone;
  const bool was_good = life->good_in_a_row > 0;
  life->good_in_a_row = 0;
  if (now < life->shelved_until) return was_good ? AlertChange::kCounted : AlertChange::kNone;
  const bool told = life->occurrences == 0 || life->shelved_until != absl::InfinitePast();
  life->shelved_until = absl::InfinitePast();
  if (life->occurrences++ == 0) {
    life->severity = candidate.severity;
    life->first_time = time;
  }
  if (time >= life->last_time) {
    life->last_time = time;
    life->last_sample = sample;
  }
  const double observed = candidate.observed.value_or(0);
  const double excess = std::abs(observed - candidate.expected.value_or(observed));
  if (life->occurrences == 1 || excess > life->worst_excess) {
    life->worst_sample = sample;
    life->worst_observed = observed;
    life->worst_excess = excess;
  }
  return told ? AlertChange::kTold : AlertChange::kCounted;
}

AlertChange BackInRange(absl::Time time, int clear_after, absl::Time now, AlertLife* life) {
  if (!life->close_reason.empty() || time <= life->last_time) return AlertChange::kNone;
  const bool enough_before = life->good_in_a_row >= clear_after;
  if (!enough_before && ++life->good_in_a_row < clear_after) return AlertChange::kCounted;
  if (now < life->shelved_until) return enough_before ? AlertChange::kNone : AlertChange::kCounted;
  life->close_reason = kBackInRange;
  life->closed_time = time;
  return AlertChange::kTold;
}

void Escalate(absl::Time time, AlertLife* life) {
  life->close_reason = kEscalated;
  life->closed_time = std::max(time, life->first_time);
}

AlertChange Acknowledge(AlertLife* life) {
  if (life->acknowledged) return AlertChange::kNone;
  life->acknowledged = true;
  return AlertChange::kTold;
}

absl::Status Shelve(absl::Time until, absl::Time now, AlertLife* life) {
  if (!life->close_reason.empty()) return Closed();
  if (until <= now) return absl::InvalidArgumentError("must lie in the future");
  if (until > now + kLongestShelf) return absl::InvalidArgumentError("must be at most 7 days ahead");
  life->shelved_until = until;
  return absl::OkStatus();
}

absl::Status Unshelve(AlertLife* life) {
  if (!life->close_reason.empty()) return Closed();
  life->shelved_until = absl::InfinitePast();
  return absl::OkStatus();
}

}  // namespace egi::analyse
