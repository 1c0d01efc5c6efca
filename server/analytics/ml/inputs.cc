#include "server/analytics/ml/inputs.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "server/analyse/dome.h"
#include "server/analyse/raw_readings.h"
#include "server/analytics/ml/shape.h"

namespace egi::analytics::ml {
namespace {

using analyse::kZones;
using analyse::ZoneMap;

constexpr double kSoundReflectance = 55;      // percent
constexpr double kSmallResidualMm = 6;        // larger ones are defects, not roughness
constexpr double kReferenceHeightMm = 50;
constexpr double kReferenceA = 85, kReferenceB = 42.5;  // mm
constexpr int kChannels = 10;
// Counts of a fresh liver per unit of gain and 100 ms, F1 to F8, NIR, Clear (simulators.md section 5.1); only units here.
constexpr std::array<double, kChannels> kReferenceCounts = {400, 600, 500, 1900, 900, 600, 1150, 750, 600, 6500};
constexpr double kAmplitudeAt100mm = 4800;    // of a surface of 100 % (the twin's constant); only a unit here

// Which zones belong to the product: those that stand out of the tray.
std::array<bool, kZones> ProductOf(const ZoneMap& heights, const analyse::TofOptions& setup) {
  const double highest = *std::max_element(heights.begin(), heights.end());
  const double limit = std::max(setup.product_height_mm, setup.product_height_ratio * highest);
  std::array<bool, kZones> product{};
  for (int i = 0; i < kZones; ++i) product[i] = heights[i] > limit;
  return product;
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

float Bounded(double value, double low, double high) { return static_cast<float>(std::clamp(value, low, high)); }

void FillChannels(const quality::v1::SpectralChannels& c, double exposure, SampleInputs* inputs) {
  const std::array<double, kChannels> counts = {c.f1_415nm(), c.f2_445nm(), c.f3_480nm(), c.f4_515nm(), c.f5_555nm(),
                                                c.f6_590nm(), c.f7_630nm(), c.f8_680nm(), c.nir(),      c.clear()};
  for (int i = 0; i < kChannels; ++i) {
    const double seen = counts[i] / exposure / kReferenceCounts[i];
    inputs->figures[i] = seen > 0 ? Bounded(std::log(seen), -5, 5) : -5;
  }
}

}  // namespace

const std::array<const char*, kFigures> kFigureNames = {
    "f1_415nm", "f2_445nm", "f3_480nm",    "f4_515nm",    "f5_555nm", "f6_590nm", "f7_630nm",     "f8_680nm",
    "nir",      "clear",    "volume", "dome_height", "dome_a",   "dome_b",   "roughness_mm", "reflectance"};

absl::StatusOr<SampleInputs> InputsOf(const quality::v1::TofFrame& frame, const quality::v1::SpectralReading& reading,
                                      const analyse::TofOptions& setup) {
  if (frame.distance_mm_size() != kZones || frame.reflectance_size() != kZones || frame.amplitude_size() != kZones) {
    return absl::FailedPreconditionError(absl::StrCat("the frame has ", frame.distance_mm_size(), " distances, ", frame.reflectance_size(),
                                                      " reflectances and ", frame.amplitude_size(), " amplitudes; the models need 64 of each"));
  }
  const double exposure = reading.gain() * reading.integration_time_ms() / 100.0;
  if (!(exposure > 0)) return absl::FailedPreconditionError("the spectrum has no gain or no integration time; the models need both");
  ZoneMap heights{};
  for (int i = 0; i < kZones; ++i) heights[i] = setup.empty_distance_mm - frame.distance_mm(i);
  const std::array<bool, kZones> product = ProductOf(heights, setup);
  const Shape shape = FitShape(heights, product, setup.grid);

  SampleInputs inputs;
  double volume = 0, squares = 0;
  int small = 0;
  std::vector<double> reflectances;
  for (int i = 0; i < kZones; ++i) {
    inputs.image[3 * kZones + i] = Bounded(heights[i] / kReferenceHeightMm, -1, 4);
    if (!product[i]) continue;
    const double residual = heights[i] - shape.height[i];
    const double range = 100 / std::max<double>(frame.distance_mm(i), 50);
    inputs.image[i] = Bounded(residual / 5, -6, 6);
    inputs.image[kZones + i] = Bounded((frame.reflectance(i) - kSoundReflectance) / 10, -6, 6);
    inputs.image[2 * kZones + i] =
        Bounded(frame.amplitude(i) / (kAmplitudeAt100mm * kSoundReflectance / 100 * range * range) - 1, -2, 4);
    volume += heights[i] * setup.grid.AreaMm2();
    reflectances.push_back(frame.reflectance(i));
    if (std::abs(residual) > kSmallResidualMm) continue;
    squares += residual * residual;
    ++small;
  }
  if (reflectances.empty()) return absl::FailedPreconditionError("the frame shows no product; the models judge livers only");
  FillChannels(reading.channels(), exposure, &inputs);
  float* figure = &inputs.figures[kChannels];
  *figure++ = Bounded(volume / setup.expected_volume_mm3, 0, 5);
  *figure++ = Bounded(shape.top_mm / kReferenceHeightMm, 0, 5);
  *figure++ = Bounded(shape.long_mm / kReferenceA, 0, 5);
  *figure++ = Bounded(shape.short_mm / kReferenceB, 0, 5);
  *figure++ = static_cast<float>(std::sqrt(squares / std::max(1, small - 6)));  // six figures were fitted
  *figure++ = Bounded(Median(std::move(reflectances)) / kSoundReflectance, 0, 5);
  return inputs;
}

absl::StatusOr<SampleInputs> InputsOf(const quality::v1::SampleRecord& record, const analyse::AnalysisBook& book) {
  const quality::v1::Sample raw = analyse::RawReadings(record);
  return InputsOf(raw.tof(), raw.spectral(), book.FindOrDefault(record.meta_config_profile().value()).tof);
}

}  // namespace egi::analytics::ml
