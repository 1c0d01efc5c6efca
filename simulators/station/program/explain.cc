#include "simulators/station/program/explain.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "server/analyse/spectral.h"
#include "server/validate/lot_code.h"
#include "simulators/station/twin.h"

namespace egi::station {
namespace {

using quality::v1::Sample;

constexpr int kBarWidth = 30;

std::string Bar(double share) {
  const int full = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * kBarWidth));
  return std::string(static_cast<size_t>(full), '#') + std::string(static_cast<size_t>(kBarWidth - full), '.');
}

// Heights over the tray; the letter of a defect stands behind its zone.
std::string Heights(const Sample& sample, double empty_mm) {
  std::string text = "Height above the tray, mm (F foreign body, D deformation, E edge damage, O dark patch)\n";
  for (int row = 0; row < 8; ++row) {
    for (int column = 0; column < 8; ++column) {
      char mark = ' ';
      for (const auto& defect : sample.tof_analysis().defects()) {
        if (defect.x() != column || defect.y() != row) continue;
        mark = defect.type() == "foreign_body" ? 'F' : defect.type() == "edge_damage" ? 'E' : defect.type() == "optical_inconsistency" ? 'O' : 'D';
      }
      absl::StrAppend(&text, absl::StrFormat("%5.0f%c", std::max(0.0, empty_mm - sample.tof().distance_mm(row * 8 + column)), mark));
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

std::string RealDefects(const Liver& liver, const Profile& profile) {
  std::string text;
  for (const SurfaceDefect& defect : liver.defects) {
    const double column = defect.x / (SceneLengthMm(profile) / 8) + 3.5, row = defect.y / (SceneWidthMm(profile) / 8) + 3.5;
    switch (defect.kind) {
      case SurfaceDefect::Kind::kEdge:
        absl::StrAppend(&text, absl::StrFormat("  real: damaged rim, %.1f mm deep\n", defect.change_mm));
        break;
      case SurfaceDefect::Kind::kDarkPatch:
        absl::StrAppend(&text, absl::StrFormat("  real: dark patch at column %.1f, row %.1f, reflectance %.0f\n", column, row, defect.reflectance_change));
        break;
      case SurfaceDefect::Kind::kBump:
        absl::StrAppend(&text, absl::StrFormat("  real: %s at column %.1f, row %.1f, %.1f mm\n", defect.change_mm < 0 ? "foreign body" : "hollow", column, row, std::abs(defect.change_mm)));
        break;
    }
  }
  return text;
}

std::string Defects(const Sample& sample, const Subject& subject, const Profile& profile) {
  std::string text = "Defects\n";
  for (const auto& defect : sample.tof_analysis().defects()) {
    absl::StrAppend(&text, absl::StrFormat("  seen: %s at column %d, row %d, severity %.2f: %s\n", defect.type(), defect.x(), defect.y(), defect.severity(), defect.description()));
  }
  for (const auto& defect : sample.spectral_analysis().defects()) {
    absl::StrAppend(&text, absl::StrFormat("  seen: %s, severity %.2f: %s\n", defect.type(), defect.severity(), defect.description()));
  }
  absl::StrAppend(&text, RealDefects(subject.liver, profile));
  return text == "Defects\n" ? text + "  none seen, none real\n" : text;
}

template <typename Analysis>
std::string Breakdown(const char* name, const Analysis& analysis) {
  std::string text = absl::StrFormat("%s score %.3f (%s)\n", name, analysis.quality_score(), analysis.grade());
  std::vector<std::pair<std::string, double>> parts(analysis.score_breakdown().begin(), analysis.score_breakdown().end());
  std::sort(parts.begin(), parts.end());
  for (const auto& [part, value] : parts) absl::StrAppend(&text, absl::StrFormat("  %-14s %+.3f %s\n", part, value, Bar(std::abs(value) / 0.35)));
  return text;
}

std::string Truth(const Sample& sample, const Liver& liver) {
  std::string text = absl::StrFormat("%-22s %10s %10s\n", "", "true", "measured");
  const auto line = [&text](const char* what, double truth, double measured, const char* unit) {
    absl::StrAppend(&text, absl::StrFormat("  %-20s %10.2f %10.2f %s\n", what, truth, measured, unit));
  };
  line("volume", liver.volume_mm3 / 1000, sample.tof_analysis().volume_mm3() / 1000, "cm3");
  line("mass", liver.mass_g, sample.tof_analysis().volume_mm3() / 1000 * kLiverDensity, "g");
  line("greatest height", liver.dome.height, sample.tof_analysis().max_height_mm(), "mm");
  line("surface uniformity", liver.surface_uniformity, sample.tof_analysis().surface_uniformity(), "");
  line("freshness", liver.tissue.freshness, sample.spectral_analysis().freshness_index(), "");
  line("oxidation", liver.tissue.oxidation, sample.spectral_analysis().oxidation_index(), "");
  line("fat quality", liver.tissue.fat, sample.spectral_analysis().fat_quality_index(), "");
  return text;
}

std::string Spectrum(const Sample& sample) {
  const auto counts = analyse::CountsOf(sample.spectral().channels());
  const double greatest = *std::max_element(counts.begin(), counts.end() - 1);  // Clear is much brighter
  std::string text = absl::StrFormat("Spectrum, counts at gain %g and %d ms\n", sample.spectral().gain(), sample.spectral().integration_time_ms());
  for (size_t i = 0; i < counts.size(); ++i) {
    absl::StrAppend(&text, absl::StrFormat("  %-10s %6.0f %s\n", analyse::kChannelNames[i], counts[i], Bar(greatest > 0 ? counts[i] / greatest : 0)));
  }
  return text;
}

}  // namespace

absl::StatusOr<SampleName> ParseSampleName(const std::string& text) {
  SampleName name;
  std::vector<std::string> parts = absl::StrSplit(text, '_');
  if (!absl::SimpleAtoi(parts.back(), &name.number) || name.number < 1) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no sample: give its number (1, 2, ...) or its id, such as ESP32_LL_01_20260203_000017"));
  }
  parts.pop_back();
  if (parts.empty()) return name;
  const auto is_digits = [](const std::string& part) { return !part.empty() && part.find_first_not_of("0123456789") == std::string::npos; };
  if (parts.size() > 2 && is_digits(parts.back()) && parts.back().size() > 8) parts.pop_back();  // start time
  const bool automatic = absl::StartsWith(text, "ESP32_SQAL_AUTO_");
  if (validate::IsLotCode(parts.back())) {
    name.code_lot = parts.back();
    if (!automatic) parts.pop_back();  // an automatic device has the lot in its name
  } else if (is_digits(parts.back()) && parts.back().size() == 8) {
    parts.pop_back();
  }
  for (const std::string& part : parts) absl::StrAppend(&name.device_id, name.device_id.empty() ? "" : "_", part);
  return name;
}

std::string Explain(const StationIdentity& station, const Profile& profile, const LotUnderInspection& lot, uint64_t seed, int64_t number) {
  const Subject subject = DrawSubject(profile, lot, station.device_id, seed, number);
  const Sample sample = MeasureLiver(station, profile, lot, seed, number, absl::StrCat("sample ", number), absl::UnixEpoch());
  const auto& fusion = sample.fusion();
  std::string text = absl::StrFormat("Sample %d of %s, profile %s%s, seed %d\n", number, station.device_id, profile.name,
                                     lot.code_lot.empty() ? "" : absl::StrCat(", lot ", lot.code_lot), seed);
  absl::StrAppend(&text, absl::StrFormat("Grade %s, score %.3f = %.2f x ToF %.3f + %.2f x spectral %.3f; drawn as %s, %.1f C\n\n", fusion.final_grade(), fusion.final_score(),
                                         fusion.weight_tof(), fusion.vl53l8ch_score(), fusion.weight_spectral(), fusion.as7341_score(),
                                         kLevelNames[static_cast<size_t>(subject.liver.level)], subject.liver.temperature_c));
  const double empty = profile.sensor_height_mm - (profile.has_tray ? profile.tray_height_mm : 0);
  absl::StrAppend(&text, Heights(sample, empty), "\n", Defects(sample, subject, profile), "\n", Truth(sample, subject.liver), "\n",
                  Breakdown("ToF", sample.tof_analysis()), "\n", Breakdown("Spectral", sample.spectral_analysis()), "\n", Spectrum(sample));
  return text;
}

absl::Status WriteCube(const Profile& profile, const LotUnderInspection& lot, const std::string& device_id, uint64_t seed, int64_t number,
                       const std::string& path) {
  const Subject subject = DrawSubject(profile, lot, device_id, seed, number);
  Twin twin({});
  if (absl::Status status = twin.Boot(); !status.ok()) return status;
  const auto reading = twin.Measure(subject.liver, profile, SettingsOf(profile), subject.noise);
  if (!reading.ok()) return reading.status();
  const size_t bins = reading->histograms.empty() ? 0 : reading->histograms[0].size();
  // NumPy's format 1.0: magic, version, length of a header that ends in a line feed and makes 64 n bytes with what stands before it.
  std::string header = absl::StrFormat("{'descr': '<f4', 'fortran_order': False, 'shape': (8, 8, %d), }", bins);
  header.resize((10 + header.size() + 64) / 64 * 64 - 11, ' ');
  header += '\n';
  std::ofstream file(path, std::ios::binary);
  file << "\x93NUMPY" << '\x01' << '\0' << static_cast<char>(header.size() & 0xFF) << static_cast<char>(header.size() >> 8) << header;
  for (const auto& histogram : reading->histograms) {
    for (const double count : histogram) {
      const auto value = static_cast<float>(count);
      file.write(reinterpret_cast<const char*>(&value), sizeof(value));
    }
  }
  file.close();
  return file ? absl::OkStatus() : absl::InternalError(absl::StrCat("cannot write ", path));
}

}  // namespace egi::station
