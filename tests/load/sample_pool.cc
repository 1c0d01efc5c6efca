#include "tests/load/sample_pool.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "server/analyse/dome.h"
#include "server/analyse/profile_book.h"
#include "server/analyse/recompute.h"

namespace egi::load {
namespace {

// A dome of about 560 cm3 in the middle of the tray, told to a tenth of a millimetre.
void FillTof(int variant, quality::v1::Sample* sample) {
  const analyse::ZoneMap heights = analyse::Rasterise(analyse::Dome{0, 0, 94.4, 47.2, 60, 0.785}, {});
  quality::v1::TofFrame& tof = *sample->mutable_tof();
  int zone = 0;
  for (const double height : heights) {
    const bool liver = height > 0;
    const double noise = 0.1 * ((zone * 7 + variant * 3) % 11 - 5);
    tof.add_distance_mm(static_cast<float>(std::round(10 * (95 - height + noise)) / 10));
    tof.add_reflectance(liver ? 55 : 71);
    tof.add_amplitude(liver ? 240 : 90);
    ++zone;
  }
  tof.set_integration_time_ms(50);
  tof.set_frames_averaged(64);
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
}

// The sample names its profile and declares what its raw data give, so that the server measures it again and agrees, as with a sound station.
void Conclude(quality::v1::Sample* sample) {
  static const analyse::AnalysisBook* const book = new analyse::AnalysisBook(*analyse::AnalysisBook::BuiltIn());
  const analyse::AnalysisProfile& profile = book->FindOrDefault("");
  sample->set_config_profile(profile.name);
  analyse::Explain(analyse::Recompute(*sample, profile), profile, sample);
  // What most stations send: figures, no explanations.
  sample->mutable_tof_analysis()->clear_details();
  sample->mutable_spectral_analysis()->clear_details();
  sample->mutable_tof_analysis()->clear_score_breakdown();
  sample->mutable_spectral_analysis()->clear_score_breakdown();
}

}  // namespace

ReusableBatch::ReusableBatch(const std::string& device, int size) : device_(device) {
  for (int i = 0; i < size; ++i) {
    quality::v1::Sample* sample = request_.mutable_batch()->add_samples();
    sample->set_device_id(device);
    sample->set_site_code("LS");
    FillTof(i, sample);
    FillSpectrum(sample);
    Conclude(sample);
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
