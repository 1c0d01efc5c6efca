#include "server/campaign/campaign_file.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/campaign/text.h"
#include "server/validate/lot_code.h"

namespace egi::campaign {
namespace {

constexpr size_t kMostErrors = 50;
constexpr size_t kMostShown = 40;  // bytes of a bad cell

bool IsNan(const std::string& cell) { return absl::AsciiStrToLower(cell) == "nan"; }

// Takes the typed cells of one row out of its text.
class RowReader {
 public:
  RowReader(const std::map<std::string, std::string>& cells, int row, std::string lot, std::vector<BadCell>* bad)
      : cells_(cells), row_(row), lot_(std::move(lot)), bad_(*bad) {}

  // Empty for a column the file does not have.
  const std::string& Text(const std::string& column) const {
    static const auto* none = new std::string;
    const auto found = cells_.find(column);
    return found == cells_.end() ? *none : found->second;
  }

  std::string NeededText(const std::string& column, size_t most) const {
    const std::string& cell = Text(column);
    if (cell.empty()) Bad(column, "is empty, a value is needed");
    return ShortText(column, most);
  }

  std::string ShortText(const std::string& column, size_t most) const {
    const std::string& cell = Text(column);
    if (cell.size() > most) Bad(column, absl::StrCat("has more than ", most, " bytes"));
    return cell;
  }

  // Empty and `nan` are absent.
  std::optional<double> Number(const std::string& column, double least, double most) const {
    const std::string& cell = Text(column);
    if (cell.empty() || IsNan(cell)) return std::nullopt;
    const std::optional<double> number = ParseNumber(cell);
    if (!number) {
      Bad(column, "is not a number");
    } else if (*number < least || *number > most) {
      Bad(column, absl::StrCat("is outside ", least, " to ", most));
    }
    return number;
  }

  // A number where 0 means not known.
  std::optional<double> Measured(const std::string& column, double most) const {
    const std::optional<double> number = Number(column, 0, most);
    return number == 0.0 ? std::nullopt : number;
  }

  int NeededCount(const std::string& column, int least, int most) const {
    const std::string& cell = Text(column);
    const std::optional<double> number = Number(column, least, most);
    if (!number) {
      if (cell.empty() || IsNan(cell)) Bad(column, "is empty, a number is needed");
      return 0;
    }
    if (*number != std::floor(*number)) Bad(column, "is not a whole number");
    return *number >= least && *number <= most ? static_cast<int>(*number) : 0;
  }

  absl::CivilDay NeededDay(const std::string& column) const {
    const std::optional<absl::CivilDay> day = ParseDay(Text(column));
    if (!day) Bad(column, Text(column).empty() ? "is empty, a day is needed" : "is not a day written dd/mm/yyyy or yyyy-mm-dd");
    return day.value_or(absl::CivilDay());
  }

  void Bad(const std::string& column, const std::string& text, const char* kind = "bad_cell") const {
    const std::string shown = IsPersonal(column) ? std::string() : CutText(Text(column));
    bad_.push_back({row_, lot_, column, shown, kind, text});
  }

  // Cut between characters.
  static std::string CutText(const std::string& text) {
    size_t end = std::min(text.size(), kMostShown);
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return text.substr(0, end);
  }

 private:
  const std::map<std::string, std::string>& cells_;
  const int row_;
  const std::string lot_;
  std::vector<BadCell>& bad_;
};

// The first column that tells the code; one of the original programs writes MG for MT.
std::string CodeOf(const std::map<std::string, std::string>& cells) {
  for (const char* column : {"CodeLot", "Code_lot", "Lot_GAV"}) {
    const auto found = cells.find(column);
    if (found == cells.end() || found->second.empty()) continue;
    return found->second.rfind("MG", 0) == 0 ? "MT" + found->second.substr(2) : found->second;
  }
  return "";
}

// The columns that repeat the code name one site, or nobody knows whose lot the row is.
void CheckSite(const std::map<std::string, std::string>& cells, const RowReader& reader, const std::string& code) {
  if (!validate::IsLotCode(code)) return;
  for (const char* column : {"Code_lot", "Lot_GAV"}) {
    const auto found = cells.find(column);
    if (found == cells.end()) continue;
    const std::string site = found->second.rfind("MG", 0) == 0 ? "MT" : found->second.substr(0, 2);
    if (site == code.substr(0, 2) || (site != "LL" && site != "LS" && site != "MT")) continue;
    reader.Bad(column, absl::StrCat("is a code of site ", site, ", the row is of lot ", code, "; correct one of them"), "conflict");
    return;
  }
}

void ReadMeals(const RowReader& reader, CampaignLot& lot) {
  for (int number = 1; number <= kMeals; ++number) {
    CampaignMeal& meal = lot.meals[number - 1];
    meal.target_g = reader.Number(TargetColumn(number), 0, 1000);
    meal.real_g = reader.Number(RealColumn(number), 0, 1000).value_or(0);
    meal.variation_g = reader.Number(VariationColumn(number), -1000, 1000);
    meal.cumulative_g = reader.Number(CumulativeColumn(number), 0, 30'000);
    meal.delta_g = reader.Number(DeltaColumn(number), -1000, 1000);
  }
}

void ReadFigures(const RowReader& reader, bool older_export, CampaignLot& lot) {
  lot.corn_kg = reader.Number("Conso_Gav_Z1", 0, 30).value_or(lot.real_sum_g() / 1000);
  lot.liver_g = reader.Measured("Poids_de_foies_moyen", 4999);
  lot.liver_sd_g = reader.Measured("Ecart_Type_Foie_Lot", 4999);
  lot.itm = reader.Measured("ITM", 999);
  if (!lot.itm && lot.liver_g && lot.corn_kg > 0 && 1000 * lot.corn_kg / *lot.liver_g < 999) lot.itm = 1000 * lot.corn_kg / *lot.liver_g;
  if (!older_export) {
    lot.sigma = reader.Measured("Sigma", 9.99);
  } else if (lot.liver_g && lot.liver_sd_g && *lot.liver_sd_g < *lot.liver_g) {
    lot.sigma = *lot.liver_sd_g / *lot.liver_g;
  }
  lot.loss = reader.Number("dPctgPerteGav", 0, 0.999999);
  if (!lot.loss && lot.placed > 0 && lot.hung > 0) lot.loss = static_cast<double>(lot.placed - lot.hung) / lot.placed;
}

CampaignLot ReadLot(std::map<std::string, std::string> cells, int row, bool older_export, std::vector<BadCell>* bad) {
  CampaignLot lot;
  lot.row = row;
  lot.code = CodeOf(cells);
  const RowReader reader(cells, row, lot.code.substr(0, validate::IsLotCode(lot.code) ? 9 : 0), bad);
  if (!validate::IsLotCode(lot.code)) reader.Bad("CodeLot", lot.code.empty() ? "is empty, a value is needed" : "is not LL, LS or MT and 7 digits");
  CheckSite(cells, reader, lot.code);
  lot.start = reader.NeededDay("Debut_du_lot");
  lot.strain = reader.ShortText("Souche", 100);
  lot.placed = reader.NeededCount("Nb_MEG", 1, 100'000);
  lot.hung = reader.NeededCount("Quantite_accrochee", 0, 100'000);
  lot.collected = reader.Text("Nombre_enleve").empty() ? lot.hung : reader.NeededCount("Nombre_enleve", 0, 100'000);
  if (lot.placed > 0 && lot.hung > lot.placed) reader.Bad("Quantite_accrochee", "is above Nb_MEG");
  if (lot.placed > 0 && lot.collected > lot.placed) reader.Bad("Nombre_enleve", "is above Nb_MEG");
  lot.age_days = static_cast<int>(reader.Number("Age_des_animaux", 0, 400).value_or(0));
  lot.rearing_lot = reader.ShortText("Lot_PAG", 20);
  reader.NeededText("Gaveur", 200);
  ReadMeals(reader, lot);
  const bool has_duration = !reader.Text("duree_gavage").empty() || !reader.Text("Duree_du_lot").empty();
  const char* const duration = reader.Text("duree_gavage").empty() ? "Duree_du_lot" : "duree_gavage";
  lot.duration_days = has_duration || lot.last_meal() == 0 ? reader.NeededCount(duration, 1, kMeals) : (lot.last_meal() + 1) / 2;
  ReadFigures(reader, older_export, lot);
  if (older_export) cells.erase("Sigma");
  if (const auto region = cells.find("GEO"); region != cells.end()) region->second = CanonicalRegion(region->second);
  lot.cells = std::move(cells);
  return lot;
}

// The names of the columns under the names of the 174-column file; a name of a relative stays as it is where the file has the other one too.
std::vector<std::string> CanonicalHeader(const std::vector<std::string>& line, bool* older_export) {
  std::set<std::string> written;
  std::vector<std::string> header;
  for (const std::string& name : line) header.push_back(Trim(name));
  written.insert(header.begin(), header.end());
  for (std::string& name : header) {
    std::string canonical = CanonicalColumn(name);
    if (canonical == name || written.count(canonical) > 0) continue;
    *older_export = *older_export || absl::StartsWithIgnoreCase(name, "DoseSeche");
    written.insert(canonical);
    name = std::move(canonical);
  }
  return header;
}

std::string LayoutOf(const std::vector<std::string>& header, bool older_export) {
  const std::set<std::string> names(header.begin(), header.end());
  const auto has = [&](Layout layout) {
    const auto& columns = LayoutColumns(layout);
    return std::all_of(columns.begin(), columns.end(), [&](const std::string& column) { return names.count(column) > 0; });
  };
  if (older_export) return header.size() == 100 ? "campaign100" : "other";
  if (!has(Layout::k174)) return "other";
  return header.size() == 174 ? "campaign174" : header.size() == 199 ? "campaign199" : "other";
}

absl::Status CheckHeader(const std::vector<std::string>& header) {
  const std::set<std::string> names(header.begin(), header.end());
  std::vector<std::string> errors;
  const auto need = [&](const std::string& column, const std::vector<std::string>& instead) {
    const bool found = names.count(column) > 0 || std::any_of(instead.begin(), instead.end(), [&](const std::string& other) { return names.count(other) > 0; });
    if (!found) errors.push_back(absl::StrCat("column ", column, " is missing"));
  };
  need("CodeLot", {"Code_lot", "Lot_GAV"});
  need("Debut_du_lot", {});
  need("Nb_MEG", {});
  need("Quantite_accrochee", {});
  need("Gaveur", {});
  need("ITM", {"Poids_de_foies_moyen"});
  need(RealColumn(1), {});
  if (names.size() != header.size()) errors.push_back("a column name stands twice in the header");
  return errors.empty() ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrJoin(errors, "\n"));
}

}  // namespace

int CampaignLot::last_meal() const {
  for (int meal = kMeals; meal >= 1; --meal) {
    if (meals[meal - 1].given()) return meal;
  }
  return 0;
}

int CampaignLot::meals_given() const {
  return static_cast<int>(std::count_if(meals.begin(), meals.end(), [](const CampaignMeal& meal) { return meal.given(); }));
}

std::vector<int> CampaignLot::gaps() const {
  std::vector<int> gaps;
  for (int meal = 1; meal < last_meal(); ++meal) {
    if (!meals[meal - 1].given()) gaps.push_back(meal);
  }
  return gaps;
}

double CampaignLot::target_sum_g() const {
  double sum = 0;
  for (const CampaignMeal& meal : meals) sum += meal.target_g.value_or(0);
  return sum;
}

double CampaignLot::real_sum_g() const {
  double sum = 0;
  for (const CampaignMeal& meal : meals) sum += meal.real_g;
  return sum;
}

absl::StatusOr<Campaign> ReadCampaign(const std::string& bytes) {
  if (bytes.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError("the file holds NUL bytes, so it is not a text file; save the sheet as CSV in UTF-8 or Windows-1252");
  }
  const DecodedText decoded = DecodeText(bytes);
  if (const std::string start = Trim(decoded.text.substr(0, 100)); !start.empty() && (start[0] == '{' || start[0] == '[')) {
    return absl::InvalidArgumentError("the file is JSON, as an export in ndjson is, and cannot be imported; the layouts campaign174, campaign199 and campaign100 can: "
                                      "export in one of them, or save the sheet as CSV");
  }
  Campaign campaign;
  campaign.encoding = decoded.encoding;
  campaign.separator = DetectSeparator(decoded.text);
  const auto lines = std::max(std::count(decoded.text.begin(), decoded.text.end(), '\n'), std::count(decoded.text.begin(), decoded.text.end(), '\r'));
  if (static_cast<size_t>(lines) > kMostLines) {
    return absl::InvalidArgumentError(absl::StrCat("the file has ", lines, " lines, at most ", kMostLines, " are read at once; split it"));
  }
  auto rows = ParseCells(decoded.text, campaign.separator);
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return absl::InvalidArgumentError("the file is empty: a header line with the column names is expected");
  if (rows->front().size() > kMostColumns) {
    return absl::InvalidArgumentError(absl::StrCat("the header has ", rows->front().size(), " columns, at most ", kMostColumns, " are read"));
  }
  const std::vector<std::string> header = CanonicalHeader(rows->front(), &campaign.older_export);
  if (header.size() == 1) {
    return absl::InvalidArgumentError("the first line has one column only; expected the names of the columns, separated by ; , or tab, in UTF-8 or Windows-1252");
  }
  if (absl::Status bad = CheckHeader(header); !bad.ok()) return bad;
  if (rows->size() == 1) return absl::InvalidArgumentError("the file has a header and no lot");
  campaign.columns = static_cast<int>(header.size());
  campaign.layout = LayoutOf(header, campaign.older_export);
  campaign.rows = static_cast<int>(rows->size()) - 1;
  campaign.names.insert(header.begin(), header.end());
  if (campaign.older_export) campaign.names.erase("Sigma");
  for (size_t c = 0; c < header.size(); ++c) campaign.header.emplace_back(header[c], Trim(rows->front()[c]));
  std::copy_if(header.begin(), header.end(), std::back_inserter(campaign.unknown), [](const std::string& name) { return !IsKnown(name); });
  std::map<std::string, int> seen;
  for (size_t r = 1; r < rows->size(); ++r) {
    const std::vector<std::string> row = std::move((*rows)[r]);  // freed when it is read
    const int number = static_cast<int>(r) + 1;
    if (row.size() != header.size()) {
      campaign.bad.push_back({number, "", "", "", "bad_row", absl::StrCat("has ", row.size(), " cells, the header has ", header.size())});
      continue;
    }
    std::map<std::string, std::string> cells;
    for (size_t c = 0; c < row.size(); ++c) {
      if (std::string cell = Trim(row[c]); !cell.empty() && IsKnown(header[c])) cells[header[c]] = std::move(cell);
    }
    const size_t bad_before = campaign.bad.size();
    CampaignLot lot = ReadLot(std::move(cells), number, campaign.older_export, &campaign.bad);
    if (validate::IsLotCode(lot.code)) {
      const auto [first, fresh] = seen.emplace(lot.code, number);
      if (!fresh) campaign.bad.push_back({number, lot.code, "CodeLot", lot.code, "duplicate_lot", absl::StrCat("stands already in row ", first->second)});
    }
    if (campaign.bad.size() == bad_before) {
      campaign.lots.push_back(std::move(lot));
    } else {
      campaign.bad_meals += lot.meals_given();
    }
  }
  return campaign;
}

absl::Status AllRowsGood(const Campaign& campaign) {
  if (campaign.bad.empty()) return absl::OkStatus();
  std::vector<std::string> errors;
  for (const BadCell& bad : campaign.bad) {
    if (errors.size() == kMostErrors) {
      errors.push_back(absl::StrCat("and ", campaign.bad.size() - kMostErrors, " more"));
      break;
    }
    const std::string place = absl::StrCat("row ", bad.row, bad.lot.empty() ? "" : absl::StrCat(" (", bad.lot, ")"));
    if (bad.column.empty()) {
      errors.push_back(absl::StrCat(place, " ", bad.text));
    } else {
      const std::string shown = IsPersonal(bad.column) || bad.cell.empty() ? "the cell" : absl::StrCat("'", bad.cell, "'");
      errors.push_back(absl::StrCat(place, ", column ", bad.column, ": ", shown, " ", bad.text));
    }
  }
  return absl::InvalidArgumentError(absl::StrJoin(errors, "\n"));
}

}  // namespace egi::campaign
