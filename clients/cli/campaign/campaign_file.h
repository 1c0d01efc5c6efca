// A campaign file: one row a finished lot, with its meals (specification: domain.md section 15).
#ifndef EGI_CLIENTS_CLI_CAMPAIGN_CAMPAIGN_FILE_H_
#define EGI_CLIENTS_CLI_CAMPAIGN_CAMPAIGN_FILE_H_

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"

namespace egi::campaign {

// Meals the layout has room for.
inline constexpr int kMeals = 27;

// The columns with personal data. Their cells are never printed, logged or sent outside GaveurContact.
inline constexpr std::array<const char*, 11> kPersonalColumns = {"Eleveur",    "Gaveur",  "Civilite",   "RaisonSociale", "NomUsage", "Adresse1",
                                                                 "Adresse2",   "CodePostal", "Commune", "Telephone1",    "Email"};
bool IsPersonal(const std::string& column);

// One meal of a row.
struct CampaignMeal {
  // Prescribed dose, g per duck; absent when the cell is empty.
  std::optional<double> target_g;
  // Dose given, g per duck; 0 = no meal.
  double real_g = 0;
  // Derived cells as in the file; absent when empty.
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
  int placed = 0, collected = 0, hung = 0;
  // kg of corn per duck.
  double corn_kg = 0;
  // kg of corn per kg of liver.
  std::optional<double> itm;
  // Fraction; absent when the file says 0 or nan (not measured).
  std::optional<double> sigma;
  // Fraction.
  std::optional<double> loss;
  // Days; 0 = unknown.
  int age_days = 0;
  std::string rearing_lot;
  std::array<CampaignMeal, kMeals> meals;  // meals[0] is meal 1
  // All other cells by column name, trimmed, personal ones included.
  std::map<std::string, std::string> cells;

  // Number of the last meal given, 0 without.
  int last_meal() const;
  // Numbers of meals skipped before the last one.
  std::vector<int> gaps() const;
};

// The file.
struct Campaign {
  std::string encoding;
  char separator = ';';
  int columns = 0;
  std::vector<CampaignLot> lots;
};

// Reads a whole file. Columns are found by name, in any order, more than needed are kept in `cells`. Errors: INVALID_ARGUMENT naming
// every missing column, or row and column of every bad cell (at most 50; values of personal columns are not shown).
absl::StatusOr<Campaign> ReadCampaign(const std::string& bytes);

}  // namespace egi::campaign

#endif  // EGI_CLIENTS_CLI_CAMPAIGN_CAMPAIGN_FILE_H_
