#include "server/curves/conformity.h"

#include "gtest/gtest.h"

namespace egi::curves {
namespace {

TEST(Conformity, FiguresOfFourMealsByHand) {
  // Gaps: 0 %, +5 %, -10 % (out of tolerance), -50 %; the fifth meal has no prescription.
  const ConformityFigures figures = ConformityOf({{0, 200.0, 200}, {1, 200.0, 210}, {2, 300.0, 270}, {3, 400.0, 200}, {4, {}, 500}});
  EXPECT_EQ(figures.meals, 4);
  EXPECT_EQ(figures.days, 2);
  EXPECT_DOUBLE_EQ(*figures.mean_gap_pct, 16.25);
  EXPECT_DOUBLE_EQ(*figures.max_gap_pct, 50);
  EXPECT_DOUBLE_EQ(*figures.mean_gap_g, (10.0 - 30 - 200) / 4);
  EXPECT_EQ(figures.days_out_of_tolerance, 1) << "both bad meals are of one day";
  EXPECT_DOUBLE_EQ(*figures.conforming_pct, 50);
  EXPECT_DOUBLE_EQ(figures.total_given_g, 1380);
  EXPECT_DOUBLE_EQ(figures.total_prescribed_g, 1100);
}

TEST(Conformity, WithoutPrescriptionThereAreNoFigures) {
  const ConformityFigures figures = ConformityOf({{0, {}, 200}, {1, 0.0, 200}});
  EXPECT_EQ(figures.meals, 0);
  EXPECT_FALSE(figures.mean_gap_pct.has_value());
  EXPECT_FALSE(figures.conforming_pct.has_value());
  EXPECT_DOUBLE_EQ(figures.total_given_g, 400);
}

}  // namespace
}  // namespace egi::curves
