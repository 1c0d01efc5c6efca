#include "server/analyse/alert_life.h"

#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::analyse {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'770'109'200);

AlertCandidate Low(double score) {
  AlertCandidate candidate;
  candidate.type = "quality_low";
  candidate.severity = Severity::kWarning;
  candidate.observed = score;
  candidate.expected = 0.6;
  return candidate;
}

AlertLife Opened() {
  AlertLife life;
  Occur(Low(0.55), kNow, "s1", kNow, &life);
  return life;
}

using Input = std::function<AlertChange(AlertLife*)>;

AlertChange Bad(AlertLife* life) { return Occur(Low(0.5), kNow + absl::Minutes(1), "bad", kNow + absl::Minutes(1), life); }
AlertChange BadLater(AlertLife* life) { return Occur(Low(0.5), kNow + absl::Hours(2), "bad", kNow + absl::Hours(2), life); }
AlertChange Good(AlertLife* life) { return BackInRange(kNow + absl::Minutes(2), 2, kNow + absl::Minutes(2), life); }
AlertChange GoodLater(AlertLife* life) { return BackInRange(kNow + absl::Hours(2), 2, kNow + absl::Hours(2), life); }
AlertChange Ack(AlertLife* life) { return Acknowledge(life); }
AlertChange ShelveAnHour(AlertLife* life) {
  return Shelve(kNow + absl::Hours(1), kNow, life).ok() ? AlertChange::kTold : AlertChange::kNone;
}
AlertChange EndShelf(AlertLife* life) { return Unshelve(life).ok() ? AlertChange::kTold : AlertChange::kNone; }

struct Case {
  const char* name;
  std::vector<Input> before;
  Input input;
  AlertChange change;
  AlertState state;      // a minute and a half after the opening
  int64_t occurrences;
};

TEST(AlertLife, EveryStateAnswersEveryInput) {
  const std::vector<Case> cases = {
      {"open, bad", {}, Bad, AlertChange::kCounted, AlertState::kOpen, 2},
      {"open, first good", {}, Good, AlertChange::kCounted, AlertState::kOpen, 1},
      {"open, last good", {Good}, Good, AlertChange::kTold, AlertState::kClosed, 1},
      {"open, bad between the good ones", {Good, BadLater}, Good, AlertChange::kNone, AlertState::kOpen, 2},
      {"open, acknowledge", {}, Ack, AlertChange::kTold, AlertState::kAcknowledged, 1},
      {"open, shelve", {}, ShelveAnHour, AlertChange::kTold, AlertState::kShelved, 1},
      {"open, unshelve", {}, EndShelf, AlertChange::kTold, AlertState::kOpen, 1},
      {"acknowledged, bad", {Ack}, Bad, AlertChange::kCounted, AlertState::kAcknowledged, 2},
      {"acknowledged, last good", {Ack, Good}, Good, AlertChange::kTold, AlertState::kClosed, 1},
      {"acknowledged, acknowledge", {Ack}, Ack, AlertChange::kNone, AlertState::kAcknowledged, 1},
      {"acknowledged, shelve", {Ack}, ShelveAnHour, AlertChange::kTold, AlertState::kShelved, 1},
      {"shelved, bad is silent", {ShelveAnHour}, Bad, AlertChange::kNone, AlertState::kShelved, 1},
      {"shelved, bad ends the good ones", {ShelveAnHour, Good}, Bad, AlertChange::kCounted, AlertState::kShelved, 1},
      {"shelved, bad after its end is told", {ShelveAnHour}, BadLater, AlertChange::kTold, AlertState::kOpen, 2},
      {"shelved, last good", {ShelveAnHour, Good}, Good, AlertChange::kCounted, AlertState::kShelved, 1},
      {"shelved, good after the last one", {ShelveAnHour, Good, Good}, Good, AlertChange::kNone, AlertState::kShelved, 1},
      {"shelved, bad after the last good one is silent", {ShelveAnHour, Good, Good}, Bad, AlertChange::kCounted, AlertState::kShelved, 1},
      {"shelved, good after its end", {ShelveAnHour, Good, Good}, GoodLater, AlertChange::kTold, AlertState::kClosed, 1},
      {"shelved, acknowledge", {ShelveAnHour}, Ack, AlertChange::kTold, AlertState::kShelved, 1},
      {"shelved, unshelve", {ShelveAnHour}, EndShelf, AlertChange::kTold, AlertState::kOpen, 1},
      {"shelved and acknowledged, unshelve", {Ack, ShelveAnHour}, EndShelf, AlertChange::kTold, AlertState::kAcknowledged, 1},
      {"closed, bad", {Good, Good}, Bad, AlertChange::kNone, AlertState::kClosed, 1},
      {"closed, good", {Good, Good}, Good, AlertChange::kNone, AlertState::kClosed, 1},
      {"closed, acknowledge", {Good, Good}, Ack, AlertChange::kTold, AlertState::kClosed, 1},
      {"closed, shelve", {Good, Good}, ShelveAnHour, AlertChange::kNone, AlertState::kClosed, 1},
      {"closed, unshelve", {Good, Good}, EndShelf, AlertChange::kNone, AlertState::kClosed, 1},
  };
  for (const Case& c : cases) {
    AlertLife life = Opened();
    for (const Input& input : c.before) input(&life);
    EXPECT_EQ(c.input(&life), c.change) << c.name;
    EXPECT_EQ(StateOf(life, kNow + absl::Seconds(90)), c.state) << c.name;
    EXPECT_EQ(life.occurrences, c.occurrences) << c.name;
  }
}

TEST(AlertLife, FirstOccurrenceIsTold) {
  AlertLife life;
  EXPECT_EQ(Occur(Low(0.55), kNow, "s1", kNow, &life), AlertChange::kTold);
  EXPECT_EQ(life.severity, Severity::kWarning);
  EXPECT_EQ(life.first_time, kNow);
  EXPECT_EQ(life.last_sample, "s1");
}

TEST(AlertLife, SilenceEndsByItself) {
  AlertLife life = Opened();
  ASSERT_TRUE(Shelve(kNow + absl::Hours(1), kNow, &life).ok());
  EXPECT_EQ(StateOf(life, kNow + absl::Minutes(59)), AlertState::kShelved);
  EXPECT_EQ(StateOf(life, kNow + absl::Hours(1)), AlertState::kOpen);
}

TEST(AlertLife, SilenceEndsInTheFutureAndWithinAWeek) {
  AlertLife life = Opened();
  EXPECT_EQ(Shelve(kNow, kNow, &life).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Shelve(kNow + absl::Hours(168) + absl::Seconds(1), kNow, &life).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Shelve(kNow + absl::Hours(168), kNow, &life).ok());
}

TEST(AlertLife, LastAndWorstOccurrenceAreRemembered) {
  AlertLife life = Opened();
  Occur(Low(0.41), kNow + absl::Seconds(2), "worst", kNow, &life);
  Occur(Low(0.58), kNow + absl::Seconds(3), "last", kNow, &life);
  Occur(Low(0.59), kNow + absl::Seconds(1), "late", kNow, &life);
  EXPECT_EQ(life.last_sample, "last");
  EXPECT_EQ(life.last_time, kNow + absl::Seconds(3));
  EXPECT_EQ(life.worst_sample, "worst");
  EXPECT_DOUBLE_EQ(life.worst_observed, 0.41);
  EXPECT_EQ(life.occurrences, 4);
}

TEST(AlertLife, GoodReadingOlderThanTheNewestOccurrenceSaysNothing) {
  AlertLife life = Opened();
  EXPECT_EQ(BackInRange(kNow - absl::Seconds(1), 1, kNow, &life), AlertChange::kNone);
  EXPECT_EQ(BackInRange(kNow, 1, kNow, &life), AlertChange::kNone);
  EXPECT_EQ(BackInRange(kNow + absl::Seconds(1), 1, kNow, &life), AlertChange::kTold);
  EXPECT_EQ(life.closed_time, kNow + absl::Seconds(1));
  EXPECT_EQ(life.close_reason, "back_in_range");
}

TEST(AlertLife, WorseAlertTakesItsPlace) {
  AlertLife life = Opened();
  Escalate(kNow - absl::Hours(1), &life);
  EXPECT_EQ(StateOf(life, kNow), AlertState::kClosed);
  EXPECT_EQ(life.closed_time, kNow) << "never before it opened";
}

}  // namespace
}  // namespace egi::analyse
