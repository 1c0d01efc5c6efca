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
    absl::StatusOr<feeding::v1::Meal> message = simulation.Step(*clock);
    EXPECT_TRUE(message.ok()) << message.status();
    messages.push_back(*message);
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
  auto second = Simulation::Restore(options, Code, (*first)->Save());
  ASSERT_TRUE(second.ok()) << second.status();
  for (auto& message : Drive(**second, 70, &clock_b)) got.push_back(message);
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i].SerializeAsString(), expected[i].SerializeAsString()) << i;
}

TEST(SimulationTest, StateOfAnotherSeedOrUnreadableStateIsRefused) {
  auto simulation = Simulation::Create({.lots = 1, .seed = 1}, Code, Now());
  const std::string state = (*simulation)->Save();
  EXPECT_EQ(Simulation::Restore({.lots = 1, .seed = 2}, Code, state).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Simulation::Restore({.lots = 1, .seed = 1}, Code, state.substr(0, 20)).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Simulation::Restore({.lots = 1, .seed = 1}, Code, "[]").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(SimulationTest, EveryBadOptionIsNamed) {
  const absl::Status status = SimulationOptions{.lots = 0, .acceleration = 0.5}.Validate();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("--lots"), absl::string_view::npos);
  EXPECT_NE(status.message().find("--acceleration"), absl::string_view::npos);
}

TEST(SimulationTest, FailedCodeLeavesTheSimulationAsItWas) {
  bool fail = false;
  CodeSource codes = [&fail](int index, const LotPlan& plan) -> absl::StatusOr<std::string> {
    if (fail) return absl::UnavailableError("server away");
    return Code(index, plan);
  };
  auto simulation = Simulation::Create({.lots = 1, .seed = 4, .continuous = true}, codes, Now());
  absl::Time clock = Now();
  const int messages = 1 + 2 * 14;
  fail = true;
  int given = 0;
  for (int i = 0; i < messages; ++i) {
    clock = std::max(clock, *(*simulation)->NextDue());
    absl::StatusOr<feeding::v1::Meal> message = (*simulation)->Step(clock);
    if (!message.ok()) break;
    ++given;
    EXPECT_FALSE(message->pret_abattage());
  }
  const std::string before = (*simulation)->Save();
  EXPECT_FALSE((*simulation)->Step(clock).ok());
  EXPECT_EQ((*simulation)->Save(), before);
  fail = false;
  EXPECT_TRUE((*simulation)->Step(clock)->pret_abattage());
  EXPECT_EQ((*simulation)->finished_lots(), 1);
}

}  // namespace
}  // namespace egi::feeding_simulator
