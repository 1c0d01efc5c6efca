// What the analyse stage concludes from an item; plain data handed on to persist.
#ifndef EGI_SERVER_ANALYSE_VERDICT_H_
#define EGI_SERVER_ANALYSE_VERDICT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "egi/feeding/v1/meal.pb.h"
#include "egi/quality/v1/sample.pb.h"

namespace egi::analyse {

// info < warning < important < critical (domain.md section 9).
enum class Severity { kInfo = 0, kWarning = 1, kImportant = 2, kCritical = 3 };

// A condition met by an item. Persist folds it into the one open alert of (type, object).
struct AlertCandidate {
  std::string type;        // e.g. "quality_low", "dose_ecart"
  Severity severity = Severity::kInfo;
  std::string message;     // one sentence, English for SQAL, French for feeding; no personal data
  std::optional<double> observed;
  std::optional<double> expected;
  std::optional<double> gap_pct;
  std::string context_json;  // JSON object: measured values and thresholds; "{}" when none
};

// Conclusion on a sample.
struct SampleVerdict {
  quality::v1::Fusion result;   // computed by the server; is_compliant, vl53l8ch_score, as7341_score always set
  bool score_disagrees = false; // |declared - computed| > 0.02
  bool clock_skew = false;      // device time older than 7 days
  std::vector<AlertCandidate> alerts;
};

// What is known of a lot when a meal arrives; loaded by persist inside its transaction.
struct LotState {
  int32_t birds_placed = 0;              // 0 = unknown
  std::string breed;                     // Mulard, Barbarie, Pékin or empty
  std::optional<double> previous_weight_g;  // mean weight at the newest earlier meal
  std::optional<double> weight_three_days_ago_g;
  std::optional<double> mortality_pct;   // at the newest earlier meal
};

// Conclusion on a meal.
struct MealVerdict {
  std::optional<double> dose_gap_pct;    // (real - prescribed) / prescribed * 100
  std::vector<AlertCandidate> alerts;
  std::vector<std::string> cleared;      // alert types whose measure is back in range: persist closes them
  std::vector<feeding::v1::Recommendation> recommendations;
};

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_VERDICT_H_
