#include <cmath>
#include <initializer_list>

#include "absl/strings/str_cat.h"
#include "server/analyse/profile_sections.h"

namespace egi::analyse {
namespace {

constexpr double kWeightTolerance = 0.001;

// Numbers of a section by name.
struct Entry {
  const char* key;
  double* target;
  double low, high;
};

void ReadEntries(YamlSection part, std::initializer_list<Entry> entries) {
  for (const Entry& e : entries) part.Number(e.key, e.target, e.low, e.high);
  part.RefuseUnknownKeys();
}

void CheckSum(YamlSection& section, const char* key, double sum) {
  if (std::abs(sum - 1) > kWeightTolerance) section.Fault(key, absl::StrCat("weights add up to ", sum, ", expected 1"));
}

void ReadTofAnalyser(YamlSection& section, TofOptions* tof) {
  ReadEntries(section.Section("vl53l8ch_analyzer"), {{"weight_volume", &tof->weights.volume, 0, 1},
                                                     {"weight_uniformity", &tof->weights.uniformity, 0, 1},
                                                     {"weight_defects", &tof->weights.defects, 0, 1},
                                                     {"weight_reflectance", &tof->weights.reflectance, 0, 1},
                                                     {"weight_signal", &tof->weights.signal, 0, 1},
                                                     {"expected_volume_mm3", &tof->expected_volume_mm3, 1000, 5000000},
                                                     {"defect_height_mm", &tof->defect_height_mm, 1, 50},
                                                     {"defect_full_scale_mm", &tof->defect_full_scale_mm, 1, 100}});
  CheckSum(section, "vl53l8ch_analyzer", tof->weights.volume + tof->weights.uniformity + tof->weights.defects +
                                             tof->weights.reflectance + tof->weights.signal);
}

void ReadSpectralAnalyser(YamlSection& section, SpectralOptions* colour) {
  ReadEntries(section.Section("as7341_analyzer"), {{"weight_freshness", &colour->weight_freshness, 0, 1},
                                                   {"weight_fat", &colour->weight_fat, 0, 1},
                                                   {"weight_colour", &colour->weight_colour, 0, 1},
                                                   {"weight_oxidation", &colour->weight_oxidation, 0, 1},
                                                   {"defect_penalty", &colour->defect_penalty, 0, 1},
                                                   {"max_defect_penalty", &colour->max_defect_penalty, 0, 1}});
  CheckSum(section, "as7341_analyzer",
           colour->weight_freshness + colour->weight_fat + colour->weight_colour + colour->weight_oxidation);
}

}  // namespace

void ReadAnalysisSections(YamlSection& section, AnalysisProfile* target) {
  ReadTofAnalyser(section, &target->tof);
  ReadSpectralAnalyser(section, &target->spectral);
}

}  // namespace egi::analyse
