#include "simulators/station/station.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/validate/lot_code.h"

namespace egi::station {
namespace {

int32_t Bounded(int64_t value) {
  return static_cast<int32_t>(std::clamp<int64_t>(value, 0, std::numeric_limits<int32_t>::max()));
}

bool Printable(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

}  // namespace

Station::Station(Options options, std::unique_ptr<Numbering> numbering, SendSample send)
    : options_(std::move(options)), numbering_(std::move(numbering)), send_(std::move(send)) {}

absl::StatusOr<std::unique_ptr<Station>> Station::Create(Options options, std::unique_ptr<Numbering> numbering,
                                                         SendSample send) {
  std::vector<std::string> faults;
  const std::string& device = options.identity.device_id;
  // The id of a sample (at most 100 characters) holds the device's id, a date or lot, a time and a counter.
  if (device.empty() || device.size() > 60 || !Printable(device)) faults.push_back("the device id needs 1 to 60 printable characters");
  if (options.identity.location.size() > 100) faults.push_back("the location has more than 100 characters");
  if (!options.lot.code_lot.empty() && !validate::IsLotCode(options.lot.code_lot)) {
    faults.push_back(absl::StrCat("the lot \"", options.lot.code_lot, "\" is not LL, LS or MT and 7 digits"));
  }
  if (!faults.empty()) return absl::InvalidArgumentError(absl::StrJoin(faults, "; "));
  return std::unique_ptr<Station>(new Station(std::move(options), std::move(numbering), std::move(send)));
}

std::string Station::SampleId(int64_t number, absl::Time now) const {
  const std::string group = options_.lot.code_lot.empty() ? absl::FormatTime("%Y%m%d", now, absl::UTCTimeZone()) : options_.lot.code_lot;
  if (!options_.stamp_ids) return absl::StrFormat("%s_%s_%06d", options_.identity.device_id, group, number);
  return absl::StrFormat("%s_%s_%d_%06d", options_.identity.device_id, group, absl::ToUnixMillis(options_.start), number);
}

absl::StatusOr<quality::v1::Sample> Station::Measure(absl::Time now) {
  absl::StatusOr<int64_t> number = numbering_->Next();
  if (!number.ok()) return number.status();
  quality::v1::Sample sample = MeasureLiver(options_.identity, options_.profile, options_.lot, options_.seed, *number,
                                            SampleId(*number, now), now);
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
  heartbeat.set_firmware_version(options_.identity.firmware_version);
  heartbeat.set_uptime_s(Bounded(absl::ToInt64Seconds(now - options_.start)));
  heartbeat.set_measurements_sent(Bounded(measured_ - dropped_));
  heartbeat.set_buffer_size(Bounded(buffered));
  heartbeat.set_location(options_.identity.location);
  return heartbeat;
}

}  // namespace egi::station
