// The measuring side of the firmware: both drivers, frame averaging, retries, corrections. It sees a bus and a clock, nothing of the scene.
#ifndef EGI_SIMULATORS_STATION_FIRMWARE_INSTRUMENT_H_
#define EGI_SIMULATORS_STATION_FIRMWARE_INSTRUMENT_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "egi/quality/v1/sample.pb.h"
#include "simulators/station/firmware/clock.h"
#include "simulators/station/firmware/spectral_driver.h"
#include "simulators/station/firmware/tof_driver.h"
#include "simulators/station/firmware/transfers.h"

namespace egi::station::firmware {

// How to measure.
struct Settings {
  int frames_averaged = 64;             // 1..1000
  int tof_integration_time_ms = 50;     // 2..1000
  int spectral_integration_time_ms = 100;  // 50..500
  double spectral_gain = 4;             // 1, 4, 16 or 64
  int histogram_bins = 128;             // 0 = no histograms
  double histogram_bin_mm = 1.2;
  double distance_offset_mm = 0;        // subtracted from every distance
};

// One measurement.
struct Reading {
  quality::v1::TofFrame tof;
  quality::v1::SpectralReading spectral;
  std::vector<std::vector<double>> histograms;  // 64, row by row; empty when not wanted
  int spectral_attempts = 1;
  bool saturated = false;  // the spectrum, even at the lowest gain
};

// Not thread-safe. Port and clock must live longer.
class Instrument {
 public:
  Instrument(i2c::Port& port, Clock& clock) : transfers_(port), clock_(clock), tof_(transfers_, clock), spectral_(transfers_, clock) {}

  // Looks for both parts and boots them. Errors: NOT_FOUND (which part is missing), those of the drivers.
  absl::Status Boot();
  // Measures once. Up to a tenth of the frames may be lost. Errors: those of the drivers, DATA_LOSS (too many lost frames).
  absl::StatusOr<Reading> Measure(const Settings& settings);

  // Transfers refused and acquisitions given up since the start.
  int64_t nacks() const { return transfers_.nacks(); }
  int64_t acquisition_failures() const { return failures_; }

 private:
  absl::Status MeasureTof(const Settings& settings, Reading* reading);
  absl::Status MeasureSpectrum(const Settings& settings, Reading* reading);

  Transfers transfers_;
  Clock& clock_;
  TofDriver tof_;
  SpectralDriver spectral_;
  int64_t failures_ = 0;
};

}  // namespace egi::station::firmware

#endif  // EGI_SIMULATORS_STATION_FIRMWARE_INSTRUMENT_H_
