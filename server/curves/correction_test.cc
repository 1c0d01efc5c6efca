#include "server/curves/correction.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::curves {
namespace {

using ::testing::HasSubstr;

MealOutcome Dosed(double prescribed, double given, double next = 320) { return {prescribed, given, {}, {}, next}; }

// domain.md section 9: 10 to 25 % half of the gap, from 25 % on the whole gap.
TEST(ProposeCorrection, HalfOfTheGapThenTheWholeGap) {
  EXPECT_FALSE(ProposeCorrection(Dosed(300, 270.1)).has_value());
  const auto half = ProposeCorrection(Dosed(300, 270));
  ASSERT_TRUE(half.has_value());
  EXPECT_DOUBLE_EQ(half->change_g, 15);
  EXPECT_DOUBLE_EQ(half->dose_g, 335);
  EXPECT_DOUBLE_EQ(*half->gap_pct, -10);
  EXPECT_EQ(half->reason, "dose à -10,0 % de la prescription : la moitié de l'écart est corrigé");
  EXPECT_DOUBLE_EQ(ProposeCorrection(Dosed(300, 225))->change_g, 75);
  EXPECT_DOUBLE_EQ(ProposeCorrection(Dosed(300, 360))->change_g, -30);
}

// domain.md section 9: beyond +-10 %, +50 g late, -30 g ahead.
TEST(ProposeCorrection, WeightAloneCorrectsToo) {
  const auto late = ProposeCorrection({{}, 300, 4400.0, 5000.0, 320});
  ASSERT_TRUE(late.has_value());
  EXPECT_DOUBLE_EQ(late->change_g, 50);
  EXPECT_DOUBLE_EQ(*late->weight_gap_pct, -12);
  EXPECT_FALSE(late->gap_pct.has_value());
  EXPECT_DOUBLE_EQ(ProposeCorrection({300.0, 300, 5600.0, 5000.0, 320})->change_g, -30);
  EXPECT_FALSE(ProposeCorrection({300.0, 300, 4500.0, 5000.0, 320}).has_value()) << "10 % is not beyond";
}

TEST(ProposeCorrection, BothAddUp) {
  EXPECT_DOUBLE_EQ(ProposeCorrection({300.0, 260, 4400.0, 5000.0, 320})->change_g, 20 + 50);
}

TEST(ProposeCorrection, ProposalStaysWhereAnEntryRaisesNoDoubt) {
  const auto refused = ProposeCorrection(Dosed(480, 100, 485));
  EXPECT_DOUBLE_EQ(refused->dose_g, 600);
  EXPECT_DOUBLE_EQ(refused->change_g, 115);
  EXPECT_THAT(refused->reason, HasSubstr("100 à 600 g"));
  EXPECT_DOUBLE_EQ(ProposeCorrection(Dosed(300, 800, 300))->dose_g, 100);
  EXPECT_DOUBLE_EQ(ProposeCorrection(Dosed(300, 200, 650))->dose_g, 650) << "a plan beyond is not cut";
}

TEST(ProposeCorrection, WithoutPrescriptionAndWeightNothingIsProposed) {
  EXPECT_FALSE(ProposeCorrection({{}, 0, {}, 5000.0, 320}).has_value());
  EXPECT_FALSE(ProposeCorrection({0.0, 300, {}, {}, 320}).has_value());
}

}  // namespace
}  // namespace egi::curves
