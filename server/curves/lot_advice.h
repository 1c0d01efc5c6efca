// What a feeder or supervisor should look at in a lot. Pure.
#ifndef EGI_SERVER_CURVES_LOT_ADVICE_H_
#define EGI_SERVER_CURVES_LOT_ADVICE_H_

#include <optional>
#include <string>
#include <vector>

#include "server/curves/conformity.h"

namespace egi::curves {

struct LotSituation {
  bool active = false;                   // is fed or will be
  bool curve_in_force = false;
  bool curve_waits = false;              // for a decision
  ConformityFigures conformity;
  std::optional<double> weight_gap_pct;  // newest weight against the curve
  int pending_corrections = 0;
};

struct LotAdvice {
  std::string type;     // courbe, dose, poids, conformite or correction
  std::string urgency;  // haute, moyenne or basse
  std::string message;  // French, with the figure
  std::string action;   // French
};

// Most urgent first. A mean deviation above 15 % is of high urgency, a rate of conformity below 85 % of middle urgency (analytics.md section 10); a weight off by 10 % of
// middle, by 25 % of high urgency (domain.md section 9).
std::vector<LotAdvice> AdviseLot(const LotSituation& lot);

}  // namespace egi::curves

#endif  // EGI_SERVER_CURVES_LOT_ADVICE_H_
