#include "simulators/station/firmware/frame_average.h"

#include <algorithm>
#include <cmath>

#include "simulators/station/vl53l8ch/registers.h"

namespace egi::station::firmware {
namespace {

constexpr double kFarthestMm = 4000, kLargest = 4095, kLargestReflectance = 255;

float Whole(double value, double most) { return static_cast<float>(std::round(std::clamp(value, 0.0, most))); }

}  // namespace

void FrameAverage::Add(const RawFrame& frame) {
  ++frames_;
  temperature_sum_ += frame.temperature_c;
  any_distance_ = frame.distance_mm;
  for (size_t i = 0; i < kZones; ++i) {
    const int status = frame.status[i];
    if (status == vl53l8ch::kStatusValid || status == vl53l8ch::kStatusNoneBefore) {
      ++valid_[i];
    } else if (status == vl53l8ch::kStatusNoWrapCheck || status == vl53l8ch::kStatusLargePulse) {
      ++half_trusted_[i];
      half_status_[i] = status;
    } else {
      continue;
    }
    ++trusted_[i];
    distance_[i] += frame.distance_mm[i];
    signal_[i] += frame.signal_kcps[i];
    reflectance_[i] += frame.reflectance_pct[i];
    ambient_[i] += frame.ambient_kcps[i];
  }
}

quality::v1::TofFrame FrameAverage::Mean(double offset_mm) const {
  quality::v1::TofFrame mean;
  for (size_t i = 0; i < kZones; ++i) {
    const double count = std::max(1, trusted_[i]);
    const double distance = (trusted_[i] > 0 ? distance_[i] / count : any_distance_[i]) - offset_mm;
    mean.add_distance_mm(static_cast<float>(std::round(std::clamp(distance, 0.0, kFarthestMm) * 4) / 4));
    mean.add_reflectance(Whole(reflectance_[i] / count, kLargestReflectance));
    mean.add_amplitude(Whole(signal_[i] / count, kLargest));
    mean.add_ambient(Whole(ambient_[i] / count, kLargest));
    mean.add_target_status(2 * trusted_[i] < frames_            ? vl53l8ch::kStatusNoTarget
                           : half_trusted_[i] > valid_[i] ? half_status_[i]
                                                          : vl53l8ch::kStatusValid);
  }
  mean.set_sensor_temperature_c(static_cast<float>(std::round(10.0 * temperature_sum_ / std::max(1, frames_)) / 10));
  mean.set_frames_averaged(frames_);
  return mean;
}

}  // namespace egi::station::firmware
