#include "server/campaign/columns.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace egi::campaign {
namespace {

// Other stems of numbered columns, in lower case.
const std::map<std::string, const char*>& Stems() {
  static const auto* stems = new std::map<std::string, const char*>{
      {"feedtarget_", "feedTarget_"},          {"feedcornreal_", "feedCornReal_"},    {"corn_variation_", "corn_variation_"},
      {"cumulcorn_", "cumulCorn_"},            {"delta_feed_", "delta_feed_"},        {"delta_feed", "delta_feed_"},
      {"dosesechereelle_", "feedCornReal_"},   {"dosesechetheorique_", "feedTarget_"}, {"dosesechecible_", "feedTarget_"},
      {"dosesecheprevue_", "feedTarget_"}};
  return *stems;
}

// Before and between the meals, and behind them.
constexpr const char* kTotals[] = {"total_cornTarget", "total_cornReal"};
constexpr const char* kTail[] = {"QteTotalTest",       "duree_gavage",  "GEO",           "saison",         "Eleveur",
                                 "ProdIgpFR",          "Code_plan_alimentation",         "Four_Alim_Elev", "Four_Alim_Gav",
                                 "Code_plan_alimentation_compl",        "Gaveur",        "Debut_du_lot",   "Nombre_enleve",
                                 "Nb_MEG",             "Quantite_accrochee",             "Lot_GAV",        "Lot_PAG",
                                 "Age_des_animaux",    "Duree_du_lot",  "Conso_Gav_Z1",  "Souche",         "dPctgPerteGav",
                                 "ITM",                "ITM_cut",       "Sigma",         "Sigma_cut",      "Civilite",
                                 "RaisonSociale",      "NomUsage",      "Adresse1",      "Adresse2",       "CodePostal",
                                 "Commune",            "Telephone1",    "Email",         "Code_lot"};
// Of kExtendedColumns, those that bring the older export to its 100.
constexpr size_t kOlderExtended = 7;

std::vector<std::string> MakeLayout(Layout layout) {
  std::vector<std::string> columns = {"CodeLot"};
  for (int meal = 1; meal <= kMeals; ++meal) {
    columns.push_back(TargetColumn(meal));
    columns.push_back(RealColumn(meal));
  }
  columns.insert(columns.end(), std::begin(kTotals), std::end(kTotals));
  for (int meal = 1; meal <= kMeals && layout != Layout::k100; ++meal) {
    columns.push_back(VariationColumn(meal));
    columns.push_back(CumulativeColumn(meal));
    columns.push_back(DeltaColumn(meal));
  }
  columns.insert(columns.end(), std::begin(kTail), std::end(kTail));
  const size_t extended = layout == Layout::k199 ? kExtendedColumns.size() : layout == Layout::k100 ? kOlderExtended : 0;
  columns.insert(columns.end(), kExtendedColumns.begin(), kExtendedColumns.begin() + extended);
  return columns;
}

}  // namespace

bool IsPersonal(const std::string& column) {
  return std::any_of(kPersonalColumns.begin(), kPersonalColumns.end(), [&](const char* name) { return column == name; });
}

bool IsKnown(const std::string& column) {
  static const auto* known = new std::set<std::string>(LayoutColumns(Layout::k199).begin(), LayoutColumns(Layout::k199).end());
  return known->count(column) > 0;
}

std::string TargetColumn(int meal) { return absl::StrCat("feedTarget_", meal); }
std::string RealColumn(int meal) { return absl::StrCat("feedCornReal_", meal); }
std::string VariationColumn(int meal) { return absl::StrCat("corn_variation_", meal); }
std::string CumulativeColumn(int meal) { return absl::StrCat("cumulCorn_", meal); }
std::string DeltaColumn(int meal) { return meal == 1 ? "delta_feed1" : absl::StrCat("delta_feed_", meal); }

std::string CanonicalColumn(const std::string& name) {
  static const auto* known = [] {
    auto* names = new std::map<std::string, std::string>;
    for (const Layout layout : {Layout::k174, Layout::k199}) {
      for (const std::string& column : LayoutColumns(layout)) (*names)[absl::AsciiStrToLower(column)] = column;
    }
    // Names of one thing seen in the relatives, and the one without a capital that the database uses.
    (*names)["codelot"] = "CodeLot";
    (*names)["date_debut_lot"] = (*names)["debut_lot"] = "Debut_du_lot";
    (*names)["poids_foie_moyen"] = (*names)["poids_foies_moyen"] = "Poids_de_foies_moyen";
    return names;
  }();
  const std::string lower = absl::AsciiStrToLower(name);
  if (const auto found = known->find(lower); found != known->end()) return found->second;
  const size_t digits = lower.find_last_not_of("0123456789") + 1;
  int meal = 0;
  const auto stem = Stems().find(lower.substr(0, digits));
  if (stem == Stems().end() || !absl::SimpleAtoi(lower.substr(digits), &meal) || meal < 1 || meal > kMeals) return name;
  if (std::string(stem->second) == "delta_feed_") return DeltaColumn(meal);
  return absl::StrCat(stem->second, meal);
}

std::string CanonicalRegion(const std::string& region) {
  const std::string upper = absl::AsciiStrToUpper(absl::StrReplaceAll(region, {{"é", "E"}, {"É", "E"}}));
  if (upper == "MAUBOURGET") return "MAUBOURGUET";
  if (upper == "HERBIERS" || upper == "LES HERBIERS" || upper == "VENDEE") return "PAYS DE LOIRE";
  return region;
}

std::string LayoutName(Layout layout) {
  switch (layout) {
    case Layout::k199:
      return "campaign199";
    case Layout::k100:
      return "campaign100";
    case Layout::k174:
      break;
  }
  return "campaign174";
}

const std::vector<std::string>& LayoutColumns(Layout layout) {
  static const auto* wide = new std::vector<std::string>(MakeLayout(Layout::k174));
  static const auto* wider = new std::vector<std::string>(MakeLayout(Layout::k199));
  static const auto* older = new std::vector<std::string>(MakeLayout(Layout::k100));
  return layout == Layout::k199 ? *wider : layout == Layout::k100 ? *older : *wide;
}

std::string WrittenColumn(Layout layout, const std::string& column) {
  if (layout != Layout::k100) return column;
  return absl::StrReplaceAll(column, {{"feedTarget_", "DoseSecheTheorique_"}, {"feedCornReal_", "DoseSecheReelle_"}});
}

}  // namespace egi::campaign
