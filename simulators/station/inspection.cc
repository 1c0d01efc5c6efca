#include "simulators/station/inspection.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "server/analyse/grade.h"
#include "simulators/station/scene.h"
#include "simulators/station/spectrum.h"

namespace egi::station {
namespace {

// LL, LS or MT: the site in the lot code, else the token of that name in the device id, else empty.
std::string SiteOf(const std::string& code_lot, const std::string& device_id) {
  if (code_lot.size() == 9) return code_lot.substr(0, 2);
  for (const absl::string_view token : absl::StrSplit(device_id, absl::ByAnyChar("_-"))) {
    if (token == "LL" || token == "LS" || token == "MT") return std::string(token);
  }
  return "";
}

}  // namespace

quality::v1::Sample MeasureLiver(const StationIdentity& station, const Profile& profile, const LotUnderInspection& lot,
                                 uint64_t seed, int64_t index, const std::string& sample_id, absl::Time time) {
  const LotTraits traits = DrawLot(profile, lot.code_lot, lot.expected_liver_mass_g, seed);
  Random random(seed, station.device_id, static_cast<uint64_t>(index));
  const Liver liver = DrawLiver(profile, traits, random);

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
  *sample.mutable_tof() = LookAt(liver, profile, random);
  *sample.mutable_spectral() = ReadSpectrum(liver, profile, random);
  sample.set_temperature_c(std::round(liver.temperature_c * 10) / 10);
  sample.set_humidity_pct(std::round(random.Uniform(45, 60) * 10) / 10);

  analyse::TofOptions tof = profile.tof_analyser;
  if (lot.expected_liver_mass_g > 0) tof.expected_volume_mm3 = lot.expected_liver_mass_g / kLiverDensity * 1000;
  *sample.mutable_tof_analysis() = analyse::AnalyseTof(sample.tof(), tof);
  *sample.mutable_spectral_analysis() = analyse::AnalyseSpectrum(sample.spectral(), profile.spectral_analyser);
  const auto& parts = sample.tof_analysis().score_breakdown();
  const auto signal = parts.find("signal");
  const double seen = signal == parts.end() || tof.weights.signal <= 0 ? 0 : signal->second / tof.weights.signal;
  sample.mutable_fusion()->set_confidence_level((seen + sample.spectral_analysis().color_uniformity()) / 2);
  *sample.mutable_fusion() = analyse::Fuse(sample);
  sample.mutable_fusion()->clear_defects();  // they stand with their sensors
  return sample;
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
