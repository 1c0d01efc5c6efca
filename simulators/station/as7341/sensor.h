// Model of the AS7341 at register level: switch matrix, integration, gain, saturation, latched data, LED.
#ifndef EGI_SIMULATORS_STATION_AS7341_SENSOR_H_
#define EGI_SIMULATORS_STATION_AS7341_SENSOR_H_

#include <array>
#include <cstdint>

#include "absl/time/time.h"
#include "simulators/station/as7341/registers.h"
#include "simulators/station/i2c/bus.h"
#include "simulators/station/random.h"

namespace egi::station::as7341 {

// Light on the sensor, in counts per unit of gain and 100 ms, by Band.
struct Light {
  std::array<double, kBands> from_led{};  // back from the liver at kReferenceLedMa
  std::array<double, kBands> ambient{};
};
inline constexpr int kReferenceLedMa = 20;

// Not thread-safe.
class Sensor : public i2c::Device {
 public:
  struct Options {
    double noise_counts = 5;               // standard deviation of a conversion
    double noise_share = 0.00005;          // of full scale (16x, 10 ms)
    double dark_counts = 1.5;              // at 512x and 98 ms; the part has 3 at most
    double analog_limit = 1.25;            // counts a step at which the analog side gives up, 1 is full scale [assumption]
    double lamp = 1;                       // what has become of the LED: 1 = as new
  };

  Sensor(const Options& options, const i2c::VirtualTime& time) : options_(options), time_(time) { registers_[kCfg1] = kResetGain; }

  // Puts light on the sensor; `noise` names the noise of everything measured of it.
  void Face(const Light& light, Random noise);
  // Noise of a conversion, counts; share of its light the LED still gives.
  void SetNoise(double counts) { options_.noise_counts = counts; }
  void SetLamp(double lamp) { options_.lamp = lamp; }

  void OnWrite(const uint8_t* bytes, size_t count) override;
  void OnRead(uint8_t* bytes, size_t count) override;

 private:
  void WriteByte(uint8_t index, uint8_t value);
  uint8_t ReadByte(uint8_t index);
  void Latch();
  absl::Duration Integration() const;
  int Steps() const;
  bool Done() const { return integrating_ && time_.now() >= done_time_; }
  void Convert();

  Options options_;
  const i2c::VirtualTime& time_;
  Light light_;
  Random noise_{0};

  uint8_t index_ = 0;
  std::array<uint8_t, 256> registers_{};
  std::array<uint8_t, 128> banked_{};  // 0x60..0x74 live here while REG_BANK is set
  std::array<uint8_t, kSmuxBytes> smux_ram_{}, smux_{};
  bool integrating_ = false, converted_ = false;
  absl::Duration done_time_;
  std::array<uint16_t, kAdcs> data_{}, latched_{};
  uint8_t saturation_ = 0;
};

}  // namespace egi::station::as7341

#endif  // EGI_SIMULATORS_STATION_AS7341_SENSOR_H_
