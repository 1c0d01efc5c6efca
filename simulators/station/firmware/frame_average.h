// Averages frames zone by zone: N frames divide the noise by the square root of N.
#ifndef EGI_SIMULATORS_STATION_FIRMWARE_FRAME_AVERAGE_H_
#define EGI_SIMULATORS_STATION_FIRMWARE_FRAME_AVERAGE_H_

#include <array>

#include "egi/quality/v1/sample.pb.h"
#include "simulators/station/firmware/tof_frame.h"

namespace egi::station::firmware {

class FrameAverage {
 public:
  // Adds the zones whose target status can be trusted (5, 6, 9, 10).
  void Add(const RawFrame& frame);
  int frames() const { return frames_; }
  // The mean, with `offset_mm` subtracted from the distances and the figures within the limits of TofFrame: distances in quarters of a millimetre, the rest
  // in whole numbers. The status of a zone is its most frequent trusted one, or 255 when fewer than half of its frames were trusted. Needs a frame.
  quality::v1::TofFrame Mean(double offset_mm) const;

 private:
  int frames_ = 0;
  int temperature_sum_ = 0;
  std::array<int, kZones> trusted_{}, valid_{}, half_trusted_{};
  std::array<int, kZones> half_status_{};
  std::array<double, kZones> distance_{}, signal_{}, reflectance_{}, ambient_{};
  std::array<double, kZones> any_distance_{};  // of the last frame, for zones that were never trusted
};

}  // namespace egi::station::firmware

#endif  // EGI_SIMULATORS_STATION_FIRMWARE_FRAME_AVERAGE_H_
