// Reading campaign files, with damaged copies of the synthetic one.
#include "server/campaign/campaign_file.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::campaign {
namespace {

using ::testing::HasSubstr;

class CampaignFileTest : public ::testing::Test {
 protected:
  CampaignFileTest() {
    std::ifstream file("data/lots_gavage_synthetic.csv", std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    for (const absl::string_view line : absl::StrSplit(bytes, '\n', absl::SkipEmpty())) rows_.push_back(absl::StrSplit(line, ';'));
  }

  // The cell of lot `row` (1 = first) in a column.
  std::string& Cell(size_t row, const std::string& column) {
    const auto found = std::find(rows_[0].begin(), rows_[0].end(), column);
    EXPECT_NE(found, rows_[0].end()) << column;
    return rows_[row][static_cast<size_t>(found - rows_[0].begin())];
  }

  std::string File(const std::string& separator = ";") const {
    std::string file;
    for (const auto& row : rows_) absl::StrAppend(&file, absl::StrJoin(row, separator), "\n");
    return file;
  }

  // The file's own error, or those of its rows.
  std::string Error() const {
    const auto campaign = ReadCampaign(File());
    return std::string((campaign.ok() ? AllRowsGood(*campaign) : campaign.status()).message());
  }

  size_t Column(const std::string& column) const {
    return static_cast<size_t>(std::find(rows_[0].begin(), rows_[0].end(), column) - rows_[0].begin());
  }

  // Takes a column out of every row.
  void Drop(const std::string& column) {
    const auto at = static_cast<std::ptrdiff_t>(Column(column));
    for (auto& row : rows_) row.erase(row.begin() + at);
  }

  std::vector<std::vector<std::string>> rows_;
};

TEST_F(CampaignFileTest, SyntheticFileIsReadWhole) {
  const auto campaign = ReadCampaign(File());
  ASSERT_TRUE(campaign.ok()) << campaign.status();
  EXPECT_EQ(campaign->columns, 174);
  EXPECT_EQ(campaign->encoding, "Windows-1252");
  ASSERT_EQ(campaign->lots.size(), 12u);
  const CampaignLot& lot = campaign->lots[3];
  EXPECT_EQ(lot.row, 5);
  EXPECT_EQ(lot.start, absl::CivilDay(2024, 1, 6));
  EXPECT_EQ(lot.gaps(), std::vector<int>{19});
  EXPECT_EQ(lot.last_meal(), 22);
  EXPECT_EQ(lot.cells.at("Commune"), "Françonville-sur-Exemple");
  EXPECT_FALSE(campaign->lots[2].sigma) << "0 means not measured";
  EXPECT_EQ(campaign->lots[4].cells.at("Gaveur"), "Gaveur 05") << "the trailing space is not part of the name";
}

TEST_F(CampaignFileTest, CommaFileInUtf8WithMarkAndOtherColumnOrderIsTheSame) {
  for (auto& row : rows_) std::rotate(row.begin(), row.begin() + 50, row.end());
  std::string utf8;
  for (const char c : File(",")) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      utf8.push_back(c);
    } else {
      utf8 += {static_cast<char>(0xC0 | (byte >> 6)), static_cast<char>(0x80 | (byte & 0x3F))};
    }
  }
  const auto campaign = ReadCampaign("\xEF\xBB\xBF" + absl::StrReplaceAll(utf8, {{"\n", "\r\n"}}));
  ASSERT_TRUE(campaign.ok()) << campaign.status();
  EXPECT_EQ(campaign->encoding, "UTF-8");
  EXPECT_EQ(campaign->separator, ',');
  EXPECT_EQ(campaign->lots.size(), 12u);
  EXPECT_EQ(campaign->lots[0].cells.at("Commune"), "Françonville-sur-Exemple");
}

TEST_F(CampaignFileTest, DecimalCommaIsUnderstood) {
  const double itm = *ReadCampaign(File())->lots[0].itm;
  std::replace(Cell(1, "ITM").begin(), Cell(1, "ITM").end(), '.', ',');
  EXPECT_EQ(*ReadCampaign(File())->lots[0].itm, itm);
}

TEST_F(CampaignFileTest, EveryBadCellIsNamedWithRowLotAndColumn) {
  Cell(1, "Debut_du_lot") = "01/13/2024";
  Cell(2, "Nb_MEG") = "";
  Cell(3, "ITM") = "abc";
  Cell(4, "feedCornReal_3") = "5000";
  Cell(5, "duree_gavage") = "10.5";
  Cell(6, "CodeLot") = "XX123";
  const std::string error = Error();
  EXPECT_THAT(error, HasSubstr(absl::StrCat("row 2 (", Cell(1, "CodeLot"), "), column Debut_du_lot: '01/13/2024'")));
  for (const char* place : {"column Nb_MEG", "column ITM: 'abc'", "column feedCornReal_3: '5000'", "column duree_gavage: '10.5'", "column CodeLot: 'XX123'"}) {
    EXPECT_THAT(error, HasSubstr(place));
  }
}

TEST_F(CampaignFileTest, ErrorsNeverShowPersonalCells) {
  Cell(1, "Gaveur") = "";
  Cell(1, "ITM") = "x";
  const std::string error = Error();
  EXPECT_THAT(error, HasSubstr("column Gaveur: the cell is empty"));
  for (const char* column : kPersonalColumns) {
    const std::string cell = Cell(1, column);
    EXPECT_TRUE(cell.empty() || error.find(cell) == std::string::npos) << column;
  }
}

TEST_F(CampaignFileTest, LotThatStandsTwiceIsRefused) {
  rows_.push_back(rows_[1]);
  EXPECT_THAT(Error(), HasSubstr("stands already in row 2"));
}

TEST_F(CampaignFileTest, MissingColumnsAreAllNamed) {
  Cell(0, "ITM") = "itm?";
  Cell(0, "Nb_MEG") = "birds";
  EXPECT_THAT(Error(), HasSubstr("column ITM is missing"));
  EXPECT_THAT(Error(), HasSubstr("column Nb_MEG is missing"));
}

TEST_F(CampaignFileTest, BadRowsAreLeftOutAndTheOthersRead) {
  const std::string good = Cell(1, "CodeLot"), bad = Cell(2, "CodeLot");
  Cell(2, "Nb_MEG") = "many";
  rows_[3].pop_back();
  const auto campaign = ReadCampaign(File());
  ASSERT_TRUE(campaign.ok()) << campaign.status();
  EXPECT_EQ(campaign->rows, 12);
  EXPECT_EQ(campaign->lots.size(), 10u);
  EXPECT_EQ(campaign->lots[0].code, good);
  ASSERT_EQ(campaign->bad.size(), 2u);
  EXPECT_EQ(campaign->bad[0].row, 3);
  EXPECT_EQ(campaign->bad[0].lot, bad);
  EXPECT_EQ(campaign->bad[0].column, "Nb_MEG");
  EXPECT_EQ(campaign->bad[0].cell, "many");
  EXPECT_EQ(campaign->bad[1].kind, "bad_row");
}

TEST_F(CampaignFileTest, FileCutInARowKeepsTheRowsBefore) {
  const std::string whole = File();
  const auto campaign = ReadCampaign(whole.substr(0, whole.size() - rows_.back()[100].size() - 300));
  ASSERT_TRUE(campaign.ok()) << campaign.status();
  EXPECT_EQ(campaign->lots.size(), 11u);
  ASSERT_EQ(campaign->bad.size(), 1u);
  EXPECT_EQ(campaign->bad[0].row, 13);
}

TEST_F(CampaignFileTest, OlderExportIsUnderstood) {
  const auto original = ReadCampaign(File());
  for (int meal = 1; meal <= kMeals; ++meal) {
    Cell(0, TargetColumn(meal)) = absl::StrCat("DoseSecheTheorique_", meal);
    Cell(0, RealColumn(meal)) = absl::StrCat("DoseSecheReelle_", meal);
    for (const std::string& column : {VariationColumn(meal), CumulativeColumn(meal), DeltaColumn(meal)}) Drop(column);
  }
  Cell(0, "saison") = "Poids_de_foies_moyen";
  for (size_t row = 1; row < rows_.size(); ++row) {
    std::string& day = Cell(row, "Debut_du_lot");
    day = absl::StrCat(day.substr(6, 4), "-", day.substr(3, 2), "-", day.substr(0, 2));
    Cell(row, "Poids_de_foies_moyen") = "520";
  }
  Cell(1, "GEO") = "VENDEE";
  Cell(2, "GEO") = "MAUBOURGET";
  const auto campaign = ReadCampaign(File(","));
  ASSERT_TRUE(campaign.ok()) << campaign.status();
  EXPECT_TRUE(campaign->older_export);
  ASSERT_EQ(campaign->lots.size(), 12u);
  const CampaignLot& lot = campaign->lots[0];
  EXPECT_EQ(lot.start, original->lots[0].start);
  EXPECT_EQ(lot.real_sum_g(), original->lots[0].real_sum_g());
  EXPECT_EQ(lot.meals[2].target_g, original->lots[0].meals[2].target_g);
  EXPECT_EQ(lot.liver_g, 520);
  EXPECT_FALSE(lot.sigma) << "Sigma of the older export is another figure";
  EXPECT_EQ(lot.cells.at("GEO"), "PAYS DE LOIRE");
  EXPECT_EQ(campaign->lots[1].cells.at("GEO"), "MAUBOURGUET");
}

TEST_F(CampaignFileTest, ItmFollowsFromTheLiverWeightWhereTheFileHasNone) {
  Cell(0, "ITM") = "Poids_de_foies_moyen";
  Cell(1, "Poids_de_foies_moyen") = "500";
  Cell(1, "Conso_Gav_Z1") = "8.000";
  EXPECT_DOUBLE_EQ(*ReadCampaign(File())->lots[0].itm, 16);
}

TEST_F(CampaignFileTest, NoBreakSpacesAreNotPartOfANumber) {
  Cell(1, "Nb_MEG") = "\xA0" + Cell(1, "Nb_MEG") + "\xA0";
  EXPECT_EQ(Error(), "");
}

TEST_F(CampaignFileTest, UnknownColumnsAreNamedAndNotReadAndEmptyCellsAreNotKept) {
  rows_[0].push_back("Telephone2");
  for (size_t row = 1; row < rows_.size(); ++row) rows_[row].push_back("06 00 00 00 00");
  Cell(1, "Adresse2") = "";
  const auto campaign = ReadCampaign(File());
  ASSERT_TRUE(campaign.ok()) << campaign.status();
  EXPECT_EQ(campaign->unknown, std::vector<std::string>{"Telephone2"});
  EXPECT_EQ(campaign->lots[0].cells.count("Telephone2"), 0u);
  EXPECT_EQ(campaign->lots[0].cells.count("Adresse2"), 0u);
  EXPECT_EQ(campaign->lots[0].cells.count("saison"), 1u);
}

TEST_F(CampaignFileTest, TooManyColumnsOrLinesAreRefused) {
  EXPECT_THAT(std::string(ReadCampaign(File() + std::string(20'000, '\n')).status().message()), HasSubstr("at most 20000 are read at once"));
  for (int i = 0; i < 300; ++i) rows_[0].push_back(absl::StrCat("x", i));
  EXPECT_THAT(Error(), HasSubstr("the header has 474 columns, at most 400 are read"));
}

TEST_F(CampaignFileTest, SpreadsheetsThatAreNotTextAreRefused) {
  EXPECT_THAT(std::string(ReadCampaign(std::string("PK\x03\x04\0\0", 6)).status().message()), HasSubstr("not a text file"));
}

TEST_F(CampaignFileTest, UnknownSeparatorIsSaidInsteadOfEveryColumn) {
  const auto campaign = ReadCampaign("CodeLot|ITM\nLL4801665|14\n");
  ASSERT_FALSE(campaign.ok());
  EXPECT_THAT(std::string(campaign.status().message()), HasSubstr("separated by ; , or tab"));
}

TEST_F(CampaignFileTest, JsonIsRefusedWithTheLayoutsThatAreRead) {
  for (const std::string file : {"{\"lot\":{\"id\":1}}\n", "\xEF\xBB\xBF [\n{}]"}) {
    const auto campaign = ReadCampaign(file);
    ASSERT_FALSE(campaign.ok());
    EXPECT_THAT(std::string(campaign.status().message()), HasSubstr("campaign174, campaign199 and campaign100"));
  }
}

// Which site's lot is it? Nobody can tell, so the row is left out; codes of one site that differ are only told.
TEST_F(CampaignFileTest, CodesOfTwoSitesInARowAreAConflict) {
  ASSERT_EQ(Cell(8, "CodeLot").substr(0, 2), "MT");
  Cell(8, "Code_lot") = "LL" + Cell(8, "CodeLot").substr(2);
  const auto campaign = ReadCampaign(File());
  ASSERT_TRUE(campaign.ok()) << campaign.status();
  ASSERT_EQ(campaign->bad.size(), 1u);
  EXPECT_EQ(campaign->bad[0].kind, "conflict");
  EXPECT_EQ(campaign->bad[0].column, "Code_lot");
  EXPECT_EQ(campaign->bad[0].row, 9);
  EXPECT_THAT(campaign->bad[0].text, HasSubstr("is a code of site LL"));
  EXPECT_EQ(campaign->lots.size(), 11u);
  EXPECT_EQ(campaign->bad_meals, 20);
  Cell(8, "Code_lot") = "MG" + Cell(8, "CodeLot").substr(2);
  EXPECT_EQ(Error(), "") << "MG is MT";
  Cell(8, "Code_lot") = "MT9900999";
  EXPECT_EQ(Error(), "") << "another lot of the site: a difference, told by the review";
}

TEST_F(CampaignFileTest, ShortRowIsNamed) {
  rows_[7].pop_back();
  EXPECT_THAT(Error(), HasSubstr("row 8 has 173 cells, the header has 174"));
}

TEST_F(CampaignFileTest, EmptyFilesAreRefused) {
  EXPECT_FALSE(ReadCampaign("").ok());
  rows_.resize(1);
  EXPECT_THAT(Error(), HasSubstr("no lot"));
}

}  // namespace
}  // namespace egi::campaign
