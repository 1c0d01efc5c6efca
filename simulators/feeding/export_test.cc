#include "simulators/feeding/export.h"

#include <map>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/campaign/review.h"
#include "server/campaign/write.h"
#include "server/performance/strain.h"

namespace egi::feeding_simulator {
namespace {

absl::Time Now() { return absl::FromUnixSeconds(1'770'000'000); }

std::vector<FinishedLot> Fed(SimulationOptions options) {
  const auto lots = FeedOffline(std::move(options), Now());
  EXPECT_TRUE(lots.ok()) << lots.status();
  return *lots;
}

TEST(ExportTest, FileIsReadBackWithoutADifference) {
  const auto fed = Fed({.lots = 75, .seed = 12});
  ASSERT_EQ(fed.size(), 75u);
  std::vector<std::string> left_out;
  const auto rows = CampaignOf(fed, 12, &left_out);
  EXPECT_EQ(rows.size() + left_out.size(), 75u);
  const auto campaign = campaign::ReadCampaign(campaign::WriteCampaignFile(rows));
  ASSERT_TRUE(campaign.ok()) << campaign.status();
  EXPECT_TRUE(campaign::AllRowsGood(*campaign).ok()) << campaign::AllRowsGood(*campaign);
  EXPECT_EQ(campaign->lots.size(), rows.size());
  const campaign::Review review = campaign::ReviewCampaign(*campaign);
  EXPECT_EQ(review.Count("difference"), 0);
  EXPECT_EQ(review.Count("gap"), 0);
  EXPECT_EQ(review.lots_with_itm, static_cast<int>(rows.size()));
  EXPECT_NEAR(review.mean_itm, 14.97, 0.6);
  int meals = 0;
  for (const auto& row : rows) meals += 2 * row.duration_days;
  EXPECT_EQ(review.meals, meals);
}

TEST(ExportTest, RowsTellWhatWasFed) {
  const auto fed = Fed({.lots = 8, .seed = 3, .incidents = {{.type = IncidentType::kMissedMeal, .from_meal = 9}}});
  std::vector<std::string> left_out;
  const auto rows = CampaignOf(fed, 3, &left_out);
  ASSERT_FALSE(rows.empty());
  size_t next = 0;
  for (const FinishedLot& lot : fed) {
    if (lot.plan.days == 14) continue;
    const campaign::CampaignLot& row = rows[next++];
    EXPECT_EQ(row.code, lot.code);
    EXPECT_EQ(row.placed, lot.plan.birds);
    EXPECT_EQ(row.hung, lot.servings.back().meal.nb_canards_vivants());
    EXPECT_EQ(row.gaps(), std::vector<int>{10}) << "the missed meal";
    EXPECT_NEAR(row.meals[4].real_g, lot.servings[4].meal.dose_reelle(), 0.5);
    EXPECT_NEAR(1000 * row.corn_kg / *row.liver_g, *row.itm, 1e-9);
    EXPECT_EQ(row.rearing_lot.size(), 9u);
  }
  EXPECT_EQ(next, rows.size());
}

TEST(ExportTest, LotsOfOneBreedAreNoCrosses) {
  const auto fed = Fed({.lots = 40, .seed = 9});
  std::vector<std::string> left_out;
  const auto campaign = campaign::ReadCampaign(campaign::WriteCampaignFile(CampaignOf(fed, 9, &left_out)));
  ASSERT_TRUE(campaign.ok()) << campaign.status();
  std::map<std::string, Breed> breeds;
  for (const FinishedLot& lot : fed) breeds[lot.code] = lot.plan.breed;
  std::set<Breed> seen;
  for (const campaign::CampaignLot& row : campaign->lots) {
    const Breed breed = breeds.at(row.code);
    seen.insert(breed);
    const performance::Species species = performance::SpeciesOf("", row.strain);
    EXPECT_EQ(species, breed == Breed::kMulard     ? performance::Species::kMulard
                       : breed == Breed::kBarbarie ? performance::Species::kBarbarie
                                                   : performance::Species::kPekin)
        << row.strain;
  }
  EXPECT_EQ(seen.size(), 3u);
}

TEST(ExportTest, SameSeedWritesTheSameBytesAndCodesAreUnique) {
  const auto bytes = [](uint64_t seed) {
    std::vector<std::string> left_out;
    return campaign::WriteCampaignFile(CampaignOf(Fed({.lots = 20, .seed = seed}), seed, &left_out));
  };
  EXPECT_EQ(bytes(5), bytes(5));
  EXPECT_NE(bytes(5), bytes(6));
  std::set<std::string> codes;
  for (const FinishedLot& lot : Fed({.lots = 60, .seed = 5})) codes.insert(lot.code);
  EXPECT_EQ(codes.size(), 60u);
}

TEST(ExportTest, LotsOf28MealsAreNamedAndLeftOut) {
  std::vector<std::string> left_out;
  const auto fed = Fed({.lots = 40, .seed = 5});
  CampaignOf(fed, 5, &left_out);
  std::vector<std::string> long_lots;
  for (const FinishedLot& lot : fed) {
    if (lot.plan.days == 14) long_lots.push_back(lot.code);
  }
  EXPECT_FALSE(long_lots.empty());
  EXPECT_EQ(left_out, long_lots);
}

TEST(ExportTest, ContinuousSimulationNeedsAServer) {
  EXPECT_EQ(FeedOffline({.lots = 1, .continuous = true}, Now()).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace egi::feeding_simulator
