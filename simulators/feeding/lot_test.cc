#include "simulators/feeding/lot.h"

#include <cmath>
#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "simulators/feeding/curve.h"

namespace egi::feeding_simulator {
namespace {

using ::testing::ElementsAre;

LotPlan Plan(Breed breed, int days, int birds = 50) {
  return {.site = "LL", .gaveur_id = 4, .breed = breed, .birds = birds, .days = days, .first_day = absl::UnixEpoch()};
}

std::vector<feeding::v1::Meal> FeedAll(SimulatedLot& lot) {
  std::vector<feeding::v1::Meal> meals;
  while (!lot.finished()) meals.push_back(lot.Feed());
  return meals;
}

TEST(LotTest, TwelveDaysAreTwentyFourMealsFromDay0ToDay11) {
  SimulatedLot lot("LL2602003", Plan(Breed::kMulard, 12), CurveMode::kStrain, Random(7));
  const auto meals = FeedAll(lot);
  ASSERT_EQ(meals.size(), 24u);
  EXPECT_EQ(meals.front().jour(), 0);
  EXPECT_EQ(meals.front().moment(), "matin");
  EXPECT_EQ(meals.back().jour(), 11);
  EXPECT_EQ(meals.back().moment(), "soir");
  for (size_t i = 0; i < meals.size(); ++i) {
    EXPECT_EQ(meals[i].repas(), static_cast<int>(i) + 1);
    EXPECT_EQ(meals[i].pret_abattage(), i + 1 == meals.size());
  }
}

TEST(LotTest, SameSeedGivesTheSameMessages) {
  SimulatedLot one("LL2602003", Plan(Breed::kPekin, 11), CurveMode::kStrain, Random(7));
  SimulatedLot two("LL2602003", Plan(Breed::kPekin, 11), CurveMode::kStrain, Random(7));
  SimulatedLot other("LL2602003", Plan(Breed::kPekin, 11), CurveMode::kStrain, Random(8));
  const auto a = FeedAll(one), b = FeedAll(two), c = FeedAll(other);
  for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].SerializeAsString(), b[i].SerializeAsString());
  EXPECT_NE(a.back().SerializeAsString(), c.back().SerializeAsString());
}

TEST(LotTest, AnnouncementHasNoDoseAndComesBeforeTheFirstDay) {
  SimulatedLot lot("LL2602003", Plan(Breed::kMulard, 12), CurveMode::kStrain, Random(7));
  const feeding::v1::Meal announced = lot.Announce();
  EXPECT_EQ(announced.jour(), -1);
  EXPECT_FALSE(announced.has_dose_reelle());
  EXPECT_EQ(announced.nb_canards_initial(), 50);
  EXPECT_LT(announced.timestamp().seconds(), lot.Feed().timestamp().seconds());
}

// simulators.md section 1.3: expected final weight = initial mean + sum over meals of base mean * (1.5 - 0.5 * day / D).
double ExpectedFinalWeight(double initial, double gain, int days) {
  for (int day = 0; day < days; ++day) initial += 2 * gain * (1.5 - 0.5 * day / days);
  return initial;
}

TEST(LotTest, FinalWeightsFollowTheGrowthOfTheBreed) {
  struct Case {
    Breed breed;
    double initial, gain;
  };
  for (const Case& each : {Case{Breed::kMulard, 4500, 75}, Case{Breed::kBarbarie, 3900, 60}, Case{Breed::kPekin, 4100, 65}}) {
    for (int days : {11, 14}) {
      SimulatedLot lot("LL2602003", Plan(each.breed, days, 2000), CurveMode::kLinear, Random(3));
      EXPECT_NEAR(FeedAll(lot).back().poids_moyen(), ExpectedFinalWeight(each.initial, each.gain, days), 25)
          << BreedName(each.breed) << " " << days;
    }
  }
}

TEST(LotTest, MortalityStaysInTheRangeOfTheOriginal) {
  double dead_pct = 0;
  constexpr int kLots = 300;
  for (int i = 0; i < kLots; ++i) {
    SimulatedLot lot("LL2602003", Plan(Breed::kMulard, 12), CurveMode::kLinear, Random(i));
    const auto meals = FeedAll(lot);
    double before = 0;
    for (const auto& meal : meals) {
      EXPECT_GE(meal.taux_mortalite(), before);
      before = meal.taux_mortalite();
      EXPECT_NEAR(meal.taux_mortalite(), 100.0 * (50 - meal.nb_canards_vivants()) / 50, 0.006);
    }
    dead_pct += before;
  }
  // simulators.md section 1.5: 2.5 to 3.7 % for 2 * (D + 1) meals; ours are 2 * D.
  EXPECT_GT(dead_pct / kLots, 2.0);
  EXPECT_LT(dead_pct / kLots, 3.7);
}

TEST(LotTest, DeathsAreCountedMealByMeal) {
  SimulatedLot lot("LL2602003", Plan(Breed::kMulard, 12, 2000), CurveMode::kStrain, Random(5));
  int alive = 2000;
  for (const auto& meal : FeedAll(lot)) {
    EXPECT_EQ(meal.nb_morts(), alive - meal.nb_canards_vivants());
    alive = meal.nb_canards_vivants();
  }
  EXPECT_LT(alive, 2000);
}

TEST(LotTest, PlansFollowTheSharesOfTheSpecification) {
  Random random(11);
  std::map<Breed, int> breeds;
  std::map<std::string, int> sites;
  for (int i = 0; i < 5000; ++i) {
    const LotPlan plan = DrawLotPlan(i, random);
    ++breeds[plan.breed];
    ++sites[plan.site];
    EXPECT_GE(plan.birds, 45);
    EXPECT_LE(plan.birds, 55);
    EXPECT_GE(plan.days, 11);
    EXPECT_LE(plan.days, 14);
  }
  EXPECT_NEAR(breeds[Breed::kMulard] / 5000.0, 0.6, 0.03);
  EXPECT_NEAR(breeds[Breed::kBarbarie] / 5000.0, 0.2, 0.03);
  EXPECT_EQ(sites["LL"], 2000);
  EXPECT_EQ(sites["LS"], 2000);
  EXPECT_EQ(sites["MT"], 1000);
}

TEST(CurveTest, LinearModeIsThatOfTheSeeds) {
  EXPECT_EQ(*ParseCurveMode("seed"), CurveMode::kLinear);
  EXPECT_EQ(*ParseCurveMode("linear"), CurveMode::kLinear);
  EXPECT_EQ(*ParseCurveMode("strain"), CurveMode::kStrain);
  EXPECT_FALSE(ParseCurveMode("steep").ok());
  const auto doses = PrescribedDoses(CurveMode::kLinear, Breed::kPekin, 12);
  ASSERT_EQ(doses.size(), 24u);
  EXPECT_DOUBLE_EQ(doses[0], 200);
  EXPECT_DOUBLE_EQ(doses[1], 210);
  EXPECT_NEAR(doses[22], 200 + 260 * 11 / 12.0, 1e-9);
  EXPECT_NEAR(doses[23], 210 + 280 * 11 / 12.0, 1e-9);
}

TEST(CurveTest, StrainModeIsTheCampaignMedianWhenItNeedsNoResampling) {
  const auto doses = PrescribedDoses(CurveMode::kStrain, Breed::kMulard, 11);
  EXPECT_EQ(doses.size(), 22u);
  EXPECT_THAT(std::vector<double>(doses.begin(), doses.begin() + 4), ElementsAre(225, 249, 274, 297));
  EXPECT_EQ(doses.back(), 485);
}

TEST(CurveTest, StrainModeStaysWithinTheCampaignsTotalForEveryDuration) {
  for (int days = 9; days <= 14; ++days) {
    const auto doses = PrescribedDoses(CurveMode::kStrain, Breed::kBarbarie, days);
    ASSERT_EQ(static_cast<int>(doses.size()), 2 * days);
    EXPECT_EQ(doses.front(), 202);
    EXPECT_EQ(doses.back(), 332);
  }
}

TEST(CurveTest, DoseGapsOfTheStrainModeHaveTheCampaignsMeanAbsoluteGap) {
  Random random(5);
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) sum += std::abs(DrawDoseGap(CurveMode::kStrain, random));
  EXPECT_NEAR(sum / 100'000, 0.012, 0.003);  // domain.md section 7.2: 1.2 %
}

}  // namespace
}  // namespace egi::feeding_simulator
