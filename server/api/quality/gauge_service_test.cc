#include "absl/strings/str_cat.h"
#include "egi/quality/v1/gauge.grpc.pb.h"
#include "gmock/gmock.h"
#include "server/api/api_test_server.h"
#include "server/api/quality/gauge_desk.h"
#include "server/base/proto_time.h"
#include "server/storage/write/gauge_store.h"

namespace egi::api {
namespace {

using quality::v1::Calibration;
using quality::v1::CreateCalibrationRequest;
using quality::v1::GaugeDrift;
using quality::v1::GaugeService;
using quality::v1::GaugeStatus;
using quality::v1::GaugeStudy;
using quality::v1::RecordGaugeCheckRequest;
using quality::v1::RecordGaugeCheckResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Stub = GaugeService::Stub;

constexpr char kDevice[] = "ESP32_LL_01";

// A white tile that gives the same count in every channel.
quality::v1::SpectralChannels Flat(double count) {
  quality::v1::SpectralChannels channels;
  channels.set_f1_415nm(count);
  channels.set_f2_445nm(count);
  channels.set_f3_480nm(count);
  channels.set_f4_515nm(count);
  channels.set_f5_555nm(count);
  channels.set_f6_590nm(count);
  channels.set_f7_630nm(count);
  channels.set_f8_680nm(count);
  channels.set_clear(count);
  channels.set_nir(count);
  return channels;
}

class GaugeServiceTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    stub_ = GaugeService::NewStub(channel_);
    store_ = storage::write::NewPostgresGaugeStore(*pool_, {});
    commands_ = storage::write::NewPostgresCommandStore(*pool_);
  }

  Calibration Calibrate(absl::Duration valid = absl::Hours(24)) {
    CreateCalibrationRequest request;
    request.set_device_id(kDevice);
    *request.mutable_white_reference() = Flat(1000);
    request.set_calibrated_by("user:3");
    request.set_reason("new tile");
    ToTimestamp(clock_.Now() + valid, request.mutable_valid_until());
    Calibration calibration;
    const grpc::Status status = Call(*stub_, &Stub::CreateCalibration, request, &calibration);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return calibration;
  }

  static RecordGaugeCheckRequest White(double deviation_pct) {
    RecordGaugeCheckRequest request;
    request.set_device_id(kDevice);
    request.set_kind("white_reference");
    request.set_reference("tile 17");
    request.set_performed_by("user:3");
    for (int i = 0; i < 3; ++i) {
      auto* reading = request.add_readings();
      *reading->mutable_channels() = Flat(1000 * (1 + deviation_pct / 100));
      reading->set_gain(2);
      reading->set_integration_time_ms(50);
    }
    return request;
  }

  RecordGaugeCheckResponse Check(double deviation_pct) {
    RecordGaugeCheckResponse response;
    const grpc::Status status = Call(*stub_, &Stub::RecordGaugeCheck, White(deviation_pct), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  GaugeDesk Desk() { return {*store_, *commands_, book_, options_, clock_.Now()}; }

  // What a station answers that reads a tile `deviation_pct` brighter than the calibration of this test.
  static quality::v1::CommandResult Answer(const quality::v1::DeviceCommandRecord& record, double deviation_pct) {
    quality::v1::CommandResult result;
    result.set_command_id(record.command().command_id());
    result.set_device_id(kDevice);
    result.set_outcome(quality::v1::COMMAND_OUTCOME_APPLIED);
    *result.mutable_readings() = White(deviation_pct).readings();
    return result;
  }

  GaugeStatus Status() {
    quality::v1::GetGaugeStatusRequest request;
    request.set_device_id(kDevice);
    GaugeStatus status;
    EXPECT_TRUE(Call(*stub_, &Stub::GetGaugeStatus, request, &status).ok());
    return status;
  }

  // What the station was told about grading, in order: "true:", "false:reason".
  std::string Told() {
    return Sql("SELECT coalesce(string_agg(coalesce(payload #>> '{grading,allowed}', 'false'), ' ' ORDER BY command_id), '') FROM sqal_device_commands "
               "WHERE kind = 'grading'");
  }
  std::string OpenAlerts() { return Sql("SELECT count(*) FROM alert_open WHERE alert_type = 'out_of_calibration' AND object_key = 'device:ESP32_LL_01'"); }

  std::unique_ptr<Stub> stub_;
  std::unique_ptr<storage::write::GaugeStore> store_;
  std::unique_ptr<storage::write::CommandStore> commands_;
  analyse::AnalysisBook book_ = analyse::AnalysisBook::BuiltIn().value();
  const GaugeOptions options_;
};

TEST_F(GaugeServiceTest, DeviceWithoutCalibrationIsNotEnrolledAndMayGrade) {
  EXPECT_FALSE(Status().enrolled());
  EXPECT_TRUE(Status().allowed());
  EXPECT_EQ(Status().state(), "not_enrolled");
  RecordGaugeCheckResponse response;
  const grpc::Status refused = Call(*stub_, &Stub::RecordGaugeCheck, White(0), &response);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Reason(refused), "NOT_CALIBRATED");
}

TEST_F(GaugeServiceTest, CalibrationEnrolsIsNumberedAndPushed) {
  EXPECT_EQ(Calibrate().calibration_id(), 1);
  EXPECT_EQ(Calibrate().calibration_id(), 2);
  EXPECT_EQ(Status().state(), "in_calibration");
  EXPECT_EQ(Status().calibration().calibration_id(), 2);
  EXPECT_EQ(Status().calibration().white_reference().f5_555nm(), 1000);
  EXPECT_EQ(Sql("SELECT string_agg(outcome, ' ' ORDER BY command_id) FROM sqal_device_commands WHERE kind = 'calibration'"), "superseded open");
  EXPECT_EQ(Told(), "");
}

TEST_F(GaugeServiceTest, CalibrationFromReadingsTakesTheirMean) {
  CreateCalibrationRequest request;
  request.set_device_id(kDevice);
  request.set_calibrated_by("user:3");
  for (const double count : {990, 1000, 1010}) {
    auto* reading = request.add_readings();
    *reading->mutable_channels() = Flat(count);
    reading->set_gain(4);
    reading->set_integration_time_ms(50);
  }
  Calibration calibration;
  ASSERT_TRUE(Call(*stub_, &Stub::CreateCalibration, request, &calibration).ok());
  EXPECT_NEAR(calibration.white_reference().nir(), 500, 1e-9);
  EXPECT_EQ(calibration.valid_until().seconds() - calibration.valid_from().seconds(), 30 * 86400);
}

TEST_F(GaugeServiceTest, ReadingsAStationWasAskedForAreJudgedOnceHoweverOftenTheyCome) {
  Calibrate();
  quality::v1::MeasureReferenceRequest request;
  request.set_device_id(kDevice);
  request.set_kind("white_reference");
  request.set_reference("tile 17");
  request.set_requested_by("user:3");
  quality::v1::MeasureReferenceResponse asked;
  ASSERT_TRUE(Call(*stub_, &Stub::MeasureReference, request, &asked).ok());
  EXPECT_EQ(asked.command().kind(), "reference");
  EXPECT_EQ(asked.command().command().reference().readings(), 5);
  const auto result = Answer(asked.command(), 7);
  for (int i = 0; i < 2; ++i) {
    const auto taken = TakeAnswer(Desk(), result);
    ASSERT_TRUE(taken.ok()) << taken.status();
    EXPECT_EQ(taken->state(), "applied");
    EXPECT_THAT(taken->message(), HasSubstr("check 1 failed: F1_415nm is +7.0 % from its reference"));
  }
  // The answer was taken, and the server died before it was noted.
  Sql("UPDATE sqal_device_commands SET outcome = 'open' WHERE kind = 'reference'");
  ASSERT_TRUE(TakeAnswer(Desk(), result).ok());
  EXPECT_EQ(Sql("SELECT count(*) FROM sqal_gauge_checks WHERE command_id = " + std::to_string(result.command_id())), "1");
  EXPECT_EQ(Sql("SELECT outcome FROM sqal_device_commands WHERE kind = 'reference'"), "applied");
  EXPECT_EQ(Status().state(), "check_failed");
  EXPECT_EQ(Status().last_checks(0).command_id(), result.command_id());

  request.set_calibrate(true);
  ASSERT_TRUE(Call(*stub_, &Stub::MeasureReference, request, &asked).ok());
  ASSERT_TRUE(TakeAnswer(Desk(), Answer(asked.command(), 7)).ok());
  EXPECT_EQ(Status().state(), "in_calibration");
  EXPECT_EQ(Status().calibration().command_id(), asked.command().command().command_id());
  EXPECT_NEAR(Status().calibration().white_reference().nir(), 1070, 1e-9);
  EXPECT_EQ(Status().calibration().calibrated_by(), "user:3");
}

TEST_F(GaugeServiceTest, ReadingsThatCannotBeJudgedRefuseTheirCommand) {
  quality::v1::MeasureReferenceRequest request;
  request.set_device_id(kDevice);
  request.set_kind("white_reference");
  request.set_reference("tile 17");
  request.set_requested_by("user:3");
  quality::v1::MeasureReferenceResponse asked;
  EXPECT_EQ(Reason(Call(*stub_, &Stub::MeasureReference, request, &asked)), "NOT_CALIBRATED");
  request.set_calibrate(true);
  ASSERT_TRUE(Call(*stub_, &Stub::MeasureReference, request, &asked).ok());
  auto result = Answer(asked.command(), 0);
  result.mutable_readings()->DeleteSubrange(1, 2);
  const auto taken = TakeAnswer(Desk(), result);
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_EQ(taken->state(), "refused");
  EXPECT_THAT(taken->message(), HasSubstr("readings: holds 1 readings, must hold 3..100"));
  EXPECT_FALSE(Status().enrolled());
}

TEST_F(GaugeServiceTest, EveryBadFieldOfAMeasurementIsNamed) {
  quality::v1::MeasureReferenceRequest request;
  request.set_device_id(kDevice);
  request.set_kind("golden_sample");
  request.set_readings(21);
  request.set_calibrate(true);
  request.set_distance_offset_mm(21);
  quality::v1::MeasureReferenceResponse asked;
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::MeasureReference, request, &asked)),
              ElementsAre("reference", "requested_by", "readings", "reference_volume_mm3", "calibrate", "distance_offset_mm"));
}

TEST_F(GaugeServiceTest, EveryBadFieldOfACalibrationIsNamed) {
  CreateCalibrationRequest request;
  request.set_device_id(kDevice);
  *request.mutable_white_reference() = Flat(1000);
  request.mutable_white_reference()->set_nir(0);
  request.set_distance_offset_mm(21);
  ToTimestamp(clock_.Now() - absl::Hours(1), request.mutable_valid_until());
  Calibration calibration;
  const grpc::Status refused = Call(*stub_, &Stub::CreateCalibration, request, &calibration);
  EXPECT_THAT(BadFields(refused), ElementsAre("white_reference.NIR", "distance_offset_mm", "valid_until", "calibrated_by"));
  request.set_device_id("nobody");
  *request.mutable_white_reference() = Flat(1000);
  request.set_distance_offset_mm(0);
  request.clear_valid_until();
  request.set_calibrated_by("user:3");
  EXPECT_EQ(Call(*stub_, &Stub::CreateCalibration, request, &calibration).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(GaugeServiceTest, FailedCheckTakesThePermissionAndAPassedOneGivesItBack) {
  Calibrate();
  const auto failed = Check(-8);
  EXPECT_FALSE(failed.check().passed());
  EXPECT_FALSE(failed.status().allowed());
  EXPECT_EQ(failed.status().state(), "check_failed");
  EXPECT_THAT(failed.status().reason(), HasSubstr("-8.0 % from its reference"));
  EXPECT_EQ(Told(), "false");
  EXPECT_EQ(OpenAlerts(), "1");
  EXPECT_EQ(Sql("SELECT severity || ' ' || device_id || ' ' || site_code FROM sqal_alerts"), "critical ESP32_LL_01 LL");
  EXPECT_EQ(Sql("SELECT count(*) FROM event_batches WHERE kind = 'alert'"), "1");
  const auto passed = Check(0.5);
  EXPECT_TRUE(passed.status().allowed()) << passed.status().reason();
  EXPECT_EQ(Told(), "false true");
  EXPECT_EQ(OpenAlerts(), "0");
  EXPECT_EQ(Sql("SELECT closed_at IS NOT NULL FROM sqal_alerts"), "t");
  EXPECT_EQ(Status().last_checks_size(), 1);
}

TEST_F(GaugeServiceTest, GoldenSampleIsJudgedBesideTheWhiteReference) {
  Calibrate();
  Check(0);
  RecordGaugeCheckRequest request;
  request.set_device_id(kDevice);
  request.set_kind("golden_sample");
  request.set_reference("resin liver 3");
  request.set_performed_by("user:3");
  request.set_reference_volume_mm3(500000);
  for (const double volume : {560000, 561000, 559000}) request.add_volumes_mm3(volume);
  RecordGaugeCheckResponse response;
  ASSERT_TRUE(Call(*stub_, &Stub::RecordGaugeCheck, request, &response).ok());
  EXPECT_EQ(response.status().state(), "check_failed");
  EXPECT_THAT(response.status().reason(), HasSubstr("golden sample"));
  EXPECT_EQ(response.status().last_checks_size(), 2);
}

TEST_F(GaugeServiceTest, SmallSteadyDeviationIsDriftAndANewCalibrationEndsIt) {
  Calibrate();
  while (Status().state() == "in_calibration") {
    ASSERT_TRUE(Check(2.5).check().passed());
    clock_.Advance(absl::Minutes(10));
    ASSERT_LT(clock_.Now(), absl::FromUnixSeconds(1770109200) + absl::Hours(12));
  }
  EXPECT_EQ(Status().state(), "drift");
  quality::v1::GetGaugeDriftRequest request;
  request.set_device_id(kDevice);
  GaugeDrift drift;
  ASSERT_TRUE(Call(*stub_, &Stub::GetGaugeDrift, request, &drift).ok());
  EXPECT_TRUE(drift.drifting());
  EXPECT_THAT(drift.violations(), ElementsAre(drift.points_size() - 1));
  EXPECT_EQ(drift.kind(), "white_reference");
  EXPECT_EQ(OpenAlerts(), "1");
  Calibrate();
  EXPECT_EQ(Status().state(), "in_calibration");
  EXPECT_EQ(OpenAlerts(), "0");
  ASSERT_TRUE(Call(*stub_, &Stub::GetGaugeDrift, request, &drift).ok());
  EXPECT_EQ(drift.points_size(), 0);
}

TEST_F(GaugeServiceTest, CalibrationThatEndsIsNoticedOnceByAnyServer) {
  Calibrate(absl::Hours(1));
  auto enrolled = store_->Refresh(clock_.Now());
  ASSERT_TRUE(enrolled.ok()) << enrolled.status();
  ASSERT_EQ(enrolled->size(), 1U);
  EXPECT_EQ(enrolled->at(kDevice).reason, "");
  clock_.Advance(absl::Hours(1));
  for (int server = 0; server < 2; ++server) ASSERT_TRUE(store_->Refresh(clock_.Now()).ok());
  EXPECT_EQ(Status().state(), "expired");
  EXPECT_EQ(Told(), "false");
  EXPECT_EQ(Sql("SELECT occurrences FROM alert_open WHERE alert_type = 'out_of_calibration'"), "1");
  EXPECT_THAT(store_->Refresh(clock_.Now())->at(kDevice).reason, HasSubstr("expired"));
}

TEST_F(GaugeServiceTest, StatusesListEnrolledDevicesOrOnlyRefusedOnes) {
  Calibrate();
  quality::v1::ListGaugeStatusesRequest request;
  quality::v1::ListGaugeStatusesResponse response;
  ASSERT_TRUE(Call(*stub_, &Stub::ListGaugeStatuses, request, &response).ok());
  EXPECT_EQ(response.statuses_size(), 1);
  request.set_only_refused(true);
  ASSERT_TRUE(Call(*stub_, &Stub::ListGaugeStatuses, request, &response).ok());
  EXPECT_EQ(response.statuses_size(), 0);
}

TEST_F(GaugeServiceTest, EveryBadFieldOfACheckIsNamed) {
  Calibrate();
  RecordGaugeCheckRequest request = White(0);
  request.mutable_readings()->RemoveLast();
  request.mutable_readings(0)->set_gain(0);
  request.mutable_readings(1)->mutable_channels()->set_clear(65535);
  request.clear_reference();
  request.add_volumes_mm3(1);
  RecordGaugeCheckResponse response;
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::RecordGaugeCheck, request, &response)),
              ElementsAre("reference", "volumes_mm3", "readings", "readings[0].gain", "readings[1].channels"));
  request = White(0);
  ToTimestamp(clock_.Now() - absl::Hours(1), request.mutable_time());
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::RecordGaugeCheck, request, &response)), ElementsAre("time"));
}

TEST_F(GaugeServiceTest, ChecksAndCalibrationsArePaged) {
  for (int i = 0; i < 3; ++i) Calibrate();
  for (int i = 0; i < 3; ++i) Check(0.1 * i);
  quality::v1::ListGaugeChecksRequest request;
  request.set_device_id(kDevice);
  request.set_limit(2);
  quality::v1::ListGaugeChecksResponse response;
  ASSERT_TRUE(Call(*stub_, &Stub::ListGaugeChecks, request, &response).ok());
  ASSERT_EQ(response.checks_size(), 2);
  EXPECT_EQ(response.checks(0).figures_size(), 10);
  EXPECT_NEAR(response.checks(0).deviation_pct(), 0.2, 1e-9);
  request.set_page_token(response.next_page_token());
  ASSERT_TRUE(Call(*stub_, &Stub::ListGaugeChecks, request, &response).ok());
  EXPECT_EQ(response.checks_size(), 1);
  EXPECT_EQ(response.next_page_token(), "");
  quality::v1::ListCalibrationsRequest calibrations;
  calibrations.set_device_id(kDevice);
  calibrations.set_limit(2);
  quality::v1::ListCalibrationsResponse listed;
  ASSERT_TRUE(Call(*stub_, &Stub::ListCalibrations, calibrations, &listed).ok());
  EXPECT_EQ(listed.calibrations(0).calibration_id(), 3);
  calibrations.set_page_token(listed.next_page_token());
  ASSERT_TRUE(Call(*stub_, &Stub::ListCalibrations, calibrations, &listed).ok());
  ASSERT_EQ(listed.calibrations_size(), 1);
  EXPECT_EQ(listed.calibrations(0).reason(), "new tile");
}

TEST_F(GaugeServiceTest, StudyIsKeptWithItsMeasurements) {
  quality::v1::CreateGaugeStudyRequest request;
  request.set_name("volumes of three stations");
  request.set_characteristic("volume_mm3");
  request.set_unit("mm3");
  request.set_performed_by("user:3");
  for (int part = 0; part < 5; ++part) {
    for (const char* station : {"ESP32_LL_01", "ESP32_LS_01"}) {
      for (int repeat = 0; repeat < 2; ++repeat) {
        auto* measurement = request.add_measurements();
        measurement->set_part(absl::StrCat("liver ", part));
        measurement->set_appraiser(station);
        measurement->set_value(500000 + 20000 * part + 300 * repeat + (station[6] == 'L' && station[7] == 'L' ? 100 : 0));
      }
    }
  }
  GaugeStudy study;
  ASSERT_TRUE(Call(*stub_, &Stub::CreateGaugeStudy, request, &study).ok());
  EXPECT_EQ(study.verdict(), "acceptable");
  EXPECT_EQ(study.anova_size(), 5);
  quality::v1::ListGaugeStudiesResponse listed;
  ASSERT_TRUE(Call(*stub_, &Stub::ListGaugeStudies, quality::v1::ListGaugeStudiesRequest(), &listed).ok());
  ASSERT_EQ(listed.studies_size(), 1);
  EXPECT_EQ(listed.studies(0).measurements_size(), 0);
  EXPECT_EQ(listed.studies(0).grr_pct(), study.grr_pct());
  quality::v1::GetGaugeStudyRequest one;
  one.set_study_id(study.study_id());
  GaugeStudy kept;
  ASSERT_TRUE(Call(*stub_, &Stub::GetGaugeStudy, one, &kept).ok());
  EXPECT_EQ(kept.DebugString(), study.DebugString());
  one.set_study_id(999);
  EXPECT_EQ(Call(*stub_, &Stub::GetGaugeStudy, one, &kept).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(GaugeServiceTest, UnknownAndRetiredDevicesAreTold) {
  quality::v1::GetGaugeStatusRequest status;
  status.set_device_id("nobody");
  GaugeStatus told;
  EXPECT_EQ(Reason(Call(*stub_, &Stub::GetGaugeStatus, status, &told)), "DEVICE_NOT_FOUND");
  quality::v1::ListGaugeChecksRequest checks;
  checks.set_device_id("nobody");
  quality::v1::ListGaugeChecksResponse listed;
  EXPECT_EQ(Reason(Call(*stub_, &Stub::ListGaugeChecks, checks, &listed)), "DEVICE_NOT_FOUND");
  quality::v1::GetGaugeDriftRequest drift;
  drift.set_device_id(kDevice);
  GaugeDrift chart;
  EXPECT_EQ(Reason(Call(*stub_, &Stub::GetGaugeDrift, drift, &chart)), "NOT_CALIBRATED");
  drift.set_kind("grey_reference");
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::GetGaugeDrift, drift, &chart)), ElementsAre("kind"));
  Sql("UPDATE sqal_devices SET status = 'retired' WHERE device_id = 'ESP32_LL_01'");
  CreateCalibrationRequest request;
  request.set_device_id(kDevice);
  *request.mutable_white_reference() = Flat(1000);
  request.set_calibrated_by("user:3");
  Calibration calibration;
  EXPECT_EQ(Reason(Call(*stub_, &Stub::CreateCalibration, request, &calibration)), "DEVICE_RETIRED");
}

TEST_F(GaugeServiceTest, EveryBadFieldOfAStudyIsNamed) {
  quality::v1::CreateGaugeStudyRequest request;
  request.set_tolerance(-1);
  request.add_measurements()->set_part("liver 1");
  GaugeStudy study;
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::CreateGaugeStudy, request, &study)),
              ElementsAre("name", "characteristic", "performed_by", "tolerance", "measurements[0].appraiser"));
  request.set_name("equal");
  request.set_characteristic("volume_mm3");
  request.set_performed_by("user:3");
  request.clear_tolerance();
  request.clear_measurements();
  for (int i = 0; i < 8; ++i) {
    auto* measurement = request.add_measurements();
    measurement->set_part(i < 4 ? "liver 1" : "liver 2");
    measurement->set_appraiser(i % 4 < 2 ? "ESP32_LL_01" : "ESP32_LS_01");
    measurement->set_value(5);
  }
  EXPECT_EQ(Reason(Call(*stub_, &Stub::CreateGaugeStudy, request, &study)), "NO_VARIATION");
}

}  // namespace
}  // namespace egi::api
