#include "simulators/station/station.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/proto_time.h"
#include "server/gauge/check.h"
#include "simulators/station/firmware/image.h"
#include "simulators/station/profile_loader.h"

namespace egi::station {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

absl::Time Noon() { return absl::FromUnixSeconds(1770120000); }  // 2026-02-03T12:00:00Z

// A fresh folder for one test.
std::string Folder() {
  const std::string folder =
      absl::StrCat(testing::TempDir(), "/", testing::UnitTest::GetInstance()->current_test_info()->name());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

Station::Options StandardOptions() {
  Station::Options options;
  options.identity = {"ESP32_LL_01", "Ligne A"};
  options.profile = *ProfileBook::BuiltIn()->Find("");
  options.start = Noon();
  return options;
}

std::unique_ptr<Station> MakeStation(Station::Options options, SendSample send) {
  return *Station::Create(std::move(options), *Numbering::Create({}), std::move(send));
}

absl::Status Accept(const quality::v1::Sample&) { return absl::OkStatus(); }

TEST(Numbering, CountsFromOne) {
  auto numbering = *Numbering::Create({});
  EXPECT_EQ(*numbering->Next(), 1);
  EXPECT_EQ(*numbering->Next(), 2);
}

TEST(Numbering, NeverRepeatsOverRestarts) {
  const std::string folder = Folder();
  std::set<int64_t> seen;
  for (int run = 0; run < 5; ++run) {
    auto numbering = *Numbering::Create({.folder = folder, .block = 3});
    for (int i = 0; i < 7; ++i) EXPECT_TRUE(seen.insert(*numbering->Next()).second);
  }
  EXPECT_EQ(seen.size(), 35u);
}

TEST(Numbering, StartCounterWins) {
  const std::string folder = Folder();
  EXPECT_EQ(*(*Numbering::Create({.folder = folder}))->Next(), 1);
  EXPECT_EQ(*(*Numbering::Create({.folder = folder, .start = 500}))->Next(), 500);
  EXPECT_GT(*(*Numbering::Create({.folder = folder}))->Next(), 500);
}

TEST(Numbering, DamagedFileIsAnErrorThatTellsWhatToDo) {
  const std::string folder = Folder();
  std::ofstream(folder + "/next-sample") << "soon\n";
  EXPECT_THAT(std::string(Numbering::Create({.folder = folder}).status().message()), HasSubstr("--start-counter"));
}

TEST(Numbering, FolderThatCannotBeWrittenIsAnError) {
  auto numbering = *Numbering::Create({.folder = Folder() + "/absent"});
  EXPECT_EQ(numbering->Next().status().code(), absl::StatusCode::kInternal);
}

TEST(Station, IdsHoldDeviceDateAndCounter) {
  auto station = MakeStation(StandardOptions(), Accept);
  EXPECT_EQ(station->Measure(Noon())->sample_id(), "ESP32_LL_01_20260203_000001");
  EXPECT_EQ(station->Measure(Noon())->sample_id(), "ESP32_LL_01_20260203_000002");
}

TEST(Station, IdsOfALotHoldItsCode) {
  Station::Options options = StandardOptions();
  options.lot.code_lot = "LS2602001";
  const quality::v1::Sample sample = *MakeStation(options, Accept)->Measure(Noon());
  EXPECT_EQ(sample.sample_id(), "ESP32_LL_01_LS2602001_000001");
  EXPECT_EQ(sample.lot(), "LS2602001");
  EXPECT_EQ(sample.site_code(), "LS");
}

TEST(Station, StampedIdsHoldTheStart) {
  Station::Options options = StandardOptions();
  options.stamp_ids = true;
  EXPECT_EQ(MakeStation(options, Accept)->Measure(Noon())->sample_id(), "ESP32_LL_01_20260203_1770120000000_000001");
}

TEST(Station, SampleThatFindsNoRoomIsCountedAsDropped) {
  int room = 2;
  auto station = MakeStation(StandardOptions(), [&room](const quality::v1::Sample&) {
    return room-- > 0 ? absl::OkStatus() : absl::ResourceExhaustedError("full");
  });
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(station->Measure(Noon()).ok());
  EXPECT_EQ(station->measured(), 5);
  EXPECT_EQ(station->dropped(), 3);
  EXPECT_EQ(station->Heartbeat(Noon(), 0).measurements_sent(), 2);
}

TEST(Station, OtherErrorsOfTheConnectionEndTheWork) {
  auto station = MakeStation(StandardOptions(), [](const quality::v1::Sample&) { return absl::AbortedError("fenced"); });
  EXPECT_EQ(station->Measure(Noon()).status().code(), absl::StatusCode::kAborted);
}

TEST(Station, HeartbeatTellsUptimeAndBuffer) {
  auto station = MakeStation(StandardOptions(), Accept);
  ASSERT_TRUE(station->Measure(Noon()).ok());
  const quality::v1::DeviceHeartbeat heartbeat = station->Heartbeat(Noon() + absl::Seconds(90), 7);
  EXPECT_EQ(heartbeat.device_id(), "ESP32_LL_01");
  EXPECT_EQ(heartbeat.uptime_s(), 90);
  EXPECT_EQ(heartbeat.buffer_size(), 7);
  EXPECT_EQ(heartbeat.measurements_sent(), 1);
  EXPECT_EQ(heartbeat.location(), "Ligne A");
}

quality::v1::DeviceCommand Command(int id) {
  quality::v1::DeviceCommand command;
  command.set_command_id(id);
  command.set_device_id("ESP32_LL_01");
  return command;
}

TEST(Station, SameSeedGivesTheSameBytesWhateverCameBefore) {
  auto first = MakeStation(StandardOptions(), Accept), second = MakeStation(StandardOptions(), Accept);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(first->Measure(Noon())->DebugString(), second->Measure(Noon())->DebugString());
}

TEST(Station, ConfigurationChangesTheNextMeasurement) {
  Station::Options options = StandardOptions();
  options.find_profile = [](const std::string& name) { return ProfileBook::BuiltIn()->Find(name); };
  auto station = MakeStation(options, Accept);
  quality::v1::DeviceCommand command = Command(1);
  command.mutable_configuration()->set_revision(1);
  command.mutable_configuration()->set_frames_averaged(8);
  command.mutable_configuration()->set_spectral_integration_time_ms(50);
  command.mutable_configuration()->set_spectral_gain(1);
  command.mutable_configuration()->set_config_profile("premium");
  ASSERT_EQ(station->Handle(command)->message(), "");
  const quality::v1::Sample sample = *station->Measure(Noon());
  EXPECT_EQ(sample.tof().frames_averaged(), 8);
  EXPECT_EQ(sample.spectral().integration_time_ms(), 50);
  EXPECT_EQ(sample.spectral().gain(), 1);
  EXPECT_EQ(sample.config_profile(), "foiegras_premium");
  EXPECT_EQ(station->Heartbeat(Noon(), 0).configuration_revision(), 1);
}

TEST(Station, StationThatRefusesToGradeSendsNothingAndSaysWhy) {
  int sent = 0;
  auto station = MakeStation(StandardOptions(), [&sent](const quality::v1::Sample&) { return ++sent, absl::OkStatus(); });
  quality::v1::DeviceCommand forbid = Command(1), allow = Command(2);
  forbid.mutable_grading()->set_reason("white reference 6 % too dark");
  allow.mutable_grading()->set_allowed(true);
  ASSERT_TRUE(station->Handle(forbid).ok());
  const auto refused = station->Measure(Noon());
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(refused.status().message(), "white reference 6 % too dark");
  EXPECT_EQ(station->Heartbeat(Noon(), 0).refuses_to_grade(), "white reference 6 % too dark");
  EXPECT_EQ(sent, 0);
  ASSERT_TRUE(station->Handle(allow).ok());
  EXPECT_EQ(station->Measure(Noon())->sample_id(), "ESP32_LL_01_20260203_000001");  // a refusal used no number
}

TEST(Station, CommandsAndCountersSurviveARestart) {
  const std::string folder = Folder();
  quality::v1::DeviceCommand command = Command(1);
  command.mutable_configuration()->set_revision(5);
  for (int boot = 1; boot <= 2; ++boot) {
    auto station = *Station::Create(StandardOptions(), *Numbering::Create({}), Accept, std::make_unique<firmware::FolderFlash>(folder));
    ASSERT_TRUE(station->Handle(command).ok());
    const quality::v1::DeviceHeartbeat heartbeat = station->Heartbeat(Noon(), 0);
    EXPECT_EQ(heartbeat.boot_count(), boot);
    EXPECT_EQ(heartbeat.configuration_revision(), 5);
    EXPECT_EQ(heartbeat.firmware_version(), "v1.2.3");
  }
}

TEST(Station, UpdatedFirmwareIsNamedInSamplesAndHeartbeats) {
  const std::string folder = Folder();
  auto station = *Station::Create(StandardOptions(), *Numbering::Create({}), Accept, std::make_unique<firmware::FolderFlash>(folder));
  const std::string image = *firmware::MakeImage("v1.3.0", "new", true);
  quality::v1::DeviceCommand command = Command(1);
  command.mutable_firmware()->set_version("v1.3.0");
  command.mutable_firmware()->set_size_bytes(static_cast<int64_t>(image.size()));
  command.mutable_firmware()->set_sha256(firmware::Sha256Hex(image));
  ASSERT_TRUE(station->Handle(command).ok());
  const auto fetch = [&image](const std::string&, int64_t offset) -> absl::StatusOr<std::string> { return image.substr(static_cast<size_t>(offset)); };
  while (station->controller().updating()) ASSERT_TRUE(station->controller().StepUpdate(fetch).ok());
  EXPECT_EQ(station->Measure(Noon())->firmware_version(), "v1.3.0");
  EXPECT_EQ(station->Heartbeat(Noon(), 0).firmware_version(), "v1.3.0");
  EXPECT_EQ(station->Heartbeat(Noon(), 0).boot_count(), 2);
}

TEST(Station, HeartbeatTellsTheNacks) {
  auto station = MakeStation(StandardOptions(), Accept);
  ASSERT_TRUE(station->Measure(Noon()).ok());
  EXPECT_GT(station->Heartbeat(Noon(), 0).nack_count(), 0);
  EXPECT_EQ(station->Heartbeat(Noon(), 0).acquisition_failures(), 0);
}

TEST(Station, DeadBusIsAnErrorOfTheStartThatNamesThePart) {
  Station::Options options = StandardOptions();
  options.hardware.nack_probability = 1;
  const auto station = Station::Create(options, *Numbering::Create({}), Accept);
  EXPECT_THAT(std::string(station.status().message()), HasSubstr("VL53L8CH"));
}

TEST(Station, EveryBadOptionIsNamed) {
  Station::Options options = StandardOptions();
  options.identity.device_id = "";
  options.lot.code_lot = "LL12";
  const auto station = Station::Create(options, *Numbering::Create({}), Accept);
  EXPECT_THAT(std::string(station.status().message()), AllOf(HasSubstr("device id"), HasSubstr("LL12")));
}

quality::v1::DeviceCommand AskFor(const std::string& kind, int id = 1) {
  quality::v1::DeviceCommand command;
  command.set_command_id(id);
  command.set_device_id("ESP32_LL_01");
  command.mutable_reference()->set_kind(kind);
  command.mutable_reference()->set_reference("no. 7");
  command.mutable_reference()->set_readings(3);
  return command;
}

// The calibration a server makes of readings.
quality::v1::DeviceCommand CalibrateWith(const quality::v1::CommandResult& answer) {
  quality::v1::DeviceCommand command;
  command.set_command_id(2);
  command.set_device_id("ESP32_LL_01");
  auto& calibration = *command.mutable_calibration();
  calibration.set_calibration_id(1);
  ToTimestamp(Noon(), calibration.mutable_valid_from());
  ToTimestamp(Noon() + absl::Hours(1), calibration.mutable_valid_until());
  *calibration.mutable_white_reference() = gauge::MeanPerGainAnd100Ms(answer.readings());
  return command;
}

double Colour(const quality::v1::Sample& sample, const char* name) {
  return sample.spectral_analysis().details().fields().at("color_analysis").struct_value().fields().at(name).number_value();
}

TEST(References, WhiteTileIsReadThroughTheRegistersUnsaturated) {
  auto station = MakeStation(StandardOptions(), Accept);
  const auto answer = *station->Handle(AskFor("white_reference"));
  EXPECT_EQ(answer.outcome(), quality::v1::COMMAND_OUTCOME_APPLIED) << answer.message();
  ASSERT_EQ(answer.readings_size(), 3);
  EXPECT_EQ(answer.frames_size(), 0);
  EXPECT_EQ(answer.readings(0).gain(), 2) << "at gain 4 the tile saturates Clear";
  // 1870 counts per unit of gain and 100 ms; the part gives 2.4 % more at "gain 2" (DS000504).
  EXPECT_NEAR(gauge::MeanPerGainAnd100Ms(answer.readings()).f1_415nm() / 1870, 1.024, 0.005);
  EXPECT_NE(answer.readings(0).SerializeAsString(), answer.readings(1).SerializeAsString());
  EXPECT_EQ(station->measured(), 0) << "a reference is no sample";
}

TEST(References, GoldenSampleHasItsVolumeAndItsFramesAreRaw) {
  Station::Options options = StandardOptions();
  options.hardware.tof_bias_mm = 2;
  auto biased = MakeStation(options, Accept), sound = MakeStation(StandardOptions(), Accept);
  ASSERT_TRUE(biased->Handle(CalibrateWith(*biased->Handle(AskFor("white_reference")))).ok());
  const auto answer = *sound->Handle(AskFor("golden_sample", 3)), raw = *biased->Handle(AskFor("golden_sample", 3));
  ASSERT_EQ(answer.frames_size(), 3);
  for (const double volume : gauge::VolumesOf(answer.frames(), 0, options.profile.tof_analyser)) EXPECT_NEAR(volume, 500'000, 25'000);
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(raw.frames(i).distance_mm(0) - answer.frames(i).distance_mm(0), 2, 1) << "no offset is subtracted";
}

TEST(References, GoldenSampleIsMeasuredWithCareHoweverFastTheLineRuns) {
  auto station = MakeStation(StandardOptions(), Accept);
  quality::v1::DeviceCommand command = Command(1);
  command.mutable_configuration()->set_revision(1);
  command.mutable_configuration()->set_frames_averaged(8);
  ASSERT_EQ(station->Handle(command)->message(), "");
  const auto answer = *station->Handle(AskFor("golden_sample", 3));
  ASSERT_EQ(answer.frames_size(), 3);
  EXPECT_EQ(answer.frames(0).frames_averaged(), 64);
}

TEST(References, UnknownReferenceIsRefusedWithEveryFault) {
  auto station = MakeStation(StandardOptions(), Accept);
  auto command = AskFor("ruler");
  command.mutable_reference()->set_readings(2);
  const auto answer = *station->Handle(command);
  EXPECT_EQ(answer.outcome(), quality::v1::COMMAND_OUTCOME_REFUSED);
  EXPECT_THAT(answer.message(), AllOf(HasSubstr("reference.kind is \"ruler\""), HasSubstr("reference.readings is 2, expected 3 to 20")));
}

TEST(References, StationThatMustNotGradeMeasuresThem) {
  auto station = MakeStation(StandardOptions(), Accept);
  quality::v1::DeviceCommand forbid;
  forbid.set_command_id(9);
  forbid.set_device_id("ESP32_LL_01");
  forbid.mutable_grading()->set_reason("drift");
  ASSERT_TRUE(station->Handle(forbid).ok());
  ASSERT_FALSE(station->Measure(Noon()).ok());
  EXPECT_EQ(station->Handle(AskFor("white_reference"))->readings_size(), 3);
}

TEST(References, CalibratedWhiteTakesTheAgeOfTheLampOutOfTheColour) {
  Station::Options options = StandardOptions();
  const auto as_new = MakeStation(options, Accept)->Measure(Noon());
  options.hardware.lamp = 0.8;
  auto station = MakeStation(options, Accept);
  const auto aged = station->Measure(Noon());
  auto calibrated = MakeStation(options, Accept);
  ASSERT_EQ(calibrated->Handle(CalibrateWith(*calibrated->Handle(AskFor("white_reference"))))->outcome(), quality::v1::COMMAND_OUTCOME_APPLIED);
  const auto corrected = calibrated->Measure(Noon());
  ASSERT_TRUE(as_new.ok() && aged.ok() && corrected.ok());
  EXPECT_LT(Colour(*aged, "l_star"), Colour(*as_new, "l_star") - 4) << "a fifth of the light is missing";
  EXPECT_NEAR(Colour(*corrected, "l_star"), Colour(*as_new, "l_star"), 1.5);
  EXPECT_NEAR(Colour(*corrected, "b_star"), Colour(*as_new, "b_star"), 1.5);
  EXPECT_EQ(corrected->spectral_analysis().freshness_index(), aged->spectral_analysis().freshness_index()) << "the indices do not need it";
}

TEST(References, LampThatWearsLosesItsLightMeasurementByMeasurement) {
  Station::Options options = StandardOptions();
  options.hardware.lamp_loss_pct = 50;
  auto station = MakeStation(options, Accept);
  const auto first = *station->Handle(AskFor("white_reference", 1));
  for (int i = 2; i < 7; ++i) ASSERT_TRUE(station->Handle(AskFor("white_reference", i)).ok());
  const auto last = *station->Handle(AskFor("white_reference", 7));
  // 18 measurements lie between: 9 % of the light.
  EXPECT_NEAR(gauge::MeanPerGainAnd100Ms(last.readings()).f4_515nm() / gauge::MeanPerGainAnd100Ms(first.readings()).f4_515nm(), 1 - 0.09, 0.005);
}

}  // namespace
}  // namespace egi::station
