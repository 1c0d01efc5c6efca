#include "server/finance/price_book.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::finance {
namespace {

using supervision::v1::Price;

Price Row(int id, const std::string& kind, double eur, const std::string& from, const std::string& grade = "") {
  Price row;
  row.set_id(id);
  row.set_type_prix(kind);
  row.set_grade(grade);
  row.set_prix(eur);
  row.mutable_valide_du()->set_value(from);
  return row;
}

// analytics.md section 7: the numbers of the original page.
TEST(PriceBookTest, NumbersOfTheSpecificationAreAssumptionsUntilAPriceIsEntered) {
  const PriceBook book({});
  for (const auto& [kind, eur] : {std::pair{"foie", 45.0}, std::pair{"mais", 0.25}, std::pair{"gavage", 2.5}, std::pair{"transport_canard", 0.3}}) {
    const Price* price = book.On(kind, "", "2024-01-15");
    ASSERT_NE(price, nullptr) << kind;
    EXPECT_EQ(price->prix(), eur) << kind;
    EXPECT_TRUE(price->hypothese()) << kind;
    EXPECT_EQ(price->id(), 0);
    EXPECT_FALSE(price->has_valide_du());
  }
  EXPECT_EQ(book.On("transport_km", "", "2024-01-15"), nullptr);
  EXPECT_EQ(book.On("canard_pag", "", "2024-01-15"), nullptr);
  EXPECT_EQ(book.On("foie", "A+", "2024-01-15"), nullptr);
}

TEST(PriceBookTest, PriceHoldsFromItsDayUntilTheNextOne) {
  const PriceBook book({Row(3, "mais", 0.31, "2024-03-01"), Row(1, "mais", 0.28, "2024-02-01")});
  EXPECT_TRUE(book.On("mais", "", "2024-01-31")->hypothese());
  EXPECT_EQ(book.On("mais", "", "2024-02-01")->prix(), 0.28);
  EXPECT_EQ(book.On("mais", "", "2024-02-29")->prix(), 0.28);
  EXPECT_EQ(book.On("mais", "", "2024-03-01")->prix(), 0.31);
  EXPECT_EQ(book.On("mais", "", "2030-01-01")->prix(), 0.31);
  EXPECT_FALSE(book.On("mais", "", "2024-03-01")->hypothese());
  EXPECT_EQ(book.On("foie", "", "2024-03-01")->prix(), 45);
}

TEST(PriceBookTest, OfTwoPricesForADayTheOneEnteredLastHolds) {
  const PriceBook book({Row(7, "foie", 44, "2024-02-01"), Row(2, "foie", 46, "2024-02-01")});
  EXPECT_EQ(book.On("foie", "", "2024-02-01")->id(), 7);
}

TEST(PriceBookTest, GradesHaveTheirOwnPricesOnly) {
  const PriceBook book({Row(1, "foie", 52, "2024-02-01", "A+"), Row(2, "foie", 47, "2024-02-01")});
  EXPECT_EQ(book.On("foie", "A+", "2024-02-02")->prix(), 52);
  EXPECT_EQ(book.On("foie", "A", "2024-02-02"), nullptr);
  EXPECT_EQ(book.On("foie", "A+", "2024-01-31"), nullptr);
}

TEST(PriceBookTest, ScenarioStandsForEveryDayAndEveryGradeAndLeavesTheBookAsItWas) {
  const PriceBook book({Row(1, "foie", 52, "2024-02-01", "A+")});
  const PriceBook scenario = book.With({{"foie", 40}, {"transport_km", 1.5}});
  EXPECT_EQ(scenario.On("foie", "", "2020-01-01")->prix(), 40);
  EXPECT_EQ(scenario.On("foie", "A+", "2024-02-02"), nullptr);
  EXPECT_EQ(scenario.On("transport_km", "", "2020-01-01")->prix(), 1.5);
  EXPECT_EQ(scenario.On("mais", "", "2020-01-01")->prix(), 0.25);
  EXPECT_EQ(book.On("foie", "A+", "2024-02-02")->prix(), 52);
}

TEST(PriceBookTest, EveryKindHasAUnit) {
  for (const char* kind : kKinds) EXPECT_THAT(UnitOf(kind), ::testing::StartsWith("EUR/")) << kind;
  EXPECT_EQ(UnitOf("x"), "");
}

}  // namespace
}  // namespace egi::finance
