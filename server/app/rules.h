// The rules of samples and meals with the figures of the configuration, by which alerts close.
#ifndef EGI_SERVER_APP_ALERT_RULES_H_
#define EGI_SERVER_APP_ALERT_RULES_H_

#include "config.pb.h"
#include "server/analyse/rules.h"

namespace egi::app {

inline analyse::SampleRules SampleRulesOf(const AlertsConfig& alerts) {
  analyse::SampleRules rules;
  rules.score_margin = alerts.score_margin();
  rules.index_margin = alerts.index_margin();
  rules.disagreement_margin = alerts.disagreement_margin();
  return rules;
}

inline analyse::MealRules MealRulesOf(const AlertsConfig& alerts) {
  analyse::MealRules rules;
  rules.dose_margin_pct = alerts.dose_margin_pct();
  rules.weight_margin_g = alerts.weight_margin_g();
  rules.temperature_margin_c = alerts.temperature_margin_c();
  rules.humidity_margin_pct = alerts.humidity_margin_pct();
  rules.mortality_margin_pct = alerts.mortality_margin_pct();
  return rules;
}

}  // namespace egi::app

#endif  // EGI_SERVER_APP_ALERT_RULES_H_
