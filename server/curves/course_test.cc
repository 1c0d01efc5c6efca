#include "server/curves/course.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/curves/reference.h"

namespace egi::curves {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A running lot of two days with the curve 300, 320, 340, 360 g and 5000, 5100, 5200, 5300 g.
LotCourse Running() {
  LotCourse lot;
  lot.statut = "en_gavage";
  lot.breed = "Mulard";
  lot.days = 2;
  lot.curve_id = 7;
  lot.curve_g = {300, 320, 340, 360};
  lot.curve_weights_g = {5000, 5100, 5200, 5300};
  return lot;
}

void Give(LotCourse& lot, int place, double prescribed, double given, std::optional<double> weight = std::nullopt) {
  CourseMeal meal;
  meal.gavage_id = 100 + place;
  meal.prescribed_g = prescribed;
  meal.given_g = given;
  meal.weight_g = weight;
  lot.meals[place] = meal;
}

TEST(LotCourse, PlanIsTheCurveInForceElseTheStrains) {
  LotCourse lot = Running();
  EXPECT_THAT(PlanOf(lot), ElementsAre(300, 320, 340, 360));
  lot.curve_g.clear();
  lot.days = 12;
  EXPECT_THAT(PlanOf(lot), ElementsAreArray(DosesOf(*ReferenceNamed("Mulard"), 24)));
  lot.days = 0;
  EXPECT_EQ(DaysOf(lot), 12);
  Give(lot, 25, 400, 400);
  EXPECT_EQ(DaysOf(lot), 13) << "it is being fed on day 12 already";
}

TEST(LotCourse, DeviationIsProposedOnceForTheNextMeal) {
  LotCourse lot = Running();
  Give(lot, 0, 300, 270);
  const auto corrections = CorrectionsOf(lot);
  ASSERT_THAT(corrections, SizeIs(1));
  EXPECT_EQ(corrections[0].gavage_id, 100);
  EXPECT_EQ(corrections[0].target, 1);
  EXPECT_DOUBLE_EQ(corrections[0].planned_g, 320);
  EXPECT_DOUBLE_EQ(corrections[0].proposal.dose_g, 335);
  EXPECT_EQ(corrections[0].state, CorrectionState::kPending);
}

TEST(LotCourse, ProposalExpiresWithTheNextMealAndWithTheLot) {
  LotCourse lot = Running();
  Give(lot, 0, 300, 270);
  lot.statut = "termine";
  EXPECT_EQ(CorrectionsOf(lot)[0].state, CorrectionState::kExpired);
  lot.statut = "en_gavage";
  Give(lot, 1, 320, 320);
  const auto corrections = CorrectionsOf(lot);
  ASSERT_THAT(corrections, SizeIs(1));
  EXPECT_EQ(corrections[0].state, CorrectionState::kExpired);
  EXPECT_DOUBLE_EQ(*corrections[0].given_g, 320);
}

TEST(LotCourse, CorrectedMealWithdrawsItsProposalUnlessItWasAnswered) {
  LotCourse lot = Running();
  Give(lot, 0, 300, 300);
  EXPECT_THAT(CorrectionsOf(lot), IsEmpty());
  lot.answers[100] = {1, 320, 335, "raison", true, 330.0, "Gaveur 4", absl::UnixEpoch()};
  const auto corrections = CorrectionsOf(lot);
  ASSERT_THAT(corrections, SizeIs(1));
  EXPECT_EQ(corrections[0].state, CorrectionState::kAccepted);
  EXPECT_DOUBLE_EQ(corrections[0].proposal.dose_g, 335);
  EXPECT_THAT(PlanOf(lot), ElementsAre(300, 330, 340, 360)) << "the agreed dose is the plan";
}

TEST(LotCourse, LastMealHasNothingToCorrect) {
  LotCourse lot = Running();
  Give(lot, 3, 360, 200);
  EXPECT_THAT(CorrectionsOf(lot), IsEmpty());
  lot.curve_g.clear();
  EXPECT_THAT(CorrectionsOf(lot), IsEmpty()) << "also by the planned duration";
  lot.days = 0;
  EXPECT_THAT(CorrectionsOf(lot), SizeIs(1)) << "nobody knows that it was the last";
}

TEST(LotCourse, WeightIsHeldAgainstTheCurveOfItsPlace) {
  LotCourse lot = Running();
  EXPECT_FALSE(WeightGapPct(lot).has_value());
  Give(lot, 1, 320, 320, 4590.0);
  Give(lot, 2, 340, 340);
  EXPECT_DOUBLE_EQ(*WeightGapPct(lot), -10);
}

TEST(LotCourse, FinishedLotHasNothingToCome) {
  LotCourse lot = Running();
  Give(lot, 0, 300, 300);
  EXPECT_THAT(PredictCourse(lot).doses_g, SizeIs(3));
  lot.statut = "annule";
  EXPECT_THAT(PredictCourse(lot).doses_g, IsEmpty());
}

}  // namespace
}  // namespace egi::curves
