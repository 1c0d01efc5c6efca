// What the histograms of a measurement say, in a few figures (simulators.md section 4, "bins").
#ifndef EGI_SIMULATORS_STATION_FIRMWARE_HISTOGRAM_SUMMARY_H_
#define EGI_SIMULATORS_STATION_FIRMWARE_HISTOGRAM_SUMMARY_H_

#include <vector>

#include "google/protobuf/struct.pb.h"

namespace egi::station::firmware {

// A peak is a local maximum of the smoothed histogram (Gaussian of 1.5 bins) of at least 0.18 of its greatest value that stands out by 0.05 of it.
int CountPeaks(const std::vector<double>& histogram);

// The block `bins_analysis` of TofAnalysis.details: n_bins, bin_size_mm, multi_peak_count (zones with more than one peak), and over the zones the mean of
// peak_distance_mm (fullest bin), roughness (standard deviation / maximum), signal_quality (maximum / sum), texture_score (entropy / ln n) and density_score
// (sum of counts); rounded to 4 decimals.
google::protobuf::Struct SummariseHistograms(const std::vector<std::vector<double>>& histograms, double bin_mm);

}  // namespace egi::station::firmware

#endif  // EGI_SIMULATORS_STATION_FIRMWARE_HISTOGRAM_SUMMARY_H_
