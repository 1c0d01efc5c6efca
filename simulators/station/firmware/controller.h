// The commanding side of the firmware: takes commands, applies each once, knows whether the station may grade.
#ifndef EGI_SIMULATORS_STATION_FIRMWARE_CONTROLLER_H_
#define EGI_SIMULATORS_STATION_FIRMWARE_CONTROLLER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/command.pb.h"
#include "egi/quality/v1/ingest.pb.h"
#include "simulators/station/firmware/memory.h"
#include "simulators/station/firmware/updater.h"

namespace egi::station::firmware {

// Not thread-safe.
class Controller {
 public:
  struct Options {
    std::string device_id;
    std::string factory_image;  // installed at the first start
    // Whether the station has a profile of this name.
    std::function<bool(const std::string& name)> knows_profile;
    // Boots the hardware; run once a power-on, and again after a failed trial.
    std::function<absl::Status()> self_test;
    // Measures what lies under the sensors for a reference, uncorrected: its readings or frames. Null = the station cannot.
    std::function<absl::StatusOr<quality::v1::CommandResult>(const quality::v1::DeviceCommand& command)> measure_reference = nullptr;
  };

  // Powers the station on. The flash must live longer. Errors: those of the flash and of the self test.
  static absl::StatusOr<std::unique_ptr<Controller>> Create(Options options, Flash& flash);

  // Applies a command, or repeats the answer to one that was applied before. A reference is measured anew whenever it is asked for: its readings are too
  // large to be remembered, and the server takes the first. Errors: those of the flash; the command then comes again.
  absl::StatusOr<quality::v1::CommandResult> Handle(const quality::v1::DeviceCommand& command);

  // What the server has changed; absent fields are as built.
  const quality::v1::DeviceConfiguration& configuration() const { return memory_->content().configuration(); }
  const quality::v1::DeviceCalibration& calibration() const { return memory_->content().calibration(); }
  // Why it must not grade now, at most 200 characters; empty when it may.
  std::string RefusesToGrade(absl::Time now) const;

  // One piece of a pending update; powers the station on anew when it is installed. True when the version or an answer has changed. Errors: as Updater::Step.
  absl::StatusOr<bool> StepUpdate(const FetchImage& fetch);
  bool updating() const { return updater_.active(); }
  const std::string& version() const { return version_; }

  // Answers that were not sent yet; Sent removes one, unless it has changed since.
  std::vector<quality::v1::CommandResult> UnsentResults() const;
  absl::Status Sent(const quality::v1::CommandResult& result);

  // Adds version, boots, revision, calibration and refusal.
  void FillHeartbeat(absl::Time now, quality::v1::DeviceHeartbeat* heartbeat) const;

 private:
  Controller(Options options, std::unique_ptr<Memory> memory)
      : options_(std::move(options)), memory_(std::move(memory)), updater_(*memory_, options_.device_id) {}
  absl::Status PowerOn();
  std::string Fault(const quality::v1::DeviceConfiguration& configuration) const;
  std::string Fault(const quality::v1::DeviceCalibration& calibration) const;
  std::string Fault(const quality::v1::ReferenceRequest& reference) const;

  const Options options_;
  const std::unique_ptr<Memory> memory_;
  Updater updater_;
  std::string version_;
};

}  // namespace egi::station::firmware

#endif  // EGI_SIMULATORS_STATION_FIRMWARE_CONTROLLER_H_
