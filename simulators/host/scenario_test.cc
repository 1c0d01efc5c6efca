#include "simulators/host/scenario.h"

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::simulator_host {
namespace {

using ::testing::HasSubstr;

TEST(ScenarioTest, EveryBuiltInScenarioIsReadAndNamesItsSimulatorsApart) {
  const absl::StatusOr<Scenarios> scenarios = BuiltInScenarios();
  ASSERT_TRUE(scenarios.ok()) << scenarios.status();
  std::set<std::string> names, simulators;
  for (const auto& [name, scenario] : *scenarios) {
    names.insert(name);
    EXPECT_FALSE(scenario.description().empty());
    for (const auto& each : scenario.simulators()) {
      EXPECT_TRUE(simulators.insert(each.name()).second) << each.name() << " is in two scenarios";
      EXPECT_EQ(each.scenario(), name);
    }
  }
  EXPECT_EQ(names, (std::set<std::string>{"demo", "disease", "duplicates", "fortnight", "heat_wave", "power_cut"}));
}

TEST(ScenarioTest, FortnightHasThirtyLotsEveryIncidentAndTwoMonitors) {
  const simulation::v1::Scenario fortnight = BuiltInScenarios()->at("fortnight");
  std::set<std::string> incidents;
  int monitors = 0;
  for (const auto& each : fortnight.simulators()) {
    monitors += each.has_monitor() ? 1 : 0;
    for (const auto& incident : each.feeding().incidents()) incidents.insert(incident.type());
  }
  EXPECT_EQ(fortnight.simulators(0).feeding().lots(), 30);
  EXPECT_EQ(monitors, 2);
  EXPECT_EQ(incidents.size(), 8u);
}

TEST(ScenarioTest, EveryFaultIsToldWithItsLine) {
  const auto scenario = ParseScenario("mine", R"yaml(
description: faults
simulators:
  - {name: a, kind: feeding, lots: 501}
  - {name: a, kind: oven}
  - name: c
    kind: feeding
    speed: 3
    incidents:
      - {type: flood, all: true}
)yaml");
  const std::string message(scenario.status().message());
  for (const char* part : {"feeding.lots", "\"oven\"", "there twice", "speed", "flood", "line 5", "line 10", "scenario mine"}) EXPECT_THAT(message, HasSubstr(part));
}

TEST(ScenarioTest, BrokenYamlAndMissingListAreRefused) {
  EXPECT_THAT(std::string(ParseScenario("x", "description: [").status().message()), HasSubstr("line"));
  EXPECT_THAT(std::string(ParseScenario("x", "description: nothing runs").status().message()), HasSubstr("simulators: is missing"));
}

}  // namespace
}  // namespace egi::simulator_host
