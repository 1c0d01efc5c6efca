#include "server/storage/write/lot_comparison.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::storage::write {
namespace {

using feeding::v1::ImportedLot;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Cells = std::map<std::string, std::string>;

ImportedLot Row() {
  ImportedLot lot;
  lot.set_code_lot("LL9900001");
  lot.set_debut_lot("2024-01-03");
  lot.set_duree_gavage(10);
  lot.set_souche("PKL");
  lot.set_nb_meg(1000);
  lot.set_nombre_enleve(990);
  lot.set_quantite_accrochee(980);
  lot.set_conso_gav_kg(8.123);
  lot.mutable_itm()->set_value(15.2);
  lot.mutable_sigma()->set_value(0.16);
  lot.mutable_perte_gavage()->set_value(0.02);
  lot.set_age_jours(90);
  auto& cells = *lot.mutable_source()->mutable_fields();
  for (const auto& [column, cell] : Cells{{"Souche", "PKL"}, {"duree_gavage", "10"}, {"ITM", "15.2"}, {"Sigma", "0.16"}, {"Nombre_enleve", "990"},
                                          {"Age_des_animaux", "90"}, {"ProdIgpFR", "GRAS"}, {"Poids_moyen_de_PCE", "4512.5"}, {"ITM_cut", "C"}}) {
    cells[column].set_string_value(cell);
  }
  return lot;
}

LotValues Stored() { return ValuesOf(Row(), "7", ""); }
Cells Source() { return {{"ProdIgpFR", "GRAS"}, {"Poids_moyen_de_PCE", "4512.5"}, {"ITM_cut", "C"}, {"GEO", "BRETAGNE"}}; }

LotComparison Compared(const ImportedLot& lot, const std::optional<Cells>& source = Source()) {
  return CompareLot(lot, ValuesOf(lot, "7", ""), Stored(), source);
}

TEST(LotComparisonTest, SameRowChangesNothing) {
  EXPECT_THAT(Compared(Row()).changed, IsEmpty());
  EXPECT_EQ(Compared(Row()).values, Stored());
}

TEST(LotComparisonTest, SpellingsOfAValueAreOneValue) {
  ImportedLot lot = Row();
  (*lot.mutable_source()->mutable_fields())["Poids_moyen_de_PCE"].set_string_value("4 512,50");
  EXPECT_THAT(Compared(lot).changed, IsEmpty());
}

TEST(LotComparisonTest, FiguresThatAnExportPrintsShortenedAreTheSame) {
  LotValues stored = Stored();
  stored[kItm] = "15.230769230769230";
  stored[kLoss] = "0.030487804878048780";
  stored[kCorn] = "8123.4567";
  ImportedLot lot = Row();
  lot.mutable_itm()->set_value(15.23076923);
  lot.mutable_perte_gavage()->set_value(0.030487805);
  lot.set_conso_gav_kg(8.1234567);
  const LotComparison compared = CompareLot(lot, ValuesOf(lot, "7", ""), stored, Source());
  EXPECT_THAT(compared.changed, IsEmpty());
  EXPECT_EQ(compared.values, stored) << "the longer figure stays";
  lot.mutable_itm()->set_value(15.24);
  EXPECT_THAT(CompareLot(lot, ValuesOf(lot, "7", ""), stored, Source()).changed, ElementsAre("ITM"));
}

TEST(LotComparisonTest, ColumnThatTheFileDoesNotHaveStaysAndAnEmptyCellClears) {
  ImportedLot lot = Row();
  lot.clear_sigma();
  lot.set_nombre_enleve(980);  // what the reader puts there
  for (const char* column : {"Sigma", "Nombre_enleve", "ProdIgpFR"}) lot.mutable_source()->mutable_fields()->erase(column);
  EXPECT_THAT(Compared(lot).changed, IsEmpty());
  EXPECT_EQ(Compared(lot).values[kSigma], Stored()[kSigma]);
  EXPECT_EQ(Compared(lot).values[kCollected], "990");
  for (const char* column : {"Sigma", "Nombre_enleve", "ProdIgpFR"}) (*lot.mutable_source()->mutable_fields())[column].set_null_value({});
  const LotComparison compared = Compared(lot);
  EXPECT_THAT(compared.changed, ElementsAre("Sigma", "Nombre_enleve", "ProdIgpFR"));
  EXPECT_EQ(compared.values[kSigma], "");
}

TEST(LotComparisonTest, DerivedCellsAreNotCompared) {
  ImportedLot lot = Row();
  (*lot.mutable_source()->mutable_fields())["ITM_cut"].set_string_value("E");
  (*lot.mutable_source()->mutable_fields())["GEO"].set_string_value("BRETAGNE");
  EXPECT_THAT(Compared(lot).changed, IsEmpty());
}

TEST(LotComparisonTest, LotThatCameAnotherWayTakesDescriptionsOnlyAlongWithFigures) {
  EXPECT_THAT(Compared(Row(), std::nullopt).changed, IsEmpty());
  ImportedLot lot = Row();
  lot.set_quantite_accrochee(979);
  EXPECT_THAT(Compared(lot, std::nullopt).changed, ElementsAre("Quantite_accrochee", "ProdIgpFR", "Poids_moyen_de_PCE"));
}

TEST(LotComparisonTest, RequestWithoutCellsTellsEverythingItHasAFieldFor) {
  ImportedLot lot = Row();
  lot.clear_source();
  lot.clear_sigma();
  EXPECT_THAT(Compared(lot).changed, ElementsAre("Sigma"));
}

}  // namespace
}  // namespace egi::storage::write
