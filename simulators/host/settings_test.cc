#include "simulators/host/settings.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::simulator_host {
namespace {

using ::testing::HasSubstr;
using simulation::v1::CreateSimulatorRequest;
using simulation::v1::Simulator;

CreateSimulatorRequest Feeding(const std::string& name) {
  CreateSimulatorRequest request;
  request.set_name(name);
  request.mutable_feeding();
  return request;
}

TEST(SettingsTest, WhatIsLeftOutGetsItsDefault) {
  const absl::StatusOr<Simulator> simulator = Requested(Feeding("three-lots"));
  ASSERT_TRUE(simulator.ok()) << simulator.status();
  EXPECT_EQ(simulator->kind(), "feeding");
  EXPECT_EQ(simulator->feeding().lots(), 3);
  EXPECT_EQ(simulator->feeding().acceleration(), 1440);
  EXPECT_EQ(simulator->feeding().curve(), "strain");
  CreateSimulatorRequest station;
  station.set_name("s");
  station.mutable_station();
  EXPECT_EQ(Requested(station)->station().device(), "ESP32_LL_01");
  CreateSimulatorRequest monitor;
  monitor.set_name("m");
  monitor.mutable_monitor();
  EXPECT_EQ(Requested(monitor)->monitor().samples_per_lot(), 5);
}

TEST(SettingsTest, EveryBadFieldIsNamed) {
  CreateSimulatorRequest request = Feeding("Lots!");
  EXPECT_THAT(std::string(Requested(request).status().message()), HasSubstr("name"));
  request = Feeding("lots");
  request.mutable_feeding()->set_lots(501);
  request.mutable_feeding()->set_acceleration(0.5);
  request.mutable_feeding()->set_curve("bezier");
  request.mutable_feeding()->set_start_date("03/02/2026");
  request.mutable_feeding()->add_incidents()->set_type("flood");
  const std::string message(Requested(request).status().message());
  for (const char* field : {"feeding.lots", "feeding.acceleration", "feeding.curve", "feeding.start_date", "feeding.incidents[0]"}) {
    EXPECT_THAT(message, HasSubstr(field));
  }
}

TEST(SettingsTest, DeviceThatWouldLeaveTheFolderIsRefused) {
  CreateSimulatorRequest request;
  request.set_name("s");
  request.mutable_station()->set_device("../../etc");
  request.mutable_station()->set_rate(501);
  const std::string message(Requested(request).status().message());
  EXPECT_THAT(message, HasSubstr("station.device"));
  EXPECT_THAT(message, HasSubstr("station.rate"));
}

TEST(SettingsTest, RequestWithoutKindOrWithAReservedNameIsRefused) {
  CreateSimulatorRequest request;
  request.set_name("scenarios");
  const std::string message(Requested(request).status().message());
  EXPECT_THAT(message, HasSubstr("name"));
  EXPECT_THAT(message, HasSubstr("settings"));
}

TEST(SettingsTest, PaceMakesNoOtherSimulator) {
  Simulator a = *Requested(Feeding("a")), b = a;
  b.mutable_feeding()->set_acceleration(86400);
  EXPECT_TRUE(SameButForPace(a, b));
  b.mutable_feeding()->set_seed(2);
  EXPECT_FALSE(SameButForPace(a, b));
}

TEST(SettingsTest, IncidentSurvivesTheWayThereAndBack) {
  simulation::v1::Incident incident;
  incident.set_type("sensor_drift");
  incident.set_lot("3");
  incident.mutable_from()->set_jour(2);
  incident.mutable_from()->set_moment("soir");
  incident.set_duration("2d");
  incident.set_measure("humidity");
  const auto read = ToIncident(incident, std::nullopt);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->from_meal, 5);
  EXPECT_EQ(read->intensity, 10) << "the usual one";
  const simulation::v1::Incident back = FromIncident(*read);
  EXPECT_EQ(back.duration(), "48h");
  EXPECT_EQ(back.intensity().value(), 10);
  EXPECT_EQ(back.measure(), "humidity");
  EXPECT_EQ(ToIncident(back, std::nullopt)->Describe(), read->Describe());
}

TEST(SettingsTest, IncidentOfNoMealAndNoMeaningIsRefused) {
  simulation::v1::Incident incident;
  incident.set_type("missed_meal");
  incident.mutable_from()->set_jour(28);
  incident.mutable_from()->set_moment("midi");
  incident.set_duration("soon");
  const std::string message(ToIncident(incident, 0).status().message());
  for (const char* field : {"from.jour", "from.moment", "duration"}) EXPECT_THAT(message, HasSubstr(field));
  simulation::v1::Incident meaningless;
  meaningless.set_type("missed_meal");
  meaningless.mutable_intensity()->set_value(0.5);
  EXPECT_FALSE(ToIncident(meaningless, 0).ok());
}

}  // namespace
}  // namespace egi::simulator_host
