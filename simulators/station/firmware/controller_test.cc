#include "simulators/station/firmware/controller.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/proto_time.h"
#include "simulators/station/firmware/image.h"

namespace egi::station::firmware {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using quality::v1::CommandResult;
using quality::v1::DeviceCommand;

absl::Time Noon() { return absl::FromUnixSeconds(1770120000); }

class ControllerTest : public ::testing::Test {
 protected:
  ControllerTest() { Restart(); }

  void Restart() {
    controller_ = *Controller::Create({.device_id = "ESP32_LL_01",
                                       .factory_image = *MakeImage("v1.2.3", "", true),
                                       .knows_profile = [](const std::string& name) { return name == "premium"; },
                                       .self_test = [] { return absl::OkStatus(); }},
                                      flash_);
  }

  static DeviceCommand Command(int id) {
    DeviceCommand command;
    command.set_command_id(id);
    command.set_device_id("ESP32_LL_01");
    return command;
  }
  static DeviceCommand Calibration(int id, absl::Time from, absl::Time until) {
    DeviceCommand command = Command(id);
    auto& calibration = *command.mutable_calibration();
    calibration.set_calibration_id(id);
    ToTimestamp(from, calibration.mutable_valid_from());
    ToTimestamp(until, calibration.mutable_valid_until());
    calibration.set_distance_offset_mm(1.5);
    auto& white = *calibration.mutable_white_reference();
    for (auto set : {&quality::v1::SpectralChannels::set_f1_415nm, &quality::v1::SpectralChannels::set_f2_445nm, &quality::v1::SpectralChannels::set_f3_480nm,
                     &quality::v1::SpectralChannels::set_f4_515nm, &quality::v1::SpectralChannels::set_f5_555nm, &quality::v1::SpectralChannels::set_f6_590nm,
                     &quality::v1::SpectralChannels::set_f7_630nm, &quality::v1::SpectralChannels::set_f8_680nm, &quality::v1::SpectralChannels::set_clear,
                     &quality::v1::SpectralChannels::set_nir}) {
      (white.*set)(1000);
    }
    return command;
  }

  MemoryFlash flash_;
  std::unique_ptr<Controller> controller_;
};

TEST_F(ControllerTest, ConfigurationIsInForceAndSurvivesARestart) {
  DeviceCommand command = Command(1);
  command.mutable_configuration()->set_revision(3);
  command.mutable_configuration()->set_frames_averaged(16);
  command.mutable_configuration()->set_config_profile("premium");
  EXPECT_EQ(controller_->Handle(command)->outcome(), quality::v1::COMMAND_OUTCOME_APPLIED);
  Restart();
  EXPECT_EQ(controller_->configuration().frames_averaged(), 16);
  quality::v1::DeviceHeartbeat heartbeat;
  controller_->FillHeartbeat(Noon(), &heartbeat);
  EXPECT_EQ(heartbeat.configuration_revision(), 3);
  EXPECT_EQ(heartbeat.boot_count(), 2);
  EXPECT_EQ(heartbeat.firmware_version(), "v1.2.3");
}

TEST_F(ControllerTest, AbsentFieldsKeepTheirValue) {
  DeviceCommand first = Command(1), second = Command(2);
  first.mutable_configuration()->set_revision(1);
  first.mutable_configuration()->set_frames_averaged(16);
  second.mutable_configuration()->set_revision(2);
  second.mutable_configuration()->set_heartbeat_interval_s(60);
  ASSERT_TRUE(controller_->Handle(first).ok());
  ASSERT_TRUE(controller_->Handle(second).ok());
  EXPECT_EQ(controller_->configuration().frames_averaged(), 16);
  EXPECT_EQ(controller_->configuration().heartbeat_interval_s(), 60);
}

TEST_F(ControllerTest, EveryBadFieldIsNamedAndNothingApplied) {
  DeviceCommand command = Command(1);
  command.mutable_configuration()->set_frames_averaged(1000);
  command.mutable_configuration()->set_spectral_gain(5);
  command.mutable_configuration()->set_config_profile("gold");
  const CommandResult result = *controller_->Handle(command);
  EXPECT_EQ(result.outcome(), quality::v1::COMMAND_OUTCOME_REFUSED);
  EXPECT_THAT(result.message(), AllOf(HasSubstr("revision"), HasSubstr("frames_averaged is 1000, expected 1 to 256"), HasSubstr("spectral_gain"), HasSubstr("gold")));
  EXPECT_FALSE(controller_->configuration().has_frames_averaged());
}

TEST_F(ControllerTest, CommandIsAppliedOnceHoweverOftenItComes) {
  DeviceCommand first = Command(1), second = Command(2);
  first.mutable_configuration()->set_revision(1);
  first.mutable_configuration()->set_frames_averaged(16);
  second.mutable_configuration()->set_revision(1);
  second.mutable_configuration()->set_frames_averaged(32);
  ASSERT_TRUE(controller_->Handle(first).ok());
  ASSERT_TRUE(controller_->Handle(second).ok());
  Restart();
  EXPECT_EQ(controller_->Handle(first)->outcome(), quality::v1::COMMAND_OUTCOME_APPLIED);
  EXPECT_EQ(controller_->configuration().frames_averaged(), 32);
}

TEST_F(ControllerTest, CommandForAnotherDeviceOrWithoutContentIsRefused) {
  DeviceCommand command = Command(1);
  command.set_device_id("ESP32_LS_01");
  command.mutable_grading()->set_allowed(false);
  EXPECT_THAT(controller_->Handle(command)->message(), HasSubstr("ESP32_LS_01"));
  EXPECT_THAT(controller_->Handle(Command(2))->message(), HasSubstr("does not know this command"));
  EXPECT_THAT(controller_->RefusesToGrade(Noon()), IsEmpty());
}

TEST_F(ControllerTest, StationWithoutCalibrationGrades) { EXPECT_THAT(controller_->RefusesToGrade(Noon()), IsEmpty()); }

TEST_F(ControllerTest, GradesWithinTheValidityOfItsCalibrationOnly) {
  ASSERT_EQ(controller_->Handle(Calibration(4, Noon(), Noon() + absl::Hours(24)))->message(), "");
  EXPECT_THAT(controller_->RefusesToGrade(Noon()), IsEmpty());
  EXPECT_EQ(controller_->RefusesToGrade(Noon() - absl::Minutes(1)), "calibration 4 is valid from 2026-02-03 12:00 UTC only");
  EXPECT_EQ(controller_->RefusesToGrade(Noon() + absl::Hours(24)), "calibration 4 ended at 2026-02-04 12:00 UTC: calibrate the station");
  EXPECT_EQ(controller_->calibration().distance_offset_mm(), 1.5);
}

TEST_F(ControllerTest, BadCalibrationIsRefusedWithEveryReason) {
  DeviceCommand command = Calibration(4, Noon(), Noon());
  command.mutable_calibration()->set_distance_offset_mm(30);
  command.mutable_calibration()->mutable_white_reference()->set_nir(0);
  EXPECT_THAT(controller_->Handle(command)->message(), AllOf(HasSubstr("valid_until"), HasSubstr("distance_offset_mm"), HasSubstr("white_reference")));
}

TEST_F(ControllerTest, ServerForbidsAndAllowsGrading) {
  DeviceCommand forbid = Command(1), allow = Command(2);
  forbid.mutable_grading()->set_reason("last golden sample check failed");
  allow.mutable_grading()->set_allowed(true);
  ASSERT_TRUE(controller_->Handle(forbid).ok());
  Restart();
  EXPECT_EQ(controller_->RefusesToGrade(Noon()), "last golden sample check failed");
  quality::v1::DeviceHeartbeat heartbeat;
  controller_->FillHeartbeat(Noon(), &heartbeat);
  EXPECT_EQ(heartbeat.refuses_to_grade(), "last golden sample check failed");
  ASSERT_TRUE(controller_->Handle(allow).ok());
  EXPECT_THAT(controller_->RefusesToGrade(Noon()), IsEmpty());
}

TEST_F(ControllerTest, AnswersAreKeptUntilTheyAreSent) {
  DeviceCommand command = Command(1);
  command.mutable_grading()->set_allowed(true);
  ASSERT_TRUE(controller_->Handle(command).ok());
  Restart();
  ASSERT_THAT(controller_->UnsentResults(), SizeIs(1));
  ASSERT_TRUE(controller_->Sent(controller_->UnsentResults()[0]).ok());
  EXPECT_THAT(controller_->UnsentResults(), IsEmpty());
}

TEST_F(ControllerTest, DamagedMemoryIsAnErrorThatTellsWhatToDo) {
  ASSERT_TRUE(flash_.Replace("memory.pb", "\xff\xff\xff").ok());
  const auto controller = Controller::Create({.device_id = "d", .factory_image = "", .knows_profile = nullptr, .self_test = nullptr}, flash_);
  EXPECT_EQ(controller.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(controller.status().message()), HasSubstr("state folder"));
}

}  // namespace
}  // namespace egi::station::firmware
