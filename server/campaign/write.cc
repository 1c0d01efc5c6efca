#include "server/campaign/write.h"

#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "server/campaign/text.h"
#include "server/performance/itm.h"

namespace egi::campaign {
namespace {

using Cells = std::map<std::string, std::string>;

// The loss is printed with nine decimals, like the file does.
double NineDecimals(double value) { return std::round(value * 1e9) / 1e9; }

std::string DayText(absl::CivilDay day, Layout layout) {
  if (layout == Layout::k100) return absl::FormatCivilTime(day);
  return absl::StrFormat("%02d/%02d/%04d", day.day(), day.month(), day.year());
}

std::string RegionOf(const std::string& code) {
  const std::string site = code.substr(0, 2);
  return site == "LL" ? "BRETAGNE" : site == "LS" ? "PAYS DE LOIRE" : site == "MT" ? "MAUBOURGUET" : "";
}

// Meteorological season of the first day.
std::string SeasonOf(absl::CivilDay day) {
  constexpr const char* kSeasons[] = {"winter", "spring", "summer", "autumn"};
  return kSeasons[day.month() % 12 / 3];
}

void FillMeals(const CampaignLot& lot, Cells& cells) {
  double cumulative = 0, previous = 0;
  for (int number = 1; number <= kMeals; ++number) {
    const CampaignMeal& meal = lot.meals[number - 1];
    cells[RealColumn(number)] = meal.given() ? NumberText(meal.real_g) : "0";
    if (meal.target_g) cells[TargetColumn(number)] = NumberText(*meal.target_g);
    if (!meal.given()) continue;
    cumulative += meal.real_g;
    if (number == 1) {
      cells[VariationColumn(1)] = cells[DeltaColumn(1)] = "0";
    } else {
      if (meal.target_g) cells[VariationColumn(number)] = NumberText(meal.real_g - *meal.target_g);
      cells[DeltaColumn(number)] = NumberText(meal.real_g - previous);
    }
    cells[CumulativeColumn(number)] = NumberText(cumulative);
    previous = meal.real_g;
  }
}

void FillEnd(const CampaignLot& lot, double corn_kg, Cells& cells) {
  cells["Nombre_enleve"] = absl::StrCat(lot.collected);
  cells["Quantite_accrochee"] = absl::StrCat(lot.hung);
  if (lot.placed > 0) cells["dPctgPerteGav"] = NumberText(NineDecimals(static_cast<double>(lot.placed - lot.hung) / lot.placed));
  std::optional<double> itm = lot.itm;
  if (!itm && lot.liver_g && *lot.liver_g > 0 && corn_kg > 0) itm = 1000 * corn_kg / *lot.liver_g;
  if (itm && *itm > 0) {
    cells["ITM"] = NumberText(*itm);
    cells["ITM_cut"] = cells["Classe_itm"] = ItmClass(*itm);
    cells["Production_foie_kg"] = NumberText(lot.hung * corn_kg / *itm);
  }
  cells["Sigma"] = lot.sigma ? NumberText(*lot.sigma) : "0";
  cells["Sigma_cut"] = lot.sigma ? "A" : "nan";
  if (lot.liver_g) cells["Poids_de_foies_moyen"] = NumberText(*lot.liver_g);
  const std::optional<double> deviation =
      lot.liver_sd_g ? lot.liver_sd_g : lot.sigma && lot.liver_g ? std::optional(*lot.sigma * *lot.liver_g) : std::nullopt;
  if (deviation) cells["Ecart_Type_Foie_Lot"] = NumberText(*deviation);
}

Cells CellsOf(const CampaignLot& lot, Layout layout) {
  Cells cells = lot.cells;
  const double corn_g = lot.last_meal() > 0 ? lot.real_sum_g() : lot.corn_kg * 1000;
  // Whatever the source says of derived columns, these are the formulas.
  for (int meal = 1; meal <= kMeals; ++meal) {
    for (const auto& column : {TargetColumn(meal), RealColumn(meal), VariationColumn(meal), CumulativeColumn(meal), DeltaColumn(meal)}) cells.erase(column);
  }
  for (const char* column : {"Nombre_enleve", "Quantite_accrochee", "dPctgPerteGav", "ITM", "ITM_cut", "Sigma", "Sigma_cut", "Poids_de_foies_moyen",
                             "Ecart_Type_Foie_Lot", "Production_foie_kg", "Classe_itm", "Age_des_animaux", "Lot_PAG", "Souche"}) {
    cells.erase(column);
  }
  FillMeals(lot, cells);
  cells["CodeLot"] = cells["Lot_GAV"] = cells["Code_lot"] = lot.code;
  cells["total_cornTarget"] = NumberText(lot.target_sum_g());
  cells["total_cornReal"] = cells["QteTotalTest"] = NumberText(corn_g);
  cells["Conso_Gav_Z1"] = NumberText(corn_g / 1000);
  cells["duree_gavage"] = cells["Duree_du_lot"] = absl::StrCat(lot.duration_days);
  cells["Debut_du_lot"] = DayText(lot.start, layout);
  cells["Nb_MEG"] = absl::StrCat(lot.placed);
  cells["Souche"] = lot.strain;
  cells["Lot_PAG"] = lot.rearing_lot;
  if (lot.age_days > 0) cells["Age_des_animaux"] = absl::StrCat(lot.age_days);
  cells.emplace("GEO", RegionOf(lot.code));
  cells.emplace("saison", SeasonOf(lot.start));
  cells.emplace("Date_fin_lot", DayText(lot.start + lot.duration_days, layout));
  if (lot.finished) FillEnd(lot, corn_g / 1000, cells);
  return cells;
}

std::string Quoted(const std::string& cell, char separator) {
  if (cell.find_first_of(std::string("\"\r\n") + separator) == std::string::npos) return cell;
  return absl::StrCat("\"", absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
}

std::string Line(const std::vector<std::string>& cells, Layout layout) {
  const char separator = layout == Layout::k100 ? ',' : ';';
  const std::string line = absl::StrJoin(cells, std::string(1, separator), [separator](std::string* out, const std::string& cell) {
    out->append(Quoted(cell, separator));
  });
  return (layout == Layout::k100 ? line : EncodeWindows1252(line)) + "\n";
}

}  // namespace

std::string ItmClass(double itm) { return performance::ItmClass(itm); }

std::string WriteHeader(Layout layout) {
  std::vector<std::string> names;
  for (const std::string& column : LayoutColumns(layout)) names.push_back(WrittenColumn(layout, column));
  return Line(names, layout);
}

std::string WriteRow(const CampaignLot& lot, Layout layout) {
  const Cells cells = CellsOf(lot, layout);
  std::vector<std::string> row;
  for (const std::string& column : LayoutColumns(layout)) {
    const auto cell = cells.find(column);
    row.push_back(cell == cells.end() ? std::string() : cell->second);
  }
  return Line(row, layout);
}

std::string WriteCampaignFile(const std::vector<CampaignLot>& lots, Layout layout) {
  std::string file = WriteHeader(layout);
  for (const CampaignLot& lot : lots) file += WriteRow(lot, layout);
  return file;
}

}  // namespace egi::campaign
