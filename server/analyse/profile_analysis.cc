#include <array>
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

void ReadEntries(YamlSection& part, std::initializer_list<Entry> entries) {
  for (const Entry& e : entries) part.Number(e.key, e.target, e.low, e.high);
}

void CheckSum(YamlSection& section, const char* key, double sum) {
  if (std::abs(sum - 1) > kWeightTolerance) section.Fault(key, absl::StrCat("weights add up to ", sum, ", expected 1"));
}

// A list of numbers of fixed length, each within [low, high].
template <size_t N>
void ReadList(YamlSection& section, const char* key, std::array<double, N>* target, double low, double high) {
  const YAML::Node list = section.Child(key);
  if (!list.IsDefined()) return;
  if (!list.IsSequence() || list.size() != N) {
    section.Fault(key, absl::StrCat("expected a list of ", N, " numbers"));
    return;
  }
  for (size_t i = 0; i < N; ++i) {
    double value = 0;
    if (!YAML::convert<double>::decode(list[i], value) || !(value >= low && value <= high)) {
      section.Fault(key, absl::StrCat("expected numbers from ", low, " to ", high));
      return;
    }
    (*target)[i] = value;
  }
}

void ReadRising(YamlSection& section, const char* key, Levels* target) {
  ReadList(section, key, target, 0, 1000);
  if (!((*target)[0] < (*target)[1] && (*target)[1] < (*target)[2])) section.Fault(key, "expected rising numbers");
}

void ReadGrades(YamlSection& section, GradeBounds* grades) {
  YamlSection part = section.Section("grades");
  ReadEntries(part, {{"a_plus", &grades->a_plus, 0, 1}, {"a", &grades->a, 0, 1}, {"b", &grades->b, 0, 1}, {"c", &grades->c, 0, 1}});
  part.RefuseUnknownKeys();
  if (!(grades->a_plus > grades->a && grades->a > grades->b && grades->b > grades->c)) {
    section.Fault("grades", "expected a_plus > a > b > c");
  }
}

void ReadTofAnalyser(YamlSection& section, TofOptions* tof) {
  YamlSection part = section.Section("vl53l8ch_analyzer");
  ReadEntries(part, {{"weight_volume", &tof->weights.volume, 0, 1},
                     {"weight_uniformity", &tof->weights.uniformity, 0, 1},
                     {"weight_defects", &tof->weights.defects, 0, 1},
                     {"weight_reflectance", &tof->weights.reflectance, 0, 1},
                     {"weight_signal", &tof->weights.signal, 0, 1},
                     {"expected_volume_mm3", &tof->expected_volume_mm3, 1000, 5000000},
                     {"volume_full_gap", &tof->volume_full_gap, 0, 0.45},
                     {"volume_half_gap", &tof->volume_half_gap, 0.46, 1},
                     {"tray_offset_limit_mm", &tof->tray_offset_limit_mm, 0, 20},
                     {"centre_sd_mm", &tof->prior.centre_sd_mm, 0.1, 1000},
                     {"aspect_sd", &tof->prior.aspect_sd, 0.01, 10},
                     {"frame_sigma_mm", &tof->frame_sigma_mm, 0.1, 50},
                     {"product_height_mm", &tof->product_height_mm, 0.5, 50},
                     {"product_height_ratio", &tof->product_height_ratio, 0.01, 0.9},
                     {"uniformity_scale_mm", &tof->uniformity_scale_mm, 0.1, 50},
                     {"quiet_mm", &tof->quiet_mm, 0, 50},
                     {"shape_significance", &tof->shape_significance, 1, 20},
                     {"defect_height_mm", &tof->defect_height_mm, 1, 50},
                     {"defect_full_scale_mm", &tof->defect_full_scale_mm, 1, 100},
                     {"tolerated_severity", &tof->tolerated_severity, 0.1, 10},
                     {"optical_drop", &tof->optical_drop, 1, 100},
                     {"optical_significance", &tof->optical_significance, 1, 20},
                     {"optical_full_scale", &tof->optical_full_scale, 1, 255},
                     {"reflectance_best", &tof->reflectance_best, 1, 255},
                     {"reflectance_span", &tof->reflectance_span, 1, 255},
                     {"reflectance_low", &tof->reflectance_low, 0, 255},
                     {"reflectance_high", &tof->reflectance_high, 0, 255},
                     {"full_amplitude", &tof->full_amplitude, 1, 4095},
                     {"confidence_noise_mm", &tof->confidence_noise_mm, 0.1, 50},
                     {"confidence_residual_mm", &tof->confidence_residual_mm, 0.1, 50}});
  part.RefuseUnknownKeys();
  CheckSum(section, "vl53l8ch_analyzer", tof->weights.volume + tof->weights.uniformity + tof->weights.defects +
                                             tof->weights.reflectance + tof->weights.signal);
}

void ReadRatios(YamlSection ratios, SpectralOptions* colour) {
  for (int i = 0; i < kRatios; ++i) {
    YamlSection ratio = ratios.Section(kRatioNames[i]);
    RatioRange& range = colour->ratios[i];
    std::array<double, 2> best = {range.best_low, range.best_high}, good = {range.low, range.high};
    ReadList(ratio, "optimal", &best, 0, 100);
    ReadList(ratio, "acceptable", &good, 0, 100);
    if (!(good[0] < best[0] && best[0] <= best[1] && best[1] < good[1])) {
      ratios.Fault(kRatioNames[i], "expected the optimal range inside the acceptable one");
    }
    range = {best[0], best[1], good[0], good[1]};
    ratio.RefuseUnknownKeys();
  }
  ratios.RefuseUnknownKeys();
}

void ReadSpectralAnalyser(YamlSection& section, SpectralOptions* colour) {
  YamlSection part = section.Section("as7341_analyzer");
  ReadEntries(part, {{"weight_freshness", &colour->weight_freshness, 0, 1},
                     {"weight_fat", &colour->weight_fat, 0, 1},
                     {"weight_colour", &colour->weight_colour, 0, 1},
                     {"weight_oxidation", &colour->weight_oxidation, 0, 1},
                     {"defect_penalty", &colour->defect_penalty, 0, 1},
                     {"max_defect_penalty", &colour->max_defect_penalty, 0, 1},
                     {"residual_scale", &colour->residual_scale, 0.0001, 1},
                     {"weak_count", &colour->weak_count, 0, 10000},
                     {"model_error", &colour->model_error, 0, 1},
                     {"confidence_index_sd", &colour->confidence_index_sd, 0.001, 1},
                     {"confidence_residual", &colour->confidence_residual, 0.001, 1}});
  ReadRatios(part.Section("ratios"), colour);
  part.RefuseUnknownKeys();
  CheckSum(section, "as7341_analyzer",
           colour->weight_freshness + colour->weight_fat + colour->weight_colour + colour->weight_oxidation);
}

void ReadSpectralModel(YamlSection part, SpectralOptions* colour) {
  SpectralModel& model = colour->model;
  part.Number("fat_floor", &model.fat_floor, 0.01, 0.99);
  YamlSection channels = part.Section("channels");
  for (int i = 0; i < kChannels; ++i) {
    YamlSection channel = channels.Section(kChannelNames[i]);
    ChannelModel& m = model.channels[i];
    channel.Number("reference", &m.reference, 1, 65535);
    channel.Number("white", &m.white, 1, 65535);
    channel.Number("ageing", &m.ageing, -0.95, 5);
    channel.Number("oxidised", &m.oxidised, -0.95, 5);
    channel.Flag("carries_fat", &m.carries_fat);
    channel.RefuseUnknownKeys();
  }
  channels.RefuseUnknownKeys();
  YamlSection weights = part.Section("xyz_weights");
  ReadList(weights, "x", &colour->colour.x, 0, 1);
  ReadList(weights, "y", &colour->colour.y, 0, 1);
  ReadList(weights, "z", &colour->colour.z, 0, 1);
  double bright = 0;
  for (const double weight : colour->colour.y) bright += weight;
  CheckSum(part, "xyz_weights", bright);
  weights.RefuseUnknownKeys();
  part.RefuseUnknownKeys();
}

void ReadFusion(YamlSection& section, SampleRules* rules) {
  YamlSection part = section.Section("fusion");
  ReadEntries(part, {{"weight_tof", &rules->weight_tof, 0, 1},
                     {"weight_spectral", &rules->weight_spectral, 0, 1},
                     {"critical_foreign_body_severity_threshold", &rules->critical_foreign_body, 0, 1.01},
                     {"score_tolerance", &rules->score_tolerance, 0, 1},
                     {"quality_critical_below", &rules->quality_critical_below, 0, 1},
                     {"quality_low_below", &rules->quality_low_below, 0, 1},
                     {"oxidation_high_above", &rules->oxidation_high_above, 0, 1},
                     {"freshness_low_below", &rules->freshness_low_below, 0, 1},
                     {"full_confidence", &rules->full_confidence, 0, 1},
                     {"single_sensor_confidence", &rules->single_sensor_confidence, 0, 1}});
  ReadGrades(part, &rules->grades);
  part.RefuseUnknownKeys();
  CheckSum(section, "fusion", rules->weight_tof + rules->weight_spectral);
}

void ReadLab(YamlSection& section, const char* key, Lab* lab) {
  std::array<double, 3> values = {lab->l, lab->a, lab->b};
  ReadList(section, key, &values, -128, 128);
  *lab = {values[0], values[1], values[2]};
}

void ReadReferences(YamlSection part, QualityReferences* r) {
  ReadRising(part, "thickness_mm", &r->thickness_mm);
  ReadRising(part, "delta_e", &r->delta_e);
  ReadRising(part, "hematoma", &r->hematoma);
  ReadRising(part, "bile", &r->bile);
  ReadRising(part, "yellow_shift", &r->yellow_shift);
  ReadRising(part, "maturity", &r->maturity);
  ReadRising(part, "colour_cv_percent", &r->colour_cv_percent);
  ReadRising(part, "red_orange", &r->red_orange);
  ReadRising(part, "colour_scores", &r->colour_scores);
  ReadList(part, "dimension_scores", &r->dimension_scores, 0, 100);
  ReadLab(part, "colour", &r->colour);
  ReadLab(part, "colour_low", &r->colour_low);
  ReadLab(part, "colour_high", &r->colour_high);
  ReadEntries(part, {{"thickness_sd_excellent_mm", &r->thickness_sd_excellent_mm, 0, 50},
                     {"thickness_sd_acceptable_mm", &r->thickness_sd_acceptable_mm, 0, 50},
                     {"fill_target_mm", &r->fill_target_mm, 1, 200},
                     {"fill_tolerance_mm", &r->fill_tolerance_mm, 0, 50},
                     {"fill_critical_mm", &r->fill_critical_mm, 0, 50},
                     {"bright_low", &r->bright_low, 0, 100},
                     {"bright_high", &r->bright_high, 0, 100},
                     {"oxidation_trend", &r->oxidation_trend, 0, 1},
                     {"fat_slope", &r->fat_slope, 0, 10},
                     {"fat_offset", &r->fat_offset, -100, 100},
                     {"lsl_mm", &r->lsl_mm, 0, 500},
                     {"usl_mm", &r->usl_mm, 0, 500},
                     {"capable", &r->capable, 0, 10},
                     {"acceptable", &r->acceptable, 0, 10},
                     {"dimension_target_mm", &r->dimension_target_mm, 1, 500},
                     {"dimension_tolerance_mm", &r->dimension_tolerance_mm, 0, 100},
                     {"trend_slope", &r->trend_slope, 0, 100},
                     {"trend_significance", &r->trend_significance, 0, 10},
                     {"freshness_stable_per_hour", &r->freshness_stable_per_hour, 0, 1},
                     {"freshness_spoiled", &r->freshness_spoiled, 0, 1},
                     {"irregular_penalty", &r->irregular_penalty, 0, 100},
                     {"fill_penalty", &r->fill_penalty, 0, 100},
                     {"bright_bonus", &r->bright_bonus, 0, 100},
                     {"downgraded_target_percent", &r->downgraded_target_percent, 0, 100},
                     {"downgraded_critical_percent", &r->downgraded_critical_percent, 0, 100},
                     {"rejected_target_percent", &r->rejected_target_percent, 0, 100},
                     {"rejected_critical_percent", &r->rejected_critical_percent, 0, 100},
                     {"conformity_target_percent", &r->conformity_target_percent, 0, 100},
                     {"cadence_target_per_hour", &r->cadence_target_per_hour, 0, 100000}});
  if (!(r->lsl_mm < r->usl_mm)) part.Fault("lsl_mm", "expected lsl_mm < usl_mm");
  part.RefuseUnknownKeys();
}

}  // namespace

void ReadAnalysisSections(YamlSection& section, AnalysisProfile* target) {
  ReadTofAnalyser(section, &target->tof);
  ReadSpectralAnalyser(section, &target->spectral);
  ReadSpectralModel(section.Section("spectral_model"), &target->spectral);
  ReadFusion(section, &target->rules);
  ReadReferences(section.Section("quality_references"), &target->references);
  target->tof.grades = target->spectral.grades = target->rules.grades;
}

}  // namespace egi::analyse
