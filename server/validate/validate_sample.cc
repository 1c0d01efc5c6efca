#include <cmath>
#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/validate/checks.h"
#include "server/validate/validate.h"

namespace egi::validate {
namespace {

using google::protobuf::RepeatedField;
using google::protobuf::RepeatedPtrField;

constexpr int kSide = 8;
constexpr int kZones = kSide * kSide;

// "tof.distance_mm[27]" for zone 27, and the same as row and column in the text.
template <typename Number>
void ReportCells(Report& report, absl::string_view name, const RepeatedField<Number>& matrix, double max,
                 absl::string_view unit) {
  for (int i = 0; i < matrix.size(); ++i) {
    const double value = matrix[i];
    if (value >= 0 && value <= max) continue;
    const std::string shown = std::isnan(value)   ? "NaN"
                              : std::isinf(value) ? (value > 0 ? "+Infinity" : "-Infinity")
                                                  : absl::StrCat(value);
    report.Add(absl::StrCat("tof.", name, "[", i, "]"),
               absl::StrCat("cell [", i / kSide, "][", i % kSide, "] is ", shown, ", expected 0 to ", max,
                            unit.empty() ? "" : " ", unit));
  }
}

// A matrix of 64 values within [0, max]; may be absent when `optional`.
template <typename Number>
void CheckMatrix(Report& report, absl::string_view name, const RepeatedField<Number>& matrix, Number max, bool optional,
                 absl::string_view unit = "") {
  if (matrix.empty() && optional) return;
  if (matrix.size() != kZones) {
    if (matrix.size() % kSide == 0 && matrix.size() > 0) {
      report.Add(absl::StrCat("tof.", name), absl::StrCat("has ", matrix.size() / kSide, " rows of 8 (", matrix.size(),
                                                          " values), 8 rows expected (64 values)"));
    } else {
      report.Add(absl::StrCat("tof.", name), absl::StrCat("has ", matrix.size(), " values, 64 expected (8 rows of 8)"));
    }
    return;
  }
  bool good = true;
  for (const Number value : matrix) good &= value >= 0 && value <= max;  // false for NaN
  if (!good) ReportCells(report, name, matrix, max, unit);
}

void CheckTof(Report& report, const quality::v1::TofFrame& tof) {
  CheckMatrix(report, "distance_mm", tof.distance_mm(), 4000.f, false, "mm");
  CheckMatrix(report, "reflectance", tof.reflectance(), 255.f, false);
  CheckMatrix(report, "amplitude", tof.amplitude(), 4095.f, false);
  CheckMatrix(report, "target_status", tof.target_status(), 255, true);
  CheckMatrix(report, "ambient", tof.ambient(), 4095.f, true);
  CheckRangeOrZero(report, "tof", "integration_time_ms", tof.integration_time_ms(), 2, 1000, "ms");
  if (tof.has_sensor_temperature_c()) {
    CheckRange(report, "tof", "sensor_temperature_c", tof.sensor_temperature_c(), -40, 125, "degrees Celsius");
  }
  CheckRange(report, "tof", "frames_averaged", tof.frames_averaged(), 0, 10000);
}

void CheckSpectral(Report& report, const quality::v1::SpectralReading& reading) {
  if (!reading.has_channels()) {
    report.Add("spectral.channels", "is missing, expected the ten channels");
  } else {
    const quality::v1::SpectralChannels& c = reading.channels();
    const struct {
      const char* name;
      double count;
    } channels[] = {{"f1_415nm", c.f1_415nm()}, {"f2_445nm", c.f2_445nm()}, {"f3_480nm", c.f3_480nm()},
                    {"f4_515nm", c.f4_515nm()}, {"f5_555nm", c.f5_555nm()}, {"f6_590nm", c.f6_590nm()},
                    {"f7_630nm", c.f7_630nm()}, {"f8_680nm", c.f8_680nm()}, {"clear", c.clear()},
                    {"nir", c.nir()}};
    for (const auto& channel : channels) {
      CheckRange(report, "spectral.channels", channel.name, channel.count, 0, 65535, "counts");
    }
  }
  CheckRangeOrZero(report, "spectral", "integration_time_ms", reading.integration_time_ms(), 1, 1000, "ms");
  CheckRangeOrZero(report, "spectral", "gain", reading.gain(), 0.5, 512);
}

void CheckDefects(Report& report, absl::string_view prefix, const RepeatedPtrField<quality::v1::Defect>& defects,
                  int max) {
  if (defects.size() > max) {
    report.Add(Path(prefix, "defects"), absl::StrCat("has ", defects.size(), " entries, at most ", max, " expected"));
    return;
  }
  for (int i = 0; i < defects.size(); ++i) {
    const quality::v1::Defect& defect = defects[i];
    const bool good = !defect.type().empty() && defect.type().size() <= 50 && defect.x() >= 0 && defect.x() < kSide &&
                      defect.y() >= 0 && defect.y() < kSide && defect.severity() >= 0 && defect.severity() <= 1 &&
                      defect.description().size() <= 200 && defect.description().find('\0') == std::string::npos;
    if (good) continue;
    const std::string path = absl::StrCat(prefix, ".defects[", i, "]");
    CheckId(report, path, "type", defect.type(), 50, true);
    CheckRange(report, path, "x", defect.x(), 0, kSide - 1);
    CheckRange(report, path, "y", defect.y(), 0, kSide - 1);
    CheckRange(report, path, "severity", defect.severity(), 0, 1);
    CheckText(report, path, "description", defect.description(), 200);
  }
}

void CheckBreakdown(Report& report, absl::string_view prefix,
                    const google::protobuf::Map<std::string, double>& breakdown) {
  if (breakdown.empty()) return;
  if (breakdown.size() > 64) {
    report.Add(Path(prefix, "score_breakdown"),
               absl::StrCat("has ", breakdown.size(), " components, at most 64 expected"));
    return;
  }
  for (const auto& [key, value] : breakdown) {
    if (!key.empty() && key.size() <= 50 && value >= -1 && value <= 1 && key.find('\0') == std::string::npos) continue;
    CheckId(report, prefix, "score_breakdown key", key, 50, true);
    CheckRange(report, prefix, absl::StrCat("score_breakdown.", absl::string_view(key).substr(0, 50)), value, -1, 1);
  }
}

void CheckTofAnalysis(Report& report, const quality::v1::TofAnalysis& analysis) {
  constexpr absl::string_view kPrefix = "tof_analysis";
  CheckRange(report, kPrefix, "volume_mm3", analysis.volume_mm3(), 0, 5000000, "mm3");
  if (analysis.has_avg_height_mm()) CheckRange(report, kPrefix, "avg_height_mm", analysis.avg_height_mm(), 0, 4000, "mm");
  if (analysis.has_max_height_mm()) CheckRange(report, kPrefix, "max_height_mm", analysis.max_height_mm(), 0, 4000, "mm");
  if (analysis.has_min_height_mm()) CheckRange(report, kPrefix, "min_height_mm", analysis.min_height_mm(), 0, 4000, "mm");
  CheckRange(report, kPrefix, "surface_uniformity", analysis.surface_uniformity(), 0, 1);
  if (analysis.has_height_variation_mm()) {
    CheckRange(report, kPrefix, "height_variation_mm", analysis.height_variation_mm(), 0, 4000, "mm");
  }
  CheckRange(report, kPrefix, "quality_score", analysis.quality_score(), 0, 1);
  CheckGrade(report, kPrefix, "grade", analysis.grade(), true);
  CheckDefects(report, kPrefix, analysis.defects(), 64);
  CheckBreakdown(report, kPrefix, analysis.score_breakdown());
  CheckDetails(report, kPrefix, analysis.details());
}

void CheckSpectralAnalysis(Report& report, const quality::v1::SpectralAnalysis& analysis) {
  constexpr absl::string_view kPrefix = "spectral_analysis";
  CheckRange(report, kPrefix, "freshness_index", analysis.freshness_index(), 0, 1);
  CheckRange(report, kPrefix, "fat_quality_index", analysis.fat_quality_index(), 0, 1);
  CheckRange(report, kPrefix, "oxidation_index", analysis.oxidation_index(), 0, 1);
  if (analysis.has_color_uniformity()) CheckRange(report, kPrefix, "color_uniformity", analysis.color_uniformity(), 0, 1);
  CheckRange(report, kPrefix, "quality_score", analysis.quality_score(), 0, 1);
  CheckGrade(report, kPrefix, "grade", analysis.grade(), false);
  CheckDefects(report, kPrefix, analysis.defects(), 64);
  CheckBreakdown(report, kPrefix, analysis.score_breakdown());
  CheckDetails(report, kPrefix, analysis.details());
}

void CheckFusion(Report& report, const quality::v1::Fusion& fusion) {
  CheckRange(report, "fusion", "final_score", fusion.final_score(), 0, 1);
  CheckGrade(report, "fusion", "final_grade", fusion.final_grade(), true);
  if (fusion.has_weight_tof()) CheckRange(report, "fusion", "weight_tof", fusion.weight_tof(), 0, 1);
  if (fusion.has_weight_spectral()) CheckRange(report, "fusion", "weight_spectral", fusion.weight_spectral(), 0, 1);
  if (fusion.has_confidence_level()) CheckRange(report, "fusion", "confidence_level", fusion.confidence_level(), 0, 1);
  if (fusion.has_vl53l8ch_score()) CheckRange(report, "fusion", "vl53l8ch_score", fusion.vl53l8ch_score(), 0, 1);
  if (fusion.has_as7341_score()) CheckRange(report, "fusion", "as7341_score", fusion.as7341_score(), 0, 1);
  CheckDefects(report, "fusion", fusion.defects(), 128);
}

// Empty, an integer id, or a lot code.
void CheckLot(Report& report, const std::string& lot) {
  if (lot.empty() || IsLotCode(lot)) return;
  int32_t id = 0;
  if (lot.find_first_not_of("0123456789") == std::string::npos && absl::SimpleAtoi(lot, &id) && id > 0) return;
  report.Add("lot", absl::StrCat("is \"", absl::string_view(lot).substr(0, 40),
                                 "\", expected a lot code (LL, LS or MT and 7 digits), a positive integer id, or nothing"));
}

}  // namespace

std::vector<Violation> ValidateSample(const quality::v1::Sample& sample, absl::Time now) {
  Report report;
  CheckId(report, "", "sample_id", sample.sample_id(), 100, true);
  CheckId(report, "", "device_id", sample.device_id(), 100, true);
  CheckTime(report, "sample_time", sample.has_sample_time(), sample.sample_time(), now);
  CheckLot(report, sample.lot());
  CheckSite(report, "site_code", sample.site_code());
  CheckText(report, "", "location", sample.location(), 100);
  if (sample.has_tof()) {
    CheckTof(report, sample.tof());
  } else {
    report.Add("tof", "is missing, expected a frame of the time-of-flight sensor");
  }
  // A device that concludes nothing leaves all three out, and the server measures instead; one that concludes tells all of it.
  const bool concludes = sample.has_tof_analysis() || sample.has_spectral_analysis() || sample.has_fusion();
  if (sample.has_tof_analysis()) {
    CheckTofAnalysis(report, sample.tof_analysis());
  } else if (concludes) {
    report.Add("tof_analysis", "is missing, expected the device's analysis of the frame");
  }
  if (sample.has_spectral()) {
    CheckSpectral(report, sample.spectral());
  } else {
    report.Add("spectral", "is missing, expected a reading of the spectral sensor");
  }
  if (sample.has_spectral_analysis()) {
    CheckSpectralAnalysis(report, sample.spectral_analysis());
  } else if (concludes) {
    report.Add("spectral_analysis", "is missing, expected the device's analysis of the spectrum");
  }
  if (sample.has_fusion()) {
    CheckFusion(report, sample.fusion());
  } else if (concludes) {
    report.Add("fusion", "is missing, expected final_score and final_grade");
  }
  CheckText(report, "", "firmware_version", sample.firmware_version(), 50);
  if (sample.has_temperature_c()) CheckRange(report, "", "temperature_c", sample.temperature_c(), -40, 85, "degrees Celsius");
  if (sample.has_humidity_pct()) CheckRange(report, "", "humidity_pct", sample.humidity_pct(), 0, 100, "%");
  CheckText(report, "", "config_profile", sample.config_profile(), 50);
  CheckText(report, "", "lot_abattage", sample.lot_abattage(), 50);
  return report.Take();
}

}  // namespace egi::validate
