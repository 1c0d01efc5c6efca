#include "simulators/station/station.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/validate/lot_code.h"
#include "simulators/station/firmware/image.h"
#include "simulators/station/reference.h"

namespace egi::station {
namespace {

constexpr int kBootAttempts = 3;
constexpr int kReferenceFrames = 64;

int32_t Bounded(int64_t value) {
  return static_cast<int32_t>(std::clamp<int64_t>(value, 0, std::numeric_limits<int32_t>::max()));
}

bool Printable(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

}  // namespace

Station::Station(Options options, std::unique_ptr<Numbering> numbering, SendSample send, std::unique_ptr<firmware::Flash> flash)
    : options_(std::move(options)),
      numbering_(std::move(numbering)),
      send_(std::move(send)),
      flash_(std::move(flash)),
      twin_(options_.hardware, options_.on_wait),
      profile_(options_.profile) {}

absl::StatusOr<std::unique_ptr<Station>> Station::Create(Options options, std::unique_ptr<Numbering> numbering,
                                                         SendSample send, std::unique_ptr<firmware::Flash> flash) {
  std::vector<std::string> faults;
  const std::string& device = options.identity.device_id;
  // The id of a sample (at most 100 characters) holds the device's id, a date or lot, a time and a counter.
  if (device.empty() || device.size() > 60 || !Printable(device)) faults.push_back("the device id needs 1 to 60 printable characters");
  if (options.identity.location.size() > 100) faults.push_back("the location has more than 100 characters");
  if (!options.lot.code_lot.empty() && !validate::IsLotCode(options.lot.code_lot)) {
    faults.push_back(absl::StrCat("the lot \"", options.lot.code_lot, "\" is not LL, LS or MT and 7 digits"));
  }
  if (!faults.empty()) return absl::InvalidArgumentError(absl::StrJoin(faults, "; "));
  if (flash == nullptr) flash = std::make_unique<firmware::MemoryFlash>();
  std::unique_ptr<Station> station(new Station(std::move(options), std::move(numbering), std::move(send), std::move(flash)));
  if (absl::Status status = station->PowerOn(); !status.ok()) return status;
  return station;
}

absl::Status Station::PowerOn() {
  firmware::Controller::Options options;
  options.device_id = options_.identity.device_id;
  absl::StatusOr<std::string> image = firmware::MakeImage(options_.identity.firmware_version, "", true);
  if (!image.ok()) return image.status();
  options.factory_image = *std::move(image);
  options.knows_profile = [this](const std::string& name) { return options_.find_profile && options_.find_profile(name).ok(); };
  options.self_test = [this] {
    absl::Status booted = twin_.Boot();
    for (int i = 1; !booted.ok() && i < kBootAttempts; ++i) booted = twin_.Boot();
    return booted;
  };
  options.measure_reference = [this](const quality::v1::DeviceCommand& command) { return MeasureReference(command); };
  absl::StatusOr<std::unique_ptr<firmware::Controller>> controller = firmware::Controller::Create(std::move(options), *flash_);
  if (!controller.ok()) return controller.status();
  controller_ = *std::move(controller);
  ChooseProfile();
  return absl::OkStatus();
}

void Station::ChooseProfile() {
  profile_ = options_.profile;
  const quality::v1::DeviceConfiguration& configuration = controller_->configuration();
  if (!configuration.has_config_profile() || !options_.find_profile) return;
  if (absl::StatusOr<Profile> chosen = options_.find_profile(configuration.config_profile()); chosen.ok()) profile_ = *std::move(chosen);
}

firmware::Settings Station::settings() const {
  firmware::Settings settings = SettingsOf(profile_);
  const quality::v1::DeviceConfiguration& configuration = controller_->configuration();
  if (configuration.has_frames_averaged()) settings.frames_averaged = configuration.frames_averaged();
  if (configuration.has_spectral_integration_time_ms()) settings.spectral_integration_time_ms = configuration.spectral_integration_time_ms();
  if (configuration.has_spectral_gain()) settings.spectral_gain = configuration.spectral_gain();
  settings.distance_offset_mm = controller_->calibration().distance_offset_mm();
  return settings;
}

absl::StatusOr<quality::v1::CommandResult> Station::Handle(const quality::v1::DeviceCommand& command) {
  absl::StatusOr<quality::v1::CommandResult> result = controller_->Handle(command);
  ChooseProfile();
  return result;
}

absl::StatusOr<quality::v1::CommandResult> Station::MeasureReference(const quality::v1::DeviceCommand& command) {
  quality::v1::CommandResult result;
  const bool white = command.reference().kind() == "white_reference";
  firmware::Settings raw = settings();
  raw.distance_offset_mm = 0;
  raw.histogram_bins = 0;
  // Of the white tile only the spectrum is wanted; a reference body is measured with the care it deserves, however fast the line runs.
  raw.frames_averaged = white ? 1 : std::max(raw.frames_averaged, kReferenceFrames);
  Random noise(options_.seed, absl::StrCat(options_.identity.device_id, " reference"), static_cast<uint64_t>(command.command_id()));
  for (int i = 0; i < command.reference().readings(); ++i) {
    const auto measure = [&] {
      const Random own(noise.Bits());
      return white ? twin_.MeasureWhiteTile(profile_, raw, own) : twin_.Measure(GoldenSample(profile_), profile_, raw, own);
    };
    absl::StatusOr<firmware::Reading> reading = measure();
    for (int attempt = 1; attempt < kBootAttempts && !reading.ok(); ++attempt) {
      twin_.Boot().IgnoreError();
      reading = measure();
    }
    if (!reading.ok()) return absl::DataLossError(absl::StrCat("reading ", i + 1, " given up: ", std::string(reading.status().message())));
    if (white) {
      result.add_readings()->Swap(&reading->spectral);
    } else {
      result.add_frames()->Swap(&reading->tof);
    }
  }
  return result;
}

std::string Station::SampleId(int64_t number, absl::Time now) const {
  const std::string group = options_.lot.code_lot.empty() ? absl::FormatTime("%Y%m%d", now, absl::UTCTimeZone()) : options_.lot.code_lot;
  if (!options_.stamp_ids) return absl::StrFormat("%s_%s_%06d", options_.identity.device_id, group, number);
  return absl::StrFormat("%s_%s_%d_%06d", options_.identity.device_id, group, absl::ToUnixMillis(options_.start), number);
}

absl::StatusOr<quality::v1::Sample> Station::Measure(absl::Time now) {
  if (const std::string refusal = controller_->RefusesToGrade(now); !refusal.empty()) return absl::FailedPreconditionError(refusal);
  absl::StatusOr<int64_t> number = numbering_->Next();
  if (!number.ok()) return number.status();
  const Subject subject = DrawSubject(profile_, options_.lot, options_.identity.device_id, options_.seed, *number);
  absl::StatusOr<firmware::Reading> reading = twin_.Measure(subject.liver, profile_, settings(), subject.noise);
  if (!reading.ok()) {
    twin_.Boot().IgnoreError();  // a part that was unplugged needs its firmware again
    return absl::DataLossError(absl::StrCat("measurement ", *number, " given up: ", std::string(reading.status().message())));
  }
  StationIdentity identity = options_.identity;
  identity.firmware_version = controller_->version();
  quality::v1::Sample sample = DescribeReading(identity, profile_, options_.lot, *std::move(reading), SampleId(*number, now), now,
                                               controller_->calibration().has_white_reference() ? &controller_->calibration().white_reference() : nullptr);
  ++measured_;
  const absl::Status sent = send_(sample);
  if (absl::IsResourceExhausted(sent)) {
    ++dropped_;
  } else if (!sent.ok()) {
    return sent;
  }
  return sample;
}

quality::v1::DeviceHeartbeat Station::Heartbeat(absl::Time now, int64_t buffered) const {
  quality::v1::DeviceHeartbeat heartbeat;
  heartbeat.set_device_id(options_.identity.device_id);
  heartbeat.mutable_device_time()->set_seconds(absl::ToUnixSeconds(now));
  heartbeat.set_uptime_s(Bounded(absl::ToInt64Seconds(now - options_.start)));
  heartbeat.set_measurements_sent(Bounded(measured_ - dropped_));
  heartbeat.set_buffer_size(Bounded(buffered));
  heartbeat.set_location(options_.identity.location);
  heartbeat.set_nack_count(Bounded(twin_.nacks()));
  heartbeat.set_acquisition_failures(Bounded(twin_.acquisition_failures()));
  heartbeat.set_measurements_dropped(Bounded(dropped_));
  controller_->FillHeartbeat(now, &heartbeat);
  return heartbeat;
}

}  // namespace egi::station
