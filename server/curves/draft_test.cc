#include "server/curves/draft.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/curves/reference.h"

namespace egi::curves {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

LotCourse Mulards(int days) {
  LotCourse lot;
  lot.statut = "en_preparation";
  lot.breed = "Mulard";
  lot.days = days;
  return lot;
}

TEST(Draft, LotWithoutGoalGetsTheMediansOfItsStrain) {
  const CurveDraft draft = DraftFor(Mulards(11));
  EXPECT_EQ(draft.source, "souche");
  EXPECT_THAT(draft.doses_g, ElementsAreArray(DosesOf(*ReferenceNamed("Mulard"), 22)));
  EXPECT_THAT(draft.weights_g, SizeIs(22));
  EXPECT_THAT(draft.method, HasSubstr("CF80*"));
}

TEST(Draft, GoalOfTheLotScalesThem) {
  LotCourse lot = Mulards(11);
  lot.corn_goal_g = 8000;
  const CurveDraft draft = DraftFor(lot);
  EXPECT_EQ(draft.source, "souche_objectif");
  EXPECT_NEAR(Sum(draft.doses_g), 8000, 2);
  EXPECT_NEAR(Sum(DraftFor(lot, {0, "", 7000.0, 500.0}).doses_g), 7000, 2) << "an amount of corn goes before a liver";
}

// domain.md section 4: ITM = corn / liver, mean 15.11 for CF80*, 14.20 for PKLC.
TEST(Draft, LiverAskedForIsCornByTheItmOfTheStrain) {
  EXPECT_NEAR(Sum(DraftFor(Mulards(12), {0, "", {}, 500.0}).doses_g), 7555, 2);
  const CurveDraft draft = DraftFor(Mulards(12), {14, "MMG AS - PKLC", {}, 500.0});
  EXPECT_NEAR(Sum(draft.doses_g), 7100, 2);
  EXPECT_THAT(draft.doses_g, SizeIs(28));
}

TEST(Draft, UnplannedDurationIsSaid) {
  const CurveDraft draft = DraftFor(Mulards(0));
  EXPECT_THAT(draft.doses_g, SizeIs(24));
  EXPECT_THAT(draft.method, HasSubstr("durée non prévue"));
}

TEST(Draft, CurveOfTheFeederIsBroughtToTheDaysOfTheLot) {
  const CurveDraft draft = DraftFromFeeder(Mulards(3), 5, {100, 200, 300, 400});
  EXPECT_EQ(draft.source, "recommandee");
  EXPECT_THAT(draft.doses_g, ElementsAre(100, 200, 200, 300, 300, 400));
}

TEST(Draft, DosesThatAreUnusualAreToldToTheReader) {
  EXPECT_THAT(WarningsOf(DosesOf(*ReferenceNamed("Mulard"), 28), "souche"), IsEmpty());
  EXPECT_THAT(WarningsOf({50, 200, 700}, "manuelle"), ElementsAre(HasSubstr("2 dose(s)")));
  EXPECT_THAT(WarningsOf(std::vector<double>(24, 400), "manuelle"), ElementsAre(HasSubstr("9600 g")));
}

}  // namespace
}  // namespace egi::curves
