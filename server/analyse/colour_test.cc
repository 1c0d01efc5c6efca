#include "server/analyse/colour.h"

#include "gtest/gtest.h"

namespace egi::analyse {
namespace {

double Sum(const std::array<double, kVisible>& weights) {
  double sum = 0;
  for (const double weight : weights) sum += weight;
  return sum;
}

TEST(ColourWeights, AddUpToTheWhitePointOfD65) {
  const ColourWeights weights;  // CIE 015:2018: 95.04, 100, 108.88
  EXPECT_NEAR(Sum(weights.x), 0.9504, 0.0002);
  EXPECT_NEAR(Sum(weights.y), 1.0000, 0.0002);
  EXPECT_NEAR(Sum(weights.z), 1.0888, 0.0003);
}

TEST(LabOf, WhiteIsHundredAndBlackIsNothing) {
  const Lab white = LabOf({1, 1, 1, 1, 1, 1, 1, 1});
  EXPECT_NEAR(white.l, 100, 1e-9);
  EXPECT_NEAR(white.a, 0, 1e-9);
  EXPECT_NEAR(white.b, 0, 1e-9);
  EXPECT_NEAR(LabOf({}).l, 0, 1e-9);
}

TEST(LabOf, MiddleGreyIsLightnessFifty) {
  const double y = 0.18418651851244416;  // ((50 + 16) / 116)^3
  const Lab grey = LabOf({y, y, y, y, y, y, y, y});
  EXPECT_NEAR(grey.l, 50, 1e-9);
  EXPECT_NEAR(grey.a, 0, 1e-9);
}

// Patches of the ColorChecker: reflectances at the eight centres (N. Ohta, 1997), colour of the full spectra under D65 and the 2 degree observer.
TEST(LabOf, PatchesOfTheColorCheckerAreNearTheirPublishedColour) {
  EXPECT_LT(DeltaE76(LabOf({.067, .054, .054, .067, .082, .129, .163, .242}), {37.31, 13.69, 15.56}), 1);   // dark skin
  EXPECT_LT(DeltaE76(LabOf({.199, .217, .282, .326, .298, .435, .564, .652}), {66.21, 14.45, 17.74}), 3);   // light skin
  EXPECT_LT(DeltaE76(LabOf({.064, .066, .092, .166, .487, .609, .654, .685}), {71.64, 15.32, 65.86}), 2);   // orange yellow
  EXPECT_LT(DeltaE76(LabOf({.201, .205, .202, .202, .203, .205, .201, .195}), {52.18, 0.06, -0.08}), 0.5);  // neutral 5
}

TEST(DeltaE76, IsTheDistance) { EXPECT_DOUBLE_EQ(DeltaE76({70, 5, 20}, {73, 9, 32}), 13); }

}  // namespace
}  // namespace egi::analyse
