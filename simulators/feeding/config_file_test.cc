#include "simulators/feeding/config_file.h"

#include <cstdlib>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::feeding_simulator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ConfigFileTest, OptionsOfTheFileComeBeforeThoseOfTheCommandLineWhichWin) {
  const std::string path = std::string(getenv("TEST_TMPDIR")) + "/farm.yaml";
  std::ofstream(path) << "lots: 5\nstart-date: 2026-02-01\ncontinuous: true\n";
  const auto arguments = WithConfig({"feeding-simulator", "--lots=7", "--config", path});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_THAT(*arguments, ElementsAre("feeding-simulator", "--lots=5", "--start_date=2026-02-01", "--continuous=true", "--lots=7", "--config", path));
}

TEST(ConfigFileTest, WithoutConfigTheArgumentsStayAsTheyAre) {
  EXPECT_THAT(*WithConfig({"feeding-simulator", "--lots", "7"}), ElementsAre("feeding-simulator", "--lots", "7"));
}

TEST(ConfigFileTest, NamesOfTheOriginalSimulatorAreUnderstood) {
  EXPECT_THAT(*WithConfig({"feeding-simulator", "--nb-lots", "7", "--backend-url=127.0.0.1:50051", "--seed=2"}),
              ElementsAre("feeding-simulator", "--lots", "7", "--server=127.0.0.1:50051", "--seed=2"));
  EXPECT_THAT(*ConfigArguments("nb_lots: 5\n", "farm.yaml"), ElementsAre("--lots=5"));
}

TEST(ConfigFileTest, IncidentsMayStandInTheConfigurationOrInAFileOfTheirOwn) {
  EXPECT_THAT(*ConfigArguments("incidents:\n- {type: disease, all: true}\n", "farm.yaml"), ElementsAre("--incidents=farm.yaml"));
  EXPECT_THAT(*ConfigArguments("incidents: summer.yaml\n", "farm.yaml"), ElementsAre("--incidents=summer.yaml"));
}

TEST(ConfigFileTest, EveryFaultIsToldWithItsLine) {
  const absl::Status status = ConfigArguments("lots: 5\nducks: 3\nseed: [1, 2]\n", "farm.yaml").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("farm.yaml: line 2: ducks: unknown key"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("farm.yaml: line 3: seed: expected a single value"));
  EXPECT_THAT(std::string(ConfigArguments("lots: [1\n", "farm.yaml").status().message()), HasSubstr("farm.yaml: line 2"));
  EXPECT_THAT(std::string(ConfigArguments("- 1\n", "farm.yaml").status().message()), HasSubstr("line 1"));
  EXPECT_EQ(WithConfig({"feeding-simulator", "--config=/nowhere/farm.yaml"}).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace egi::feeding_simulator
