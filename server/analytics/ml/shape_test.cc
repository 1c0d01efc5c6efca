#include "server/analytics/ml/shape.h"

#include <cmath>

#include "gtest/gtest.h"

namespace egi::analytics::ml {
namespace {

using analyse::kZones;

// Heights of half an ellipsoid in the middle of the zones, turned by 0.7 and off the centre.
class ShapeTest : public ::testing::Test {
 protected:
  ShapeTest() {
    const analyse::Dome dome{4, -3, 115, 60, 52, 0.7};
    for (int zone = 0; zone < kZones; ++zone) {
      heights_[zone] = dome.HeightAt(grid_.CentreX(zone), grid_.CentreY(zone));
      product_[zone] = heights_[zone] > 3;
    }
  }

  analyse::ZoneGrid grid_;
  analyse::ZoneMap heights_{};
  std::array<bool, kZones> product_{};
};

TEST_F(ShapeTest, FindsTheEllipsoid) {
  const Shape shape = FitShape(heights_, product_, grid_);
  EXPECT_NEAR(shape.top_mm, 52, 1e-6);
  EXPECT_NEAR(shape.long_mm, 115, 1e-6);
  EXPECT_NEAR(shape.short_mm, 60, 1e-6);
  for (int zone = 0; zone < kZones; ++zone) EXPECT_NEAR(shape.height[zone], heights_[zone], 1e-6) << zone;
}

TEST_F(ShapeTest, IsNotBentByABump) {
  const double before = heights_[27];
  heights_[27] += 15;
  EXPECT_NEAR(FitShape(heights_, product_, grid_).height[27], before, 0.5);
}

TEST_F(ShapeTest, FlatOrTinyProductKeepsItsHeights) {
  heights_.fill(0);
  product_.fill(false);
  for (const int zone : {27, 28, 35, 36}) heights_[zone] = 20, product_[zone] = true;
  const Shape shape = FitShape(heights_, product_, grid_);
  EXPECT_EQ(shape.long_mm, 0);
  EXPECT_EQ(shape.height[27], 20);
}

}  // namespace
}  // namespace egi::analytics::ml
