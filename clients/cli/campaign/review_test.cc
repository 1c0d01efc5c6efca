// The figures of whole files: the synthetic one always, the reference file of the specification when EGI_REFERENCE_CSV names it.
#include "clients/cli/campaign/review.h"

#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "clients/cli/campaign/convert.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::campaign {
namespace {


Campaign Load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const auto campaign = ReadCampaign(std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>()));
  EXPECT_TRUE(campaign.ok()) << campaign.status();
  return campaign.ok() ? *campaign : Campaign();
}

Campaign Synthetic() { return Load("data/lots_gavage_synthetic.csv"); }

std::vector<std::string> Names(const std::vector<Gap>& gaps) {
  std::vector<std::string> names;
  for (const Gap& gap : gaps) names.push_back(absl::StrCat(gap.lot, "/", gap.meal));
  return names;
}

std::vector<std::string> Names(const std::vector<Difference>& differences) {
  std::vector<std::string> names;
  for (const Difference& d : differences) names.push_back(absl::StrCat(d.lot, "/", d.column, "=", d.recomputed));
  return names;
}

std::set<std::string> Names(const std::vector<Warning>& warnings) {
  std::set<std::string> names;
  for (const Warning& warning : warnings) names.insert(absl::StrCat(warning.lot, "/", warning.meal));
  return names;
}

// Figures counted by hand in the plan of data/make_synthetic_campaign.py.
TEST(ReviewTest, SyntheticFileHasItsKnownFigures) {
  const Campaign campaign = Synthetic();
  const Review review = ReviewCampaign(campaign);
  EXPECT_EQ(review.lots, 12);
  EXPECT_EQ(review.feeders, 11);
  EXPECT_EQ(review.sites, 3);
  // Meals: 20+18+19 + 21+20+20+22 + 20+20+22+20+21.
  EXPECT_EQ(review.meals, 243);
  EXPECT_EQ(review.meals_with_target, 243);
  EXPECT_EQ(review.placed, 12 * 600 + 40 * 78);
  EXPECT_EQ(review.measured_sigma, 9);
  EXPECT_EQ(Names(review.gaps), (std::vector<std::string>{absl::StrCat(campaign.lots[3].code, "/19")}));
  EXPECT_EQ(review.empty_after_gap.size(), 4u) << "three cumulCorn and one delta_feed";
  EXPECT_TRUE(review.differences.empty()) << Names(review.differences)[0];
  EXPECT_EQ(review.equal_variation, 243 - 12);
  EXPECT_EQ(review.equal_cumulative, 243 - 3);
  EXPECT_EQ(review.equal_delta, 243 - 12 - 1);
  EXPECT_EQ(Names(review.warnings), (std::set<std::string>{absl::StrCat(campaign.lots[4].code, "/7"), absl::StrCat(campaign.lots[7].code, "/0"),
                                                           absl::StrCat(campaign.lots[8].code, "/0"), absl::StrCat(campaign.lots[10].code, "/19")}));
}

TEST(ReviewTest, ChangedDerivedCellsAreReported) {
  Campaign campaign = Synthetic();
  CampaignLot& lot = campaign.lots[0];
  lot.meals[4].cumulative_g = *lot.meals[4].cumulative_g + 1;
  lot.meals[5].delta_g.reset();
  lot.cells["ITM_cut"] = "Z";
  const Review review = ReviewCampaign(campaign);
  ASSERT_EQ(review.differences.size(), 3u);
  EXPECT_EQ(review.differences[0].column, "cumulCorn_5");
  EXPECT_EQ(review.differences[1].column, "delta_feed_6");
  EXPECT_EQ(review.differences[1].in_file, "");
  EXPECT_EQ(review.differences[2].column, "ITM_cut");
}

TEST(ConvertTest, PersonalColumnsTravelOnlyInTheContact) {
  const auto request = ToImportRequest(Synthetic(), false);
  ASSERT_EQ(request.lots_size(), 12);
  const auto& lot = request.lots(0);
  EXPECT_EQ(lot.gaveur().nom(), "Gaveur 01");
  EXPECT_EQ(lot.gaveur().columns().at("Email"), "gaveur01@example.org");
  EXPECT_EQ(lot.gaveur().columns().at("Eleveur"), "Éleveur 02");
  for (const char* column : kPersonalColumns) EXPECT_EQ(lot.source().fields().count(column), 0u) << column;
  EXPECT_EQ(lot.source().fields().at("GEO").string_value(), "BRETAGNE");
  EXPECT_EQ(lot.debut_lot(), "2024-01-03");
  EXPECT_FALSE(request.lots(2).has_sigma());
}

TEST(ConvertTest, MealsHaveDayMomentAndLocalTime) {
  const auto meals = ToMeals(Synthetic());
  ASSERT_TRUE(meals.ok()) << meals.status();
  ASSERT_EQ(meals->size(), 243u);
  std::map<std::string, egi::feeding::v1::Meal> by_key;
  for (size_t i = 0; i < meals->size(); ++i) {
    const auto& meal = (*meals)[i];
    by_key[absl::StrCat(meal.code_lot(), "/", meal.repas())] = meal;
    EXPECT_LE((*meals)[i > 0 ? i - 1 : 0].timestamp().seconds(), meal.timestamp().seconds());
    EXPECT_FALSE(meal.pret_abattage());
    EXPECT_FALSE(meal.has_poids_moyen());
  }
  EXPECT_EQ(by_key.size(), 243u);
  const std::string code = Synthetic().lots[0].code;  // starts on 3 January 2024
  const auto& first = by_key[code + "/1"];
  EXPECT_EQ(first.jour(), 0);
  EXPECT_EQ(first.moment(), "matin");
  EXPECT_EQ(absl::FormatTime(absl::FromUnixSeconds(first.timestamp().seconds()), absl::UTCTimeZone()), "2024-01-03T07:00:00+00:00");
  const auto& last = by_key[code + "/20"];
  EXPECT_EQ(last.jour(), 9);
  EXPECT_EQ(last.moment(), "soir");
  EXPECT_EQ(absl::FormatTime(absl::FromUnixSeconds(last.timestamp().seconds()), absl::UTCTimeZone()), "2024-01-12T17:00:00+00:00");
}

TEST(ConvertTest, SummerTimeIsCounted) {
  Campaign campaign = Synthetic();
  campaign.lots.resize(1);
  campaign.lots[0].start = absl::CivilDay(2024, 3, 30);  // the clocks change in the night to the 31st
  const auto meals = ToMeals(campaign);
  EXPECT_EQ(absl::FormatTime(absl::FromUnixSeconds((*meals)[0].timestamp().seconds()), absl::UTCTimeZone()), "2024-03-30T07:00:00+00:00");
  EXPECT_EQ(absl::FormatTime(absl::FromUnixSeconds((*meals)[2].timestamp().seconds()), absl::UTCTimeZone()), "2024-03-31T06:00:00+00:00");
}

// Figures of the specification (domain.md section 15.4), computed there by other means.
class ReferenceFile : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* path = getenv("EGI_REFERENCE_CSV");
    if (path == nullptr || *path == '\0') GTEST_SKIP() << "EGI_REFERENCE_CSV is not set; the synthetic file was checked instead";
    campaign_ = Load(path);
    review_ = ReviewCampaign(campaign_);
  }
  Campaign campaign_;
  Review review_;
};

TEST_F(ReferenceFile, HasTheFiguresOfTheSpecification) {
  EXPECT_EQ(review_.lots, 75);
  EXPECT_EQ(review_.feeders, 65);
  EXPECT_EQ(review_.sites, 3);
  EXPECT_EQ(review_.meals, 1513);
  EXPECT_EQ(review_.meals_with_target, 1513);
  EXPECT_EQ(review_.placed, 78'216);
  EXPECT_EQ(review_.hung, 76'379);
  EXPECT_NEAR(review_.mean_itm, 14.97, 0.005);
  EXPECT_EQ(review_.measured_sigma, 51);
  EXPECT_NEAR(review_.mean_sigma, 0.160, 0.0005);
  EXPECT_NEAR(review_.liver_kg, 39'936.9, 0.05);
}

TEST_F(ReferenceFile, DerivedCellsFollowTheFormulasOutsideTheListedCells) {
  EXPECT_EQ(review_.equal_variation, 1438);
  EXPECT_EQ(review_.equal_delta, 1434);
  EXPECT_EQ(review_.equal_cumulative, 1507);
  EXPECT_EQ(review_.first_variation_forced_to_zero, 56);
  EXPECT_TRUE(review_.differences.empty()) << Names(review_.differences)[0];
  EXPECT_EQ(review_.empty_after_gap.size(), 10u) << "six cumulCorn and four delta_feed";
}

TEST_F(ReferenceFile, GapsAreTheFourNamedOnes) {
  EXPECT_THAT(Names(review_.gaps), ::testing::UnorderedElementsAre("LL4801764/19", "LS4801503/20", "LS4801806/20", "MT4901210/19"));
}

TEST_F(ReferenceFile, TypingErrorsAndDoubtfulCountsAreWarnings) {
  const std::set<std::string> warnings = Names(review_.warnings);
  for (const char* named : {"LS4801503/7", "MT4901207/4", "LS4801703/21", "LS4801107/19", "LS4801802/22", "LS4801207/19", "MT4901202/0", "LS4801104/0",
                            "MT4901206/0", "MT4901801/0", "MT4901210/0"}) {
    EXPECT_EQ(warnings.count(named), 1u) << named;
  }
  EXPECT_EQ(warnings.size(), 11u) << "no false alarm";
}

TEST_F(ReferenceFile, EveryMealBecomesOneOfTheReplay) {
  const auto meals = ToMeals(campaign_);
  ASSERT_TRUE(meals.ok());
  std::set<std::string> keys;
  for (const auto& meal : *meals) keys.insert(absl::StrCat(meal.code_lot(), meal.jour(), meal.moment()));
  EXPECT_EQ(keys.size(), 1513u);
}

}  // namespace
}  // namespace egi::campaign
