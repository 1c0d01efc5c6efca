#include "simulators/station/firmware/analyser.h"

#include <utility>

#include "server/analyse/recompute.h"
#include "server/analyse/spectral.h"
#include "simulators/station/firmware/histogram_summary.h"

namespace egi::station::firmware {

void Analyse(Reading reading, const analyse::AnalysisProfile& built, double expected_volume_mm3, const quality::v1::SpectralChannels* white,
             quality::v1::Sample* sample) {
  analyse::AnalysisProfile profile = built;
  if (white != nullptr) {
    const auto counts = analyse::CountsOf(*white);
    for (int i = 0; i < analyse::kChannels; ++i) profile.spectral.model.channels[i].white = counts[i];
  }
  if (expected_volume_mm3 > 0) profile.tof.expected_volume_mm3 = analyse::PlausibleVolume(expected_volume_mm3);
  *sample->mutable_tof() = std::move(reading.tof);
  *sample->mutable_spectral() = std::move(reading.spectral);
  analyse::Explain(analyse::Recompute(*sample, profile), profile, sample);
  if (expected_volume_mm3 > 0) {
    // A parameter of the lot, without which the server could not measure the same.
    (*sample->mutable_tof_analysis()->mutable_details()->mutable_fields())["expected_volume_mm3"].set_number_value(profile.tof.expected_volume_mm3);
  }
  if (!reading.histograms.empty()) {
    const double bin_mm = profile.tof_setup.bin_size_mm;
    *(*sample->mutable_tof_analysis()->mutable_details()->mutable_fields())["bins_analysis"].mutable_struct_value() =
        SummariseHistograms(reading.histograms, bin_mm);
  }
}

}  // namespace egi::station::firmware
