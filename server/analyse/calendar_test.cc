#include "server/analyse/calendar.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/analyse/judge.h"
#include "server/base/site_zone.h"
#include "server/validate/good_items.h"

namespace egi::analyse {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

// An instant of 2026 in UTC.
absl::Time Utc(int month, int day, int hour, int minute = 0) {
  return absl::FromCivil(absl::CivilMinute(2026, month, day, hour, minute), absl::UTCTimeZone());
}

LotCalendar From(int month, int day, std::optional<int32_t> planned = std::nullopt) {
  return {absl::CivilDay(2026, month, day), SiteZone(), planned};
}

constexpr absl::Duration kNoGrace = absl::ZeroDuration();

// Paris is UTC+1 in winter, UTC+2 in summer; 2026 it changes on 29 March at 01:00 UTC and on 25 October at 01:00 UTC.
TEST(DueTime, EndsOfHalfDaysAreThoseOfTheSite) {
  EXPECT_EQ(DueTime(From(2, 3), 0, kNoGrace), Utc(2, 3, 11));
  EXPECT_EQ(DueTime(From(2, 3), 1, kNoGrace), Utc(2, 3, 23));
  EXPECT_EQ(DueTime(From(7, 3), 0, kNoGrace), Utc(7, 3, 10));
  EXPECT_EQ(DueTime(From(7, 3), 1, absl::Hours(2)), Utc(7, 4, 0));
}

TEST(DueTime, DayOf23HoursIsAnHourShorterInItsMorning) {
  const LotCalendar march = From(3, 29);
  EXPECT_EQ(DueTime(march, 0, kNoGrace), Utc(3, 29, 10)) << "11 h after midnight";
  EXPECT_EQ(DueTime(march, 1, kNoGrace) - DueTime(march, 0, kNoGrace), absl::Hours(12));
  EXPECT_EQ(DueTime(From(3, 28), 1, kNoGrace), Utc(3, 28, 23)) << "the evening before is not touched";
  EXPECT_EQ(DueTime(From(3, 28), 3, kNoGrace) - DueTime(From(3, 28), 1, kNoGrace), absl::Hours(23));
}

TEST(DueTime, DayOf25HoursIsAnHourLongerInItsMorning) {
  const LotCalendar october = From(10, 25);
  EXPECT_EQ(DueTime(october, 0, kNoGrace), Utc(10, 25, 11)) << "13 h after midnight";
  EXPECT_EQ(DueTime(From(10, 24), 3, kNoGrace) - DueTime(From(10, 24), 1, kNoGrace), absl::Hours(25));
  EXPECT_EQ(DueTime(From(10, 24), 1, absl::Hours(2)), Utc(10, 25, 0)) << "the hour that comes twice shifts no grace";
}

// Day 0 is 3 February: its evening ends at 23:00 UTC, with two hours of grace it is late at 01:00 UTC.
TEST(JudgeAbsence, MealIsMissedWhenItsHalfDayAndTheGraceAreOver) {
  const absl::Time morning = Utc(2, 3, 7);
  EXPECT_FALSE(JudgeAbsence(From(2, 3), morning, 0, Utc(2, 4, 1), {}).missed.has_value());
  const Absence late = JudgeAbsence(From(2, 3), morning, 0, Utc(2, 4, 1, 1), {});
  ASSERT_TRUE(late.missed.has_value());
  EXPECT_EQ(late.missed->type, "repas_manquant");
  EXPECT_EQ(late.missed->severity, Severity::kWarning);
  EXPECT_EQ(late.missed->message, "Repas du soir du jour 0 manquant");
  EXPECT_EQ(late.last_missed, "0/soir");
  const Absence longer = JudgeAbsence(From(2, 3), morning, 0, Utc(2, 4, 14), {});
  EXPECT_EQ(longer.missed->message, "2 repas manquants à partir du soir du jour 0");
  EXPECT_EQ(longer.last_missed, "1/matin");
}

TEST(JudgeAbsence, MealOfADayOf25HoursIsNotMissedAnHourEarly) {
  // The morning of 25 October ends at 12:00 Paris = 11:00 UTC; a calendar of 24-hour days would say 10:00.
  const LotCalendar calendar = From(10, 24);
  const absl::Time evening = Utc(10, 24, 16);
  EXPECT_FALSE(JudgeAbsence(calendar, evening, 1, Utc(10, 25, 13), {}).missed.has_value());
  EXPECT_TRUE(JudgeAbsence(calendar, evening, 1, Utc(10, 25, 13, 1), {}).missed.has_value());
}

TEST(JudgeAbsence, MealOfADayOf23HoursIsMissedAnHourEarlier) {
  const LotCalendar calendar = From(3, 28);
  const absl::Time evening = Utc(3, 28, 17);
  EXPECT_FALSE(JudgeAbsence(calendar, evening, 1, Utc(3, 29, 12), {}).missed.has_value());
  EXPECT_TRUE(JudgeAbsence(calendar, evening, 1, Utc(3, 29, 12, 1), {}).missed.has_value());
}

TEST(JudgeAbsence, NoMealIsExpectedAfterThePlannedEnd) {
  const Absence end = JudgeAbsence(From(2, 3, 1), Utc(2, 3, 18), 1, Utc(2, 5, 12), {});
  EXPECT_FALSE(end.missed.has_value());
  EXPECT_TRUE(end.silence.has_value()) << "somebody has to finish the lot";
}

TEST(JudgeAbsence, SilenceWarnsFrom18HoursAndIsCriticalFrom30) {
  const absl::Time last = Utc(2, 3, 18);
  const auto at = [&](absl::Duration after) { return JudgeAbsence(From(2, 3), last, 1, last + after, {}).silence; };
  EXPECT_FALSE(at(absl::Hours(18) - absl::Seconds(1)).has_value());
  EXPECT_EQ(at(absl::Hours(18))->severity, Severity::kWarning);
  EXPECT_EQ(at(absl::Hours(30) - absl::Seconds(1))->severity, Severity::kWarning);
  EXPECT_EQ(at(absl::Hours(30))->severity, Severity::kCritical);
  EXPECT_THAT(at(absl::Hours(30))->message, HasSubstr("30,0 h"));
}

TEST(JudgeAbsence, SilenceCountsHoursThatPassedNotHoursOfTheClock) {
  // From 24 October 18:00 Paris to 25 October 11:30 Paris the clock shows 17.5 h, 18.5 h passed.
  EXPECT_TRUE(JudgeAbsence(From(10, 24), Utc(10, 24, 16), 1, Utc(10, 25, 10, 30), {}).silence.has_value());
  // From 28 March 18:00 to 29 March 12:30 it shows 18.5 h, 17.5 h passed.
  EXPECT_FALSE(JudgeAbsence(From(3, 28), Utc(3, 28, 17), 1, Utc(3, 29, 10, 30), {}).silence.has_value());
}

// The same alerts in the verdict on a meal.
struct Told {
  std::vector<std::string> alerts, cleared;
};
Told Judge(absl::Duration interval, int32_t skipped) {
  const feeding::v1::Meal meal = validate::GoodMeal();
  LotState lot;
  lot.previous_meal_time = absl::FromUnixSeconds(meal.timestamp().seconds()) - interval;
  lot.skipped_meals = skipped;
  const MealVerdict verdict = JudgeMeal(meal, lot);
  Told told;
  for (const AlertCandidate& alert : verdict.alerts) told.alerts.push_back(alert.type);
  told.cleared = verdict.cleared;
  return told;
}

TEST(JudgeRegularity, MealAfterAGapTellsTheGapAndTheNextOneClearsIt) {
  const Told after = Judge(absl::Hours(24), 1);
  EXPECT_THAT(after.alerts, Contains("repas_manquant"));
  EXPECT_THAT(after.alerts, Contains("silence"));
  const Told regular = Judge(absl::Hours(13), 0);
  EXPECT_THAT(regular.alerts, Not(Contains("repas_manquant")));
  EXPECT_THAT(regular.cleared, Contains("repas_manquant"));
  EXPECT_THAT(regular.cleared, Contains("silence"));
}

TEST(JudgeNeverFed, LotIsSilentFrom18HoursAfterNoonOfItsFirstDay) {
  const auto at = [](LotCalendar calendar, absl::Time now) { return JudgeNeverFed(calendar, now, {}); };
  EXPECT_FALSE(at(From(2, 3), Utc(2, 4, 4, 59)).silence.has_value()) << "noon is 11:00 UTC";
  EXPECT_EQ(at(From(2, 3), Utc(2, 4, 5)).silence->severity, Severity::kWarning);
  EXPECT_EQ(at(From(2, 3), Utc(2, 4, 16, 59)).silence->severity, Severity::kWarning);
  EXPECT_EQ(at(From(2, 3), Utc(2, 4, 17)).silence->severity, Severity::kCritical);
  EXPECT_THAT(at(From(2, 3), Utc(2, 4, 17)).silence->message, HasSubstr("30,0 h après l'heure du premier"));
  EXPECT_FALSE(at(From(2, 3), Utc(2, 9, 0)).missed.has_value());
  EXPECT_FALSE(at(From(3, 29), Utc(3, 30, 3, 59)).silence.has_value()) << "noon of the day of 23 hours is 10:00 UTC";
  EXPECT_TRUE(at(From(3, 29), Utc(3, 30, 4)).silence.has_value());
  EXPECT_FALSE(at(From(10, 24), Utc(10, 25, 3, 59)).silence.has_value()) << "the hour that comes twice passes too";
  EXPECT_TRUE(at(From(10, 24), Utc(10, 25, 4)).silence.has_value());
  EXPECT_FALSE(at(From(2, 5), Utc(2, 4, 0)).silence.has_value()) << "not begun";
}

TEST(JudgeRegularity, FirstMealOfALotEndsItsSilenceAndSaysNothingOfMealsBeforeIt) {
  const MealVerdict verdict = JudgeMeal(validate::GoodMeal(), LotState());
  EXPECT_THAT(verdict.cleared, Contains("silence"));
  EXPECT_THAT(verdict.cleared, Not(Contains("repas_manquant")));
}

}  // namespace
}  // namespace egi::analyse
