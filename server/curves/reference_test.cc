#include "server/curves/reference.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::curves {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Le;

// domain.md section 15.2: names in the campaign file; section 7.3: breeds.
TEST(Reference, StrainsAndBreedsFindTheirTable) {
  EXPECT_STREQ(ReferenceNamed("CF80* - M15 V2E SFM")->name, "CF80*");
  EXPECT_STREQ(ReferenceNamed("MMG AS - PKL*")->name, "PKL*");
  EXPECT_STREQ(ReferenceNamed("MMG AS - PKLC")->name, "PKLC");
  EXPECT_STREQ(ReferenceNamed("Mulard")->name, "CF80*");
  EXPECT_STREQ(ReferenceNamed("barbarie")->name, "PKL*");
  EXPECT_DOUBLE_EQ(ReferenceNamed("Pékin")->factor, 0.97);
  EXPECT_STREQ(ReferenceNamed("Mixte")->name, "toutes souches");
  EXPECT_FALSE(ReferenceNamed("Poulet").has_value());
  EXPECT_FALSE(ReferenceNamed("").has_value());
}

TEST(Reference, StrainOfALotGoesBeforeItsBreed) {
  EXPECT_STREQ(ReferenceOf("MMG AS - PKLC", "Mulard").name, "PKLC");
  EXPECT_STREQ(ReferenceOf("", "Barbarie").name, "PKL*");
  EXPECT_STREQ(ReferenceOf("", "").name, "toutes souches");
}

// domain.md section 7.2, as printed.
TEST(Reference, TwentyTwoMealsAreTheTableItself) {
  EXPECT_THAT(DosesOf(*ReferenceNamed("Mulard"), 22), ElementsAre(225, 249, 274, 297, 319, 340, 365, 385, 406, 427, 446, 460, 472, 480, 485, 490, 491,
                                                                  490, 475, 468, 477, 485));
  EXPECT_THAT(DosesOf(*ReferenceNamed("Barbarie"), 22), ElementsAre(202, 224, 241, 263, 284, 303, 324, 343, 364, 383, 400, 413, 422, 433, 442, 450, 450,
                                                                    450, 446, 437, 443, 332));
  EXPECT_DOUBLE_EQ(Sum(DosesOf(*ReferenceNamed("MMG AS - PKLC"), 22)), 9038);
  EXPECT_DOUBLE_EQ(Sum(DosesOf(*ReferenceNamed("Mixte"), 22)), 8800);
}

TEST(Reference, ResamplingKeepsTheEndsAndIsLinearBetweenMeals) {
  const auto doses = DosesOf(*ReferenceNamed("Mulard"), 43);  // every half meal
  EXPECT_DOUBLE_EQ(doses.front(), 225);
  EXPECT_DOUBLE_EQ(doses[1], 237);
  EXPECT_DOUBLE_EQ(doses[2], 249);
  EXPECT_DOUBLE_EQ(doses.back(), 485);
  EXPECT_DOUBLE_EQ(DosesOf(*ReferenceNamed("Pékin"), 22).front(), 196);
}

// domain.md section 7.3: 8160 / 8840 / 9520 / 10 200 g for D = 11..14 with 2 (D + 1) meals; without the last day (460 + 490 g) these sums.
TEST(Reference, LinearCurveIsThatOfTheSeeds) {
  EXPECT_DOUBLE_EQ(Sum(LinearDoses(11)), 8160 - 950);
  EXPECT_DOUBLE_EQ(Sum(LinearDoses(14)), 10200 - 950);
  EXPECT_THAT(LinearDoses(13).front(), 200);
}

TEST(Reference, ScalingKeepsTheShapeAndGivesTheTotal) {
  const auto doses = ScaledTo({100, 200, 300}, 900);
  EXPECT_THAT(doses, ElementsAre(150, 300, 450));
  EXPECT_NEAR(Sum(ScaledTo(DosesOf(*ReferenceNamed("Mulard"), 24), 8000)), 8000, 24 * 0.05);
}

}  // namespace
}  // namespace egi::curves
