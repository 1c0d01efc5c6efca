#include "simulators/station/firmware/histogram_summary.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace egi::station::firmware {
namespace {

constexpr double kSmallestPeak = 0.18, kSmallestProminence = 0.05;
// Weights of a Gaussian of 1.5 bins at 0 to 4 bins, adding up to 1 over both sides.
constexpr std::array<double, 5> kKernel = {0.2667, 0.2136, 0.1096, 0.0361, 0.00735};

std::vector<double> Smooth(const std::vector<double>& histogram) {
  constexpr int kReach = static_cast<int>(kKernel.size()) - 1;
  const int n = static_cast<int>(histogram.size());
  std::vector<double> smooth(histogram.size());
  for (int i = 0; i < n; ++i) {
    double sum = kKernel[0] * histogram[static_cast<size_t>(i)];
    for (int k = 1; k <= kReach; ++k) {
      const double before = i - k >= 0 ? histogram[static_cast<size_t>(i - k)] : 0;
      const double after = i + k < n ? histogram[static_cast<size_t>(i + k)] : 0;
      sum += kKernel[static_cast<size_t>(k)] * (before + after);
    }
    smooth[static_cast<size_t>(i)] = sum;
  }
  return smooth;
}

}  // namespace

int CountPeaks(const std::vector<double>& histogram) {
  const std::vector<double> smooth = Smooth(histogram);
  const double greatest = smooth.empty() ? 0 : *std::max_element(smooth.begin(), smooth.end());
  if (greatest <= 0) return 0;
  // Walks from valley to peak: a peak counts once the way down from it exceeds the prominence, the next begins once the way up does.
  int peaks = 0;
  double valley = 0, top = 0;
  bool climbing = true;
  for (const double value : smooth) {
    if (climbing) {
      top = std::max(top, value);
      if (top - value > kSmallestProminence * greatest && top - valley > kSmallestProminence * greatest) {
        if (top >= kSmallestPeak * greatest) ++peaks;
        climbing = false;
        valley = value;
      }
    } else {
      valley = std::min(valley, value);
      if (value - valley > kSmallestProminence * greatest) {
        climbing = true;
        top = value;
      }
    }
  }
  if (climbing && top - valley > kSmallestProminence * greatest && top >= kSmallestPeak * greatest) ++peaks;
  return peaks;
}

google::protobuf::Struct SummariseHistograms(const std::vector<std::vector<double>>& histograms, double bin_mm) {
  double distance = 0, roughness = 0, quality = 0, texture = 0, density = 0;
  int multi = 0, zones = 0;
  for (const std::vector<double>& histogram : histograms) {
    double sum = 0, squares = 0, greatest = 0, logs = 0;
    size_t fullest = 0;
    for (size_t i = 0; i < histogram.size(); ++i) {
      const double count = histogram[i];
      sum += count;
      squares += count * count;
      if (count > 0) logs += count * std::log(count);
      if (count > greatest) {
        greatest = count;
        fullest = i;
      }
    }
    if (sum <= 0 || histogram.size() < 2) continue;
    const auto n = static_cast<double>(histogram.size());
    ++zones;
    multi += CountPeaks(histogram) > 1;
    distance += static_cast<double>(fullest) * bin_mm;
    roughness += std::sqrt(std::max(0.0, squares / n - sum / n * (sum / n))) / greatest;
    quality += greatest / sum;
    texture += (std::log(sum) - logs / sum) / std::log(n);  // entropy of count / sum
    density += sum;
  }
  google::protobuf::Struct summary;
  const auto set = [&summary](const char* key, double value) { (*summary.mutable_fields())[key].set_number_value(std::round(value * 1e4) / 1e4); };
  const double count = std::max(1, zones);
  set("n_bins", histograms.empty() ? 0 : static_cast<double>(histograms[0].size()));
  set("bin_size_mm", bin_mm);
  set("multi_peak_count", multi);
  set("peak_distance_mm", distance / count);
  set("roughness", roughness / count);
  set("signal_quality", quality / count);
  set("texture_score", texture / count);
  set("density_score", density / count);
  return summary;
}

}  // namespace egi::station::firmware
