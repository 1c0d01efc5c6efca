// What incidents do to the order of messages, and how they come in while lots run.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "simulators/feeding/simulation.h"

namespace egi::feeding_simulator {
namespace {

using ::testing::ElementsAre;

absl::StatusOr<std::string> Code(int index, const LotPlan& plan) { return absl::StrFormat("%s2602%03d", plan.site, index + 1); }

absl::Time Now() { return absl::FromUnixSeconds(1'770'000'000); }

struct Heard {
  absl::Time at;
  feeding::v1::Meal meal;
};

std::vector<Heard> Drive(Simulation& simulation, size_t limit, absl::Time* clock) {
  std::vector<Heard> heard;
  while (heard.size() < limit && simulation.NextDue().has_value()) {
    *clock = std::max(*clock, *simulation.NextDue());
    auto step = simulation.Step(*clock);
    EXPECT_TRUE(step.ok()) << step.status();
    for (auto& meal : *step) heard.push_back({*clock, std::move(meal)});
  }
  return heard;
}

// Numbers of the meals of the first lot in the order heard; 0 = the announcement.
std::vector<int> Order(const std::vector<Heard>& heard) {
  std::vector<int> order;
  for (const Heard& each : heard) order.push_back(each.meal.repas());
  return order;
}

std::vector<int> UpTo(int last) {
  std::vector<int> numbers;
  for (int i = 0; i <= last; ++i) numbers.push_back(i);
  return numbers;
}

SimulationOptions With(Incident incident, int lots = 1) { return {.lots = lots, .seed = 4, .incidents = {std::move(incident)}}; }

TEST(SimulationIncidentsTest, MessagesOfAPowerFailureArriveInOrderWhenThePowerIsBack) {
  auto simulation = Simulation::Create(With({.type = IncidentType::kPowerFailure, .from_meal = 2, .duration = absl::Hours(42), .intensity = 1}), Code, Now());
  absl::Time clock = Now();
  const auto heard = Drive(**simulation, 100, &clock);
  EXPECT_EQ(Order(heard), UpTo(heard.back().meal.repas()));
  EXPECT_EQ(heard[3].at, heard[6].at) << "four meals at once";
  EXPECT_EQ(heard[3].at - heard[2].at, absl::Hours(54) / 1440);
  EXPECT_EQ(heard[7].at - heard[6].at, absl::Hours(6) / 1440);
}

TEST(SimulationIncidentsTest, HeldMessagesSurviveARestart) {
  const SimulationOptions options = With({.type = IncidentType::kPowerFailure, .from_meal = 2, .duration = absl::Hours(60), .intensity = 1}, 2);
  auto whole = Simulation::Create(options, Code, Now());
  absl::Time clock_a = Now();
  const auto expected = Drive(**whole, 1000, &clock_a);
  for (int cut = 0; cut < 30; ++cut) {
    auto simulation = Simulation::Create(options, Code, Now());
    absl::Time clock = Now();
    std::vector<Heard> heard;
    for (int i = 0; i < cut; ++i) {
      clock = std::max(clock, *(*simulation)->NextDue());
      auto step = (*simulation)->Step(clock);
      for (auto& meal : *step) heard.push_back({clock, std::move(meal)});
    }
    auto restored = Simulation::Restore(options, Code, (*simulation)->Save(), clock);
    ASSERT_TRUE(restored.ok()) << restored.status();
    for (auto& each : Drive(**restored, 1000, &clock)) heard.push_back(std::move(each));
    ASSERT_EQ(heard.size(), expected.size()) << cut;
    for (size_t i = 0; i < heard.size(); ++i) ASSERT_EQ(heard[i].meal.SerializeAsString(), expected[i].meal.SerializeAsString()) << cut << " " << i;
  }
}

TEST(SimulationIncidentsTest, OneMealOutOfOrderComesAfterItsSuccessorAlsoTheLast) {
  auto simulation = Simulation::Create(With({.type = IncidentType::kOutOfOrder, .from_meal = 2}), Code, Now());
  absl::Time clock = Now();
  const auto order = Order(Drive(**simulation, 100, &clock));
  EXPECT_THAT(std::vector<int>(order.begin(), order.begin() + 7), ElementsAre(0, 1, 2, 4, 3, 5, 6));
  const int last = static_cast<int>(order.size()) - 1;
  auto other = Simulation::Create(With({.type = IncidentType::kOutOfOrder, .from_meal = last - 1}), Code, Now());
  clock = Now();
  EXPECT_EQ(Order(Drive(**other, 100, &clock)), UpTo(last));
  EXPECT_EQ((*other)->finished_lots(), 1);
}

TEST(SimulationIncidentsTest, DuplicateIsHeardTwiceAndMissedMealNever) {
  auto twice = Simulation::Create(With({.type = IncidentType::kDuplicate, .from_meal = 1, .duration = absl::Hours(24)}), Code, Now());
  absl::Time clock = Now();
  const auto heard = Drive(**twice, 7, &clock);
  EXPECT_THAT(Order(heard), ElementsAre(0, 1, 2, 2, 3, 3, 4));
  EXPECT_EQ(heard[2].meal.SerializeAsString(), heard[3].meal.SerializeAsString());
  auto missed = Simulation::Create(With({.type = IncidentType::kMissedMeal, .from_meal = 1, .duration = absl::Hours(24)}), Code, Now());
  clock = Now();
  EXPECT_THAT(Order(Drive(**missed, 4, &clock)), ElementsAre(0, 1, 4, 5));
}

TEST(SimulationIncidentsTest, IncidentBefallsOnlyTheLotsItConcernsAlsoLaterOnes) {
  SimulationOptions options = With({.type = IncidentType::kOverdose, .site = "LS", .from_meal = 0, .intensity = 0.5}, 3);
  options.continuous = true;
  auto simulation = Simulation::Create(options, Code, Now());
  absl::Time clock = Now();
  int overdosed = 0;
  for (const Heard& each : Drive(**simulation, 400, &clock)) {
    if (each.meal.repas() != 1) continue;
    const bool too_much = each.meal.dose_reelle() > 1.4 * each.meal.dose_theorique();
    EXPECT_EQ(too_much, each.meal.site() == "LS") << each.meal.code_lot();
    overdosed += too_much;
  }
  EXPECT_GE(overdosed, 3) << "the fifth, tenth ... lot is of LS too";
}

TEST(SimulationIncidentsTest, InjectedIncidentBeginsWithTheNextMealAndSurvivesARestart) {
  const SimulationOptions options = {.lots = 2, .seed = 4};
  auto simulation = Simulation::Create(options, Code, Now());
  absl::Time clock = Now();
  Drive(**simulation, 10, &clock);
  const auto injected = (*simulation)->Inject({.type = IncidentType::kOverdose, .lot = "2", .duration = absl::Hours(24), .intensity = 0.5});
  ASSERT_TRUE(injected.ok()) << injected.status();
  EXPECT_EQ(*injected, 1);
  auto restored = Simulation::Restore(options, Code, (*simulation)->Save(), clock);
  ASSERT_TRUE(restored.ok());
  std::map<int, std::vector<int>> overdosed;
  for (const Heard& each : Drive(**restored, 12, &clock)) {
    if (each.meal.dose_reelle() > 1.4 * each.meal.dose_theorique()) overdosed[each.meal.gaveur_id()].push_back(each.meal.repas());
  }
  ASSERT_EQ(overdosed.size(), 1u);
  EXPECT_THAT(overdosed[2], ElementsAre(5, 6));
}

TEST(SimulationIncidentsTest, InjectionThatHitsNobodyIsAnError) {
  auto simulation = Simulation::Create({.lots = 1, .seed = 4}, Code, Now());
  absl::Time clock = Now();
  Drive(**simulation, 6, &clock);
  Incident incident{.type = IncidentType::kDuplicate, .site = "MT"};
  EXPECT_EQ((*simulation)->Inject(incident).status().code(), absl::StatusCode::kNotFound);
  incident.site = "";
  incident.from_meal = 2;
  EXPECT_EQ((*simulation)->Inject(incident).status().code(), absl::StatusCode::kFailedPrecondition);
  incident.intensity = 3;
  EXPECT_EQ((*simulation)->Inject(incident).status().code(), absl::StatusCode::kInvalidArgument);
  incident = {.type = IncidentType::kDisease, .from_meal = 8, .intensity = 0.5};
  EXPECT_EQ(*(*simulation)->Inject(incident), 1);
}

TEST(SimulationIncidentsTest, LotTellsItsIncidentsAndWhatIsHeld) {
  auto simulation = Simulation::Create(With({.type = IncidentType::kPowerFailure, .from_meal = 1, .duration = absl::Hours(36), .intensity = 1}), Code, Now());
  absl::Time clock = Now();
  while ((*simulation)->Lots()[0].meals_given < 3) {
    clock = std::max(clock, *(*simulation)->NextDue());
    ASSERT_TRUE((*simulation)->Step(clock).ok());
  }
  EXPECT_EQ((*simulation)->Lots()[0].held, 2);
  EXPECT_THAT((*simulation)->Lots()[0].incidents, ElementsAre("power_failure"));
}

TEST(SimulationIncidentsTest, EveryBadIncidentIsNamed) {
  const absl::Status status = SimulationOptions{.lots = 1, .incidents = {{.type = IncidentType::kDisease, .site = "XX", .intensity = 3}}}.Validate();
  EXPECT_NE(status.message().find("incident 1: site is \"XX\""), absl::string_view::npos) << status;
  EXPECT_NE(status.message().find("intensity is 3, expected 0 to 1"), absl::string_view::npos);
}

TEST(SimulationIncidentsTest, LastMealIsNeverMissedSoThatEveryLotIsToldFinished) {
  auto simulation = Simulation::Create(With({.type = IncidentType::kMissedMeal, .from_meal = 18, .duration = absl::Hours(240)}, 5), Code, Now());
  absl::Time clock = Now();
  std::map<std::string, int> ready, last;
  for (const Heard& each : Drive(**simulation, 1000, &clock)) {
    last[each.meal.code_lot()] = each.meal.repas();
    ready[each.meal.code_lot()] += each.meal.pret_abattage();
  }
  ASSERT_EQ(ready.size(), 5u);
  for (const auto& [code, times] : ready) EXPECT_EQ(times, 1) << code << ", last heard of meal " << last[code];
}

TEST(SimulationIncidentsTest, MissingOnlyTheLastMealIsRefused) {
  auto simulation = Simulation::Create({.lots = 1, .seed = 4}, Code, Now());
  const int last = 2 * (*simulation)->Lots()[0].plan.days - 1;
  EXPECT_EQ((*simulation)->Inject({.type = IncidentType::kMissedMeal, .from_meal = last}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ((*simulation)->Inject({.type = IncidentType::kMissedMeal, .from_meal = last - 1, .duration = absl::Hours(24)}).value(), 1);
}

}  // namespace
}  // namespace egi::feeding_simulator
