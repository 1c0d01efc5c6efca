// Model of the VL53L8CH at register level: pages, the download and boot of its firmware, commands, frames and histograms.
#ifndef EGI_SIMULATORS_STATION_VL53L8CH_SENSOR_H_
#define EGI_SIMULATORS_STATION_VL53L8CH_SENSOR_H_

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "absl/time/time.h"
#include "simulators/station/i2c/bus.h"
#include "simulators/station/random.h"
#include "simulators/station/vl53l8ch/histogram.h"
#include "simulators/station/vl53l8ch/target.h"

namespace egi::station::vl53l8ch {

// Not thread-safe.
class Sensor : public i2c::Device {
 public:
  struct Options {
    uint64_t serial = 1;           // decides the factory's offsets
    double frame_sigma_mm = 5.6;   // of one frame, dark, at 20..200 mm (DS13754: +-15 mm at 2.7 sigma)
    double signal_sigma_kcps = 8;
    double drift_mm_per_c = 0.05;  // from 25 degrees Celsius
    double bias_mm = 0;            // what a calibration has to find: added to every distance
    HistogramOptions histogram = {};
  };

  Sensor(const Options& options, const i2c::VirtualTime& time);

  // Puts something before the sensor; `noise` names the noise of everything measured of it.
  void Face(const Target& target, Random noise);
  // Changes the bias, and how histograms are drawn.
  void SetBias(double bias_mm) { options_.bias_mm = bias_mm; }
  void SetHistogram(const HistogramOptions& histogram) { options_.histogram = histogram; }

  void OnWrite(const uint8_t* bytes, size_t count) override;
  void OnRead(uint8_t* bytes, size_t count) override;

  // Whether the firmware runs, and whether it measures.
  bool booted() const { return booted_; }
  bool ranging() const { return ranging_; }

 private:
  void WriteSystem(uint16_t index, uint8_t value);
  void WriteUi(const uint8_t* bytes, size_t count);
  void RunCommand(const uint8_t* bytes, size_t count);
  void AnswerIn(absl::Duration delay, uint8_t nvm, uint8_t command, uint8_t error);
  void SetItem(uint16_t index, std::vector<uint8_t> value);
  std::vector<uint8_t> ReadItem(uint16_t index, size_t count);
  std::vector<uint8_t> ReadHistograms();
  uint8_t StreamCount() const;
  void MeasureFrame();
  bool FirmwareIsWhole() const;
  uint8_t ReadByte(uint16_t index);

  Options options_;
  const i2c::VirtualTime& time_;
  std::vector<uint8_t> nvm_;
  Target target_;
  Random noise_{0}, histogram_noise_{0};
  double frame_sigma_mm_ = 0;  // these follow from the target, in the order of the frame
  std::array<double, kZones> expected_kcps_{};
  std::array<uint32_t, kZones> ambient_{}, spads_{};
  std::array<uint16_t, kZones> sigma_{};

  uint8_t page_ = 0;
  uint16_t index_ = 0;
  std::map<uint16_t, uint8_t> system_;
  std::vector<uint8_t> firmware_;
  std::vector<bool> firmware_seen_;
  bool booted_ = false;
  absl::Duration boot_time_;
  bool has_offsets_ = false, has_crosstalk_ = false, has_configuration_ = false;

  absl::Duration answer_time_;
  std::array<uint8_t, 4> answer_{};
  std::vector<uint8_t> answer_data_;
  std::map<uint16_t, std::vector<uint8_t>> items_;

  bool ranging_ = false;
  absl::Duration start_time_;
  int frame_of_ = -1;  // stream count the frame below was measured for
  std::vector<uint8_t> frame_;
};

}  // namespace egi::station::vl53l8ch

#endif  // EGI_SIMULATORS_STATION_VL53L8CH_SENSOR_H_
