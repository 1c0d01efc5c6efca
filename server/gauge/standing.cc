#include "server/gauge/standing.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/analytics/spc/charts.h"
#include "server/base/proto_time.h"
#include "server/gauge/check.h"

namespace egi::gauge {
namespace {

using quality::v1::Calibration;
using quality::v1::GaugeDrift;
using quality::v1::GaugeDriftPoint;

std::string Named(const std::string& kind) { return kind == kWhiteReference ? "white reference" : "golden sample"; }

std::string Minute(absl::Time time) { return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone()); }

}  // namespace

GaugeDrift ChartDrift(const std::string& kind, const std::vector<ChartedCheck>& checks, const GaugeRules& rules) {
  GaugeDrift drift;
  const double tolerance = kind == kWhiteReference ? rules.white_tolerance_pct : rules.golden_tolerance_pct;
  drift.set_kind(kind);
  drift.set_lambda(rules.drift_lambda);
  drift.set_width(rules.drift_width);
  drift.set_sigma_pct(tolerance * rules.drift_sigma_share);
  drift.set_centre_pct(0);
  // A failed check speaks for itself: a tile that lay askew is no drift. It leaves the average where it was.
  std::vector<double> deviations;
  double average = drift.centre_pct();
  for (const ChartedCheck& check : checks) {
    deviations.push_back(check.passed ? check.deviation_pct : average);
    average += drift.lambda() * (deviations.back() - average);
  }
  const spc::Process process{.mean = drift.centre_pct(), .sigma = drift.sigma_pct()};
  const spc::Panel panel = spc::EwmaPanel(deviations, process, drift.lambda(), drift.width());
  for (size_t i = 0; i < checks.size(); ++i) {
    GaugeDriftPoint& point = *drift.add_points();
    point.set_check_id(checks[i].check_id);
    ToTimestamp(checks[i].time, point.mutable_time());
    point.set_deviation_pct(checks[i].deviation_pct);
    point.set_ewma_pct(panel.values[i].value_or(0));
    point.set_lower_limit_pct(panel.limits[i].lower);
    point.set_upper_limit_pct(panel.limits[i].upper);
  }
  for (const int place : panel.Beyond()) {
    drift.add_violations(place);
    drift.mutable_points(place)->set_violation(true);
  }
  drift.set_drifting(!checks.empty() && drift.points(drift.points_size() - 1).violation());
  return drift;
}

Standing JudgeValidity(const Calibration& calibration, absl::Time now) {
  const absl::Time from = ToTime(calibration.valid_from()), until = ToTime(calibration.valid_until());
  const std::string name = absl::StrCat("calibration ", calibration.calibration_id());
  if (now < from) return {"not_yet_valid", absl::StrCat(name, " is valid from ", Minute(from), " only")};
  if (now >= until) return {"expired", absl::StrCat(name, " expired on ", Minute(until), "; calibrate the station")};
  return {};
}

Standing Decide(const Calibration& calibration, const Checks& checks, const GaugeRules& rules, absl::Time now) {
  if (Standing validity = JudgeValidity(calibration, now); !validity.allowed()) return validity;
  for (const auto& [kind, points] : checks) {
    if (points.empty() || points.back().passed) continue;
    return {"check_failed", absl::StrCat(Named(kind), " check ", points.back().check_id, " of ", Minute(points.back().time), " failed: ",
                                         points.back().message)};
  }
  for (const auto& [kind, points] : checks) {
    const GaugeDrift drift = ChartDrift(kind, points, rules);
    if (!drift.drifting()) continue;
    const GaugeDriftPoint& last = drift.points(drift.points_size() - 1);
    return {"drift", absl::StrFormat("%s drifts: the average of its checks is %+.2f %%, outside %.2f .. %.2f %%; calibrate the station",
                                     Named(kind), last.ewma_pct(), last.lower_limit_pct(), last.upper_limit_pct())};
  }
  return {};
}

}  // namespace egi::gauge
