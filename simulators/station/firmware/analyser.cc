#include "simulators/station/firmware/analyser.h"

#include <utility>

#include "server/analyse/recompute.h"
#include "simulators/station/firmware/histogram_summary.h"

namespace egi::station::firmware {

void Analyse(Reading reading, const analyse::AnalysisProfile& profile, double expected_volume_mm3, quality::v1::Sample* sample) {
  *sample->mutable_tof() = std::move(reading.tof);
  *sample->mutable_spectral() = std::move(reading.spectral);
  if (expected_volume_mm3 > 0) {
    analyse::AnalysisProfile of_lot = profile;
    of_lot.tof.expected_volume_mm3 = expected_volume_mm3;
    analyse::Explain(analyse::Recompute(*sample, of_lot), of_lot, sample);
    // A parameter of the lot, without which the server could not measure the same.
    (*sample->mutable_tof_analysis()->mutable_details()->mutable_fields())["expected_volume_mm3"].set_number_value(expected_volume_mm3);
  } else {
    analyse::Explain(analyse::Recompute(*sample, profile), profile, sample);
  }
  if (!reading.histograms.empty()) {
    const double bin_mm = profile.tof_setup.bin_size_mm;
    *(*sample->mutable_tof_analysis()->mutable_details()->mutable_fields())["bins_analysis"].mutable_struct_value() =
        SummariseHistograms(reading.histograms, bin_mm);
  }
}

}  // namespace egi::station::firmware
