// What an import tells about a campaign file: derived columns recomputed (domain.md section 15.3), gaps, doubtful figures (15.4).
#ifndef EGI_CLIENTS_CLI_CAMPAIGN_REVIEW_H_
#define EGI_CLIENTS_CLI_CAMPAIGN_REVIEW_H_

#include <string>
#include <vector>

#include "clients/cli/campaign/campaign_file.h"

namespace egi::campaign {

// A derived cell that differs from its formula.
struct Difference {
  std::string lot, column;
  // As in the file, empty for an empty cell; and recomputed.
  std::string in_file, recomputed;
};

// A figure worth a look; the lot is imported as it is.
struct Warning {
  std::string lot;
  // 0 when it concerns the whole lot.
  int meal = 0;
  std::string text;
};

// A meal skipped inside the series: kept as a gap, not as the end of the lot.
struct Gap {
  std::string lot;
  int meal = 0;
};

struct Review {
  // Derived cells equal to their formula (corn_variation and delta_feed without the first meal).
  int equal_variation = 0, equal_cumulative = 0, equal_delta = 0, equal_lot_columns = 0;
  // Lots whose corn_variation_1 says 0 although real and prescribed dose differ: the file always writes 0 there.
  int first_variation_forced_to_zero = 0;
  // Cells the file leaves empty because of an inner gap: cumulCorn of every later meal, delta_feed of the next one.
  std::vector<Difference> empty_after_gap;
  // All other differences: none in a sound file.
  std::vector<Difference> differences;
  std::vector<Gap> gaps;
  std::vector<Warning> warnings;

  // Figures of the whole file.
  int lots = 0, feeders = 0, sites = 0, meals = 0, meals_with_target = 0, placed = 0, hung = 0, measured_sigma = 0;
  // kg of liver = sum of hung * corn / ITM.
  double liver_kg = 0;
  // Unweighted means over the lots that have the figure; 0 without any.
  double mean_itm = 0, mean_sigma = 0;
};

// Recomputes and sums up.
Review ReviewCampaign(const Campaign& campaign);

}  // namespace egi::campaign

#endif  // EGI_CLIENTS_CLI_CAMPAIGN_REVIEW_H_
