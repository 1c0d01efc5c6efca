// What the analyse stage concludes from an item; plain data handed on to persist.
#ifndef EGI_SERVER_ANALYSE_VERDICT_H_
#define EGI_SERVER_ANALYSE_VERDICT_H_

#include <array>
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
  bool of_device = false;    // about the device whatever the lot
};

// Alerts of samples, by their place in SampleVerdict::cleared.
inline constexpr std::array<const char*, 6> kSampleAlerts = {"quality_critical", "quality_low",   "grade_reject",
                                                             "oxidation_high",   "freshness_low", "score_disagreement"};
inline constexpr size_t kQualityCritical = 0, kQualityLow = 1, kGradeReject = 2, kOxidationHigh = 3, kFreshnessLow = 4, kScoreDisagreement = 5;

// Conclusion on a sample.
struct SampleVerdict {
  quality::v1::Fusion result;   // computed by the server; is_compliant, vl53l8ch_score, as7341_score always set
  std::optional<quality::v1::Computation> computed;  // from the raw data; none without a known profile
  // The server's analyses of a sample that came without any: they take the place of the device's.
  std::optional<quality::v1::TofAnalysis> tof;
  std::optional<quality::v1::SpectralAnalysis> spectral;
  const char* comparison = "";  // agrees, disagrees, not_declared or unknown_profile
  bool score_disagrees = false; // |declared - computed| > 0.02, of the fused score or of a sensor's
  bool clock_skew = false;      // device time older than 7 days
  std::vector<AlertCandidate> alerts;
  uint8_t cleared = 0;          // bit i: the measure of kSampleAlerts[i] is in range by more than its margin
};

// What is known of a lot when a meal arrives; loaded by persist inside its transaction.
struct LotState {
  int32_t birds_placed = 0;              // 0 = unknown
  std::string breed;                     // Mulard, Barbarie, Pékin or empty
  std::optional<double> previous_weight_g;  // mean weight at the newest earlier meal
  std::optional<double> weight_three_days_ago_g;
  std::optional<double> mortality_pct;   // at the newest earlier meal
  std::optional<absl::Time> previous_meal_time;  // of the newest earlier meal
  int32_t skipped_meals = 0;             // places of the series between that meal and this one
  std::optional<double> curve_weight_g;  // mean weight after this meal by the curve in force
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
