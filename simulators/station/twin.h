// The hardware of a station with its firmware: bus, both parts, and whatever lies in the tray.
#ifndef EGI_SIMULATORS_STATION_TWIN_H_
#define EGI_SIMULATORS_STATION_TWIN_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "simulators/station/as7341/sensor.h"
#include "simulators/station/firmware/clock.h"
#include "simulators/station/firmware/instrument.h"
#include "simulators/station/i2c/bus.h"
#include "simulators/station/liver.h"
#include "simulators/station/profile.h"
#include "simulators/station/vl53l8ch/sensor.h"

namespace egi::station {

// What has become of the hardware since it left the factory.
struct HardwareState {
  double nack_probability = 0.01;
  double tof_bias_mm = 0;   // added to every distance
  double lamp = 1;          // share of its light the LED still gives
  // Wear, from the first measurement of a Twin on, for each hundred measurements.
  double lamp_loss_pct = 0;  // light the LED loses, percent of `lamp`
  double tof_drift_mm = 0;   // added to tof_bias_mm
};

// Settings of the firmware under a profile.
firmware::Settings SettingsOf(const Profile& profile);

// Not thread-safe. A measurement depends on what is shown and on its noise alone, not on those before it, unless the hardware wears.
class Twin {
 public:
  // `on_wait` (may be null) is told of every wait of the firmware, for a program that runs at the pace of the parts.
  explicit Twin(const HardwareState& hardware, std::function<void(absl::Duration)> on_wait = nullptr);

  // Powers the station: its firmware boots both parts. Errors: those of the firmware.
  absl::Status Boot();
  // Shows a liver (or the empty tray) to both sensors and has the firmware measure. Errors: those of the firmware.
  absl::StatusOr<firmware::Reading> Measure(const std::optional<Liver>& liver, const Profile& profile, const firmware::Settings& settings, Random noise);

  // Shows the white tile and the empty tray instead. Errors: those of the firmware.
  absl::StatusOr<firmware::Reading> MeasureWhiteTile(const Profile& profile, const firmware::Settings& settings, Random noise);

  // Takes a part off the bus, by its address, as a broken cable does.
  void Detach(i2c::Address address) { bus_.Attach(address, nullptr); }

  int64_t nacks() const { return instrument_.nacks(); }
  int64_t acquisition_failures() const { return instrument_.acquisition_failures(); }
  // Time the hardware has spent.
  absl::Duration uptime() const { return time_.now(); }

 private:
  class FirmwareClock : public firmware::Clock {
   public:
    FirmwareClock(i2c::VirtualTime& time, std::function<void(absl::Duration)> on_wait) : time_(time), on_wait_(std::move(on_wait)) {}
    absl::Duration Uptime() const override { return time_.now(); }
    void Wait(absl::Duration duration) override {
      time_.Advance(duration);
      if (on_wait_) on_wait_(duration);
    }

   private:
    i2c::VirtualTime& time_;
    const std::function<void(absl::Duration)> on_wait_;
  };

  absl::StatusOr<firmware::Reading> Look(const std::optional<Liver>& liver, const as7341::Light& light, const Profile& profile,
                                         const firmware::Settings& settings, Random noise);

  const HardwareState hardware_;
  int64_t measurements_ = 0;
  i2c::VirtualTime time_;
  FirmwareClock clock_;
  i2c::Bus bus_;
  vl53l8ch::Sensor tof_;
  as7341::Sensor spectral_;
  firmware::Instrument instrument_;
};

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_TWIN_H_
