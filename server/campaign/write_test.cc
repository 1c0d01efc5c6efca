#include "server/campaign/write.h"

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/campaign/review.h"

namespace egi::campaign {
namespace {

using ::testing::HasSubstr;

std::string SyntheticBytes() {
  std::ifstream file("data/lots_gavage_synthetic.csv", std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

// Three meals of which the second was skipped, 990 of 1000 birds hung, livers of 500 g.
CampaignLot SmallLot() {
  CampaignLot lot;
  lot.code = "MT4901601";
  lot.start = absl::CivilDay(2024, 1, 6);
  lot.duration_days = 10;
  lot.strain = "CF80* - M15 V2E SFM";
  lot.placed = 1000;
  lot.collected = 995;
  lot.hung = 990;
  lot.age_days = 91;
  lot.rearing_lot = "MT2494101";
  lot.liver_g = 500;
  lot.liver_sd_g = 75;
  lot.sigma = 0.15;
  lot.meals[0] = {220, 226.5, {}, {}, {}};
  lot.meals[2] = {250, 249, {}, {}, {}};
  lot.cells["Gaveur"] = "Gaveur 4";
  lot.cells["Commune"] = "Sainte-Marie; dite \"la Belle\"";
  return lot;
}

// Cells of a row by column, "" where a column is empty.
std::map<std::string, std::string> CellsOf(const CampaignLot& lot, Layout layout) {
  const auto campaign = ReadCampaign(WriteCampaignFile({lot}, layout));
  EXPECT_TRUE(campaign.ok()) << campaign.status();
  EXPECT_TRUE(campaign.ok() && campaign->lots.size() == 1) << (campaign.ok() ? AllRowsGood(*campaign) : campaign.status());
  if (!campaign.ok() || campaign->lots.size() != 1) return {};
  std::map<std::string, std::string> cells = campaign->lots[0].cells;
  for (const std::string& name : campaign->names) cells.try_emplace(name);
  return cells;
}

TEST(WriteTest, LayoutsHaveTheirNumberOfColumns) {
  EXPECT_EQ(LayoutColumns(Layout::k174).size(), 174u);
  EXPECT_EQ(LayoutColumns(Layout::k199).size(), 199u);
  EXPECT_EQ(LayoutColumns(Layout::k100).size(), 100u);
}

TEST(WriteTest, HeaderIsThatOfTheReferenceFile) {
  const std::string bytes = SyntheticBytes();
  EXPECT_EQ(WriteHeader(Layout::k174), bytes.substr(0, bytes.find('\n') + 1));
}

// The synthetic file was made by another program; but for the cells the files leave empty after a gap, and for the trailing space in a name, the two are the same bytes.
TEST(WriteTest, FileThatWasReadIsWrittenAsItWas) {
  const std::string bytes = SyntheticBytes();
  const auto campaign = ReadCampaign(bytes);
  ASSERT_TRUE(campaign.ok());
  const std::vector<std::string> before = absl::StrSplit(bytes, '\n'), after = absl::StrSplit(WriteCampaignFile(campaign->lots), '\n');
  ASSERT_EQ(after.size(), before.size());
  const auto& columns = LayoutColumns(Layout::k174);
  for (size_t row = 1; row + 1 < before.size(); ++row) {
    const std::vector<std::string> old_cells = absl::StrSplit(before[row], ';'), new_cells = absl::StrSplit(after[row], ';');
    ASSERT_EQ(new_cells.size(), old_cells.size());
    for (size_t c = 0; c < columns.size(); ++c) {
      const bool empty_after_gap = old_cells[c].empty() && campaign->lots[row - 1].gaps().size() == 1;
      if (empty_after_gap || IsPersonal(columns[c])) continue;
      EXPECT_EQ(new_cells[c], old_cells[c]) << "row " << row + 1 << " " << columns[c];
    }
  }
}

TEST(WriteTest, DerivedColumnsFollowTheFormulas) {
  const auto cells = CellsOf(SmallLot(), Layout::k174);
  EXPECT_EQ(cells.at("corn_variation_1"), "0") << "the files always write 0";
  EXPECT_EQ(cells.at("delta_feed1"), "0");
  EXPECT_EQ(cells.at("feedCornReal_2"), "0");
  EXPECT_EQ(cells.at("feedTarget_2"), "");
  EXPECT_EQ(cells.at("cumulCorn_2"), "");
  EXPECT_EQ(cells.at("corn_variation_3"), "-1");
  EXPECT_EQ(cells.at("cumulCorn_3"), "475.5");
  EXPECT_EQ(cells.at("delta_feed_3"), "22.5");
  EXPECT_EQ(cells.at("total_cornTarget"), "470");
  EXPECT_EQ(cells.at("QteTotalTest"), "475.5");
  EXPECT_EQ(cells.at("Conso_Gav_Z1"), "0.4755");
  EXPECT_EQ(cells.at("dPctgPerteGav"), "0.01");
  EXPECT_EQ(cells.at("ITM"), "0.951") << "475.5 g of corn for 500 g of liver";
  EXPECT_EQ(cells.at("ITM_cut"), "A");
  EXPECT_EQ(cells.at("Debut_du_lot"), "06/01/2024");
  EXPECT_EQ(cells.at("GEO"), "MAUBOURGUET");
  EXPECT_EQ(cells.at("saison"), "winter");
  EXPECT_EQ(cells.at("Commune"), "Sainte-Marie; dite \"la Belle\"");
}

TEST(WriteTest, EveryLayoutIsReadBackWithoutADifference) {
  for (const Layout layout : {Layout::k174, Layout::k199, Layout::k100}) {
    const auto campaign = ReadCampaign(WriteCampaignFile({SmallLot()}, layout));
    ASSERT_TRUE(campaign.ok()) << campaign.status();
    EXPECT_EQ(campaign->layout, LayoutName(layout));
    ASSERT_EQ(campaign->lots.size(), 1u) << AllRowsGood(*campaign);
    const CampaignLot& lot = campaign->lots[0];
    EXPECT_EQ(lot.start, absl::CivilDay(2024, 1, 6));
    EXPECT_EQ(lot.meals[2].real_g, 249);
    EXPECT_EQ(lot.gaps(), std::vector<int>{2});
    EXPECT_DOUBLE_EQ(lot.sigma.value_or(0), 0.15) << LayoutName(layout);
    EXPECT_EQ(lot.liver_g.has_value(), layout != Layout::k174);
    const Review review = ReviewCampaign(*campaign);
    EXPECT_EQ(review.Count("difference"), 0) << LayoutName(layout);
    EXPECT_EQ(review.Count("gap"), 1);
  }
}

TEST(WriteTest, OlderExportHasCommasIsoDatesAndItsOwnNames) {
  const std::string file = WriteCampaignFile({SmallLot()}, Layout::k100);
  EXPECT_THAT(file, HasSubstr("CodeLot,DoseSecheTheorique_1,DoseSecheReelle_1,"));
  EXPECT_THAT(file, HasSubstr(",2024-01-06,"));
  EXPECT_THAT(file, HasSubstr("\"Sainte-Marie; dite \"\"la Belle\"\"\"")) << "quoted because of the quotes";
}

TEST(WriteTest, RunningLotHasNoFiguresOfItsEnd) {
  CampaignLot lot = SmallLot();
  lot.finished = false;
  const std::vector<std::string> lines = absl::StrSplit(WriteCampaignFile({lot}), '\n');
  const std::vector<std::string> header = absl::StrSplit(lines[0], ';'), row = absl::StrSplit(lines[1], ';');
  for (const char* column : {"ITM", "ITM_cut", "Sigma", "Quantite_accrochee", "dPctgPerteGav"}) {
    const auto at = std::find(header.begin(), header.end(), column) - header.begin();
    EXPECT_EQ(row[at], "") << column;
  }
}

TEST(WriteTest, TextIsWindows1252WhereTheFileIs) {
  CampaignLot lot = SmallLot();
  lot.cells["ProdIgpFR"] = "été € 木";
  EXPECT_THAT(WriteRow(lot, Layout::k174), HasSubstr("\xE9t\xE9 \x80 ?"));
  EXPECT_THAT(WriteRow(lot, Layout::k100), HasSubstr("été € 木"));
}

}  // namespace
}  // namespace egi::campaign
