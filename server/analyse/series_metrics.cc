#include "server/analyse/series_metrics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace egi::analyse {
namespace {

using Run = std::vector<SeriesPoint>;

// Mean and sample standard deviation of a field over the last `count` points.
struct Moments {
  double mean = 0, sd = 0;
};

Moments Last(const Run& run, size_t count, double SeriesPoint::*field) {
  const size_t n = std::min(count, run.size());
  Moments moments;
  for (size_t i = run.size() - n; i < run.size(); ++i) moments.mean += run[i].*field / static_cast<double>(n);
  double squares = 0;
  for (size_t i = run.size() - n; i < run.size(); ++i) squares += std::pow(run[i].*field - moments.mean, 2);
  if (n > 1) moments.sd = std::sqrt(squares / static_cast<double>(n - 1));
  return moments;
}

// A straight line through a run, by least squares.
struct Line {
  double slope = 0;
  double standard_error = 0;  // of the slope
};

// Through a field of the last `count` points, against their number or their time.
std::optional<Line> Fit(const Run& run, size_t count, double SeriesPoint::*field, bool by_time) {
  const size_t first = run.size() - std::min(count, run.size());
  const double n = static_cast<double>(run.size() - first);
  const auto x = [&](size_t i) { return by_time ? run[i].hours - run[first].hours : static_cast<double>(i - first); };
  double mx = 0, my = 0, xx = 0, xy = 0, yy = 0;
  for (size_t i = first; i < run.size(); ++i) mx += x(i) / n, my += run[i].*field / n;
  for (size_t i = first; i < run.size(); ++i) {
    xx += (x(i) - mx) * (x(i) - mx);
    xy += (x(i) - mx) * (run[i].*field - my);
    yy += (run[i].*field - my) * (run[i].*field - my);
  }
  if (!(xx > 0)) return std::nullopt;
  const double residual = std::max(0.0, yy - xy * xy / xx);
  return Line{xy / xx, n > 2 ? std::sqrt(residual / (n - 2) / xx) : 0};
}

void Capability(const Run& run, const QualityReferences& reference, SeriesMetrics* m) {
  constexpr size_t kLast = 100, kLeast = 10;
  if (run.size() < kLeast) return;
  const Moments thickness = Last(run, kLast, &SeriesPoint::thickness_mm);
  const double tolerance = reference.usl_mm - reference.lsl_mm;
  m->process_mean = thickness.mean;
  m->process_std = thickness.sd;
  m->is_centered = std::abs(thickness.mean - (reference.usl_mm + reference.lsl_mm) / 2) <= tolerance / 10;
  if (!(thickness.sd > 1e-9)) return;
  m->cp = tolerance / (6 * thickness.sd);
  m->cpk = std::min(reference.usl_mm - thickness.mean, thickness.mean - reference.lsl_mm) / (3 * thickness.sd);
  m->process_capability = *m->cpk >= reference.capable ? "capable" : *m->cpk >= reference.acceptable ? "acceptable" : "incapable";
}

void Course(const Run& run, const QualityReferences& reference, SeriesMetrics* m) {
  if (run.size() >= 10) m->moving_avg_10 = Last(run, 10, &SeriesPoint::score).mean;
  if (run.size() >= 50) m->moving_avg_50 = Last(run, 50, &SeriesPoint::score).mean;
  if (run.size() < 20) return;
  const auto line = Fit(run, 20, &SeriesPoint::score, false);
  if (!line) return;
  m->slope = 100 * line->slope;
  const double least = std::max(reference.trend_slope, reference.trend_significance * 100 * line->standard_error);
  m->trend = *m->slope > least ? "rising" : *m->slope < -least ? "falling" : "stable";
}

void Freshness(const Run& run, const QualityReferences& reference, SeriesMetrics* m) {
  constexpr size_t kLeast = 10, kLast = 20;
  constexpr double kLeastHours = 0.1;
  if (run.size() < kLeast) return;
  const size_t first = run.size() - std::min(kLast, run.size());
  if (run.back().hours - run[first].hours < kLeastHours) return;
  const auto line = Fit(run, kLast, &SeriesPoint::freshness, true);
  if (!line) return;
  const double loss = -line->slope;
  m->degradation_per_hour = loss;
  m->freshness_trend = loss > reference.freshness_stable_per_hour ? "degrading" : "stable";
  if (loss <= reference.freshness_stable_per_hour) return;
  m->shelf_life_hours = std::max(0.0, (Last(run, kLast, &SeriesPoint::freshness).mean - reference.freshness_spoiled) / loss);
}

void Colour(const Run& run, const QualityReferences& reference, SeriesMetrics* m) {
  const Moments colour = Last(run, run.size(), &SeriesPoint::delta_e);
  m->mean_delta_e = colour.mean;
  if (run.size() < 2) return;
  m->std_delta_e = colour.sd;
  if (!(colour.mean > 0)) return;
  m->colour_cv_percent = 100 * colour.sd / colour.mean;
  const Levels& bounds = reference.colour_cv_percent;
  m->colour_uniformity = *m->colour_cv_percent <= bounds[0]   ? "excellent"
                         : *m->colour_cv_percent <= bounds[1] ? "good"
                         : *m->colour_cv_percent <= bounds[2] ? "acceptable"
                                                              : "low";
}

}  // namespace

SeriesMetrics MetricsOf(const Run& run, const QualityReferences& reference) {
  SeriesMetrics m;
  m.samples = static_cast<int>(run.size());
  if (run.empty()) return m;
  m.deviation_mm = run.back().thickness_mm - reference.dimension_target_mm;
  m.deviation_percent = 100 * *m.deviation_mm / reference.dimension_target_mm;
  m.is_within_tolerance = std::abs(*m.deviation_mm) <= reference.dimension_tolerance_mm;
  Capability(run, reference, &m);
  Course(run, reference, &m);
  Freshness(run, reference, &m);
  Colour(run, reference, &m);
  return m;
}

}  // namespace egi::analyse
