// What the gauge store promises (gauge_store.h): numbered calibrations, their validity, one alert while a station may not grade.
#include <set>

#include "gmock/gmock.h"
#include "server/base/proto_time.h"
#include "server/storage/write/command_store.h"
#include "server/storage/write/device_store.h"
#include "server/storage/write/gauge_store.h"
#include "server/storage/write/write_contract.h"

namespace egi::storage::write {
namespace {

using quality::v1::Calibration;
using quality::v1::GaugeCheck;

class GaugeContract : public WriteContract {
 protected:
  void SetUp() override {
    WriteContract::SetUp();
    if (HasFatalFailure()) return;
    gauges_ = NewPostgresGaugeStore(*pool_, {});
    elsewhere_ = NewPostgresGaugeStore(*other_, {});
  }

  // Valid from `from` after now_ for `lasts`.
  Calibration Valid(absl::Duration from, absl::Duration lasts, const std::string& device = kDevice) const {
    Calibration calibration;
    calibration.set_device_id(device);
    ToTimestamp(now_ + from, calibration.mutable_valid_from());
    ToTimestamp(now_ + from + lasts, calibration.mutable_valid_until());
    auto& white = *calibration.mutable_white_reference();
    for (const auto set : {&quality::v1::SpectralChannels::set_f1_415nm, &quality::v1::SpectralChannels::set_f2_445nm,
                           &quality::v1::SpectralChannels::set_f3_480nm, &quality::v1::SpectralChannels::set_f4_515nm,
                           &quality::v1::SpectralChannels::set_f5_555nm, &quality::v1::SpectralChannels::set_f6_590nm,
                           &quality::v1::SpectralChannels::set_f7_630nm, &quality::v1::SpectralChannels::set_f8_680nm,
                           &quality::v1::SpectralChannels::set_clear, &quality::v1::SpectralChannels::set_nir}) {
      (white.*set)(1000);
    }
    calibration.set_calibrated_by("marie");
    return calibration;
  }

  int Calibrate(absl::Duration from = absl::ZeroDuration(), absl::Duration lasts = absl::Hours(24), const std::string& device = kDevice) {
    const auto calibration = gauges_->AddCalibration(Valid(from, lasts, device), now_);
    EXPECT_TRUE(calibration.ok()) << calibration.status();
    return calibration.ok() ? calibration->calibration_id() : 0;
  }

  absl::Status Check(int calibration_id, bool passed, absl::Duration later) {
    GaugeCheck check;
    check.set_device_id(kDevice);
    check.set_calibration_id(calibration_id);
    check.set_kind("white_reference");
    check.set_performed_by("marie");
    check.set_reference("tile 17");
    check.set_readings(3);
    check.set_passed(passed);
    check.set_message(passed ? "" : "F1_415nm deviates by 9 %");
    ToTimestamp(now_ + later, check.mutable_time());
    return gauges_->AddCheck(check, "raw", now_ + later).status();
  }

  std::string StateAt(absl::Duration later) {
    const auto refreshed = gauges_->Refresh(now_ + later);
    EXPECT_TRUE(refreshed.ok()) << refreshed.status();
    return State();
  }
  std::string State() {
    const auto status = gauges_->ReadStatus(kDevice);
    EXPECT_TRUE(status.ok()) << status.status();
    EXPECT_EQ(status->allowed(), status->reason().empty());
    EXPECT_EQ(status->allowed(), status->state() == "in_calibration" || status->state() == "not_enrolled");
    return status->state();
  }

  // "open of all" of the alerts that say so.
  std::string Alerts() {
    return Sql("SELECT count(*) FILTER (WHERE closed_at IS NULL) || ' of ' || count(*) FROM sqal_alerts WHERE alert_type = 'out_of_calibration'");
  }

  std::unique_ptr<GaugeStore> gauges_;
  std::unique_ptr<GaugeStore> elsewhere_;  // of another server
};

TEST_F(GaugeContract, CalibrationsAreNumberedByDeviceAndTheNewestIsInForce) {
  EXPECT_EQ(State(), "not_enrolled");
  EXPECT_EQ(Calibrate(), 1);
  EXPECT_EQ(Calibrate(absl::ZeroDuration(), absl::Hours(48)), 2);
  EXPECT_EQ(Calibrate(absl::ZeroDuration(), absl::Hours(24), "ESP32_LS_01"), 1);
  EXPECT_EQ(gauges_->ReadDevice(kDevice)->calibration->calibration_id(), 2);
  EXPECT_EQ(gauges_->ListCalibrations(Newest<GaugePage>(kDevice))->size(), 2u);
  EXPECT_EQ(gauges_->ListStatuses(false)->size(), 2u);
  const auto open = NewPostgresCommandStore(*pool_)->Open({kDevice});
  ASSERT_TRUE(open.ok() && open->size() == 1) << "the older calibration is superseded";
  EXPECT_EQ(open->front().command().calibration().calibration_id(), 2);
}

TEST_F(GaugeContract, CalibrationsOfTwoServersAtOnceGetDifferentNumbers) {
  std::vector<int> numbers(6);
  AtOnce(6, [&](int i) {
    const auto calibration = (i % 2 == 0 ? *gauges_ : *elsewhere_).AddCalibration(Valid(absl::ZeroDuration(), absl::Hours(1)), now_);
    EXPECT_TRUE(calibration.ok()) << calibration.status();
    if (calibration.ok()) numbers[i] = calibration->calibration_id();
  });
  EXPECT_EQ(std::set<int>(numbers.begin(), numbers.end()), (std::set<int>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(gauges_->ReadDevice(kDevice)->calibration->calibration_id(), 6);
}

TEST_F(GaugeContract, CalibrationIsValidFromItsStartUntilItsEnd) {
  Calibrate(absl::Minutes(1), absl::Hours(1));
  EXPECT_EQ(State(), "not_yet_valid");
  EXPECT_EQ(StateAt(absl::Minutes(1) - absl::Microseconds(1)), "not_yet_valid");
  EXPECT_EQ(StateAt(absl::Minutes(1)), "in_calibration");
  EXPECT_EQ(StateAt(absl::Minutes(61) - absl::Microseconds(1)), "in_calibration");
  EXPECT_EQ(StateAt(absl::Minutes(61)), "expired");
  EXPECT_EQ(Alerts(), "1 of 2");
}

TEST_F(GaugeContract, ExpiryOpensOneAlertOnAllServersAndANewCalibrationClosesIt) {
  Calibrate();
  AtOnce(4, [&](int i) {
    const auto devices = (i % 2 == 0 ? *gauges_ : *elsewhere_).Refresh(now_ + absl::Hours(25));
    ASSERT_TRUE(devices.ok()) << devices.status();
    EXPECT_FALSE(devices->at(kDevice).reason.empty());
  });
  EXPECT_EQ(Alerts(), "1 of 1");
  EXPECT_EQ(gauges_->ListStatuses(true)->size(), 1u);
  ASSERT_TRUE(gauges_->AddCalibration(Valid(absl::Hours(25), absl::Hours(1)), now_ + absl::Hours(25)).ok());
  EXPECT_EQ(State(), "in_calibration");
  EXPECT_EQ(Alerts(), "0 of 1");
}

TEST_F(GaugeContract, NewestCheckOfAKindDecides) {
  const int id = Calibrate();
  ASSERT_TRUE(Check(id, false, absl::Minutes(2)).ok());
  EXPECT_EQ(State(), "check_failed");
  ASSERT_TRUE(Check(id, true, absl::Minutes(1)).ok());
  EXPECT_EQ(State(), "check_failed") << "made before the one that failed";
  ASSERT_TRUE(Check(id, true, absl::Minutes(3)).ok());
  EXPECT_EQ(State(), "in_calibration");
  EXPECT_EQ(Alerts(), "0 of 1");
}

TEST_F(GaugeContract, CheckAgainstAnOlderCalibrationIsAborted) {
  const int old = Calibrate();
  Calibrate();
  EXPECT_EQ(Check(old, true, absl::Minutes(1)).code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(gauges_->ListChecks(Newest<GaugePage>(kDevice))->empty());
}

TEST_F(GaugeContract, RetiredDeviceIsNotCalibrated) {
  ASSERT_TRUE(NewPostgresDeviceStore(*pool_)->SetStatus(kDevice, "retired", {"marie", ""}, now_).ok());
  EXPECT_EQ(gauges_->AddCalibration(Valid(absl::ZeroDuration(), absl::Hours(1)), now_).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Sql("SELECT count(*) FROM sqal_calibrations"), "0") << "all or nothing";
}

TEST_F(GaugeContract, UnknownDeviceIsNotFound) {
  EXPECT_EQ(gauges_->ReadDevice("nobody").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(gauges_->ReadStatus("nobody").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(gauges_->ListCalibrations(Newest<GaugePage>("nobody")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(gauges_->AddCalibration(Valid(absl::ZeroDuration(), absl::Hours(1), "nobody"), now_).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(gauges_->ReadStudy(1).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(GaugeContract, DatabaseRefusesACalibrationThatEndsBeforeItBegins) {
  Calibrate();
  EXPECT_EQ(Refusal("UPDATE sqal_calibrations SET valid_until = valid_from"), kCheckViolation);
  EXPECT_EQ(Refusal("UPDATE sqal_calibrations SET white_reference = '{1,2,3}'"), kCheckViolation);
  EXPECT_EQ(Refusal("UPDATE sqal_gauge_state SET reason = 'may not' WHERE state = 'in_calibration'"), kCheckViolation);
}

TEST_F(GaugeContract, StudyIsReadBackWithItsMeasurementsAndListedWithout) {
  quality::v1::GaugeStudy study;
  study.set_name("volume of golden samples");
  study.set_characteristic("volume");
  study.set_performed_by("marie");
  study.set_grr_pct(12.5);
  study.set_ndc(11);
  study.set_verdict("marginal");
  auto* measurement = study.add_measurements();
  measurement->set_part("1");
  measurement->set_appraiser("A");
  measurement->set_value(0.1);
  const auto added = gauges_->AddStudy(study, now_);
  ASSERT_TRUE(added.ok()) << added.status();
  const auto read = gauges_->ReadStudy(added->study_id());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->SerializeAsString(), added->SerializeAsString());
  EXPECT_EQ(gauges_->ListStudies({})->front().measurements_size(), 0);
}

}  // namespace
}  // namespace egi::storage::write
