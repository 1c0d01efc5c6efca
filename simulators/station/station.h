// A measuring station at work: numbers, measures and hands over one sample at a time.
#ifndef EGI_SIMULATORS_STATION_STATION_H_
#define EGI_SIMULATORS_STATION_STATION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/ingest.pb.h"
#include "egi/quality/v1/sample.pb.h"
#include "simulators/station/firmware/controller.h"
#include "simulators/station/inspection.h"
#include "simulators/station/numbering.h"
#include "simulators/station/twin.h"

namespace egi::station {

// Takes a sample to be sent; RESOURCE_EXHAUSTED when it has no room for it.
using SendSample = std::function<absl::Status(const quality::v1::Sample&)>;

// Not thread-safe.
class Station {
 public:
  struct Options {
    StationIdentity identity;  // its firmware version is that of the image the station was delivered with
    Profile profile;
    LotUnderInspection lot;
    uint64_t seed = 1;
    bool stamp_ids = false;  // put the start time into the ids: for numbers that live in memory only
    absl::Time start;
    HardwareState hardware = {};
    std::function<void(absl::Duration)> on_wait = nullptr;  // see Twin
    // Profiles the server may choose by configuration; null = none.
    std::function<absl::StatusOr<Profile>(const std::string& name)> find_profile = nullptr;
  };

  // Powers the station on: boots its firmware and both sensors. `flash` keeps commands and firmware over restarts; null = in memory. Errors:
  // INVALID_ARGUMENT (device id or lot code), naming every fault; those of the flash, of the sensors.
  static absl::StatusOr<std::unique_ptr<Station>> Create(Options options, std::unique_ptr<Numbering> numbering, SendSample send,
                                                         std::unique_ptr<firmware::Flash> flash = nullptr);

  // Measures one liver and sends it. The id is {device}_{lot or date}_{counter}. A sample there is no room for is counted as dropped. Errors:
  // FAILED_PRECONDITION (it refuses to grade, the message says why; nothing is measured or sent), DATA_LOSS (acquisition given up; the next may succeed), those
  // of the numbering and of `send`.
  absl::StatusOr<quality::v1::Sample> Measure(absl::Time now);

  // What the server may ask for and change; see firmware::Controller.
  firmware::Controller& controller() { return *controller_; }
  // Applies a command; what it changes is in force from the next measurement on.
  absl::StatusOr<quality::v1::CommandResult> Handle(const quality::v1::DeviceCommand& command);

  // How it measures now, under profile, configuration and calibration.
  const Profile& profile() const { return profile_; }
  firmware::Settings settings() const;

  // A sign of life with the counters.
  quality::v1::DeviceHeartbeat Heartbeat(absl::Time now, int64_t buffered) const;

  int64_t measured() const { return measured_; }
  int64_t dropped() const { return dropped_; }

 private:
  Station(Options options, std::unique_ptr<Numbering> numbering, SendSample send, std::unique_ptr<firmware::Flash> flash);
  absl::Status PowerOn();
  void ChooseProfile();
  absl::StatusOr<quality::v1::CommandResult> MeasureReference(const quality::v1::DeviceCommand& command);
  std::string SampleId(int64_t number, absl::Time now) const;

  const Options options_;
  const std::unique_ptr<Numbering> numbering_;
  const SendSample send_;
  const std::unique_ptr<firmware::Flash> flash_;
  Twin twin_;
  std::unique_ptr<firmware::Controller> controller_;
  Profile profile_;
  int64_t measured_ = 0;
  int64_t dropped_ = 0;
};

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_STATION_H_
