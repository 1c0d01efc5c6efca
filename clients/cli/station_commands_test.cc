// egictl devices, gauge and firmware as typed, against services in this process: what they ask, what they print and how they end.
#include "clients/cli/station_commands.h"

#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "clients/cli/devices_command.h"
#include "egi/quality/v1/device.grpc.pb.h"
#include "egi/quality/v1/firmware.grpc.pb.h"
#include "egi/quality/v1/gauge.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "server/base/grpc_status.h"
#include "server/base/rich_status.h"

namespace egi::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace qv1 = egi::quality::v1;

class Devices : public qv1::DeviceService::Service {
 public:
  grpc::Status ListDevices(grpc::ServerContext*, const qv1::ListDevicesRequest* request, qv1::ListDevicesResponse* response) override {
    site = request->site_code();
    auto* device = response->add_devices();
    device->set_device_id("ESP32_LL_01");
    device->set_status("active");
    device->set_nack_count(7);
    device->set_refuses_to_grade("white reference drifts");
    return grpc::Status::OK;
  }
  grpc::Status GetDevice(grpc::ServerContext*, const qv1::GetDeviceRequest* request, qv1::GetDeviceResponse* response) override {
    if (request->device_id() != "ESP32_LL_01") return ToGrpcStatus(absl::NotFoundError("device ESP32_LL_99 is unknown"));
    auto& device = *response->mutable_device();
    device.set_device_id("ESP32_LL_01");
    device.set_configuration_revision(2);
    response->mutable_desired_configuration()->set_revision(3);
    response->mutable_desired_configuration()->set_frames_averaged(32);
    response->mutable_configuration_command()->set_state("open");
    return grpc::Status::OK;
  }
  grpc::Status ConfigureDevice(grpc::ServerContext*, const qv1::ConfigureDeviceRequest* request, qv1::ConfigureDeviceResponse* response) override {
    configured = *request;
    if (request->configuration().frames_averaged() > 256) {
      return ToGrpcStatus(InvalidFields({{"configuration.frames_averaged", "is 1000, must be 1 to 256"}}));
    }
    auto& record = *response->mutable_command();
    record.mutable_command()->set_command_id(11);
    *record.mutable_command()->mutable_configuration() = request->configuration();
    record.set_kind("configuration");
    record.set_state("open");
    record.set_created_by(request->configured_by());
    return grpc::Status::OK;
  }
  // The command is answered at the second look.
  grpc::Status ListDeviceCommands(grpc::ServerContext*, const qv1::ListDeviceCommandsRequest*, qv1::ListDeviceCommandsResponse* response) override {
    auto* record = response->add_commands();
    record->mutable_command()->set_command_id(12);
    record->set_kind("reference");
    record->set_state(++looks < 2 || silent ? "open" : answer);
    record->set_message(message);
    return grpc::Status::OK;
  }
  std::string site, answer = "applied", message;
  qv1::ConfigureDeviceRequest configured;
  bool silent = false;
  int looks = 0;
};

class Gauges : public qv1::GaugeService::Service {
 public:
  grpc::Status MeasureReference(grpc::ServerContext*, const qv1::MeasureReferenceRequest* request, qv1::MeasureReferenceResponse* response) override {
    measured = *request;
    response->mutable_command()->mutable_command()->set_command_id(12);
    return grpc::Status::OK;
  }
  grpc::Status ListGaugeChecks(grpc::ServerContext*, const qv1::ListGaugeChecksRequest*, qv1::ListGaugeChecksResponse* response) override {
    for (const int command_id : {13, 12}) {
      auto* check = response->add_checks();
      check->set_check_id(command_id * 10);
      check->set_command_id(command_id);
      check->set_passed(command_id == 12 && passes);
      check->set_message("Clear is -9.0 % from its reference");
    }
    return grpc::Status::OK;
  }
  grpc::Status GetGaugeStatus(grpc::ServerContext*, const qv1::GetGaugeStatusRequest* request, qv1::GaugeStatus* response) override {
    response->set_device_id(request->device_id());
    response->set_enrolled(true);
    response->set_allowed(passes);
    response->set_state(passes ? "in_calibration" : "check_failed");
    if (!passes) response->set_reason("white reference check 120 failed");
    return grpc::Status::OK;
  }
  grpc::Status CreateCalibration(grpc::ServerContext*, const qv1::CreateCalibrationRequest* request, qv1::Calibration* response) override {
    calibrated = *request;
    response->set_device_id(request->device_id());
    response->set_calibration_id(4);
    return grpc::Status::OK;
  }
  grpc::Status GetGaugeDrift(grpc::ServerContext*, const qv1::GetGaugeDriftRequest*, qv1::GaugeDrift* response) override {
    auto* point = response->add_points();
    point->set_ewma_pct(2);
    point->set_lower_limit_pct(-1);
    point->set_upper_limit_pct(1);
    point->set_violation(true);
    response->set_drifting(true);
    return grpc::Status::OK;
  }
  qv1::MeasureReferenceRequest measured;
  qv1::CreateCalibrationRequest calibrated;
  bool passes = true;
};

class Firmwares : public qv1::FirmwareService::Service {
 public:
  grpc::Status UploadFirmware(grpc::ServerContext*, grpc::ServerReader<qv1::UploadFirmwareRequest>* reader, qv1::Firmware* response) override {
    qv1::UploadFirmwareRequest request;
    while (reader->Read(&request)) {
      if (request.has_info()) info = request.info();
      bytes += request.chunk();
    }
    response->set_version(info.version());
    response->set_size_bytes(static_cast<int>(bytes.size()));
    response->set_sha256(info.sha256());
    return grpc::Status::OK;
  }
  grpc::Status StartRollout(grpc::ServerContext*, const qv1::StartRolloutRequest* request, qv1::Rollout* response) override {
    started = *request;
    response->set_rollout_id(4);
    response->set_version(request->version());
    response->set_state("running");
    return grpc::Status::OK;
  }
  grpc::Status PauseRollout(grpc::ServerContext*, const qv1::ChangeRolloutRequest* request, qv1::Rollout* response) override {
    return Change("paused", *request, response);
  }
  grpc::Status ResumeRollout(grpc::ServerContext*, const qv1::ChangeRolloutRequest* request, qv1::Rollout* response) override {
    return Change("running", *request, response);
  }
  grpc::Status AbortRollout(grpc::ServerContext*, const qv1::ChangeRolloutRequest* request, qv1::Rollout* response) override {
    return Change("aborted", *request, response);
  }
  qv1::FirmwareInfo info;
  qv1::StartRolloutRequest started;
  std::string bytes;

 private:
  static grpc::Status Change(const std::string& state, const qv1::ChangeRolloutRequest& request, qv1::Rollout* response) {
    response->set_rollout_id(request.rollout_id());
    response->set_state(state);
    response->set_reason(request.reason());
    return grpc::Status::OK;
  }
};

class StationCommandsTest : public testing::Test {
 protected:
  StationCommandsTest() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&devices_);
    builder.RegisterService(&gauges_);
    builder.RegisterService(&firmwares_);
    server_ = builder.BuildAndStart();
  }

  // Runs "egictl LINE"; its exit code. What it printed is in out_ and err_.
  int Run(const std::string& line, bool json = false) {
    CLI::App app;
    std::function<int(const Session&)> run;
    AddDevicesCommand(app, &run);
    AddGaugeCommands(app, run);
    AddFirmwareCommands(app, run);
    out_.str("");
    err_.str("");
    try {
      app.parse(line);
    } catch (const CLI::ParseError& error) {
      return app.exit(error, out_, err_) == 0 ? kOk : kUsage;
    }
    return run(Session{absl::StrCat("127.0.0.1:", port_), json, in_, out_, err_, false});
  }

  Devices devices_;
  Gauges gauges_;
  Firmwares firmwares_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::istringstream in_;
  std::ostringstream out_, err_;
};

TEST_F(StationCommandsTest, ListTellsWhichStationsRefuseToGrade) {
  EXPECT_EQ(Run("devices list --site LL"), kOk) << err_.str();
  EXPECT_EQ(devices_.site, "LL");
  EXPECT_THAT(out_.str(), AllOf(StartsWith("ESP32_LL_01"), HasSubstr("7 NACKs, refuses to grade: white reference drifts")));
  EXPECT_EQ(Run("devices list --site XX"), kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--site"));
}

TEST_F(StationCommandsTest, ShowSetsTheConfigurationInForceBesideTheOneWanted) {
  EXPECT_EQ(Run("devices show ESP32_LL_01"), kOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("revision 2 in force; wanted: revision 3, 32 frames (open)"));
  EXPECT_EQ(Run("devices show ESP32_LL_99"), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("device ESP32_LL_99 is unknown"));
}

TEST_F(StationCommandsTest, ConfigureSendsOnlyWhatWasNamedAndPrintsEveryBadField) {
  EXPECT_EQ(Run("devices configure ESP32_LL_01 --by user:3 --frames 16"), kOk) << err_.str();
  EXPECT_TRUE(devices_.configured.configuration().has_frames_averaged());
  EXPECT_FALSE(devices_.configured.configuration().has_spectral_gain());
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("#11"), HasSubstr("16 frames")));
  EXPECT_EQ(Run("devices configure ESP32_LL_01 --by user:3 --frames 1000"), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("configuration.frames_averaged: is 1000, must be 1 to 256"));
  EXPECT_EQ(Run("devices configure ESP32_LL_01"), kUsage) << "nobody is named";
}

TEST_F(StationCommandsTest, MeasureWaitsForTheStationAndPrintsTheCheckOfItsReadings) {
  EXPECT_EQ(Run("gauge measure ESP32_LL_01 --reference tile-17 --by user:3"), kOk) << err_.str();
  EXPECT_EQ(gauges_.measured.kind(), "white_reference");
  EXPECT_EQ(gauges_.measured.readings(), 5);
  EXPECT_FALSE(gauges_.measured.has_distance_offset_mm());
  EXPECT_EQ(devices_.looks, 2);
  EXPECT_THAT(out_.str(), AllOf(StartsWith("check 120 passed"), HasSubstr("may grade")));
  gauges_.passes = false;
  EXPECT_EQ(Run("gauge measure ESP32_LL_01 --kind golden_sample --volume-mm3 500000 --reference liver-3 --by user:3"), kFailed);
  EXPECT_EQ(gauges_.measured.reference_volume_mm3(), 500000);
  EXPECT_THAT(out_.str(), AllOf(StartsWith("check 120 FAILED: Clear is -9.0 %"), HasSubstr("must not grade")));
}

TEST_F(StationCommandsTest, MeasureForACalibrationTellsItsNumber) {
  devices_.message = "calibration 5 was made of the readings";
  EXPECT_EQ(Run("gauge measure ESP32_LL_01 --reference tile-17 --by user:3 --calibrate --distance-offset-mm -0.5"), kOk) << err_.str();
  EXPECT_TRUE(gauges_.measured.calibrate());
  EXPECT_EQ(gauges_.measured.distance_offset_mm(), -0.5);
  EXPECT_EQ(out_.str(), "ESP32_LL_01: calibration 5 was made of the readings\n");
  EXPECT_EQ(Run("gauge measure ESP32_LL_01 --reference tile-17 --by user:3 --distance-offset-mm 1"), kUsage) << "without --calibrate";
}

TEST_F(StationCommandsTest, MeasureSaysWhatToDoWhenTheStationRefusesOrIsSilent) {
  devices_.answer = "refused";
  devices_.message = "reading 1 given up: no AS7341 on the I2C bus";
  EXPECT_EQ(Run("gauge measure ESP32_LL_01 --reference tile-17 --by user:3"), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("command 12 was refused: reading 1 given up: no AS7341 on the I2C bus"));
  devices_.silent = true;
  EXPECT_EQ(Run("gauge measure ESP32_LL_01 --reference tile-17 --by user:3 --timeout 1"), kUnreachable);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("has not answered command 12 within 1s"), HasSubstr("egictl devices show ESP32_LL_01")));
  EXPECT_THAT(err_.str(), testing::Not(HasSubstr("Is EGI running"))) << "the server answered";
}

TEST_F(StationCommandsTest, CalibrateReadsItsFileAndTheOptionsWin) {
  in_.str(R"({"white_reference": {"f1_415nm": 1870}, "calibrated_by": "file", "distance_offset_mm": 0.5})");
  EXPECT_EQ(Run("gauge calibrate ESP32_LL_01 - --by user:3 --valid-until 2026-06-30"), kOk) << err_.str();
  EXPECT_EQ(gauges_.calibrated.white_reference().f1_415nm(), 1870);
  EXPECT_EQ(gauges_.calibrated.calibrated_by(), "user:3");
  EXPECT_EQ(gauges_.calibrated.valid_until().seconds(), 1782777600);  // 2026-06-30T00:00:00Z
  EXPECT_THAT(out_.str(), HasSubstr("ESP32_LL_01: calibration 4"));
  in_.clear();
  in_.str("{\"white\": 1}");
  EXPECT_EQ(Run("gauge calibrate ESP32_LL_01 - --by user:3"), kFailed);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("white"), HasSubstr("docs/egictl.md shows the form")));
}

TEST_F(StationCommandsTest, DriftMarksThePointOutsideItsLimits) {
  EXPECT_EQ(Run("gauge drift ESP32_LL_01"), kOk) << err_.str();
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("#"), HasSubstr("out of its limits: calibrate the station")));
}

TEST_F(StationCommandsTest, StatusEndsWithOneWhenAStationMustNotGrade) {
  EXPECT_EQ(Run("gauge status ESP32_LL_01"), kOk);
  gauges_.passes = false;
  EXPECT_EQ(Run("gauge status ESP32_LL_01"), kFailed);
  EXPECT_THAT(out_.str(), HasSubstr("must not grade: white reference check 120 failed"));
}

TEST_F(StationCommandsTest, UploadSendsEveryByteAndTheirSha256) {
  const std::string path = testing::TempDir() + "/station.bin";
  std::ofstream(path, std::ios::binary) << std::string(600'000, 'a');
  EXPECT_EQ(Run("firmware upload " + path + " --version v2.1.0 --by user:3"), kOk) << err_.str();
  EXPECT_EQ(firmwares_.bytes, std::string(600'000, 'a'));
  EXPECT_EQ(firmwares_.info.size_bytes(), 600'000);
  EXPECT_EQ(firmwares_.info.sha256().size(), 64u);
  EXPECT_THAT(out_.str(), HasSubstr("v2.1.0 stored, 600000 bytes"));
  std::remove(path.c_str());
  EXPECT_EQ(Run("firmware upload " + path + " --version v2.1.0 --by user:3"), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("No such file"));
}

TEST_F(StationCommandsTest, RolloutIsStartedWithItsStagesAndChanged) {
  EXPECT_EQ(Run("firmware rollout start v2.1.0 --site LL --stages 10,50,100 --max-failed 20 --by user:3"), kOk) << err_.str();
  EXPECT_THAT(firmwares_.started.stages_pct(), ElementsAre(10, 50, 100));
  EXPECT_EQ(firmwares_.started.max_failed_pct(), 20);
  EXPECT_THAT(out_.str(), HasSubstr("#4 v2.1.0"));
  EXPECT_EQ(Run("firmware rollout pause 4 --by user:3 --reason night", true), kOk);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("\"state\":\"paused\""), HasSubstr("\"reason\":\"night\"")));
  EXPECT_EQ(Run("firmware rollout abort 4 --by user:3"), kOk);
  EXPECT_THAT(out_.str(), HasSubstr("aborted"));
  EXPECT_EQ(Run("firmware rollout pause 0 --by user:3"), kUsage);
}

TEST_F(StationCommandsTest, UnreachableServerHasItsOwnExitCode) {
  server_->Shutdown();
  for (const char* line : {"devices list", "gauge status", "firmware list"}) {
    EXPECT_EQ(Run(line), kUnreachable) << line;
    EXPECT_THAT(err_.str(), HasSubstr("./egi up")) << line;
  }
}

}  // namespace
}  // namespace egi::cli
