#include "gtest/gtest.h"
#include "server/analyse/judge.h"

namespace egi::analyse {
namespace {

// domain.md section 9: above 15.5 warning, above 17 (class E) critical; the bounds themselves belong to the better class (section 4).
TEST(JudgeItmTest, BoundsBelongToTheBetterClass) {
  EXPECT_FALSE(JudgeItm(12.03).has_value());
  EXPECT_FALSE(JudgeItm(15.5).has_value());
  EXPECT_EQ(JudgeItm(15.51)->severity, Severity::kWarning);
  EXPECT_EQ(JudgeItm(17.0)->severity, Severity::kWarning);
  EXPECT_EQ(JudgeItm(17.01)->severity, Severity::kCritical);
}

TEST(JudgeItmTest, AlertNamesFigureUnitAndLimit) {
  const AlertCandidate alert = *JudgeItm(19.06);
  EXPECT_EQ(alert.type, "itm_degrade");
  EXPECT_EQ(alert.message, "ITM dégradé : 19,06 kg de maïs par kg de foie (plus bas = mieux), limite 17,0");
  EXPECT_EQ(alert.observed, 19.06);
  EXPECT_EQ(alert.expected, 17.0);
  EXPECT_NEAR(*alert.gap_pct, 12.118, 0.001);
}

}  // namespace
}  // namespace egi::analyse
