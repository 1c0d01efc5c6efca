#include "simulators/lot_monitor/profile.h"

#include "gtest/gtest.h"

namespace egi::lot_monitor {
namespace {

std::string Choose(const std::string& breed, double weight, double mortality) {
  quality::v1::PendingLot lot;
  lot.set_genetique(breed);
  lot.mutable_poids_moyen_final()->set_value(weight);
  lot.mutable_taux_mortalite()->set_value(mortality);
  return ChooseProfile(lot);
}

// Limits of domain.md section 13.
TEST(ProfileTest, LimitsOfEachBreedAreInclusive) {
  struct Case {
    const char* breed;
    double optimal, minimal;
  };
  for (const Case& each : {Case{"Mulard", 6500, 5800}, Case{"Barbarie", 6000, 5500}, Case{"Pékin", 6200, 5600}}) {
    EXPECT_EQ(Choose(each.breed, each.optimal, 3.0), "foiegras_premium") << each.breed;
    EXPECT_EQ(Choose(each.breed, each.optimal - 0.1, 3.0), "foiegras_standard_barquette") << each.breed;
    EXPECT_EQ(Choose(each.breed, each.minimal, 5.0), "foiegras_standard_barquette") << each.breed;
    EXPECT_EQ(Choose(each.breed, each.minimal - 0.1, 0), "foiegras_low_quality") << each.breed;
  }
}

TEST(ProfileTest, MortalityLowersTheProfileOfAHeavyLot) {
  EXPECT_EQ(Choose("Mulard", 7000, 3.01), "foiegras_standard_barquette");
  EXPECT_EQ(Choose("Mulard", 7000, 5.01), "foiegras_low_quality");
}

TEST(ProfileTest, UnknownFiguresMakeAStandardLot) {
  EXPECT_EQ(ChooseProfile(quality::v1::PendingLot()), "foiegras_standard_barquette");
}

}  // namespace
}  // namespace egi::lot_monitor
