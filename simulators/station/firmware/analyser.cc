#include "simulators/station/firmware/analyser.h"

#include <utility>

#include "server/analyse/grade.h"
#include "server/analyse/spectral.h"
#include "server/analyse/tof.h"
#include "simulators/station/firmware/histogram_summary.h"

namespace egi::station::firmware {

void Analyse(Reading reading, const analyse::AnalysisProfile& profile, double expected_volume_mm3, quality::v1::Sample* sample) {
  *sample->mutable_tof() = std::move(reading.tof);
  *sample->mutable_spectral() = std::move(reading.spectral);
  analyse::TofOptions tof = profile.tof;
  if (expected_volume_mm3 > 0) tof.expected_volume_mm3 = expected_volume_mm3;
  *sample->mutable_tof_analysis() = analyse::AnalyseTof(sample->tof(), tof);
  if (!reading.histograms.empty()) {
    const double bin_mm = profile.tof_setup.bin_size_mm;
    *(*sample->mutable_tof_analysis()->mutable_details()->mutable_fields())["bins_analysis"].mutable_struct_value() =
        SummariseHistograms(reading.histograms, bin_mm);
  }
  *sample->mutable_spectral_analysis() = analyse::AnalyseSpectrum(sample->spectral(), profile.spectral);
  const auto& parts = sample->tof_analysis().score_breakdown();
  const auto signal = parts.find("signal");
  const double seen = signal == parts.end() || tof.weights.signal <= 0 ? 0 : signal->second / tof.weights.signal;
  sample->mutable_fusion()->set_confidence_level((seen + sample->spectral_analysis().color_uniformity()) / 2);
  *sample->mutable_fusion() = analyse::Fuse(*sample);
  sample->mutable_fusion()->clear_defects();  // they stand with their sensors
}

}  // namespace egi::station::firmware
