#include "server/storage/read/sample_row.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace egi::storage::read {
namespace {

using quality::v1::SampleRecord;

constexpr char kBeforeMatrices[] = EGI_US("s.time") ", s.sample_id, s.device_id, s.lot_id, s.code_lot, s.site_code, ";
constexpr char kMatrices[] = "s.distance_cells, s.reflectance_cells, s.amplitude_cells, s.status_cells, s.ambient_cells, ";
constexpr char kAfterMatrices[] =
    "round(s.vl53l8ch_integration_time)::integer, s.vl53l8ch_temperature_c, s.vl53l8ch_volume_mm3, s.vl53l8ch_avg_height_mm, "
    "s.vl53l8ch_max_height_mm, s.vl53l8ch_min_height_mm, s.vl53l8ch_surface_uniformity, s.details -> 'vl53l8ch_bins_analysis', "
    "s.details -> 'vl53l8ch_reflectance_analysis', s.details -> 'vl53l8ch_amplitude_consistency', s.vl53l8ch_quality_score, "
    "s.vl53l8ch_grade, s.details -> 'vl53l8ch_score_breakdown', coalesce(s.details -> 'vl53l8ch_defects', '[]'), "
    "s.as7341_values, round(s.as7341_integration_time)::integer, s.as7341_gain, s.as7341_freshness_index, "
    "s.as7341_fat_quality_index, s.as7341_oxidation_index, s.details -> 'as7341_spectral_analysis', "
    "s.details -> 'as7341_color_analysis', s.as7341_quality_score, s.as7341_grade, s.details -> 'as7341_score_breakdown', "
    "coalesce(s.details -> 'as7341_defects', '[]'), s.fusion_final_score, s.fusion_final_grade, s.fusion_vl53l8ch_score, "
    "s.fusion_as7341_score, coalesce(s.details -> 'fusion_defects', '[]'), s.fusion_is_compliant, s.declared_fusion_score, "
    "s.declared_fusion_grade, s.declared_compliant, s.meta_firmware_version, s.meta_temperature_c, s.meta_humidity_percent, "
    "s.meta_config_profile, " EGI_US("s.created_at") ", s.comparison, s.computed_tof_score, s.computed_spectral_score, "
    "s.computed_fusion_score, s.computed_grade, s.computed_volume_mm3, s.computed_freshness_index, s.computed_oxidation_index, "
    "s.computed_fat_quality_index, s.computed_confidence_level, s.computed_limiting_sensor, s.score_disagrees, (s.details #>> '{sent,frames_averaged}')::integer, "
    "(s.details ->> 'vl53l8ch_expected_volume_mm3')::float8";

// Order of sqal_samples.as7341_values.
constexpr const char* kChannels[] = {"F1_415nm", "F2_445nm", "F3_480nm", "F4_515nm", "F5_555nm",
                                     "F6_590nm", "F7_630nm", "F8_680nm", "Clear",    "NIR"};

void SetChannels(const std::string& array, SampleRecord* sample) {
  if (array.size() < 2) return;
  size_t i = 0;
  for (const auto text : absl::StrSplit(absl::string_view(array).substr(1, array.size() - 2), ',')) {
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    if (i < std::size(kChannels)) (*sample->mutable_as7341_channels())[kChannels[i++]] = value;
  }
}

// The shortest decimal that is this float, as a double: 96.1f becomes 96.1, not 96.0999985.
double Shortest(float value) {
  std::array<char, 64> text;
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  double result = value;
  std::from_chars(text.data(), written.ptr, result);
  return result;
}

void TofColumns(RowCursor& row, SampleRecord* sample) {
  row.Set(sample, &SampleRecord::mutable_vl53l8ch_integration_time);
  row.Set(sample, &SampleRecord::mutable_vl53l8ch_temperature_c);
  row.Set(sample, &SampleRecord::mutable_vl53l8ch_volume_mm3);
  row.Set(sample, &SampleRecord::mutable_vl53l8ch_avg_height_mm);
  row.Set(sample, &SampleRecord::mutable_vl53l8ch_max_height_mm);
  row.Set(sample, &SampleRecord::mutable_vl53l8ch_min_height_mm);
  row.Set(sample, &SampleRecord::mutable_vl53l8ch_surface_uniformity);
  row.Set(sample, &SampleRecord::mutable_vl53l8ch_bins_analysis);
  row.Set(sample, &SampleRecord::mutable_vl53l8ch_reflectance_analysis);
  row.Set(sample, &SampleRecord::mutable_vl53l8ch_amplitude_consistency);
  row.Set(sample, &SampleRecord::mutable_vl53l8ch_quality_score);
  row.Set(sample, &SampleRecord::mutable_vl53l8ch_grade);
  row.Set(sample, &SampleRecord::mutable_vl53l8ch_score_breakdown);
  row.Set(sample, &SampleRecord::mutable_vl53l8ch_defects);
}

void SpectralColumns(RowCursor& row, SampleRecord* sample) {
  SetChannels(row.Text(), sample);
  row.Set(sample, &SampleRecord::mutable_as7341_integration_time);
  row.Set(sample, &SampleRecord::mutable_as7341_gain);
  row.Set(sample, &SampleRecord::mutable_as7341_freshness_index);
  row.Set(sample, &SampleRecord::mutable_as7341_fat_quality_index);
  row.Set(sample, &SampleRecord::mutable_as7341_oxidation_index);
  row.Set(sample, &SampleRecord::mutable_as7341_spectral_analysis);
  row.Set(sample, &SampleRecord::mutable_as7341_color_analysis);
  row.Set(sample, &SampleRecord::mutable_as7341_quality_score);
  row.Set(sample, &SampleRecord::mutable_as7341_grade);
  row.Set(sample, &SampleRecord::mutable_as7341_score_breakdown);
  row.Set(sample, &SampleRecord::mutable_as7341_defects);
}

void FusionColumns(RowCursor& row, SampleRecord* sample) {
  sample->set_fusion_final_score(row.Double());
  sample->set_fusion_final_grade(row.Text());
  row.Set(sample, &SampleRecord::mutable_fusion_vl53l8ch_score);
  row.Set(sample, &SampleRecord::mutable_fusion_as7341_score);
  row.Set(sample, &SampleRecord::mutable_fusion_defects);
  sample->set_fusion_is_compliant(row.Bool());
  row.Set(sample, &SampleRecord::mutable_declared_fusion_score);
  row.Set(sample, &SampleRecord::mutable_declared_fusion_grade);
  row.Set(sample, &SampleRecord::mutable_declared_compliant);
}

void ComputedColumns(RowCursor& row, SampleRecord* sample) {
  row.Set(sample, &SampleRecord::mutable_comparison);
  row.Set(sample, &SampleRecord::mutable_computed_tof_score);
  row.Set(sample, &SampleRecord::mutable_computed_spectral_score);
  row.Set(sample, &SampleRecord::mutable_computed_fusion_score);
  row.Set(sample, &SampleRecord::mutable_computed_grade);
  row.Set(sample, &SampleRecord::mutable_computed_volume_mm3);
  row.Set(sample, &SampleRecord::mutable_computed_freshness_index);
  row.Set(sample, &SampleRecord::mutable_computed_oxidation_index);
  row.Set(sample, &SampleRecord::mutable_computed_fat_quality_index);
  row.Set(sample, &SampleRecord::mutable_computed_confidence_level);
  row.Set(sample, &SampleRecord::mutable_computed_limiting_sensor);
  sample->set_score_disagrees(row.Bool());
}

// Value of cell `i` of a packed matrix whose encoding is `encoding`.
double Cell(const std::string& packed, int encoding, int i) {
  const auto byte = [&packed](int at) { return static_cast<uint32_t>(static_cast<unsigned char>(packed[at])); };
  if (encoding == 1) return byte(1 + i);
  if (encoding < 5) {
    const double raw = byte(1 + 2 * i) << 8 | byte(2 + 2 * i);
    return encoding == 2 ? raw : encoding == 3 ? raw / 4 : raw / 10;
  }
  const int at = 1 + 4 * i;
  const uint32_t bits = byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3);
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return Shortest(value);
}

}  // namespace

bool AppendMatrix(const std::string& bytes, google::protobuf::RepeatedPtrField<google::protobuf::ListValue>* rows) {
  if (bytes.size() < 4 || bytes.compare(0, 2, "\\x") != 0) return false;
  const std::string packed = absl::HexStringToBytes(bytes.substr(2));
  const int encoding = packed[0];
  if (encoding < 1 || encoding > 5) return false;
  if (packed.size() != (encoding == 1 ? 65u : encoding == 5 ? 257u : 129u)) return false;
  for (int y = 0; y < 8; ++y) {
    auto* row = rows->Add();
    for (int x = 0; x < 8; ++x) row->add_values()->set_number_value(Cell(packed, encoding, 8 * y + x));
  }
  return true;
}

std::string SampleColumns(bool matrices) {
  return absl::StrCat(kBeforeMatrices, matrices ? kMatrices : "", kAfterMatrices);
}

SampleRecord ToSample(RowCursor& row, bool matrices) {
  SampleRecord sample;
  row.Set(&sample, &SampleRecord::mutable_time);
  sample.set_sample_id(row.Text());
  sample.set_device_id(row.Text());
  row.Set(&sample, &SampleRecord::mutable_lot_id);
  row.Set(&sample, &SampleRecord::mutable_code_lot);
  row.Set(&sample, &SampleRecord::mutable_site_code);
  if (matrices) {
    for (auto* rows : {sample.mutable_vl53l8ch_distance_matrix(), sample.mutable_vl53l8ch_reflectance_matrix(),
                       sample.mutable_vl53l8ch_amplitude_matrix(), sample.mutable_vl53l8ch_status_matrix(),
                       sample.mutable_vl53l8ch_ambient_matrix()}) {
      const std::string bytes = row.Text();
      if (!bytes.empty() && !AppendMatrix(bytes, rows)) throw pqxx::conversion_error("a stored matrix is not packed as documented");
    }
  }
  TofColumns(row, &sample);
  SpectralColumns(row, &sample);
  FusionColumns(row, &sample);
  row.Set(&sample, &SampleRecord::mutable_meta_firmware_version);
  row.Set(&sample, &SampleRecord::mutable_meta_temperature_c);
  row.Set(&sample, &SampleRecord::mutable_meta_humidity_percent);
  row.Set(&sample, &SampleRecord::mutable_meta_config_profile);
  row.Set(&sample, &SampleRecord::mutable_created_at);
  ComputedColumns(row, &sample);
  row.Set(&sample, &SampleRecord::mutable_vl53l8ch_frames_averaged);
  row.Set(&sample, &SampleRecord::mutable_vl53l8ch_expected_volume_mm3);
  return sample;
}

}  // namespace egi::storage::read
