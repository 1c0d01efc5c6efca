// The figures of whole files: the synthetic one always, the reference file of the specification when EGI_REFERENCE_CSV names it.
#include "server/campaign/review.h"

#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/campaign/convert.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::campaign {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

Campaign Load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const auto campaign = ReadCampaign(std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>()));
  EXPECT_TRUE(campaign.ok()) << campaign.status();
  return campaign.ok() ? *campaign : Campaign();
}

Campaign Synthetic() { return Load("data/lots_gavage_synthetic.csv"); }

// Anomalies of some kinds as lot/column.
std::vector<std::string> Places(const Review& review, const std::set<std::string>& kinds) {
  std::vector<std::string> places;
  for (const Anomaly& anomaly : review.anomalies) {
    if (kinds.count(anomaly.kind) > 0) places.push_back(absl::StrCat(anomaly.lot, "/", anomaly.column));
  }
  return places;
}

const std::set<std::string> kDoubts = {"unusual_dose", "unusual_target", "missing_target", "high_loss", "inconsistent_count", "no_meal"};

// Figures counted by hand in the plan of data/make_synthetic_campaign.py.
TEST(ReviewTest, SyntheticFileHasItsKnownFigures) {
  const Campaign campaign = Synthetic();
  const Review review = ReviewCampaign(campaign);
  EXPECT_EQ(review.all.lots, 12);
  EXPECT_EQ(review.feeders, 11);
  EXPECT_EQ(review.sites.size(), 3u);
  // Meals: 20+18+19 + 21+20+20+22 + 20+20+22+20+21.
  EXPECT_EQ(review.meals, 243);
  EXPECT_EQ(review.meals_with_target, 243);
  EXPECT_EQ(review.all.placed, 12 * 600 + 40 * 78);
  EXPECT_EQ(review.measured_sigma, 9);
  EXPECT_THAT(Places(review, {"gap"}), ElementsAre(absl::StrCat(campaign.lots[3].code, "/feedCornReal_19")));
  EXPECT_EQ(review.Count("empty_after_gap"), 4) << "three cumulCorn and one delta_feed";
  EXPECT_THAT(Places(review, {"difference"}), ElementsAre());
  EXPECT_EQ(review.equal_variation, 243 - 12);
  EXPECT_EQ(review.equal_cumulative, 243 - 3);
  EXPECT_EQ(review.equal_delta, 243 - 12 - 1);
  EXPECT_THAT(Places(review, kDoubts),
              UnorderedElementsAre(absl::StrCat(campaign.lots[4].code, "/feedCornReal_7"), absl::StrCat(campaign.lots[7].code, "/dPctgPerteGav"),
                                   absl::StrCat(campaign.lots[8].code, "/Nombre_enleve"), absl::StrCat(campaign.lots[10].code, "/feedTarget_19")));
}

TEST(ReviewTest, AnomaliesNameRowAndColumnInTheOrderOfTheFile) {
  const Review review = ReviewCampaign(Synthetic());
  int row = 0;
  for (const Anomaly& anomaly : review.anomalies) {
    EXPECT_GE(anomaly.row, row);
    row = anomaly.row;
    EXPECT_FALSE(anomaly.column.empty());
    EXPECT_FALSE(anomaly.text.empty());
    EXPECT_FALSE(IsPersonal(anomaly.column));
  }
  EXPECT_EQ(row, 13) << "the last lot stands in row 13";
}

TEST(ReviewTest, ChangedDerivedCellsAreReported) {
  Campaign campaign = Synthetic();
  CampaignLot& lot = campaign.lots[0];
  lot.meals[4].cumulative_g = *lot.meals[4].cumulative_g + 1;
  lot.meals[5].delta_g.reset();
  lot.cells["ITM_cut"] = "Z";
  const Review review = ReviewCampaign(campaign);
  EXPECT_THAT(Places(review, {"difference"}),
              ElementsAre(absl::StrCat(lot.code, "/cumulCorn_5"), absl::StrCat(lot.code, "/delta_feed_6"), absl::StrCat(lot.code, "/ITM_cut")));
}

TEST(ReviewTest, ColumnsTheFileDoesNotHaveAreNotCompared) {
  Campaign campaign = Synthetic();
  for (int meal = 1; meal <= kMeals; ++meal) campaign.names.erase(CumulativeColumn(meal));
  for (CampaignLot& lot : campaign.lots) {
    for (int meal = 1; meal <= kMeals; ++meal) lot.cells.erase(CumulativeColumn(meal));
    for (CampaignMeal& meal : lot.meals) meal.cumulative_g.reset();
  }
  const Review review = ReviewCampaign(campaign);
  EXPECT_EQ(review.equal_cumulative, 0);
  EXPECT_EQ(review.Count("difference"), 0);
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
  EXPECT_EQ(review_.all.lots, 75);
  EXPECT_EQ(review_.feeders, 65);
  EXPECT_EQ(review_.sites.size(), 3u);
  EXPECT_EQ(review_.meals, 1513);
  EXPECT_EQ(review_.meals_with_target, 1513);
  EXPECT_EQ(review_.all.placed, 78'216);
  EXPECT_EQ(review_.all.hung, 76'379);
  EXPECT_NEAR(review_.mean_itm, 14.97, 0.005);
  EXPECT_EQ(review_.measured_sigma, 51);
  EXPECT_NEAR(review_.mean_sigma, 0.160, 0.0005);
  EXPECT_NEAR(review_.all.liver_kg, 39'936.9, 0.05);
  EXPECT_EQ(campaign_.layout, "campaign174");
  EXPECT_EQ(campaign_.encoding, "Windows-1252");
  EXPECT_TRUE(campaign_.bad.empty());
}

TEST_F(ReferenceFile, SitesHaveTheFiguresOfTheSpecification) {
  struct Expected {
    const char* site;
    int lots, placed, hung;
    double corn, liver, itm, loss;
  };
  for (const Expected& want : {Expected{"LL", 11, 11873, 11636, 91668, 5900.4, 15.223, 1.996}, Expected{"LS", 32, 35112, 34684, 264738, 17369.3, 15.052, 1.219},
                               Expected{"MT", 32, 31231, 30059, 252384, 16667.2, 14.569, 3.753}}) {
    const Figures& site = review_.sites.at(want.site);
    EXPECT_EQ(site.lots, want.lots) << want.site;
    EXPECT_EQ(site.placed, want.placed) << want.site;
    EXPECT_EQ(site.hung, want.hung) << want.site;
    EXPECT_NEAR(site.corn_kg, want.corn, 0.5) << want.site;
    EXPECT_NEAR(site.liver_kg, want.liver, 0.05) << want.site;
    EXPECT_NEAR(site.hung_corn_kg / site.liver_kg, want.itm, 0.0005) << want.site;
    EXPECT_NEAR(100.0 * (site.placed - site.hung) / site.placed, want.loss, 0.0005) << want.site;
  }
  EXPECT_NEAR(review_.all.corn_kg, 608'790, 0.5);
  EXPECT_NEAR(review_.all.hung_corn_kg / review_.all.liver_kg, 14.876, 0.0005);
}

TEST_F(ReferenceFile, LiverPerEndDayIsThatOfTheSpecification) {
  std::map<std::string, std::pair<int, double>> days;
  for (const CampaignLot& lot : campaign_.lots) {
    auto& day = days[absl::FormatCivilTime(lot.start + lot.duration_days)];
    ++day.first;
    day.second += lot.hung * lot.corn_kg / *lot.itm;
  }
  const std::map<std::string, std::pair<int, double>> want = {
      {"2024-01-11", {9, 5114.4}},  {"2024-01-12", {19, 9873.1}}, {"2024-01-15", {3, 2510.6}}, {"2024-01-16", {10, 5038.2}},
      {"2024-01-17", {7, 3343.5}},  {"2024-01-18", {19, 9812.7}}, {"2024-01-19", {8, 4244.4}}};
  ASSERT_EQ(days.size(), want.size());
  for (const auto& [day, figures] : want) {
    EXPECT_EQ(days[day].first, figures.first) << day;
    EXPECT_NEAR(days[day].second, figures.second, 0.06) << day;
  }
}

TEST_F(ReferenceFile, DerivedCellsFollowTheFormulasOutsideTheListedCells) {
  EXPECT_EQ(review_.equal_variation, 1438);
  EXPECT_EQ(review_.equal_delta, 1434);
  EXPECT_EQ(review_.equal_cumulative, 1507);
  EXPECT_EQ(review_.Count("first_variation"), 56);
  EXPECT_THAT(Places(review_, {"difference"}), ElementsAre());
  EXPECT_THAT(Places(review_, {"empty_after_gap"}),
              UnorderedElementsAre("LL4801764/cumulCorn_20", "LL4801764/cumulCorn_21", "LL4801764/cumulCorn_22", "LL4801764/delta_feed_20",
                                   "LS4801503/cumulCorn_21", "LS4801503/delta_feed_21", "LS4801806/cumulCorn_21", "LS4801806/delta_feed_21",
                                   "MT4901210/cumulCorn_20", "MT4901210/delta_feed_20"));
}

TEST_F(ReferenceFile, AnomaliesAreExactlyTheListedOnes) {
  EXPECT_THAT(Places(review_, {"gap"}),
              UnorderedElementsAre("LL4801764/feedCornReal_19", "LS4801503/feedCornReal_20", "LS4801806/feedCornReal_20", "MT4901210/feedCornReal_19"));
  // 770 g, 606 g, 576 g, and three prescribed doses of 1 g.
  EXPECT_THAT(Places(review_, {"unusual_dose", "unusual_target", "missing_target"}),
              UnorderedElementsAre("LS4801503/feedCornReal_7", "MT4901207/feedCornReal_4", "LS4801703/feedCornReal_21", "LS4801107/feedCornReal_19",
                                   "LS4801802/feedCornReal_22", "LS4801207/feedCornReal_19"));
  EXPECT_THAT(Places(review_, {"high_loss"}), UnorderedElementsAre("MT4901202/dPctgPerteGav"));
  EXPECT_THAT(Places(review_, {"inconsistent_count"}),
              UnorderedElementsAre("MT4901202/Nombre_enleve", "LS4801104/Nombre_enleve", "MT4901206/Nombre_enleve", "MT4901801/Nombre_enleve",
                                   "MT4901210/Nombre_enleve"));
  EXPECT_THAT(Places(review_, {"same_meaning"}), UnorderedElementsAre("/Lot_GAV", "/Code_lot", "/Duree_du_lot", "/QteTotalTest"));
  EXPECT_EQ(review_.anomalies.size(), 4u + 10 + 6 + 1 + 5 + 56 + 4) << "nothing else";
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
