#include "server/gauge/gate.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::gauge {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1770109200);

EnrolledDevices Devices() {
  EnrolledDevices devices;
  devices["good"] = {"", 1, kNow - absl::Hours(1), kNow + absl::Hours(1)};
  devices["bad"] = {"white reference check 7 failed", 1, kNow - absl::Hours(1), kNow + absl::Hours(1)};
  return devices;
}

TEST(GradingGate, DeviceThatNeverEnrolledPasses) {
  GradingGate gate;
  EXPECT_TRUE(CheckMayGrade(*gate.View(), "anything", kNow).ok());
}

TEST(GradingGate, RefusalNamesDeviceAndReason) {
  GradingGate gate;
  gate.Set(Devices());
  EXPECT_TRUE(CheckMayGrade(*gate.View(), "good", kNow).ok());
  const absl::Status refused = CheckMayGrade(*gate.View(), "bad", kNow);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("station bad is out of calibration: white reference check 7 failed"));
}

TEST(GradingGate, CalibrationEndsWithoutAnyoneTelling) {
  const absl::Status refused = CheckMayGrade(Devices(), "good", kNow + absl::Hours(1));
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("expired"));
}

TEST(GradingGate, ViewKeepsWhatItShowed) {
  GradingGate gate;
  gate.Set(Devices());
  const auto view = gate.View();
  gate.Set({});
  EXPECT_FALSE(CheckMayGrade(*view, "bad", kNow).ok());
  EXPECT_TRUE(CheckMayGrade(*gate.View(), "bad", kNow).ok());
}

}  // namespace
}  // namespace egi::gauge
