#include "simulators/station/vl53l8ch/histogram.h"

#include <algorithm>
#include <cmath>

namespace egi::station::vl53l8ch {
namespace {

constexpr double kWideBinMm = 10;
constexpr double kPulseMm = 0.85 * 299.792458 / 2;  // 0.85 ns at the speed of light in mm/ns

void AddPulse(double centre, double sigma, double height, std::vector<double>* bins) {
  const int last = static_cast<int>(bins->size()) - 1;
  const int from = std::max(0, static_cast<int>(centre - 5 * sigma)), to = std::min(last, static_cast<int>(centre + 5 * sigma) + 1);
  for (int i = from; i <= to; ++i) {
    const double u = (i - centre) / sigma;
    (*bins)[static_cast<size_t>(i)] += height * std::exp(-0.5 * u * u);
  }
}

// Four uniform numbers out of one draw, added up: mean 0, standard deviation 1.
double CheapNormal(Random& random) {
  const uint64_t bits = random.Bits();
  const double sum = static_cast<double>((bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)) / 65536;
  return (sum - 2) * 1.7320508075688772;  // sqrt(12 / 4)
}

}  // namespace

double SignalKcps(const ZoneTarget& zone) {
  const double range = 100 / std::max(zone.distance_mm, 50.0);
  return zone.reflectance_percent / 100 * range * range * 12 * 400;
}

std::vector<double> Histogram(const ZoneTarget& zone, int bins, double bin_mm, const HistogramOptions& options, Random& random) {
  std::vector<double> counts(static_cast<size_t>(bins));
  const double reflectance = zone.reflectance_percent;
  double height = std::max(5.0, SignalKcps(zone) * (0.1 + reflectance / 200));
  if (reflectance < options.reflectance_threshold) height *= 0.6;
  const double centre = zone.distance_mm / bin_mm;
  const double sigma = bin_mm >= kWideBinMm ? kPulseMm / bin_mm
                                            : std::max(1.0, 1 + (50 - std::min(reflectance, 50.0)) / 25 + random.Uniform(-0.3, 1));
  AddPulse(centre, sigma, height, &counts);
  if (random.Chance(options.multi_echo_probability)) {
    const double offset = random.Uniform(0.01, 0.06) * bins;
    const double share = random.Uniform(0.1, 0.6);
    AddPulse(centre + offset, sigma * random.Uniform(1, 2), height * share, &counts);
  }
  if (zone.foreign_body) AddPulse(std::max(0.0, centre - 0.08 * bins), sigma, 0.5 * height, &counts);
  const double noise = height * (reflectance < options.reflectance_threshold ? options.noise_factor_low_reflectance
                                                                             : options.noise_factor_high_reflectance);
  for (double& count : counts) count = std::max(0.0, count + noise * CheapNormal(random));
  return counts;
}

}  // namespace egi::station::vl53l8ch
