#include "server/storage/postgres/sample_row.h"

#include <openssl/sha.h>

#include <cmath>
#include <optional>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "server/storage/postgres/matrix_codec.h"
#include "server/storage/postgres/sample_details.h"

namespace egi::storage {
namespace {

using quality::v1::Fusion;
using quality::v1::GradedSample;
using quality::v1::Sample;
using quality::v1::SpectralAnalysis;
using quality::v1::TofAnalysis;

constexpr int16_t kCopyColumns = 69;

struct FrameFigures {
  double mean_distance_mm = 0;
  double deviation_distance_mm = 0;
  double mean_reflectance = 0;
};

FrameFigures Figures(const quality::v1::TofFrame& tof) {
  FrameFigures figures;
  double sum = 0, squares = 0, reflectance = 0;
  for (const float d : tof.distance_mm()) sum += d, squares += static_cast<double>(d) * d;
  for (const float r : tof.reflectance()) reflectance += r;
  const double n = std::max(1, tof.distance_mm_size());
  figures.mean_distance_mm = sum / n;
  figures.deviation_distance_mm = std::sqrt(std::max(0.0, squares / n - figures.mean_distance_mm * figures.mean_distance_mm));
  figures.mean_reflectance = reflectance / std::max(1, tof.reflectance_size());
  return figures;
}

template <typename Cells>
void WriteMatrix(const Cells& cells, std::string* packed, CopyWriter* copy) {
  if (cells.size() != kMatrixCells) {
    cells.empty() ? copy->Null() : copy->Bytea("");  // the table refuses the empty one: validation let a wrong size through
    return;
  }
  if constexpr (std::is_same_v<typename Cells::value_type, float>) {
    PackMatrix(cells.data(), packed);
  } else {
    float values[kMatrixCells];
    for (int i = 0; i < kMatrixCells; ++i) values[i] = static_cast<float>(cells[i]);
    PackMatrix(values, packed);
  }
  copy->Bytea(*packed);
}

#define EGI_MAYBE(message, field) ((message).has_##field() ? std::optional<double>((message).field()) : std::nullopt)

void WriteTofAnalysis(const Sample& sample, CopyWriter* copy) {
  const TofAnalysis& tof = sample.tof_analysis();
  const bool known = sample.has_tof_analysis();
  known ? copy->Float8(tof.volume_mm3()) : copy->Null();
  copy->MaybeFloat8(EGI_MAYBE(tof, avg_height_mm));
  copy->MaybeFloat8(EGI_MAYBE(tof, max_height_mm));
  copy->MaybeFloat8(EGI_MAYBE(tof, min_height_mm));
  copy->MaybeFloat8(EGI_MAYBE(tof, height_variation_mm));
  known ? copy->Float8(tof.surface_uniformity()) : copy->Null();
  known ? copy->Float8(tof.quality_score()) : copy->Null();
  copy->TextOrNull(tof.grade());
}

void WriteSpectralAnalysis(const Sample& sample, CopyWriter* copy) {
  const SpectralAnalysis& spectral = sample.spectral_analysis();
  const bool known = sample.has_spectral_analysis();
  known ? copy->Float8(spectral.freshness_index()) : copy->Null();
  known ? copy->Float8(spectral.fat_quality_index()) : copy->Null();
  known ? copy->Float8(spectral.oxidation_index()) : copy->Null();
  copy->MaybeFloat8(EGI_MAYBE(spectral, color_uniformity));
  known ? copy->Float8(spectral.quality_score()) : copy->Null();
  copy->TextOrNull(spectral.grade());
}

void WriteFusion(const Sample& sample, const Fusion& result, CopyWriter* copy) {
  const Fusion& declared = sample.fusion();
  copy->Float8(result.final_score());
  copy->Text(result.final_grade());
  copy->Bool(result.is_compliant());
  copy->MaybeFloat8(EGI_MAYBE(result, vl53l8ch_score));
  copy->MaybeFloat8(EGI_MAYBE(result, as7341_score));
  copy->MaybeFloat8(EGI_MAYBE(result, weight_tof));
  copy->MaybeFloat8(EGI_MAYBE(result, weight_spectral));
  copy->MaybeFloat8(EGI_MAYBE(result, confidence_level));
  sample.has_fusion() ? copy->Float8(declared.final_score()) : copy->Null();
  copy->TextOrNull(declared.final_grade());
  declared.has_is_compliant() ? copy->Bool(declared.is_compliant()) : copy->Null();
}

void WriteComputation(const GradedSample& graded, CopyWriter* copy) {
  copy->TextOrNull(graded.comparison());
  if (!graded.has_computed()) {
    for (int i = 0; i < 10; ++i) copy->Null();
    return;
  }
  const quality::v1::Computation& computed = graded.computed();
  copy->Float4(computed.tof_score());
  copy->Float4(computed.spectral_score());
  copy->Float4(computed.fused_score());
  copy->Float4(computed.volume_mm3());
  copy->Float4(computed.freshness_index());
  copy->Float4(computed.oxidation_index());
  copy->Float4(computed.fat_quality_index());
  copy->Float4(computed.confidence_level());
  copy->Text(computed.grade());
  copy->TextOrNull(computed.limiting_sensor());
}

}  // namespace

void CanonicaliseSample(Sample* sample) {
  sample->mutable_sample_time()->set_nanos(sample->sample_time().nanos() / 1000 * 1000);
  const auto drop = [](auto* analysis) {
    if (!analysis->has_details()) return;
    auto* fields = analysis->mutable_details()->mutable_fields();
    fields->erase("defects");
    fields->erase("score_breakdown");
    if (fields->empty()) analysis->clear_details();
  };
  if (sample->has_tof_analysis()) drop(sample->mutable_tof_analysis());
  if (sample->has_spectral_analysis()) drop(sample->mutable_spectral_analysis());
  if (!sample->has_tof()) sample->mutable_tof();
  sample->mutable_spectral()->mutable_channels();
}

std::string BodyHash(const google::protobuf::MessageLite& body, std::string* scratch) {
  scratch->clear();
  {
    google::protobuf::io::StringOutputStream stream(scratch);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    body.SerializeToCodedStream(&coded);
  }
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(scratch->data()), scratch->size(), digest);
  return std::string(reinterpret_cast<const char*>(digest), 16);
}

const char kCopySamples[] =
    "COPY sqal_samples (batch_id, ordinal, time, received_at, device_id, sample_id, site_code, lot_id, code_lot, gaveur_id, "
    "score_disagrees, clock_skew, fusion_mode, comparison, computed_tof_score, computed_spectral_score, computed_fusion_score, "
    "computed_volume_mm3, computed_freshness_index, computed_oxidation_index, computed_fat_quality_index, computed_confidence_level, "
    "computed_grade, computed_limiting_sensor, "
    "distance_cells, reflectance_cells, amplitude_cells, status_cells, ambient_cells, "
    "vl53l8ch_integration_time, vl53l8ch_temperature_c, "
    "vl53l8ch_avg_distance_mm, vl53l8ch_std_distance_mm, vl53l8ch_avg_reflectance, "
    "as7341_values, as7341_integration_time, as7341_gain, as7341_ratio_red_nir, as7341_ratio_clear_nir, "
    "vl53l8ch_volume_mm3, vl53l8ch_avg_height_mm, vl53l8ch_max_height_mm, vl53l8ch_min_height_mm, "
    "vl53l8ch_height_variation_mm, vl53l8ch_surface_uniformity, vl53l8ch_quality_score, vl53l8ch_grade, "
    "as7341_freshness_index, as7341_fat_quality_index, as7341_oxidation_index, as7341_color_uniformity, "
    "as7341_quality_score, as7341_grade, "
    "fusion_final_score, fusion_final_grade, fusion_is_compliant, fusion_vl53l8ch_score, fusion_as7341_score, "
    "fusion_weight_tof, fusion_weight_spectral, fusion_confidence_level, "
    "declared_fusion_score, declared_fusion_grade, declared_compliant, "
    "meta_firmware_version, meta_config_profile, meta_temperature_c, meta_humidity_percent, details) FROM STDIN BINARY";

absl::Status WriteSampleRow(const GradedSample& graded, int64_t batch_id, int32_t ordinal, SampleRowScratch* scratch,
                            CopyWriter* copy) {
  if (absl::Status status = copy->StartRow(kCopyColumns); !status.ok()) return status;
  const Sample& sample = graded.sample();
  copy->Int8(batch_id);
  copy->Int4(ordinal);
  copy->Time(ToTime(sample.sample_time()));
  copy->Time(ToTime(graded.received_time()));
  copy->Text(sample.device_id());
  copy->Text(sample.sample_id());
  copy->TextOrNull(graded.site_code());
  copy->Int4OrNull(graded.lot_id());
  copy->TextOrNull(graded.code_lot());
  copy->Int4OrNull(graded.gaveur_id());
  copy->Bool(graded.score_disagrees());
  copy->Bool(graded.clock_skew());
  copy->Text("both");
  WriteComputation(graded, copy);
  const auto& tof = sample.tof();
  WriteMatrix(tof.distance_mm(), &scratch->matrix, copy);
  WriteMatrix(tof.reflectance(), &scratch->matrix, copy);
  WriteMatrix(tof.amplitude(), &scratch->matrix, copy);
  WriteMatrix(tof.target_status(), &scratch->matrix, copy);
  WriteMatrix(tof.ambient(), &scratch->matrix, copy);
  tof.integration_time_ms() == 0 ? copy->Null() : copy->Float8(tof.integration_time_ms());
  copy->MaybeFloat8(EGI_MAYBE(tof, sensor_temperature_c));
  const FrameFigures figures = Figures(tof);
  copy->Float8(figures.mean_distance_mm);
  copy->Float8(figures.deviation_distance_mm);
  copy->Float8(figures.mean_reflectance);
  const auto& spectral = sample.spectral();
  const auto& c = spectral.channels();
  const double counts[10] = {c.f1_415nm(), c.f2_445nm(), c.f3_480nm(), c.f4_515nm(), c.f5_555nm(),
                             c.f6_590nm(), c.f7_630nm(), c.f8_680nm(), c.clear(),    c.nir()};
  copy->Float8Array(counts, 10);
  spectral.integration_time_ms() == 0 ? copy->Null() : copy->Float8(spectral.integration_time_ms());
  spectral.gain() == 0 ? copy->Null() : copy->Float8(spectral.gain());
  c.nir() > 0 ? copy->Float8(c.f8_680nm() / c.nir()) : copy->Null();
  c.nir() > 0 ? copy->Float8(c.clear() / c.nir()) : copy->Null();
  WriteTofAnalysis(sample, copy);
  WriteSpectralAnalysis(sample, copy);
  WriteFusion(sample, graded.result(), copy);
  copy->TextOrNull(sample.firmware_version());
  copy->TextOrNull(sample.config_profile());
  copy->MaybeFloat8(EGI_MAYBE(sample, temperature_c));
  copy->MaybeFloat8(EGI_MAYBE(sample, humidity_pct));
  scratch->details.clear();
  AppendSampleDetails(graded, &scratch->details);
  scratch->details.empty() ? copy->Null() : copy->Jsonb(scratch->details);
  return absl::OkStatus();
}

}  // namespace egi::storage
