// How a row of sqal_samples becomes a graded sample again.
#include <cstdlib>

#include "server/storage/postgres/matrix_codec.h"
#include "server/storage/postgres/sample_details.h"
#include "server/storage/postgres/sample_row.h"

namespace egi::storage {
namespace {

using quality::v1::Fusion;
using quality::v1::GradedSample;
using quality::v1::Sample;
using quality::v1::SpectralAnalysis;
using quality::v1::TofAnalysis;

// Reads the columns of a row one after the other.
class Cursor {
 public:
  Cursor(const Rows& rows, int row, int column) : rows_(rows), row_(row), column_(column) {}

  bool null() const { return rows_.is_null(row_, column_); }
  std::string text() { return std::string(rows_.text(row_, column_++)); }
  double real() { return rows_.real(row_, column_++); }
  int32_t integer() { return static_cast<int32_t>(rows_.integer(row_, column_++)); }
  bool boolean() { return rows_.boolean(row_, column_++); }
  std::string bytes() { return rows_.bytes(row_, column_++); }
  void timestamp(google::protobuf::Timestamp* out) { ToTimestamp(absl::FromUnixMicros(rows_.integer(row_, column_++)), out); }
  void skip() { ++column_; }

 private:
  const Rows& rows_;
  const int row_;
  int column_;
};

#define EGI_READ(message, field)                       \
  do {                                                 \
    if (cursor->null()) {                              \
      cursor->skip();                                  \
    } else {                                           \
      (message)->set_##field(cursor->real());          \
    }                                                  \
  } while (false)

template <typename Cells>
absl::Status ReadMatrix(Cursor* cursor, Cells* cells) {
  if (cursor->null()) {
    cursor->skip();
    return absl::OkStatus();
  }
  float values[kMatrixCells];
  if (absl::Status status = UnpackMatrix(cursor->bytes(), values); !status.ok()) return status;
  for (const float value : values) cells->Add(static_cast<typename Cells::value_type>(value));
  return absl::OkStatus();
}

void ReadChannels(Cursor* cursor, quality::v1::SpectralChannels* channels) {
  const std::string array = cursor->text();  // {1,2,...}
  double counts[10] = {};
  const char* at = array.c_str();
  for (double& count : counts) {
    if (*at == '\0' || *at == '}') break;
    char* end = nullptr;
    count = std::strtod(at + 1, &end);
    at = end;
  }
  channels->set_f1_415nm(counts[0]);
  channels->set_f2_445nm(counts[1]);
  channels->set_f3_480nm(counts[2]);
  channels->set_f4_515nm(counts[3]);
  channels->set_f5_555nm(counts[4]);
  channels->set_f6_590nm(counts[5]);
  channels->set_f7_630nm(counts[6]);
  channels->set_f8_680nm(counts[7]);
  channels->set_clear(counts[8]);
  channels->set_nir(counts[9]);
}

void ReadTofAnalysis(Cursor* cursor, TofAnalysis* tof) {
  EGI_READ(tof, volume_mm3);
  EGI_READ(tof, avg_height_mm);
  EGI_READ(tof, max_height_mm);
  EGI_READ(tof, min_height_mm);
  EGI_READ(tof, height_variation_mm);
  EGI_READ(tof, surface_uniformity);
  EGI_READ(tof, quality_score);
  tof->set_grade(cursor->text());
}

void ReadSpectralAnalysis(Cursor* cursor, SpectralAnalysis* spectral) {
  EGI_READ(spectral, freshness_index);
  EGI_READ(spectral, fat_quality_index);
  EGI_READ(spectral, oxidation_index);
  EGI_READ(spectral, color_uniformity);
  EGI_READ(spectral, quality_score);
  spectral->set_grade(cursor->text());
}

void ReadFusion(Cursor* cursor, GradedSample* graded) {
  Fusion* result = graded->mutable_result();
  result->set_final_score(cursor->real());
  result->set_final_grade(cursor->text());
  result->set_is_compliant(cursor->boolean());
  EGI_READ(result, vl53l8ch_score);
  EGI_READ(result, as7341_score);
  EGI_READ(result, weight_tof);
  EGI_READ(result, weight_spectral);
  EGI_READ(result, confidence_level);
  if (cursor->null()) {  // the device declared no fusion
    for (int i = 0; i < 3; ++i) cursor->skip();
    return;
  }
  Fusion* declared = graded->mutable_sample()->mutable_fusion();
  declared->set_final_score(cursor->real());
  declared->set_final_grade(cursor->text());
  cursor->null() ? cursor->skip() : declared->set_is_compliant(cursor->boolean());
  // Where the message said something else, details hold it.
  if (result->has_vl53l8ch_score()) declared->set_vl53l8ch_score(result->vl53l8ch_score());
  if (result->has_as7341_score()) declared->set_as7341_score(result->as7341_score());
  if (result->has_weight_tof()) declared->set_weight_tof(result->weight_tof());
  if (result->has_weight_spectral()) declared->set_weight_spectral(result->weight_spectral());
  if (result->has_confidence_level()) declared->set_confidence_level(result->confidence_level());
}

void ReadComputation(Cursor* cursor, GradedSample* graded) {
  graded->set_comparison(cursor->text());
  if (cursor->null()) {
    for (int i = 0; i < 10; ++i) cursor->skip();
    return;
  }
  quality::v1::Computation* computed = graded->mutable_computed();
  computed->set_tof_score(static_cast<float>(cursor->real()));
  computed->set_spectral_score(static_cast<float>(cursor->real()));
  computed->set_fused_score(static_cast<float>(cursor->real()));
  computed->set_volume_mm3(static_cast<float>(cursor->real()));
  computed->set_freshness_index(static_cast<float>(cursor->real()));
  computed->set_oxidation_index(static_cast<float>(cursor->real()));
  computed->set_fat_quality_index(static_cast<float>(cursor->real()));
  computed->set_confidence_level(static_cast<float>(cursor->real()));
  computed->set_grade(cursor->text());
  computed->set_limiting_sensor(cursor->text());
}

}  // namespace

const char kSampleColumns[] =
    "(extract(epoch FROM s.time) * 1000000)::bigint, (extract(epoch FROM s.received_at) * 1000000)::bigint, "
    "s.device_id, s.sample_id, s.site_code, s.lot_id, s.code_lot, s.gaveur_id, s.score_disagrees, s.clock_skew, "
    "s.distance_cells, s.reflectance_cells, s.amplitude_cells, s.status_cells, s.ambient_cells, "
    "s.vl53l8ch_integration_time, s.vl53l8ch_temperature_c, s.as7341_values, s.as7341_integration_time, s.as7341_gain, "
    "s.vl53l8ch_quality_score IS NOT NULL, "
    "s.vl53l8ch_volume_mm3, s.vl53l8ch_avg_height_mm, s.vl53l8ch_max_height_mm, s.vl53l8ch_min_height_mm, "
    "s.vl53l8ch_height_variation_mm, s.vl53l8ch_surface_uniformity, s.vl53l8ch_quality_score, s.vl53l8ch_grade, "
    "s.as7341_quality_score IS NOT NULL, "
    "s.as7341_freshness_index, s.as7341_fat_quality_index, s.as7341_oxidation_index, s.as7341_color_uniformity, "
    "s.as7341_quality_score, s.as7341_grade, "
    "s.fusion_final_score, s.fusion_final_grade, s.fusion_is_compliant, s.fusion_vl53l8ch_score, s.fusion_as7341_score, "
    "s.fusion_weight_tof, s.fusion_weight_spectral, s.fusion_confidence_level, "
    "s.declared_fusion_score, s.declared_fusion_grade, s.declared_compliant, "
    "s.comparison, s.computed_tof_score, s.computed_spectral_score, s.computed_fusion_score, s.computed_volume_mm3, "
    "s.computed_freshness_index, s.computed_oxidation_index, s.computed_fat_quality_index, s.computed_confidence_level, s.computed_grade, "
    "s.computed_limiting_sensor, "
    "s.meta_firmware_version, s.meta_config_profile, s.meta_temperature_c, s.meta_humidity_percent, s.details";

absl::StatusOr<GradedSample> ReadSampleRow(const Rows& rows, int row, int first_column) {
  GradedSample graded;
  Cursor reading(rows, row, first_column);
  Cursor* cursor = &reading;
  Sample* sample = graded.mutable_sample();
  cursor->timestamp(sample->mutable_sample_time());
  cursor->timestamp(graded.mutable_received_time());
  sample->set_device_id(cursor->text());
  sample->set_sample_id(cursor->text());
  graded.set_site_code(cursor->text());
  graded.set_lot_id(cursor->integer());
  graded.set_code_lot(cursor->text());
  graded.set_gaveur_id(cursor->integer());
  graded.set_score_disagrees(cursor->boolean());
  graded.set_clock_skew(cursor->boolean());
  sample->set_site_code(graded.site_code());
  sample->set_lot(graded.code_lot());
  auto* tof = sample->mutable_tof();
  for (auto* cells : {tof->mutable_distance_mm(), tof->mutable_reflectance(), tof->mutable_amplitude()}) {
    if (absl::Status status = ReadMatrix(cursor, cells); !status.ok()) return status;
  }
  if (absl::Status status = ReadMatrix(cursor, tof->mutable_target_status()); !status.ok()) return status;
  if (absl::Status status = ReadMatrix(cursor, tof->mutable_ambient()); !status.ok()) return status;
  tof->set_integration_time_ms(cursor->integer());
  EGI_READ(tof, sensor_temperature_c);
  auto* spectral = sample->mutable_spectral();
  ReadChannels(cursor, spectral->mutable_channels());
  spectral->set_integration_time_ms(cursor->integer());
  spectral->set_gain(static_cast<float>(cursor->real()));
  TofAnalysis no_tof;
  ReadTofAnalysis(cursor, cursor->boolean() ? sample->mutable_tof_analysis() : &no_tof);
  SpectralAnalysis no_spectral;
  ReadSpectralAnalysis(cursor, cursor->boolean() ? sample->mutable_spectral_analysis() : &no_spectral);
  ReadFusion(cursor, &graded);
  ReadComputation(cursor, &graded);
  sample->set_firmware_version(cursor->text());
  sample->set_config_profile(cursor->text());
  EGI_READ(sample, temperature_c);
  EGI_READ(sample, humidity_pct);
  if (!cursor->null()) {
    if (absl::Status status = ApplySampleDetails(cursor->text(), &graded); !status.ok()) return status;
  }
  return graded;
}

}  // namespace egi::storage
