#include "server/curves/lot_advice.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::curves {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// An active lot with a curve in force.
LotSituation Active() {
  LotSituation lot;
  lot.active = lot.curve_in_force = true;
  return lot;
}

std::vector<std::string> Said(const LotSituation& lot) {
  std::vector<std::string> said;
  for (const LotAdvice& advice : AdviseLot(lot)) said.push_back(advice.type + " " + advice.urgency);
  return said;
}

TEST(LotAdvice, GoodLotNeedsNone) {
  LotSituation lot = Active();
  lot.conformity = ConformityOf({{0, 200.0, 205}});
  lot.weight_gap_pct = 9.9;
  EXPECT_THAT(Said(lot), IsEmpty());
}

// analytics.md section 10: mean deviation > 15 % high urgency, compliance rate < 85 %.
TEST(LotAdvice, DeviationAndConformityHaveTheirLimits) {
  LotSituation lot = Active();
  lot.conformity.mean_gap_pct = 15;
  lot.conformity.conforming_pct = 85;
  EXPECT_THAT(Said(lot), IsEmpty());
  lot.conformity.mean_gap_pct = 15.1;
  lot.conformity.conforming_pct = 84.9;
  EXPECT_THAT(Said(lot), ElementsAre("dose haute", "conformite moyenne"));
}

TEST(LotAdvice, MostUrgentComesFirst) {
  LotSituation lot = Active();
  lot.curve_in_force = false;
  lot.pending_corrections = 1;
  lot.weight_gap_pct = -25;
  EXPECT_THAT(Said(lot), ElementsAre("poids haute", "correction moyenne", "courbe basse"));
}

TEST(LotAdvice, FinishedLotIsNotToldToGetACurve) {
  LotSituation lot;
  lot.pending_corrections = 2;
  EXPECT_THAT(Said(lot), IsEmpty());
}

}  // namespace
}  // namespace egi::curves
