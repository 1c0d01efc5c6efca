#include "server/campaign/convert.h"

#include <algorithm>
#include <tuple>

#include "absl/time/time.h"
#include "server/campaign/text.h"

namespace egi::campaign {
namespace {

using egi::feeding::v1::ImportedLot;
using egi::feeding::v1::ImportLotsRequest;
using egi::feeding::v1::Meal;

constexpr char kZone[] = "Europe/Paris";
constexpr int kMorningHour = 8, kEveningHour = 18;

bool IsOfMeals(const std::string& column) {
  static const auto* const columns = [] {
    auto* made = new std::set<std::string>;
    for (int meal = 1; meal <= kMeals; ++meal) {
      for (const auto& name : {TargetColumn(meal), RealColumn(meal), VariationColumn(meal), CumulativeColumn(meal), DeltaColumn(meal)}) made->insert(name);
    }
    return made;
  }();
  return columns->count(column) > 0;
}

void FillCells(const CampaignLot& lot, const std::set<std::string>& names, ImportedLot* imported) {
  for (const std::string& column : names) {
    // What the file has and leaves empty is told, unlike what it does not have.
    if (IsPersonal(column) && column != "Gaveur") (*imported->mutable_gaveur()->mutable_columns())[column].clear();
    if (IsKnown(column) && !IsPersonal(column) && !IsOfMeals(column)) (*imported->mutable_source()->mutable_fields())[column].set_null_value(google::protobuf::NULL_VALUE);
  }
  for (const auto& [column, cell] : lot.cells) {
    if (column == "Gaveur") {
      imported->mutable_gaveur()->set_nom(cell);
    } else if (IsPersonal(column)) {
      if (!cell.empty()) (*imported->mutable_gaveur()->mutable_columns())[column] = cell;
    } else if (!cell.empty()) {
      (*imported->mutable_source()->mutable_fields())[column].set_string_value(cell);
    }
  }
}

}  // namespace

void AppendMeals(const CampaignLot& lot, absl::TimeZone zone, std::vector<Meal>* meals) {
  for (int number = 1; number <= kMeals; ++number) {
    const CampaignMeal& given = lot.meals[number - 1];
    if (!given.given()) continue;
    const int day = (number - 1) / 2;
    const bool morning = number % 2 == 1;
    Meal& meal = meals->emplace_back();
    meal.set_code_lot(lot.code);
    meal.set_site(lot.code.substr(0, 2));
    meal.set_jour(day);
    meal.set_moment(morning ? "matin" : "soir");
    meal.set_repas(number);
    if (given.target_g) meal.set_dose_theorique(*given.target_g);
    meal.set_dose_reelle(given.real_g);
    const absl::CivilSecond local = absl::CivilSecond(lot.start + day) + (morning ? kMorningHour : kEveningHour) * 3600;
    meal.mutable_timestamp()->set_seconds(absl::ToUnixSeconds(absl::FromCivil(local, zone)));
  }
}

ImportedLot ToImportedLot(const CampaignLot& lot, const std::set<std::string>& names) {
  ImportedLot imported;
  imported.set_code_lot(lot.code);
  imported.set_row(lot.row);
  imported.set_debut_lot(absl::FormatCivilTime(lot.start));
  imported.set_duree_gavage(lot.duration_days);
  imported.set_souche(lot.strain);
  imported.set_nb_meg(lot.placed);
  imported.set_nombre_enleve(lot.collected);
  imported.set_quantite_accrochee(lot.hung);
  imported.set_conso_gav_kg(lot.corn_kg);
  if (lot.itm) imported.mutable_itm()->set_value(*lot.itm);
  if (lot.sigma) imported.mutable_sigma()->set_value(*lot.sigma);
  if (lot.loss) imported.mutable_perte_gavage()->set_value(*lot.loss);
  if (lot.liver_g) imported.mutable_poids_foie_moyen()->set_value(*lot.liver_g);
  if (const double target = lot.target_sum_g(); target > 0) imported.mutable_total_corn_target()->set_value(target);
  imported.set_age_jours(lot.age_days);
  imported.set_lot_pag(lot.rearing_lot);
  FillCells(lot, names, &imported);
  return imported;
}

ImportLotsRequest ToImportRequest(const Campaign& campaign, bool dry_run) {
  ImportLotsRequest request;
  request.set_dry_run(dry_run);
  for (const CampaignLot& lot : campaign.lots) *request.add_lots() = ToImportedLot(lot, campaign.names);
  return request;
}

absl::StatusOr<std::vector<Meal>> ToMeals(const Campaign& campaign) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(kZone, &zone)) {
    return absl::FailedPreconditionError("this machine does not know the time zone Europe/Paris: install the package tzdata");
  }
  std::vector<Meal> meals;
  for (const CampaignLot& lot : campaign.lots) AppendMeals(lot, zone, &meals);
  std::stable_sort(meals.begin(), meals.end(), [](const Meal& a, const Meal& b) {
    return std::make_tuple(a.timestamp().seconds(), a.code_lot()) < std::make_tuple(b.timestamp().seconds(), b.code_lot());
  });
  return meals;
}

}  // namespace egi::campaign
