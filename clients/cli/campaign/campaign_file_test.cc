// Reading campaign files, with damaged copies of the synthetic one.
#include "clients/cli/campaign/campaign_file.h"

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

  std::string Error() const { return std::string(ReadCampaign(File()).status().message()); }

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
  Cell(0, "delta_feed1") = "delta_feed_1";
  EXPECT_THAT(Error(), HasSubstr("column ITM is missing"));
  EXPECT_THAT(Error(), HasSubstr("column delta_feed1 is missing"));
}

TEST_F(CampaignFileTest, UnknownSeparatorIsSaidInsteadOfEveryColumn) {
  const auto campaign = ReadCampaign("CodeLot|ITM\nLL4801665|14\n");
  ASSERT_FALSE(campaign.ok());
  EXPECT_THAT(std::string(campaign.status().message()), HasSubstr("separated by ; , or tab"));
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
