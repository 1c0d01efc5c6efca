#include "server/storage/write/lot_comparison.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "server/campaign/text.h"

namespace egi::storage::write {
namespace {

using feeding::v1::ImportedLot;

// Ten significant digits are printed; sigma is made of two such numbers.
constexpr double kPrinted = 2e-9;

// When the file does not tell a value.
enum class Absent {
  kStays,          // nothing is told by an empty cell: the figure is computed, or known better
  kGoes,           // an empty cell in a column of the file says that there is none
  kStaysOrFromIt,  // what the reader put there stands only when the file has the column
};

struct Column {
  const char* name;
  Absent absent;
  double tolerance;  // absolute, for figures that are rounded further; 0 = that of the printing
};

constexpr Column kColumns[kLotColumns] = {
    {"Gaveur", Absent::kStays, 0},
    {"Eleveur", Absent::kStays, 0},
    {"Lot_PAG", Absent::kGoes, 0},
    {"Souche", Absent::kGoes, 0},
    {"Age_des_animaux", Absent::kGoes, 0},
    {"Debut_du_lot", Absent::kStays, 0},
    {"duree_gavage", Absent::kStaysOrFromIt, 0},
    {"ITM", Absent::kGoes, 0},
    {"Sigma", Absent::kGoes, 0},
    {"Nb_MEG", Absent::kStays, 0},
    {"Nombre_enleve", Absent::kStaysOrFromIt, 0},
    {"Quantite_accrochee", Absent::kStays, 0},
    {"Conso_Gav_Z1", Absent::kStays, 0.06},      // g: six digits of it are taken over
    {"dPctgPerteGav", Absent::kStays, 1e-8},     // printed with nine decimals
    {"Poids_de_foies_moyen", Absent::kStays, 0},
    {"total_cornTarget", Absent::kStays, 0},
};

// Columns that are kept as cells and that nothing else tells.
constexpr const char* kDescriptive[] = {"saison", "ProdIgpFR", "Code_plan_alimentation", "Four_Alim_Elev", "Four_Alim_Gav", "Code_plan_alimentation_compl",
                                        "GEO", "Poids_moyen_de_PCE"};

std::string Exact(bool present, double value) { return present ? absl::StrFormat("%.17g", value) : std::string(); }

// The file has the column. A request that names no cell at all tells everything it has a field for.
bool Has(const ImportedLot& lot, const std::string& column) {
  const auto& cells = lot.source().fields();
  return cells.empty() || cells.count(column) > 0 || (column == "duree_gavage" && cells.count("Duree_du_lot") > 0);
}

bool Same(const std::string& one, const std::string& other, double tolerance) {
  if (one == other) return true;
  if (const auto day = campaign::ParseDay(one); day.has_value() && day == campaign::ParseDay(other)) return true;
  const auto a = campaign::ParseNumber(one), b = campaign::ParseNumber(other);
  return a.has_value() && b.has_value() && std::abs(*a - *b) <= std::max(tolerance, kPrinted * std::max(std::abs(*a), std::abs(*b)));
}

// Region and season follow from code and first day.
bool IsDerivable(const std::string& column) { return column == "GEO" || column == "saison"; }

std::string CellOf(const ImportedLot& lot, const char* column) {
  const auto cell = lot.source().fields().find(column);
  return cell == lot.source().fields().end() ? std::string() : cell->second.string_value();
}

}  // namespace

LotValues ValuesOf(const ImportedLot& lot, const std::string& gaveur_id, const std::string& eleveur_id) {
  LotValues values;
  values[kGaveur] = gaveur_id;
  values[kEleveur] = eleveur_id;
  values[kLotPag] = lot.lot_pag();
  values[kSouche] = lot.souche();
  values[kAge] = lot.age_jours() > 0 ? std::to_string(lot.age_jours()) : "";
  values[kDebut] = lot.debut_lot();
  values[kDuree] = std::to_string(lot.duree_gavage());
  values[kItm] = Exact(lot.has_itm(), lot.itm().value());
  values[kSigma] = Exact(lot.has_sigma(), lot.sigma().value());
  values[kPlaced] = std::to_string(lot.nb_meg());
  values[kCollected] = std::to_string(lot.nombre_enleve());
  values[kHung] = std::to_string(lot.quantite_accrochee());
  values[kCorn] = absl::StrFormat("%.6g", lot.conso_gav_kg() * 1000);  // the file rounds to a gram: kg * 1000 is brought back to it
  values[kLoss] = Exact(lot.has_perte_gavage(), lot.perte_gavage().value());
  values[kLiver] = Exact(lot.has_poids_foie_moyen(), lot.poids_foie_moyen().value());
  values[kCornTarget] = Exact(lot.has_total_corn_target(), lot.total_corn_target().value());
  return values;
}

LotComparison CompareLot(const ImportedLot& lot, const LotValues& told, const LotValues& stored,
                         const std::optional<std::map<std::string, std::string>>& source) {
  LotComparison comparison;
  for (int i = 0; i < kLotColumns; ++i) {
    const Column& column = kColumns[i];
    std::string& value = comparison.values[i];
    value = told[i];
    const bool has = Has(lot, column.name);
    const bool stays = value.empty() ? column.absent != Absent::kGoes || !has : column.absent == Absent::kStaysOrFromIt && !has && !stored[i].empty();
    if (stays || Same(value, stored[i], column.tolerance)) {
      value = stored[i];
    } else {
      comparison.changed.push_back(column.name);
    }
  }
  if (!source.has_value() && comparison.changed.empty()) return comparison;
  for (const char* column : kDescriptive) {
    if (lot.source().fields().count(column) == 0) continue;
    std::string kept;
    if (source.has_value()) {
      const auto cell = source->find(column);
      if (cell != source->end()) kept = cell->second;
    }
    if (kept.empty() && IsDerivable(column)) continue;  // an export writes it where the lot came without
    if (!Same(CellOf(lot, column), kept, 0)) comparison.changed.push_back(column);
  }
  return comparison;
}

}  // namespace egi::storage::write
