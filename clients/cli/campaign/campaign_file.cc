#include "clients/cli/campaign/campaign_file.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/campaign/text.h"

namespace egi::campaign {
namespace {

constexpr size_t kMostErrors = 50;

std::string Numbered(const char* stem, int meal) { return absl::StrCat(stem, meal); }

// The first delta column is written without underscore.
std::string DeltaColumn(int meal) { return meal == 1 ? "delta_feed1" : Numbered("delta_feed_", meal); }

std::vector<std::string> NeededColumns() {
  std::vector<std::string> columns = {"CodeLot", "Debut_du_lot", "duree_gavage", "Souche", "Nb_MEG", "Nombre_enleve", "Quantite_accrochee",
                                      "Conso_Gav_Z1", "ITM", "Sigma", "dPctgPerteGav", "Age_des_animaux", "Lot_PAG", "Gaveur"};
  for (int meal = 1; meal <= kMeals; ++meal) {
    for (const char* stem : {"feedTarget_", "feedCornReal_", "corn_variation_", "cumulCorn_"}) columns.push_back(Numbered(stem, meal));
    columns.push_back(DeltaColumn(meal));
  }
  return columns;
}

// Collects what is wrong with the cells.
class Errors {
 public:
  void Add(int row, const std::string& lot, const std::string& column, const std::string& cell, const std::string& expected) {
    const std::string shown = IsPersonal(column) ? "the cell" : absl::StrCat("'", cell.substr(0, 40), "'");
    Add(absl::StrCat("row ", row, lot.empty() ? "" : absl::StrCat(" (", lot, ")"), ", column ", column, ": ", shown, " ", expected));
  }
  void Add(std::string error) {
    if (errors_.size() < kMostErrors) errors_.push_back(std::move(error));
    ++count_;
  }
  absl::Status status() const {
    if (count_ == 0) return absl::OkStatus();
    std::string text = absl::StrJoin(errors_, "\n");
    if (count_ > errors_.size()) absl::StrAppend(&text, "\nand ", count_ - errors_.size(), " more");
    return absl::InvalidArgumentError(text);
  }

 private:
  std::vector<std::string> errors_;
  size_t count_ = 0;
};

// Takes the typed cells of one row out of its text.
class RowReader {
 public:
  RowReader(const std::map<std::string, std::string>& cells, int row, Errors* errors) : cells_(cells), row_(row), errors_(*errors) {
    const auto code = cells.find("CodeLot");
    if (code != cells.end()) lot_ = code->second.substr(0, 20);
  }

  const std::string& Text(const std::string& column) const { return cells_.at(column); }

  std::string NeededText(const std::string& column) const {
    const std::string& cell = Text(column);
    if (cell.empty()) Bad(column, cell, "is empty, a value is needed");
    return cell;
  }

  // Empty and `nan` are absent.
  std::optional<double> Number(const std::string& column, double least, double most) const {
    const std::string& cell = Text(column);
    if (cell.empty() || absl::AsciiStrToLower(cell) == "nan") return std::nullopt;
    const std::optional<double> number = ParseNumber(cell);
    if (!number) {
      Bad(column, cell, "is not a number");
    } else if (*number < least || *number > most) {
      Bad(column, cell, absl::StrCat("is outside ", least, " to ", most));
    }
    return number;
  }

  double NeededNumber(const std::string& column, double least, double most) const {
    const std::optional<double> number = Number(column, least, most);
    if (!number && (Text(column).empty() || absl::AsciiStrToLower(Text(column)) == "nan")) Bad(column, Text(column), "is empty, a number is needed");
    return number.value_or(0);
  }

  int NeededCount(const std::string& column, int least, int most) const {
    const double number = NeededNumber(column, least, most);
    if (number != std::floor(number)) Bad(column, Text(column), "is not a whole number");
    return number >= least && number <= most ? static_cast<int>(number) : 0;
  }

  absl::CivilDay NeededDay(const std::string& column) const {
    const std::optional<absl::CivilDay> day = ParseDay(Text(column));
    if (!day) Bad(column, Text(column), "is not a day written dd/mm/yyyy");
    return day.value_or(absl::CivilDay());
  }

  void Bad(const std::string& column, const std::string& cell, const std::string& expected) const { errors_.Add(row_, lot_, column, cell, expected); }

 private:
  const std::map<std::string, std::string>& cells_;
  const int row_;
  std::string lot_;
  Errors& errors_;
};

bool IsLotCode(const std::string& code) {
  if (code.size() != 9 || (code.rfind("LL", 0) != 0 && code.rfind("LS", 0) != 0 && code.rfind("MT", 0) != 0)) return false;
  return std::all_of(code.begin() + 2, code.end(), [](char c) { return absl::ascii_isdigit(c); });
}

CampaignLot ReadLot(std::map<std::string, std::string> cells, int row, Errors* errors) {
  CampaignLot lot;
  lot.row = row;
  const RowReader reader(cells, row, errors);
  lot.code = reader.NeededText("CodeLot");
  if (!lot.code.empty() && !IsLotCode(lot.code)) reader.Bad("CodeLot", lot.code, "is not LL, LS or MT and 7 digits");
  lot.start = reader.NeededDay("Debut_du_lot");
  lot.duration_days = reader.NeededCount("duree_gavage", 1, kMeals);
  lot.strain = reader.Text("Souche");
  lot.placed = reader.NeededCount("Nb_MEG", 1, 100'000);
  lot.collected = reader.NeededCount("Nombre_enleve", 0, 100'000);
  lot.hung = reader.NeededCount("Quantite_accrochee", 0, 100'000);
  if (lot.hung > lot.placed) reader.Bad("Quantite_accrochee", reader.Text("Quantite_accrochee"), "is above Nb_MEG");
  lot.corn_kg = reader.NeededNumber("Conso_Gav_Z1", 0, 30);
  lot.itm = reader.Number("ITM", 0, 1000);
  if (lot.itm == 0.0) lot.itm.reset();
  lot.sigma = reader.Number("Sigma", 0, 10);
  if (lot.sigma == 0.0) lot.sigma.reset();
  lot.loss = reader.Number("dPctgPerteGav", 0, 1);
  lot.age_days = static_cast<int>(reader.Number("Age_des_animaux", 0, 400).value_or(0));
  lot.rearing_lot = reader.Text("Lot_PAG");
  reader.NeededText("Gaveur");
  for (int meal = 1; meal <= kMeals; ++meal) {
    CampaignMeal& m = lot.meals[meal - 1];
    m.target_g = reader.Number(Numbered("feedTarget_", meal), 0, 1000);
    m.real_g = reader.Number(Numbered("feedCornReal_", meal), 0, 1000).value_or(0);
    m.variation_g = reader.Number(Numbered("corn_variation_", meal), -1000, 1000);
    m.cumulative_g = reader.Number(Numbered("cumulCorn_", meal), 0, 30'000);
    m.delta_g = reader.Number(DeltaColumn(meal), -1000, 1000);
  }
  lot.cells = std::move(cells);
  return lot;
}

}  // namespace

bool IsPersonal(const std::string& column) {
  return std::any_of(kPersonalColumns.begin(), kPersonalColumns.end(), [&](const char* name) { return column == name; });
}

int CampaignLot::last_meal() const {
  for (int meal = kMeals; meal >= 1; --meal) {
    if (meals[meal - 1].given()) return meal;
  }
  return 0;
}

std::vector<int> CampaignLot::gaps() const {
  std::vector<int> gaps;
  for (int meal = 1; meal < last_meal(); ++meal) {
    if (!meals[meal - 1].given()) gaps.push_back(meal);
  }
  return gaps;
}

absl::StatusOr<Campaign> ReadCampaign(const std::string& bytes) {
  const DecodedText decoded = DecodeText(bytes);
  Campaign campaign;
  campaign.encoding = decoded.encoding;
  campaign.separator = DetectSeparator(decoded.text);
  auto rows = ParseCells(decoded.text, campaign.separator);
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return absl::InvalidArgumentError("the file is empty: a header line with the column names is expected");
  std::vector<std::string> header;
  for (const std::string& name : rows->front()) header.push_back(Trim(name));
  if (header.size() == 1) {
    return absl::InvalidArgumentError("the first line has one column only; expected the names of the columns, separated by ; , or tab, in UTF-8 or Windows-1252");
  }
  const std::set<std::string> names(header.begin(), header.end());
  Errors errors;
  for (const std::string& column : NeededColumns()) {
    if (names.count(column) == 0) errors.Add(absl::StrCat("column ", column, " is missing"));
  }
  if (names.size() != header.size()) errors.Add("a column name stands twice in the header");
  if (!errors.status().ok()) return errors.status();
  if (rows->size() == 1) return absl::InvalidArgumentError("the file has a header and no lot");
  campaign.columns = static_cast<int>(header.size());
  std::map<std::string, int> seen;
  for (size_t r = 1; r < rows->size(); ++r) {
    const std::vector<std::string>& row = (*rows)[r];
    const int number = static_cast<int>(r) + 1;
    if (row.size() != header.size()) {
      errors.Add(absl::StrCat("row ", number, " has ", row.size(), " cells, the header has ", header.size()));
      continue;
    }
    std::map<std::string, std::string> cells;
    for (size_t c = 0; c < row.size(); ++c) cells[header[c]] = Trim(row[c]);
    campaign.lots.push_back(ReadLot(std::move(cells), number, &errors));
    const auto [first, fresh] = seen.emplace(campaign.lots.back().code, number);
    if (!fresh) errors.Add(number, "", "CodeLot", first->first, absl::StrCat("stands already in row ", first->second));
  }
  if (!errors.status().ok()) return errors.status();
  return campaign;
}

}  // namespace egi::campaign
