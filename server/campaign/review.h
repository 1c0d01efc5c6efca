// What an import tells about a campaign file: derived columns recomputed (domain.md section 15.3), gaps, doubtful figures (15.4), sums.
#ifndef EGI_SERVER_CAMPAIGN_REVIEW_H_
#define EGI_SERVER_CAMPAIGN_REVIEW_H_

#include <map>
#include <string>
#include <vector>

#include "server/campaign/campaign_file.h"

namespace egi::campaign {

enum class Severity {
  kInfo,     // a known habit of the files
  kWarning,  // imported as it is, worth a look
  kError,    // the row is left out
};

// "info", "warning" or "error".
std::string SeverityName(Severity severity);

// Something worth a look, by row and column. Never holds a personal cell.
struct Anomaly {
  int row = 0;
  std::string lot;
  std::string column;  // empty = the whole row
  int meal = 0;        // 0 = none
  // bad_cell, bad_row, duplicate_lot, conflict, difference, gap, empty_after_gap, first_variation, unusual_dose, unusual_target, missing_target,
  // high_loss, inconsistent_count, no_meal, same_meaning, other_definition, unknown_column.
  std::string kind;
  Severity severity = Severity::kWarning;
  std::string in_file, expected;
  std::string text;
};

// Sums over lots.
struct Figures {
  int lots = 0, placed = 0, hung = 0;
  // kg: birds placed * corn per duck.
  double corn_kg = 0;
  // kg: sum of hung * corn / ITM, and the corn of those lots' hung birds, kg.
  double liver_kg = 0, hung_corn_kg = 0;
};

struct Review {
  // Derived cells equal to their formula (corn_variation and delta_feed without the first meal).
  int equal_variation = 0, equal_cumulative = 0, equal_delta = 0, equal_lot_columns = 0;
  // By row; those of the bad cells included.
  std::vector<Anomaly> anomalies;

  // Figures of the good rows.
  Figures all;
  std::map<std::string, Figures> sites;
  int feeders = 0, meals = 0, meals_with_target = 0, measured_sigma = 0, lots_with_itm = 0;
  // Unweighted means over the lots that have the figure; 0 without any.
  double mean_itm = 0, mean_sigma = 0;

  // Anomalies of a kind.
  int Count(const std::string& kind) const;
};

// Recomputes and sums up.
Review ReviewCampaign(const Campaign& campaign);

}  // namespace egi::campaign

#endif  // EGI_SERVER_CAMPAIGN_REVIEW_H_
