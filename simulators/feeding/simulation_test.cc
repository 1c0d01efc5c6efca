#include "simulators/feeding/simulation.h"

#include <map>
#include <set>

#include "absl/strings/str_format.h"
#include "google/protobuf/util/time_util.h"
#include "gtest/gtest.h"

namespace egi::feeding_simulator {
namespace {

absl::StatusOr<std::string> Code(int index, const LotPlan& plan) { return absl::StrFormat("%s2602%03d", plan.site, index + 1); }

absl::Time Now() { return absl::FromUnixSeconds(1'770'000'000); }

// Runs until the end or `limit` messages, on a clock that jumps to each due time.
std::vector<feeding::v1::Meal> Drive(Simulation& simulation, size_t limit, absl::Time* clock) {
  std::vector<feeding::v1::Meal> messages;
  while (messages.size() < limit && simulation.NextDue().has_value()) {
    *clock = std::max(*clock, *simulation.NextDue());
    absl::StatusOr<std::vector<feeding::v1::Meal>> step = simulation.Step(*clock);
    EXPECT_TRUE(step.ok()) << step.status();
    for (feeding::v1::Meal& message : *step) messages.push_back(std::move(message));
  }
  return messages;
}

TEST(SimulationTest, EveryLotIsAnnouncedAndGetsTwoMealsADay) {
  auto simulation = Simulation::Create({.lots = 3, .seed = 4}, Code, Now());
  ASSERT_TRUE(simulation.ok());
  absl::Time clock = Now();
  std::map<std::string, std::set<std::pair<int, std::string>>> meals;
  std::map<std::string, int> last_day;
  for (const auto& message : Drive(**simulation, 10'000, &clock)) {
    EXPECT_TRUE(meals[message.code_lot()].insert({message.jour(), message.moment()}).second);
    if (message.pret_abattage()) last_day[message.code_lot()] = message.jour();
  }
  ASSERT_EQ(meals.size(), 3u);
  for (const auto& [code, days] : meals) EXPECT_EQ(static_cast<int>(days.size()), 1 + 2 * (last_day.at(code) + 1));
  EXPECT_EQ((*simulation)->finished_lots(), 3);
}

TEST(SimulationTest, NoMealLiesInTheFutureOfTheWallClockAtAnyAcceleration) {
  for (double acceleration : {2.0, 1440.0, 86400.0}) {
    auto simulation = Simulation::Create({.lots = 4, .acceleration = acceleration, .seed = 9, .continuous = true}, Code, Now());
    ASSERT_TRUE(simulation.ok());
    absl::Time clock = Now();
    for (const auto& message : Drive(**simulation, 300, &clock)) {
      EXPECT_LE(message.timestamp().seconds(), absl::ToUnixSeconds(clock)) << acceleration << " " << message.ShortDebugString();
    }
  }
}

TEST(SimulationTest, AtAcceleration1440AMealIsDueEveryThirtySeconds) {
  auto simulation = Simulation::Create({.lots = 1, .acceleration = 1440, .seed = 4}, Code, Now());
  ASSERT_TRUE(simulation.ok());
  absl::Time clock = Now();
  Drive(**simulation, 2, &clock);
  const absl::Time second = *(*simulation)->NextDue();
  Drive(**simulation, 1, &clock);
  EXPECT_EQ(*(*simulation)->NextDue() - second, absl::Seconds(30));
}

TEST(SimulationTest, RestoredSimulationContinuesWithTheSameMessages) {
  const SimulationOptions options = {.lots = 3, .seed = 21, .continuous = true};
  auto whole = Simulation::Create(options, Code, Now());
  auto first = Simulation::Create(options, Code, Now());
  absl::Time clock_a = Now(), clock_b = Now();
  const auto expected = Drive(**whole, 120, &clock_a);
  auto got = Drive(**first, 50, &clock_b);
  auto second = Simulation::Restore(options, Code, (*first)->Save(), clock_b);
  ASSERT_TRUE(second.ok()) << second.status();
  for (auto& message : Drive(**second, 70, &clock_b)) got.push_back(message);
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i].SerializeAsString(), expected[i].SerializeAsString()) << i;
}

TEST(SimulationTest, StateOfAnotherSeedOrUnreadableStateIsRefused) {
  auto simulation = Simulation::Create({.lots = 1, .seed = 1}, Code, Now());
  const std::string state = (*simulation)->Save();
  EXPECT_EQ(Simulation::Restore({.lots = 1, .seed = 2}, Code, state, Now()).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Simulation::Restore({.lots = 1, .seed = 1}, Code, state.substr(0, 20), Now()).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Simulation::Restore({.lots = 1, .seed = 1}, Code, "[]", Now()).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(SimulationTest, EveryBadOptionIsNamed) {
  const absl::Status status = SimulationOptions{.lots = 0, .acceleration = 0.5}.Validate();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("--lots"), absl::string_view::npos);
  EXPECT_NE(status.message().find("--acceleration"), absl::string_view::npos);
}

TEST(SimulationTest, LotThatGetsNoCodeIsTriedAgainWhileTheOthersGoOn) {
  bool fail = false;
  CodeSource codes = [&fail](int index, const LotPlan& plan) -> absl::StatusOr<std::string> {
    if (fail) return absl::UnavailableError("server away");
    return Code(index, plan);
  };
  auto simulation = Simulation::Create({.lots = 2, .seed = 4, .continuous = true}, codes, Now());
  absl::Time clock = Now();
  fail = true;
  std::map<std::string, int> last_meals;
  int failures = 0;
  while (last_meals.size() < 2) {
    clock = std::max(clock, *(*simulation)->NextDue());
    const auto step = (*simulation)->Step(clock);
    if (!step.ok()) {
      ASSERT_EQ(step.status().code(), absl::StatusCode::kUnavailable);
      EXPECT_GT(*(*simulation)->NextDue(), clock) << "not at once";
      ASSERT_LT(++failures, 10'000);
      continue;
    }
    for (const auto& meal : *step) {
      if (meal.pret_abattage()) last_meals[meal.code_lot()] = meal.jour();
    }
  }
  EXPECT_EQ((*simulation)->finished_lots(), 2) << "a lot needs no server to finish";
  fail = false;
  const auto later = Drive(**simulation, 2, &clock);
  EXPECT_EQ(later[0].jour(), -1);
  EXPECT_FALSE(last_meals.contains(later[0].code_lot()));
}

TEST(SimulationTest, PaceMayChangeWhileItRuns) {
  auto simulation = Simulation::Create({.lots = 1, .acceleration = 1440, .seed = 4}, Code, Now());
  absl::Time clock = Now();
  Drive(**simulation, 3, &clock);
  EXPECT_EQ(*(*simulation)->NextDue() - clock, absl::Seconds(30));
  ASSERT_TRUE((*simulation)->SetAcceleration(720, clock).ok());
  EXPECT_EQ(*(*simulation)->NextDue() - clock, absl::Seconds(60));
  ASSERT_TRUE((*simulation)->SetAcceleration(2880, clock + absl::Seconds(30)).ok());
  EXPECT_EQ(*(*simulation)->NextDue() - clock, absl::Seconds(37.5)) << "half of the way is done";
  EXPECT_EQ((*simulation)->SetAcceleration(0.5, clock).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ((*simulation)->SetAcceleration(86401, clock).code(), absl::StatusCode::kInvalidArgument);
}

TEST(SimulationTest, LotThatIsHurriedNeverOvertakesTheWallClock) {
  auto simulation = Simulation::Create({.lots = 2, .acceleration = 1, .seed = 9}, Code, Now());
  absl::Time clock = Now();
  ASSERT_TRUE((*simulation)->SetAcceleration(86400, clock).ok());
  for (const auto& message : Drive(**simulation, 20, &clock)) EXPECT_LE(message.timestamp().seconds(), absl::ToUnixSeconds(clock));
}

TEST(SimulationTest, RestoredAtAnotherPaceItGoesOnFromThere) {
  auto first = Simulation::Create({.lots = 1, .acceleration = 1440, .seed = 4}, Code, Now());
  absl::Time clock = Now();
  Drive(**first, 3, &clock);
  auto second = Simulation::Restore({.lots = 1, .acceleration = 720, .seed = 4}, Code, (*first)->Save(), clock);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(*(*second)->NextDue() - clock, absl::Seconds(60));
}

TEST(SimulationTest, StateOfAnEarlierVersionIsRead) {
  const std::string state =
      R"({"acceleration":1440.0,"curve":0,"lots":[{"code":"LL2602001","index":0,"messages":5,"wall_start_ms":1770000000000}],"next_index":1,"seed":4})";
  auto simulation = Simulation::Restore({.lots = 1, .seed = 4}, Code, state, Now());
  ASSERT_TRUE(simulation.ok()) << simulation.status();
  auto whole = Simulation::Create({.lots = 1, .seed = 4}, Code, Now());
  absl::Time clock_a = Now(), clock_b = Now();
  const auto expected = Drive(**whole, 10, &clock_a);
  const auto got = Drive(**simulation, 5, &clock_b);
  for (size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i].SerializeAsString(), expected[i + 5].SerializeAsString());
}

TEST(SimulationTest, LotsTellHowTheyStand) {
  auto simulation = Simulation::Create({.lots = 2, .seed = 4}, Code, Now());
  absl::Time clock = Now();
  const auto messages = Drive(**simulation, 8, &clock);
  const std::vector<LotStatus> lots = (*simulation)->Lots();
  ASSERT_EQ(lots.size(), 2u);
  EXPECT_EQ(lots[0].meals_given, 3);
  EXPECT_EQ(lots[0].birds_alive, messages[6].nb_canards_vivants());
  EXPECT_NEAR(lots[0].mean_weight_g, messages[6].poids_moyen(), 0.051);
  EXPECT_TRUE(lots[0].incidents.empty());
}

TEST(SimulationTest, FinishedLotsAreKeptOverARestart) {
  SimulationOptions options = {.lots = 1, .seed = 4, .continuous = true, .keep_finished = true};
  auto simulation = Simulation::Create(options, Code, Now());
  absl::Time clock = Now();
  std::vector<feeding::v1::Meal> meals;
  while ((*simulation)->finished_lots() == 0) {
    for (auto& meal : Drive(**simulation, 1, &clock)) meals.push_back(meal);
  }
  for (int life = 0; life < 2; ++life) {
    ASSERT_EQ((*simulation)->Finished().size(), 1u);
    const FinishedLot& lot = (*simulation)->Finished()[0];
    EXPECT_EQ(lot.number, 1);
    ASSERT_EQ(lot.servings.size() + 1, meals.size());
    for (size_t i = 0; i < lot.servings.size(); ++i) EXPECT_EQ(lot.servings[i].meal.SerializeAsString(), meals[i + 1].SerializeAsString());
    simulation = Simulation::Restore(options, Code, (*simulation)->Save(), clock);
    ASSERT_TRUE(simulation.ok()) << simulation.status();
  }
}

}  // namespace
}  // namespace egi::feeding_simulator
