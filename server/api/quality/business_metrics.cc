#include "server/api/quality/business_metrics.h"

#include <optional>

#include "absl/strings/str_format.h"
#include "server/analyse/liver_metrics.h"
#include "server/analyse/raw_readings.h"
#include "server/analyse/recompute.h"
#include "server/analyse/series_metrics.h"
#include "server/base/proto_time.h"

namespace egi::api {
namespace {

using analyse::LiverMetrics;
using analyse::SeriesMetrics;
using google::protobuf::DoubleValue;
using quality::v1::GetBusinessMetricsResponse;
using quality::v1::SampleRecord;

// A liver of the run: what the analysis and the metrics say of it.
struct Liver {
  const SampleRecord* record;
  analyse::Analysis analysis;
  LiverMetrics metrics;
};

// Sets a wrapper field when there is a value.
template <typename Message>
void Set(const std::optional<double>& value, Message* message, DoubleValue* (Message::*field)()) {
  if (value.has_value()) (message->*field)()->set_value(*value);
}

// The profile with the white reference its station had when it measured the sample.
analyse::AnalysisProfile Calibrated(analyse::AnalysisProfile profile, const SampleRecord& record, const Calibrations& calibrations) {
  const auto of_device = calibrations.find(record.device_id());
  if (of_device == calibrations.end()) return profile;
  const absl::Time time = ToTime(record.time());
  for (const quality::v1::Calibration& calibration : of_device->second) {
    if (time < ToTime(calibration.valid_from()) || time >= ToTime(calibration.valid_until())) continue;
    const auto white = analyse::CountsOf(calibration.white_reference());
    for (int i = 0; i < analyse::kChannels; ++i) profile.spectral.model.channels[i].white = white[i];
    break;
  }
  return profile;
}

// Mean of a figure over the run; absent for an empty one.
template <typename Figure>
std::optional<double> MeanOf(const std::vector<Liver>& run, Figure figure) {
  if (run.empty()) return std::nullopt;
  double sum = 0;
  for (const Liver& liver : run) sum += figure(liver);
  return sum / static_cast<double>(run.size());
}

void SetOperational(const std::vector<std::pair<std::string, int>>& grades, int used, quality::v1::OperationalMetrics* operational) {
  int total = 0, compliant = 0, downgraded = 0, rejected = 0;
  for (const auto& [grade, count] : grades) {
    total += count;
    if (grade == "A+" || grade == "A" || grade == "B") compliant += count;
    if (grade == "B" || grade == "C") downgraded += count;
    if (grade == "REJECT") rejected += count;
  }
  operational->set_samples(total);
  operational->set_samples_used(used);
  if (total == 0) return;
  operational->mutable_conformity_percent()->set_value(100.0 * compliant / total);
  operational->mutable_downgraded_percent()->set_value(100.0 * downgraded / total);
  operational->mutable_rejected_percent()->set_value(100.0 * rejected / total);
}

void SetScores(const std::vector<Liver>& run, quality::v1::QualityScores* scores) {
  using quality::v1::QualityScores;
  Set(MeanOf(run, [](const Liver& l) { return l.analysis.score; }), scores, &QualityScores::mutable_fusion);
  Set(MeanOf(run, [](const Liver& l) { return l.analysis.tof.score; }), scores, &QualityScores::mutable_tof);
  Set(MeanOf(run, [](const Liver& l) { return l.analysis.spectral.score; }), scores, &QualityScores::mutable_spectral);
  Set(MeanOf(run, [](const Liver& l) { return l.metrics.dimensional_conformity_score; }), scores,
      &QualityScores::mutable_dimensional_conformity_score);
  Set(MeanOf(run, [](const Liver& l) { return l.metrics.color_score_premium; }), scores, &QualityScores::mutable_color_score);
}

void SetLiver(const LiverMetrics& m, quality::v1::InstantMetrics* instant) {
  instant->mutable_thickness_std_mm()->set_value(m.thickness_std_mm);
  instant->mutable_thickness_category()->set_value(m.thickness_category);
  instant->mutable_is_irregular_lobe()->set_value(m.is_irregular_lobe);
  instant->mutable_estimated_volume_cm3()->set_value(m.estimated_volume_cm3);
  instant->mutable_fill_level_mm()->set_value(m.fill_level_mm);
  instant->mutable_fill_level_percent()->set_value(m.fill_level_percent);
  instant->mutable_fill_deviation_mm()->set_value(m.fill_deviation_mm);
  instant->mutable_fill_conformity()->set_value(m.fill_conformity);
  instant->mutable_dimensional_conformity_score()->set_value(m.dimensional_conformity_score);
  instant->mutable_color_score_premium()->set_value(m.color_score_premium);
  instant->mutable_color_conformity_percent()->set_value(m.color_conformity_percent);
  instant->mutable_hematoma_severity()->set_value(m.hematoma_severity);
  instant->mutable_has_hematoma()->set_value(m.hematoma_severity > 0);
  instant->mutable_bile_severity()->set_value(m.bile_severity);
  instant->mutable_has_bile()->set_value(m.bile_severity > 0);
  instant->mutable_oxidation_severity()->set_value(m.oxidation_severity);
  instant->mutable_has_oxidation()->set_value(m.oxidation_severity > 0);
  instant->mutable_defect_rate_percent()->set_value(m.defect_rate_percent);
  instant->mutable_freshness_index()->set_value(m.freshness_index);
  instant->mutable_oxidation_index()->set_value(m.oxidation_index);
  instant->mutable_fat_content_percent()->set_value(m.fat_content_percent);
  instant->mutable_global_quality_score_100()->set_value(m.global_quality_score_100);
  instant->mutable_has_critical_color_deviation()->set_value(m.has_critical_color_deviation);
  instant->mutable_has_underfill()->set_value(m.has_underfill);
  instant->mutable_has_oxidation_trend()->set_value(m.has_oxidation_trend);
  instant->mutable_is_compliant()->set_value(m.is_compliant);
  instant->mutable_is_downgraded()->set_value(m.is_downgraded);
  instant->mutable_is_rejected()->set_value(m.is_rejected);
}

void SetInstant(const Liver& newest, GetBusinessMetricsResponse* response) {
  const LiverMetrics& m = newest.metrics;
  auto* instant = response->mutable_instant_metrics();
  instant->mutable_lobe_thickness_mm()->set_value(m.lobe_thickness_mm);
  instant->mutable_l_star()->set_value(m.l_star);
  instant->mutable_a_star()->set_value(m.a_star);
  instant->mutable_b_star()->set_value(m.b_star);
  instant->mutable_delta_e()->set_value(m.delta_e);
  instant->mutable_volume_mm3()->set_value(m.estimated_volume_cm3 * 1000);
  instant->mutable_mass_g()->set_value(m.mass_g);
  SetLiver(m, instant);
  auto* maturity = response->mutable_maturity_index();
  maturity->mutable_maturity_index()->set_value(m.maturity_index);
  maturity->mutable_spectral_ratio_red_nir()->set_value(m.maturity_index);
  maturity->set_maturity_stage(m.maturity_stage);
  response->mutable_freshness_score()->mutable_freshness_score()->set_value(100 * m.freshness_index);
  auto* bands = response->mutable_spectral_bands();
  constexpr std::pair<const char*, const char*> kBands[] = {
      {"F1_415nm", "415nm_violet"}, {"F2_445nm", "445nm_indigo"}, {"F3_480nm", "480nm_blue"},
      {"F4_515nm", "515nm_cyan"},   {"F5_555nm", "555nm_green"},  {"F6_590nm", "590nm_yellow"},
      {"F7_630nm", "630nm_orange"}, {"F8_680nm", "680nm_red"},    {"NIR", "nir_850nm"}};
  for (const auto& [channel, band] : kBands) {
    const auto count = newest.record->as7341_channels().find(channel);
    if (count != newest.record->as7341_channels().end()) (*bands->mutable_spectral_bands())[band] = count->second;
  }
  bands->set_spectral_profile(m.spectral_profile);
  bands->mutable_red_orange_ratio()->set_value(m.red_orange_ratio);
  bands->mutable_total_intensity()->set_value(m.total_intensity);
}

void SetSeries(const SeriesMetrics& series, GetBusinessMetricsResponse* response) {
  using quality::v1::ColorHomogeneity;
  using quality::v1::DimensionalDeviation;
  using quality::v1::FreshnessScore;
  using quality::v1::MovingAverage;
  using quality::v1::ProcessCapability;
  auto* capability = response->mutable_process_capability();
  Set(series.cp, capability, &ProcessCapability::mutable_cp);
  Set(series.cpk, capability, &ProcessCapability::mutable_cpk);
  capability->set_process_capability(series.process_capability);
  Set(series.process_mean, capability, &ProcessCapability::mutable_mean);
  Set(series.process_std, capability, &ProcessCapability::mutable_std);
  if (series.is_centered.has_value()) capability->mutable_is_centered()->set_value(*series.is_centered);
  auto* moving = response->mutable_moving_average();
  Set(series.moving_avg_10, moving, &MovingAverage::mutable_moving_avg);
  Set(series.moving_avg_10, moving, &MovingAverage::mutable_moving_avg_10);
  Set(series.moving_avg_50, moving, &MovingAverage::mutable_moving_avg_50);
  moving->set_trend(series.trend);
  Set(series.slope, moving, &MovingAverage::mutable_slope);
  auto* deviation = response->mutable_dimensional_deviation();
  Set(series.deviation_mm, deviation, &DimensionalDeviation::mutable_deviation_mm);
  Set(series.deviation_percent, deviation, &DimensionalDeviation::mutable_deviation_percent);
  if (series.is_within_tolerance.has_value()) deviation->mutable_is_within_tolerance()->set_value(*series.is_within_tolerance);
  auto* freshness = response->mutable_freshness_score();
  freshness->set_freshness_trend(series.freshness_trend);
  Set(series.shelf_life_hours, freshness, &FreshnessScore::mutable_estimated_shelf_life_hours);
  Set(series.degradation_per_hour, freshness, &FreshnessScore::mutable_spectral_degradation_rate);
  auto* colour = response->mutable_color_homogeneity();
  Set(series.colour_cv_percent, colour, &ColorHomogeneity::mutable_color_homogeneity_cv);
  colour->set_color_uniformity(series.colour_uniformity);
  Set(series.std_delta_e, colour, &ColorHomogeneity::mutable_color_std_delta_e);
  Set(series.mean_delta_e, colour, &ColorHomogeneity::mutable_color_mean_delta_e);
}

void Warn(const char* type, const char* severity, std::string message, GetBusinessMetricsResponse* response) {
  auto* alert = response->add_alerts();
  alert->set_type(type);
  alert->set_severity(severity);
  alert->set_message(std::move(message));
}

// Figures out of the targets of domain.md section 14.
void WarnOfFigures(const analyse::QualityReferences& reference, GetBusinessMetricsResponse* response) {
  const auto& operational = response->operational();
  const double complying = operational.conformity_percent().value(), downgraded = operational.downgraded_percent().value(),
               rejected = operational.rejected_percent().value();
  if (operational.has_conformity_percent() && complying < reference.conformity_target_percent) {
    const double target = reference.conformity_target_percent;
    Warn("conformity", "medium", absl::StrFormat("%.1f %% of the livers comply, %.0f %% are aimed at", complying, target), response);
  }
  if (downgraded > reference.downgraded_target_percent) {
    Warn("downgraded", downgraded > reference.downgraded_critical_percent ? "critical" : "medium",
         absl::StrFormat("%.1f %% of the livers are graded B or C, at most %.0f %% are aimed at", downgraded, reference.downgraded_target_percent),
         response);
  }
  if (rejected > reference.rejected_target_percent) {
    Warn("rejected", rejected > reference.rejected_critical_percent ? "critical" : "high",
         absl::StrFormat("%.1f %% of the livers are rejected, at most %.0f %% are aimed at", rejected, reference.rejected_target_percent), response);
  }
  const auto& capability = response->process_capability();
  if (capability.process_capability() == "incapable") {
    const double cpk = capability.cpk().value();
    Warn("process_capability", "high", absl::StrFormat("the lobe thickness has a Cpk of %.2f, below %.2f", cpk, reference.acceptable), response);
  }
  const double distance = response->instant_metrics().delta_e().value(), critical = reference.delta_e[2];
  if (distance >= critical) {
    Warn("delta_e", "critical",
         absl::StrFormat("the newest liver is %.1f dE from the reference colour, critical from %.0f", distance, critical), response);
  }
}

}  // namespace

GetBusinessMetricsResponse BusinessMetricsOf(const std::vector<SampleRecord>& newest_first,
                                             const std::vector<std::pair<std::string, int>>& grades, const analyse::AnalysisBook& book,
                                             const Calibrations& calibrations) {
  std::vector<Liver> run;  // newest first
  std::vector<analyse::SeriesPoint> points;
  for (const SampleRecord& record : newest_first) {
    bool known = false;
    const analyse::AnalysisProfile& named = book.FindOrDefault(record.meta_config_profile().value(), &known);
    if (!known || record.vl53l8ch_distance_matrix_size() != 8) continue;
    const analyse::AnalysisProfile profile = Calibrated(named, record, calibrations);
    const analyse::Analysis analysis = analyse::Recompute(analyse::RawReadings(record), profile, record.vl53l8ch_expected_volume_mm3().value());
    run.push_back({&record, analysis, analyse::MetricsOf(analysis, profile)});
  }
  for (auto liver = run.rbegin(); liver != run.rend(); ++liver) {
    const double hours = (liver->record->time().seconds() + liver->record->time().nanos() * 1e-9) / 3600;
    const LiverMetrics& metrics = liver->metrics;
    points.push_back({hours, liver->analysis.score, metrics.lobe_thickness_mm, metrics.delta_e, metrics.freshness_index});
  }
  const analyse::QualityReferences& reference = book.FindOrDefault("").references;
  GetBusinessMetricsResponse response;
  SetOperational(grades, static_cast<int>(run.size()), response.mutable_operational());
  SetScores(run, response.mutable_quality_scores());
  response.mutable_maturity_index()->set_maturity_stage("unknown");
  response.mutable_spectral_bands()->set_spectral_profile("unknown");
  if (!run.empty()) SetInstant(run.front(), &response);
  SetSeries(analyse::MetricsOf(points, reference), &response);
  response.mutable_dimensional_deviation()->set_target_mm(reference.dimension_target_mm);
  response.mutable_dimensional_deviation()->set_tolerance_mm(reference.dimension_tolerance_mm);
  response.mutable_targets()->set_conformity_target(reference.conformity_target_percent);
  response.mutable_targets()->set_cadence_target(reference.cadence_target_per_hour);
  WarnOfFigures(reference, &response);
  return response;
}

}  // namespace egi::api
