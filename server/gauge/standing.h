// May a station grade? Decided from its calibration and its checks. Pure functions.
#ifndef EGI_SERVER_GAUGE_STANDING_H_
#define EGI_SERVER_GAUGE_STANDING_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "egi/quality/v1/gauge.pb.h"
#include "server/gauge/rules.h"

namespace egi::gauge {

// A check as the chart needs it.
struct ChartedCheck {
  int check_id = 0;
  absl::Time time;
  double deviation_pct = 0;
  bool passed = true;
  std::string message;
};

// Checks since the calibration in force by kind, oldest first.
using Checks = std::map<std::string, std::vector<ChartedCheck>>;

// Whether a device may grade; `state` as in GaugeStatus.
struct Standing {
  std::string state = "in_calibration";
  std::string reason;  // empty when it may grade
  bool allowed() const { return reason.empty(); }
  friend bool operator==(const Standing&, const Standing&) = default;
};

// The EWMA chart of the checks of one kind. Fills everything but device_id and calibration_id.
quality::v1::GaugeDrift ChartDrift(const std::string& kind, const std::vector<ChartedCheck>& checks, const GaugeRules& rules);

// What the validity of a calibration alone says.
Standing JudgeValidity(const quality::v1::Calibration& calibration, absl::Time now);

// Validity first, then the newest check of each kind, then the charts.
Standing Decide(const quality::v1::Calibration& calibration, const Checks& checks, const GaugeRules& rules, absl::Time now);

}  // namespace egi::gauge

#endif  // EGI_SERVER_GAUGE_STANDING_H_
