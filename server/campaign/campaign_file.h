// A campaign file: one row a finished lot, with its meals (specification: domain.md section 15).
#ifndef EGI_SERVER_CAMPAIGN_CAMPAIGN_FILE_H_
#define EGI_SERVER_CAMPAIGN_CAMPAIGN_FILE_H_

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "server/campaign/columns.h"

namespace egi::campaign {

// One meal of a row.
struct CampaignMeal {
  // Prescribed dose, g per duck; absent when the cell is empty.
  std::optional<double> target_g;
  // Dose given, g per duck; 0 = no meal.
  double real_g = 0;
  // Derived cells as in the file; absent when empty. Not needed for writing.
  std::optional<double> variation_g, cumulative_g, delta_g;

  bool given() const { return real_g > 0; }
};

// One row.
struct CampaignLot {
  // Line of the file, the first lot is 2.
  int row = 0;
  std::string code;
  absl::CivilDay start;
  int duration_days = 0;
  std::string strain;
  // Birds. `collected` and `hung` are known at the end only.
  int placed = 0, collected = 0, hung = 0;
  // The lot has ended: what is known at the end is known. Always true for what was read.
  bool finished = true;
  // kg of corn per duck.
  double corn_kg = 0;
  // kg of corn per kg of liver.
  std::optional<double> itm;
  // Fraction; absent when the file says 0 or nan (not measured).
  std::optional<double> sigma;
  // Fraction.
  std::optional<double> loss;
  // Mean and standard deviation of the liver weights, g; only the relatives of the 174-column file tell.
  std::optional<double> liver_g, liver_sd_g;
  // Days; 0 = unknown.
  int age_days = 0;
  std::string rearing_lot;
  std::array<CampaignMeal, kMeals> meals;  // meals[0] is meal 1
  // All other cells by (canonical) name of a column of a layout, trimmed, personal ones included, empty ones not.
  std::map<std::string, std::string> cells;

  // Number of the last meal given, 0 without.
  int last_meal() const;
  // How many were given.
  int meals_given() const;
  // Numbers of meals skipped before the last one.
  std::vector<int> gaps() const;
  // Sums over the meals given, g per duck.
  double target_sum_g() const;
  double real_sum_g() const;
};

// A cell, or a row, that cannot be imported. The row is left out.
struct BadCell {
  int row = 0;
  std::string lot;     // as far as it is legible
  std::string column;  // empty = the whole row
  std::string cell;    // empty for personal columns
  std::string kind;    // bad_cell, bad_row, conflict or duplicate_lot
  std::string text;    // what is wrong and what is expected; never a personal cell
};

// The file.
struct Campaign {
  std::string encoding;
  char separator = ';';
  int columns = 0;
  // campaign174, campaign199, campaign100 or other.
  std::string layout;
  // The columns by (canonical) name, and as the file writes them, in its order.
  std::vector<std::pair<std::string, std::string>> header;
  // Those that are read, by (canonical) name.
  std::set<std::string> names;
  // Those that no layout has, in the order of the file. They are not read: nobody knows whether they hold personal data.
  std::vector<std::string> unknown;
  // Doses stand under the names of the older export, whose Sigma follows another definition (domain.md section 5): it is not read.
  bool older_export = false;
  // Rows besides the header, good and bad.
  int rows = 0;
  // Meals given in the rows that are left out, as far as they are legible.
  int bad_meals = 0;
  // The good rows.
  std::vector<CampaignLot> lots;
  // Why the others are not among them, by row.
  std::vector<BadCell> bad;
};

// A file has at most so many columns, and lines.
inline constexpr size_t kMostColumns = 400, kMostLines = 20'000;

// Reads a whole file. Columns are found by name or by the names of the relatives (columns.h), in any order.
// Errors: INVALID_ARGUMENT (not text, a quote never closed, no header, needed columns missing: all are named, no row, too many columns or lines).
absl::StatusOr<Campaign> ReadCampaign(const std::string& bytes);

// OK when every row is good, else INVALID_ARGUMENT with row and column of every bad cell (at most 50).
absl::Status AllRowsGood(const Campaign& campaign);

}  // namespace egi::campaign

#endif  // EGI_SERVER_CAMPAIGN_CAMPAIGN_FILE_H_
