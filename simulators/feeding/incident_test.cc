#include "simulators/feeding/incident.h"

#include <cmath>
#include <fstream>
#include <iterator>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "simulators/feeding/incident_file.h"
#include "simulators/feeding/lot.h"

namespace egi::feeding_simulator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

LotPlan Plan(int birds = 50) {
  return {.site = "LL", .gaveur_id = 4, .breed = Breed::kMulard, .birds = birds, .days = 12, .first_day = absl::UnixEpoch()};
}

LotIncident Of(IncidentType type, int from, absl::Duration duration, double intensity, Measure measure = Measure::kTemperature) {
  return {type, from, duration, intensity, measure};
}

std::vector<Serving> ServeAll(const std::vector<LotIncident>& incidents, int birds = 50) {
  SimulatedLot lot("LL2602003", Plan(birds), CurveMode::kStrain, Random(7));
  for (const LotIncident& incident : incidents) lot.Suffer(incident);
  std::vector<Serving> servings;
  while (!lot.finished()) servings.push_back(lot.Serve());
  return servings;
}

TEST(IncidentTest, WithoutIncidentsEveryMealArrivesOnceAtItsTime) {
  for (const Serving& serving : ServeAll({})) EXPECT_THAT(serving.deliveries, ElementsAre(serving.time));
}

TEST(IncidentTest, MealsBeforeAnIncidentAreThoseOfALotWithoutIt) {
  const auto calm = ServeAll({});
  for (IncidentType type : {IncidentType::kPowerFailure, IncidentType::kDisease, IncidentType::kHeatWave, IncidentType::kOverdose, IncidentType::kMissedMeal,
                            IncidentType::kSensorDrift, IncidentType::kDuplicate, IncidentType::kOutOfOrder}) {
    const auto harmed = ServeAll({Of(type, 10, absl::Hours(48), 1)});
    for (int i = 0; i < 10; ++i) EXPECT_EQ(harmed[i].meal.SerializeAsString(), calm[i].meal.SerializeAsString()) << IncidentTypeName(type);
    bool differs = false;
    for (int i = 10; i < 15; ++i) {
      differs |= harmed[i].meal.SerializeAsString() != calm[i].meal.SerializeAsString() || harmed[i].deliveries != calm[i].deliveries;
    }
    EXPECT_TRUE(differs) << IncidentTypeName(type);
  }
}

TEST(IncidentTest, PowerFailureWarmsByEightTenthsOfADegreeAnHourUpToEightAndHoldsMessages) {
  const auto calm = ServeAll({});
  const auto dark = ServeAll({Of(IncidentType::kPowerFailure, 4, absl::Hours(36), 1)});
  const absl::Time back = dark[4].time + absl::Hours(36);
  for (int i = 4; i < 7; ++i) EXPECT_THAT(dark[i].deliveries, ElementsAre(back));
  EXPECT_THAT(dark[7].deliveries, ElementsAre(dark[7].time)) << "the power is back";
  const double rises[] = {0, 8, 8, 8, 0};  // after 0, 12, 24 and 36 hours: 0.8 x 12 is already more than 8
  for (int i = 0; i < 5; ++i) EXPECT_NEAR(dark[4 + i].meal.temperature_stabule() - calm[4 + i].meal.temperature_stabule(), rises[i], 0.11) << i;
  EXPECT_NEAR(dark[5].meal.humidite_stabule(), std::min(100.0, calm[5].meal.humidite_stabule() + 24), 0.11);
  EXPECT_EQ(dark[6].meal.humidite_stabule(), 100) << "48 % more than at least 55 %";
  EXPECT_NEAR(dark[8].meal.humidite_stabule(), calm[8].meal.humidite_stabule(), 1e-9);
}

TEST(IncidentTest, DiseaseLowersDosesAndGainsAndFadesOverFourMeals) {
  const auto calm = ServeAll({}, 5000);
  const auto sick = ServeAll({Of(IncidentType::kDisease, 6, absl::Hours(24), 0.5)}, 5000);
  const double strengths[] = {0.5, 0.5, 0.375, 0.25, 0.125, 0};
  for (int i = 0; i < 6; ++i) {
    const double ratio = sick[6 + i].meal.dose_reelle() / sick[6 + i].meal.dose_theorique();
    EXPECT_NEAR(ratio, 1 - 0.4 * strengths[i], 0.07) << i;
    const auto gain = [&](const std::vector<Serving>& all) { return all[6 + i].meal.poids_moyen() - all[5 + i].meal.poids_moyen(); };
    EXPECT_NEAR(gain(sick) / gain(calm), (1 - 0.7 * strengths[i]) * std::pow(1 - 0.4 * strengths[i], 0.8), 0.06) << i;
  }
}

TEST(IncidentTest, DiseaseMultipliesDeathsByOnePlusTenTimesItsIntensity) {
  const auto deaths = [](const std::vector<Serving>& all, int from, int to) {
    int sum = 0;
    for (int i = from; i < to; ++i) sum += all[i].meal.nb_morts();
    return sum;
  };
  const auto calm = ServeAll({}, 40'000), sick = ServeAll({Of(IncidentType::kDisease, 6, absl::Hours(48), 0.5)}, 40'000);
  EXPECT_NEAR(deaths(sick, 6, 10) / static_cast<double>(deaths(calm, 6, 10)), 6, 1.2);
}

TEST(IncidentTest, HeatWaveLiesBetween27And32DegreesAndDoublesDeathsAbove28) {
  const auto hot = ServeAll({Of(IncidentType::kHeatWave, 0, absl::Hours(24 * 12), 1)}, 40'000);
  const auto mild = ServeAll({Of(IncidentType::kHeatWave, 0, absl::Hours(24 * 12), 0.1)}, 40'000);
  const auto calm = ServeAll({}, 40'000);
  double low = 100, high = 0;
  int above = 0, calm_above = 0;
  for (size_t i = 0; i < hot.size(); ++i) {
    const double t = hot[i].meal.temperature_stabule();
    low = std::min(low, t);
    high = std::max(high, t);
    EXPECT_LE(mild[i].meal.temperature_stabule(), 27.5);
    EXPECT_EQ(mild[i].meal.nb_morts(), calm[i].meal.nb_morts()) << "below 28 degrees nobody dies of it";
    if (t < 28.05) continue;
    above += hot[i].meal.nb_morts();
    calm_above += calm[i].meal.nb_morts();
  }
  EXPECT_GE(low, 27);
  EXPECT_LE(high, 32);
  EXPECT_GT(high - low, 2);
  EXPECT_NEAR(above / static_cast<double>(calm_above), 2, 0.25);
}

TEST(IncidentTest, OverdoseGivesMoreThanPrescribedAndDucksGrowMore) {
  const auto calm = ServeAll({}), fat = ServeAll({Of(IncidentType::kOverdose, 3, absl::Hours(12), 0.3)});
  EXPECT_NEAR(fat[3].meal.dose_reelle(), 1.3 * fat[3].meal.dose_theorique(), 0.06);
  EXPECT_GT(fat[3].meal.poids_moyen(), calm[3].meal.poids_moyen());
  EXPECT_EQ(fat[4].meal.dose_reelle(), calm[4].meal.dose_reelle());
}

TEST(IncidentTest, MissedMealIsNotHeardOfAndDucksDoNotGrowByIt) {
  const auto meals = ServeAll({Of(IncidentType::kMissedMeal, 5, absl::Hours(12), 0)});
  EXPECT_THAT(meals[5].deliveries, IsEmpty());
  EXPECT_EQ(meals[5].meal.dose_reelle(), 0);
  EXPECT_NEAR(meals[5].meal.poids_moyen(), meals[4].meal.poids_moyen(), 30) << "deaths change the mean a little";
  EXPECT_EQ(meals[6].meal.repas(), 7) << "the gap shows";
}

TEST(IncidentTest, DeathsOfAMissedMealAreToldWithTheNextOne) {
  const auto meals = ServeAll({Of(IncidentType::kMissedMeal, 5, absl::Hours(36), 0)}, 5000);
  EXPECT_EQ(meals[8].meal.nb_morts(), meals[4].meal.nb_canards_vivants() - meals[8].meal.nb_canards_vivants());
}

TEST(IncidentTest, DriftGrowsLinearlyAndEndsWithTheSensor) {
  const auto calm = ServeAll({});
  const auto warm = ServeAll({Of(IncidentType::kSensorDrift, 2, absl::Hours(48), 4)});
  const auto dry = ServeAll({Of(IncidentType::kSensorDrift, 2, absl::Hours(48), -10, Measure::kHumidity)});
  for (int i = 0; i < 4; ++i) {
    EXPECT_NEAR(warm[2 + i].meal.temperature_stabule() - calm[2 + i].meal.temperature_stabule(), 2 * i, 0.11);
    EXPECT_NEAR(dry[2 + i].meal.humidite_stabule() - calm[2 + i].meal.humidite_stabule(), -5 * i, 0.11);
    EXPECT_EQ(warm[2 + i].meal.poids_moyen(), calm[2 + i].meal.poids_moyen()) << "only the sensor is wrong";
  }
  EXPECT_EQ(warm[6].meal.temperature_stabule(), calm[6].meal.temperature_stabule());
}

TEST(IncidentTest, DuplicateArrivesTwiceAndOutOfOrderAfterItsSuccessor) {
  const auto twice = ServeAll({Of(IncidentType::kDuplicate, 5, absl::Hours(12), 0)});
  EXPECT_THAT(twice[5].deliveries, ElementsAre(twice[5].time, twice[5].time));
  const auto late = ServeAll({Of(IncidentType::kOutOfOrder, 5, absl::Hours(12), 0)});
  EXPECT_THAT(late[5].deliveries, ElementsAre(late[6].time + absl::Minutes(1)));
}

TEST(IncidentFileTest, EveryTypeIsReadWithItsUsualIntensity) {
  const auto incidents = ParseIncidents(R"(
- {type: power_failure, site: LL, from: {jour: 3, moment: soir}, duration: 36h}
- {type: disease, lot: LL2602003, from: {jour: 4}, duration: 2d, intensity: 0.8}
- {type: heat_wave, all: true, from: {jour: 5}, duration: 3 meals}
- {type: overdose, lot: 2, from: {jour: 1}}
- {type: missed_meal, all: true, from: {jour: 6, moment: soir}}
- {type: sensor_drift, measure: humidity, site: MT, from: {jour: 0}, duration: 5d}
- {type: duplicate, all: true}
- {type: out_of_order, all: true, from: {jour: 2}}
)",
                                        "farm.yaml");
  ASSERT_TRUE(incidents.ok()) << incidents.status();
  ASSERT_EQ(incidents->size(), 8u);
  EXPECT_EQ((*incidents)[0].Describe(), "power_failure, site LL, from J3 soir, 36 h, intensity 1");
  EXPECT_EQ((*incidents)[1].Describe(), "disease, lot LL2602003, from J4 matin, 48 h, intensity 0.8");
  EXPECT_EQ((*incidents)[2].Describe(), "heat_wave, all lots, from J5 matin, 36 h, intensity 1");
  EXPECT_EQ((*incidents)[3].Describe(), "overdose, lot 2, from J1 matin, 12 h, intensity 0.3");
  EXPECT_EQ((*incidents)[4].Describe(), "missed_meal, all lots, from J6 soir, 12 h, the last meal of a lot excepted");
  EXPECT_EQ((*incidents)[5].Describe(), "sensor_drift, site MT, from J0 matin, 120 h, humidity, intensity 10");
  EXPECT_EQ((*incidents)[7].Describe(), "out_of_order, all lots, from J2 matin, 12 h");
}

TEST(IncidentFileTest, ExampleOfTheGuideIsReadAndHasEveryType) {
  std::ifstream guide("docs/feeding.md");
  const std::string text((std::istreambuf_iterator<char>(guide)), std::istreambuf_iterator<char>());
  const size_t begin = text.find("```yaml\n"), end = text.find("```", begin + 8);
  ASSERT_NE(end, std::string::npos);
  const auto incidents = ParseIncidents(text.substr(begin + 8, end - begin - 8), "feeding.md");
  ASSERT_TRUE(incidents.ok()) << incidents.status();
  std::set<IncidentType> types;
  for (const Incident& incident : *incidents) types.insert(incident.type);
  EXPECT_EQ(types.size(), 8u);
}

TEST(IncidentFileTest, ListMayStandInALargerDocument) {
  const auto incidents = ParseIncidents("lots: 5\nincidents:\n- {type: disease, all: true}\n", "farm.yaml");
  ASSERT_TRUE(incidents.ok()) << incidents.status();
  EXPECT_EQ(incidents->size(), 1u);
}

TEST(IncidentFileTest, EveryFaultIsToldWithLineAndKey) {
  const absl::Status status = ParseIncidents(R"(incidents:
- {type: flood, all: true}
- {type: disease, site: XX, from: {jour: 28}}
- {type: overdose, lot: 3, intensity: 1.5}
- {type: missed_meal, all: true, intensity: 1, duration: soon}
- type: heat_wave
  site: LL
  lot: 2
  severity: 1
- {type: sensor_drift, all: true}
- {type: duplicate, lot: LL26, from: {moment: midi}}
)",
                                             "farm.yaml")
                                  .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const std::string text(status.message());
  for (const char* fault :
       {"farm.yaml: line 2: incidents[0].type: is \"flood\", expected power_failure", "line 3: incidents[1].from.jour: is 28, expected 0 to 27",
        "line 3: incidents[1].site: site is \"XX\"", "line 4: incidents[2].intensity: is 1.5, expected 0 to 1",
        "line 5: incidents[3].intensity: has no meaning for missed_meal", "line 5: incidents[3].duration: is \"soon\"",
        "line 6: incidents[4]: expected exactly one of lot, site and all", "line 9: incidents[4].severity: unknown key",
        "line 10: incidents[5].measure: is \"\", expected temperature or humidity", "line 11: incidents[6].lot: lot is \"LL26\"",
        "line 11: incidents[6].from.jour: is missing", "line 11: incidents[6].from.moment: is \"midi\""}) {
    EXPECT_THAT(text, HasSubstr(fault));
  }
  EXPECT_THAT(std::string(ParseIncidents("incidents: {type: disease}", "f").status().message()), HasSubstr("f: line 1: incidents: expected a list"));
  EXPECT_THAT(std::string(ParseIncidents("- {type: [", "f").status().message()), HasSubstr("f: line 1"));
  EXPECT_THAT(std::string(ParseIncidents("lots: 3", "f").status().message()), HasSubstr("incidents: is missing"));
  EXPECT_EQ(ReadIncidentFile("/nowhere/farm.yaml").status().code(), absl::StatusCode::kNotFound);
}

TEST(IncidentFileTest, DurationsHaveAUnit) {
  EXPECT_EQ(*ParseIncidentDuration("1.5h"), absl::Minutes(90));
  EXPECT_EQ(*ParseIncidentDuration("2d"), absl::Hours(48));
  EXPECT_EQ(*ParseIncidentDuration("1 meal"), absl::Hours(12));
  for (const char* bad : {"", "12", "h", "-1h", "0h", "1e9h", "2 weeks"}) EXPECT_FALSE(ParseIncidentDuration(bad).ok()) << bad;
}

TEST(IncidentTest, ConcernsLotByCodeOrNumberSiteOrAll) {
  Incident incident;
  EXPECT_TRUE(Concerns(incident, "LL2602003", "LL", 3));
  incident.lot = "LL2602003";
  EXPECT_TRUE(Concerns(incident, "LL2602003", "LL", 1));
  EXPECT_FALSE(Concerns(incident, "LL2602004", "LL", 1));
  incident.lot = "3";
  EXPECT_TRUE(Concerns(incident, "LL2602009", "LL", 3));
  EXPECT_FALSE(Concerns(incident, "LL2602009", "LL", 13));
  incident.lot = "";
  incident.site = "MT";
  EXPECT_FALSE(Concerns(incident, "LL2602009", "LL", 3));
}

}  // namespace
}  // namespace egi::feeding_simulator
