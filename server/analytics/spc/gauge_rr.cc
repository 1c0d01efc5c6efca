#include "server/analytics/spc/gauge_rr.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "boost/math/distributions/fisher_f.hpp"

namespace egi::spc {
namespace {

constexpr int kMostCategories = 1000;

absl::Status CheckStudy(const GaugeValues& values, const GaugeOptions& options) {
  if (!(options.pooling_alpha >= 0 && options.pooling_alpha <= 1)) {
    return absl::InvalidArgumentError("pooling_alpha must lie between 0 and 1");
  }
  if (options.tolerance.has_value() && !(*options.tolerance > 0 && std::isfinite(*options.tolerance))) {
    return absl::InvalidArgumentError("tolerance must be greater than 0");
  }
  if (values.size() < 2) return absl::InvalidArgumentError(absl::StrCat("a study needs at least 2 parts, there are ", values.size()));
  const size_t appraisers = values.front().size();
  if (appraisers < 2) return absl::InvalidArgumentError(absl::StrCat("a study needs at least 2 appraisers, there are ", appraisers));
  const size_t repeats = values.front().front().size();
  if (repeats < 2) return absl::InvalidArgumentError(absl::StrCat("each part must be measured at least twice, there are ", repeats));
  for (const auto& part : values) {
    if (part.size() != appraisers) return absl::InvalidArgumentError("every appraiser must measure every part");
    for (const auto& cell : part) {
      if (cell.size() != repeats) return absl::InvalidArgumentError("every appraiser must measure every part equally often");
      for (double value : cell) {
        if (!std::isfinite(value)) return absl::InvalidArgumentError("a measurement is not a finite number");
      }
    }
  }
  return absl::OkStatus();
}

// Sums of squares of a crossed study, from the deviations of the means: no difference of large numbers.
struct Squares {
  int parts = 0, appraisers = 0, repeats = 0;
  double part = 0, appraiser = 0, interaction = 0, repeatability = 0;
  double total() const { return part + appraiser + interaction + repeatability; }
};

Squares SumSquares(const GaugeValues& values) {
  Squares s;
  s.parts = values.size();
  s.appraisers = values.front().size();
  s.repeats = values.front().front().size();
  std::vector<double> part_mean(s.parts, 0), appraiser_mean(s.appraisers, 0);
  std::vector<std::vector<double>> cell_mean(s.parts, std::vector<double>(s.appraisers, 0));
  double mean = 0;
  for (int i = 0; i < s.parts; ++i) {
    for (int j = 0; j < s.appraisers; ++j) {
      for (double value : values[i][j]) cell_mean[i][j] += value / s.repeats;
      part_mean[i] += cell_mean[i][j] / s.appraisers;
      appraiser_mean[j] += cell_mean[i][j] / s.parts;
      mean += cell_mean[i][j] / (s.parts * s.appraisers);
    }
  }
  const auto square = [](double x) { return x * x; };
  for (int i = 0; i < s.parts; ++i) s.part += s.appraisers * s.repeats * square(part_mean[i] - mean);
  for (int j = 0; j < s.appraisers; ++j) s.appraiser += s.parts * s.repeats * square(appraiser_mean[j] - mean);
  for (int i = 0; i < s.parts; ++i) {
    for (int j = 0; j < s.appraisers; ++j) {
      s.interaction += s.repeats * square(cell_mean[i][j] - part_mean[i] - appraiser_mean[j] + mean);
      for (double value : values[i][j]) s.repeatability += square(value - cell_mean[i][j]);
    }
  }
  return s;
}

AnovaLine Line(const std::string& source, int degrees, double squares) { return {source, degrees, squares, squares / degrees, {}, {}}; }

// F against the mean square of `error`; absent when that is 0.
void Test(const AnovaLine& error, AnovaLine* line) {
  if (!(*error.mean_square > 0)) return;
  line->f = *line->mean_square / *error.mean_square;
  line->p = boost::math::cdf(boost::math::complement(boost::math::fisher_f(line->degrees, error.degrees), *line->f));
}

AnovaLine Total(const Squares& s) { return {"total", s.parts * s.appraisers * s.repeats - 1, s.total(), {}, {}, {}}; }

std::vector<AnovaLine> FullModel(const Squares& s) {
  AnovaLine part = Line("part", s.parts - 1, s.part);
  AnovaLine appraiser = Line("appraiser", s.appraisers - 1, s.appraiser);
  AnovaLine interaction = Line("appraiser_by_part", (s.parts - 1) * (s.appraisers - 1), s.interaction);
  const AnovaLine repeatability = Line("repeatability", s.parts * s.appraisers * (s.repeats - 1), s.repeatability);
  Test(interaction, &part);
  Test(interaction, &appraiser);
  Test(repeatability, &interaction);
  return {part, appraiser, interaction, repeatability, Total(s)};
}

std::vector<AnovaLine> ReducedModel(const Squares& s) {
  AnovaLine part = Line("part", s.parts - 1, s.part);
  AnovaLine appraiser = Line("appraiser", s.appraisers - 1, s.appraiser);
  const int degrees = s.parts * s.appraisers * (s.repeats - 1) + (s.parts - 1) * (s.appraisers - 1);
  const AnovaLine repeatability = Line("repeatability", degrees, s.repeatability + s.interaction);
  Test(repeatability, &part);
  Test(repeatability, &appraiser);
  return {part, appraiser, repeatability, Total(s)};
}

double Between(double mean_square, double error, double divisor) { return std::max(0.0, (mean_square - error) / divisor); }

void AddComponents(const Squares& s, const GaugeOptions& options, GaugeResult* result) {
  const bool pooled = result->interaction_pooled;
  const std::vector<AnovaLine>& model = pooled ? result->reduced : result->full;
  const double repeatability = *model[pooled ? 2 : 3].mean_square;
  const double error = *model[2].mean_square;  // what part and appraiser are compared with
  const double interaction = pooled ? 0 : Between(error, repeatability, s.repeats);
  const double appraiser = Between(*model[1].mean_square, error, s.parts * s.repeats);
  const double part = Between(*model[0].mean_square, error, s.appraisers * s.repeats);
  const double gauge = repeatability + appraiser + interaction;
  const double total = gauge + part;
  const auto add = [&](const std::string& source, double variance) {
    GaugeComponent component{source, variance, std::sqrt(variance), 100 * variance / total, 100 * std::sqrt(variance / total), {}};
    if (options.tolerance.has_value()) component.tolerance_pct = 100 * 6 * component.std_dev / *options.tolerance;
    result->components.push_back(component);
  };
  add("gauge_rr", gauge);
  add("repeatability", repeatability);
  add("reproducibility", appraiser + interaction);
  add("appraiser", appraiser);
  if (!pooled) add("appraiser_by_part", interaction);
  add("part_to_part", part);
  add("total", total);
  result->grr_pct = 100 * std::sqrt(gauge / total);
  result->ndc = gauge > 0 ? static_cast<int>(std::min<double>(kMostCategories, 1.41 * std::sqrt(part / gauge))) : kMostCategories;
}

}  // namespace

absl::StatusOr<GaugeResult> AnalyseGauge(const GaugeValues& values, const GaugeOptions& options) {
  if (absl::Status bad = CheckStudy(values, options); !bad.ok()) return bad;
  const Squares squares = SumSquares(values);
  if (!(squares.total() > 0)) {
    return absl::FailedPreconditionError("all measurements are equal: the parts must span the variation of the process");
  }
  GaugeResult result;
  result.full = FullModel(squares);
  const AnovaLine& interaction = result.full[2];
  result.interaction_pooled = interaction.p.has_value() && *interaction.p > options.pooling_alpha;
  if (result.interaction_pooled) result.reduced = ReducedModel(squares);
  AddComponents(squares, options, &result);
  const bool tells_apart = result.ndc >= 5;
  result.verdict = tells_apart && result.grr_pct < 10 ? "acceptable" : tells_apart && result.grr_pct <= 30 ? "marginal" : "unacceptable";
  return result;
}

}  // namespace egi::spc
