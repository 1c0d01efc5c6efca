// Histograms of photon arrivals (CNH): what one zone returns, bin by bin.
#ifndef EGI_SIMULATORS_STATION_VL53L8CH_HISTOGRAM_H_
#define EGI_SIMULATORS_STATION_VL53L8CH_HISTOGRAM_H_

#include <vector>

#include "simulators/station/random.h"
#include "simulators/station/vl53l8ch/target.h"

namespace egi::station::vl53l8ch {

// Rules of the second echo and of the noise (simulators.md section 7.3).
struct HistogramOptions {
  double multi_echo_probability = 0.18;
  double reflectance_threshold = 30;       // %; below it the pulse is weaker and noisier
  double noise_factor_low_reflectance = 0.06;
  double noise_factor_high_reflectance = 0.03;
};

// Counts of `bins` bins of `bin_mm`, >= 0. Bins of 10 mm and more get the pulse of the part (sigma 0.85 ns of light, there and back: 127 mm); narrower ones the
// pulse of simulators.md section 3.4, 1 to 4 bins wide, which no real part resolves.
std::vector<double> Histogram(const ZoneTarget& zone, int bins, double bin_mm, const HistogramOptions& options, Random& random);

}  // namespace egi::station::vl53l8ch

#endif  // EGI_SIMULATORS_STATION_VL53L8CH_HISTOGRAM_H_
