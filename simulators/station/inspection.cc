#include "simulators/station/inspection.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "simulators/station/firmware/analyser.h"
#include "simulators/station/twin.h"

namespace egi::station {
namespace {

constexpr int kHealthyAttempts = 5;

// LL, LS or MT: the site in the lot code, else the token of that name in the device id, else empty.
std::string SiteOf(const std::string& code_lot, const std::string& device_id) {
  if (code_lot.size() == 9) return code_lot.substr(0, 2);
  for (const absl::string_view token : absl::StrSplit(device_id, absl::ByAnyChar("_-"))) {
    if (token == "LL" || token == "LS" || token == "MT") return std::string(token);
  }
  return "";
}

}  // namespace

Subject DrawSubject(const Profile& profile, const LotUnderInspection& lot, const std::string& device_id, uint64_t seed, int64_t index) {
  const LotTraits traits = DrawLot(profile, lot.code_lot, lot.expected_liver_mass_g, seed, lot.sigma);
  Subject subject{.noise = Random(seed, device_id, static_cast<uint64_t>(index))};
  subject.liver = DrawLiver(profile, traits, subject.noise);
  return subject;
}

quality::v1::Sample DescribeReading(const StationIdentity& station, const Profile& profile, const LotUnderInspection& lot,
                                    firmware::Reading reading, const std::string& sample_id, absl::Time time,
                                    const quality::v1::SpectralChannels* white) {
  quality::v1::Sample sample;
  sample.set_sample_id(sample_id);
  sample.set_device_id(station.device_id);
  const int64_t micros = absl::ToUnixMicros(time);
  sample.mutable_sample_time()->set_seconds(micros / 1000000);
  sample.mutable_sample_time()->set_nanos(static_cast<int32_t>(micros % 1000000 * 1000));
  sample.set_lot(lot.code_lot);
  sample.set_site_code(SiteOf(lot.code_lot, station.device_id));
  sample.set_location(station.location);
  sample.set_firmware_version(station.firmware_version);
  sample.set_config_profile(profile.name);
  const double expected_volume = lot.expected_liver_mass_g > 0 ? lot.expected_liver_mass_g / kLiverDensity * 1000 : 0;
  firmware::Analyse(std::move(reading), profile.analysis, expected_volume, white, &sample);
  return sample;
}

quality::v1::Sample MeasureLiver(const StationIdentity& station, const Profile& profile, const LotUnderInspection& lot,
                                 uint64_t seed, int64_t index, const std::string& sample_id, absl::Time time) {
  const Subject subject = DrawSubject(profile, lot, station.device_id, seed, index);
  Twin twin({});
  absl::Status booted = twin.Boot();
  for (int i = 0; !booted.ok() && i < kHealthyAttempts; ++i) booted = twin.Boot();
  Random noise = subject.noise;
  absl::StatusOr<firmware::Reading> reading = twin.Measure(subject.liver, profile, SettingsOf(profile), noise);
  for (int i = 1; i < kHealthyAttempts && !reading.ok(); ++i) {
    noise.Bits();  // other disturbances
    reading = twin.Measure(subject.liver, profile, SettingsOf(profile), noise);
  }
  // Sound hardware fails so often in a row with a probability below 1e-12.
  return DescribeReading(station, profile, lot, std::move(reading).value(), sample_id, time);
}

std::string AutoDeviceId(const std::string& code_lot) { return absl::StrCat("ESP32_SQAL_AUTO_", code_lot); }

std::vector<quality::v1::Sample> InspectLot(const LotUnderInspection& lot, const Profile& profile, int count, uint64_t seed,
                                            absl::Time first_time) {
  const StationIdentity station{AutoDeviceId(lot.code_lot), "Inspection automatique"};
  std::vector<quality::v1::Sample> samples;
  samples.reserve(static_cast<size_t>(std::max(0, count)));
  for (int i = 1; i <= count; ++i) {
    samples.push_back(MeasureLiver(station, profile, lot, seed, i, absl::StrFormat("%s_%03d", station.device_id, i),
                                   first_time + absl::Seconds(i - 1)));
  }
  return samples;
}

}  // namespace egi::station
