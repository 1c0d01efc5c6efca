#include "server/analytics/ml/lot_inputs.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::analytics::ml {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

// Eight meals of a lot of 50 birds that gains 100 g a meal from 5000 g and loses one bird at the last.
LotHistory Mulards() {
  LotHistory lot{.breed = "Mulard", .birds_placed = 50};
  for (int i = 0; i < 8; ++i) lot.meals.push_back({300.0 + i % 2 * 6, 300, 5000.0 + 100 * i, i < 7 ? 50 : 49});
  return lot;
}

TEST(LotFigures, AreThoseDoneByHand) {
  // Last weight 5700: 800 g under 6500, 100 g under 5800. Gaps 0 and 2 % in turn: mean 1, spread 1. Corn 8 * 300 + 4 * 6 = 2424 g.
  EXPECT_THAT(LotFiguresOf(Mulards()), ElementsAre(1, 0, -8, -1, 2, 10, 8, 0, FloatNear(2.424f, 1e-5f), FloatNear(1, 1e-5f), FloatNear(1, 1e-5f)));
}

TEST(LotFigures, UnknownTargetsAndBirdsCountAsNothing) {
  LotHistory lot = Mulards();
  lot.breed = "Pékin";
  lot.birds_placed = 0;
  lot.finished = true;
  for (LotMeal& meal : lot.meals) meal.target_g = 0, meal.alive = 0;
  EXPECT_THAT(LotFiguresOf(lot), ElementsAre(0, 0, -5, 1, 0, 10, 8, 1, FloatNear(2.424f, 1e-5f), 0, 0));
}

TEST(WeighedMeals, CountsOnlyMealsWithAWeight) {
  LotHistory lot = Mulards();
  lot.meals[3].mean_weight_g = 0;
  EXPECT_EQ(WeighedMeals(lot), 7);
}

}  // namespace
}  // namespace egi::analytics::ml
