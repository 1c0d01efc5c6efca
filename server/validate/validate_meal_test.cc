#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/validate/good_items.h"
#include "server/validate/validate.h"

namespace egi::validate {
namespace {

using feeding::v1::Meal;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(ValidateMeal, GoodMealHasNoViolation) { EXPECT_THAT(ValidateMeal(GoodMeal(), TestNow()), IsEmpty()); }

struct Fault {
  const char* name;
  std::function<void(Meal&)> break_it;
  const char* field;
  const char* text;
};

class OneFault : public testing::TestWithParam<Fault> {};

TEST_P(OneFault, IsNamedAlone) {
  Meal meal = GoodMeal();
  GetParam().break_it(meal);
  EXPECT_THAT(ValidateMeal(meal, TestNow()),
              ElementsAre(AllOf(Field(&Violation::field, GetParam().field),
                                Field(&Violation::description, HasSubstr(GetParam().text)))));
}

INSTANTIATE_TEST_SUITE_P(
    Facts, OneFault,
    testing::Values(
        Fault{"NoCode", [](Meal& m) { m.clear_code_lot(); }, "code_lot", "missing"},
        Fault{"NegativeLotId", [](Meal& m) { m.set_lot_id(-3); }, "lot_id", "-3"},
        Fault{"CodeOfEightCharacters", [](Meal& m) { m.set_code_lot("LL260200"); }, "code_lot", "7 digits"},
        Fault{"CodeOfTenCharacters", [](Meal& m) { m.set_code_lot("LL26020031"); }, "code_lot", "7 digits"},
        Fault{"CodeOfUnknownSite", [](Meal& m) { m.set_code_lot("AB2602003"); }, "code_lot", "LL, LS or MT"},
        Fault{"CodeWithLetter", [](Meal& m) { m.set_code_lot("LL26O2003"); }, "code_lot", "LL26O2003"},
        Fault{"NegativeFeeder", [](Meal& m) { m.set_gaveur_id(-1); }, "gaveur_id", "-1"},
        Fault{"UnknownSite", [](Meal& m) { m.set_site("Bretagne"); }, "site", "LL, LS or MT"},
        Fault{"UnknownBreed", [](Meal& m) { m.set_genetique("Oie"); }, "genetique", "Mulard, Barbarie, Pékin or Mixte"},
        Fault{"DayMinusTwo", [](Meal& m) { m.set_jour(-2); }, "jour", "is -2, expected -1 to 27"},
        Fault{"DayTwentyEight", [](Meal& m) { m.set_jour(28); }, "jour", "28"},
        Fault{"Noon", [](Meal& m) { m.set_moment("midi"); }, "moment", "matin or soir"},
        Fault{"NoMoment", [](Meal& m) { m.clear_moment(); }, "moment", "matin or soir"},
        Fault{"NoDose", [](Meal& m) { m.clear_dose_reelle(); }, "dose_reelle", "missing"},
        Fault{"NegativeDose", [](Meal& m) { m.set_dose_reelle(-0.1); }, "dose_reelle", "0 to 1000 g per duck"},
        Fault{"Dose1001", [](Meal& m) { m.set_dose_reelle(1001); }, "dose_reelle", "1001"},
        Fault{"NaNPrescribed", [](Meal& m) { m.set_dose_theorique(kNaN); }, "dose_theorique", "NaN"},
        Fault{"LightBird", [](Meal& m) { m.set_poids_moyen(499); }, "poids_moyen", "500 to 12000 g"},
        Fault{"InfiniteWeight", [](Meal& m) { m.set_poids_moyen(INFINITY); }, "poids_moyen", "+Infinity"},
        Fault{"Mortality101", [](Meal& m) { m.set_taux_mortalite(100.5); }, "taux_mortalite", "0 to 100 %"},
        Fault{"Frost", [](Meal& m) { m.set_temperature_stabule(-20.5); }, "temperature_stabule", "-20 to 50"},
        Fault{"Humidity", [](Meal& m) { m.set_humidite_stabule(-1); }, "humidite_stabule", "0 to 100 %"},
        Fault{"NegativeBirds", [](Meal& m) { m.set_nb_canards_vivants(-1); }, "nb_canards_vivants", "0 or more"},
        Fault{"MoreAliveThanPlaced", [](Meal& m) { m.set_nb_canards_initial(48); }, "nb_canards_vivants",
              "more than the 48 birds placed"},
        Fault{"NegativeDeaths", [](Meal& m) { m.set_nb_morts(-1); }, "nb_morts", "-1"},
        Fault{"SentTomorrow", [](Meal& m) { m.mutable_sent_at()->set_seconds(absl::ToUnixSeconds(TestNow()) + 86400); }, "sent_at",
              "24h in the future"},
        Fault{"Meal55", [](Meal& m) { m.set_repas(55); }, "repas", "0 to 54"},
        Fault{"NoTime", [](Meal& m) { m.clear_timestamp(); }, "timestamp", "missing"},
        Fault{"Tomorrow", [](Meal& m) { m.mutable_timestamp()->set_seconds(absl::ToUnixSeconds(TestNow()) + 86400); },
              "timestamp", "24h in the future"},
        Fault{"LongName", [](Meal& m) { m.set_gaveur_nom(std::string(101, 'n')); }, "gaveur_nom", "101 characters"}),
    [](const auto& info) { return info.param.name; });

TEST(ValidateMeal, LotIsNamedByItsIdInsteadOfItsCode) {
  Meal meal = GoodMeal();
  meal.set_code_lot(" 17");
  NormaliseMeal(&meal);
  EXPECT_EQ(meal.lot_id(), 17);
  EXPECT_EQ(meal.code_lot(), "");
  EXPECT_THAT(ValidateMeal(meal, TestNow()), IsEmpty());
  meal.set_code_lot("18");
  NormaliseMeal(&meal);
  EXPECT_THAT(ValidateMeal(meal, TestNow()), ElementsAre(Field(&Violation::field, "code_lot"))) << "two ids that differ";
}

TEST(ValidateMeal, MealWithoutTheFourOptionalFieldsIsAccepted) {
  Meal meal = GoodMeal();
  meal.clear_dose_theorique();
  meal.clear_temperature_stabule();
  meal.clear_humidite_stabule();
  meal.clear_pret_abattage();
  EXPECT_THAT(ValidateMeal(meal, TestNow()), IsEmpty());
}

TEST(ValidateMeal, AnnouncementOfALotNeedsNoDoseAndNoMoment) {
  Meal meal = GoodMeal();
  meal.set_jour(-1);
  meal.clear_dose_reelle();
  meal.clear_moment();
  EXPECT_THAT(ValidateMeal(meal, TestNow()), IsEmpty());
}

TEST(ValidateMeal, BoundsThemselvesAreAccepted) {
  Meal meal = GoodMeal();
  meal.set_jour(27);
  meal.set_dose_reelle(1000);
  meal.set_dose_theorique(0);
  meal.set_poids_moyen(12000);
  meal.set_taux_mortalite(100);
  meal.set_temperature_stabule(-20);
  meal.set_humidite_stabule(100);
  meal.mutable_timestamp()->set_seconds(absl::ToUnixSeconds(TestNow()) + 300);
  EXPECT_THAT(ValidateMeal(meal, TestNow()), IsEmpty());
}

TEST(ValidateMeal, EveryViolationIsNamedAtOnce) {
  Meal meal = GoodMeal();
  meal.set_code_lot("?");
  meal.set_moment("midi");
  meal.set_dose_reelle(kNaN);
  EXPECT_THAT(ValidateMeal(meal, TestNow()),
              ElementsAre(Field(&Violation::field, "code_lot"), Field(&Violation::field, "moment"),
                          Field(&Violation::field, "dose_reelle")));
}

TEST(NormaliseMeal, BreedIsSpelledAsInTheSpecification) {
  const std::pair<const char*, const char*> cases[] = {{"pekin", "Pékin"},   {"Pekin", "Pékin"},  {"PÉKIN", "Pékin"},
                                                       {"pékin", "Pékin"},   {"MULARD", "Mulard"}, {"mulard ", "Mulard"},
                                                       {"barbarie", "Barbarie"}, {"oie", "oie"}};
  for (const auto& [sent, expected] : cases) {
    Meal meal = GoodMeal();
    meal.set_genetique(sent);
    NormaliseMeal(&meal);
    EXPECT_EQ(meal.genetique(), expected);
  }
}

TEST(NormaliseMeal, MomentIsInLowerCase) {
  Meal meal = GoodMeal();
  meal.set_moment("Soir");
  NormaliseMeal(&meal);
  EXPECT_EQ(meal.moment(), "soir");
}

TEST(NormaliseMeal, EmptySiteComesFromTheCode) {
  Meal meal = GoodMeal();
  meal.set_code_lot("MT4901207");
  meal.clear_site();
  NormaliseMeal(&meal);
  EXPECT_EQ(meal.site(), "MT");
  meal.set_code_lot("ZZ4901207");
  meal.clear_site();
  NormaliseMeal(&meal);
  EXPECT_EQ(meal.site(), "");
}

}  // namespace
}  // namespace egi::validate
