// The rules of the stages with the figures of the configuration.
#ifndef EGI_SERVER_APP_RULES_H_
#define EGI_SERVER_APP_RULES_H_

#include "config.pb.h"
#include "server/analyse/rules.h"
#include "server/gauge/rules.h"

namespace egi::app {

// Margins by which the alerts of meals close.
inline analyse::MealRules MealRulesOf(const AlertsConfig& alerts) {
  analyse::MealRules rules;
  rules.dose_margin_pct = alerts.dose_margin_pct();
  rules.weight_margin_g = alerts.weight_margin_g();
  rules.temperature_margin_c = alerts.temperature_margin_c();
  rules.humidity_margin_pct = alerts.humidity_margin_pct();
  rules.mortality_margin_pct = alerts.mortality_margin_pct();
  rules.silence_warning_h = alerts.silence_warning_h();
  rules.silence_critical_h = alerts.silence_critical_h();
  rules.meal_grace_h = alerts.meal_grace_h();
  return rules;
}

// What a station is held against as an instrument.
inline gauge::GaugeRules GaugeRulesOf(const GaugeConfig& config) {
  gauge::GaugeRules rules;
  rules.white_tolerance_pct = config.white_tolerance_pct();
  rules.white_repeatability_pct = config.white_repeatability_pct();
  rules.golden_tolerance_pct = config.golden_tolerance_pct();
  rules.golden_repeatability_pct = config.golden_repeatability_pct();
  rules.drift_lambda = config.drift_lambda();
  rules.drift_width = config.drift_width();
  return rules;
}

}  // namespace egi::app

#endif  // EGI_SERVER_APP_RULES_H_
