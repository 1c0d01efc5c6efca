#include "tests/load/sample_pool.h"

#include "absl/strings/str_cat.h"

namespace egi::load {
namespace {

void FillTof(int variant, quality::v1::Sample* sample) {
  quality::v1::TofFrame& tof = *sample->mutable_tof();
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) {
      const bool liver = x > 1 && x < 6 && y > 1 && y < 6;
      tof.add_distance_mm(liver ? 55.2F + 0.1F * ((x * y + variant) % 40) : 95.8F);
      tof.add_reflectance(liver ? 54 : 71);
      tof.add_amplitude(liver ? 48 : 9);
    }
  }
  tof.set_integration_time_ms(50);
  quality::v1::TofAnalysis& analysis = *sample->mutable_tof_analysis();
  analysis.set_volume_mm3(548200.5 + variant);
  analysis.set_surface_uniformity(0.81);
  analysis.set_quality_score(0.79);
  analysis.set_grade("A");
}

void FillSpectrum(quality::v1::Sample* sample) {
  quality::v1::SpectralChannels& channels = *sample->mutable_spectral()->mutable_channels();
  channels.set_f1_415nm(402);
  channels.set_f2_445nm(596);
  channels.set_f3_480nm(511);
  channels.set_f4_515nm(1873);
  channels.set_f5_555nm(905);
  channels.set_f6_590nm(612);
  channels.set_f7_630nm(1139);
  channels.set_f8_680nm(744);
  channels.set_clear(6480);
  channels.set_nir(603);
  quality::v1::SpectralAnalysis& analysis = *sample->mutable_spectral_analysis();
  analysis.set_freshness_index(0.88);
  analysis.set_fat_quality_index(0.84);
  analysis.set_oxidation_index(0.12);
  analysis.set_quality_score(0.86);
}

}  // namespace

ReusableBatch::ReusableBatch(const std::string& device, int size) : device_(device) {
  for (int i = 0; i < size; ++i) {
    quality::v1::Sample* sample = request_.mutable_batch()->add_samples();
    sample->set_device_id(device);
    sample->set_site_code("LS");
    FillTof(i, sample);
    FillSpectrum(sample);
    quality::v1::Fusion& fusion = *sample->mutable_fusion();
    fusion.set_final_score(0.818);
    fusion.set_final_grade("A");
    fusion.set_is_compliant(true);
  }
}

const quality::v1::StreamSamplesRequest& ReusableBatch::Renew(int64_t first, absl::Time now) {
  quality::v1::SampleBatch& batch = *request_.mutable_batch();
  batch.set_first_sequence(first);
  const int64_t micros = absl::ToUnixMicros(now);
  for (int i = 0; i < batch.samples_size(); ++i) {
    quality::v1::Sample& sample = *batch.mutable_samples(i);
    sample.set_sample_id(absl::StrCat(device_, "_", first + i));
    sample.mutable_sample_time()->set_seconds((micros + i) / 1'000'000);
    sample.mutable_sample_time()->set_nanos(static_cast<int32_t>((micros + i) % 1'000'000) * 1000);
  }
  return request_;
}

}  // namespace egi::load
