#include "simulators/training/truth.h"

#include <algorithm>

#include "gtest/gtest.h"
#include "simulators/station/profile_loader.h"

namespace egi::training {
namespace {

using station::Liver;
using station::SurfaceDefect;

class TruthTest : public ::testing::Test {
 protected:
  TruthTest() : profile_(*station::ProfileBook::BuiltIn()->Find("")) {
    liver_.volume_mm3 = profile_.tof_analyser.expected_volume_mm3;
    liver_.tissue = {1, 0, 1};
    liver_.surface_uniformity = 1;
    liver_.reflectance = 55;
    liver_.dome = {0, 0, 110, 60, 50, 0};
  }

  const char* Grade() { return analytics::ml::kGrades[TruthOf(liver_, profile_).grade]; }

  SurfaceDefect Bump(double change_mm) {
    SurfaceDefect bump;
    bump.radius_x = 75;
    bump.radius_y = 45;
    bump.change_mm = change_mm;
    return bump;
  }

  static int64_t Zones(const DefectMasks& masks, int kind) { return std::count(masks[kind].begin(), masks[kind].end(), true); }

  station::Profile profile_;
  Liver liver_;
};

TEST_F(TruthTest, FlawlessLiverIsAPlus) {
  EXPECT_STREQ(Grade(), "A+");
  EXPECT_NEAR(TruthOf(liver_, profile_).score, 1, 0.02);
}

TEST_F(TruthTest, CriticalForeignBodyRejectsAndASmallerOneOnlyCosts) {
  liver_.defects = {Bump(-15)};  // severity 15 / 22 = 0.68
  EXPECT_STRNE(Grade(), "REJECT");
  liver_.defects = {Bump(-16)};  // 0.73
  EXPECT_STREQ(Grade(), "REJECT");
}

TEST_F(TruthTest, SpoiledTissueRejects) {
  liver_.tissue = {0.1, 0.9, 0.1};
  EXPECT_STREQ(Grade(), "REJECT");
}

TEST_F(TruthTest, MaskHoldsTheZonesWhereTheChangeIsGreat) {
  liver_.defects = {Bump(-14)};
  const DefectMasks above = TruthOf(liver_, profile_).defects;
  EXPECT_TRUE(above[0][3 * 8 + 3]);
  EXPECT_FALSE(above[0][0]);
  EXPECT_GE(Zones(above, 0), 4);
  EXPECT_LE(Zones(above, 0), 16);
  EXPECT_EQ(Zones(above, 1) + Zones(above, 2) + Zones(above, 3), 0);
  liver_.defects = {Bump(14)};
  EXPECT_EQ(Zones(TruthOf(liver_, profile_).defects, 1), Zones(above, 0));
  liver_.defects = {Bump(5)};  // never reaches 0.3 * 22 mm
  EXPECT_EQ(Zones(TruthOf(liver_, profile_).defects, 1), 0);
}

TEST_F(TruthTest, DarkPatchMarksItsOwnClass) {
  SurfaceDefect patch = Bump(0);
  patch.kind = SurfaceDefect::Kind::kDarkPatch;
  patch.reflectance_change = -30;
  liver_.defects = {patch};
  EXPECT_GE(Zones(TruthOf(liver_, profile_).defects, 3), 4);
}

}  // namespace
}  // namespace egi::training
