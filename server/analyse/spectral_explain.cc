#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/analyse/spectral.h"

namespace egi::analyse {
namespace {

using quality::v1::SpectralAnalysis;

void AddDefect(SpectralAnalysis* analysis, std::string type, double severity, std::string description) {
  quality::v1::Defect* defect = analysis->add_defects();
  defect->set_type(std::move(type));
  defect->set_severity(severity);
  defect->set_description(std::move(description));
}

void DescribeDefects(const SpectralMeasure& m, const SpectralOptions& options, SpectralAnalysis* analysis) {
  for (int i = 0; i < kRatios; ++i) {
    if ((m.ratios_out >> i & 1) == 0) continue;
    const RatioRange& range = options.ratios[i];
    const double value = m.ratios[i];
    const double off = value < range.low ? (range.low - value) / range.low : (value - range.high) / range.high;
    AddDefect(analysis, absl::StrCat("ratio_", kRatioNames[i]), std::min(1.0, off),
              absl::StrFormat("ratio %.2f outside %.2f to %.2f", value, range.low, range.high));
  }
  for (int i = 0; i < kChannels; ++i) {
    if (m.saturated >> i & 1) AddDefect(analysis, "saturation", 1, absl::StrCat(kChannelNames[i], " reached full scale: lower the gain"));
    if (m.weak >> i & 1) AddDefect(analysis, "weak_signal", 1, absl::StrCat(kChannelNames[i], " is too weak: raise the gain"));
  }
}

double Round4(double value) { return std::round(value * 1e4) / 1e4; }

}  // namespace

SpectralAnalysis ExplainSpectrum(const SpectralMeasure& m, const SpectralOptions& options) {
  SpectralAnalysis analysis;
  analysis.set_freshness_index(m.tissue.freshness);
  analysis.set_fat_quality_index(m.tissue.fat);
  analysis.set_oxidation_index(m.tissue.oxidation);
  analysis.set_color_uniformity(m.uniformity);
  auto& parts = *analysis.mutable_score_breakdown();
  parts["freshness"] = m.parts.freshness;
  parts["fat_quality"] = m.parts.fat;
  parts["colour"] = m.parts.colour;
  parts["oxidation"] = m.parts.oxidation;
  parts["defects"] = m.parts.defects;
  analysis.set_quality_score(m.score);
  analysis.set_grade(m.grade);
  DescribeDefects(m, options, &analysis);
  auto& details = *analysis.mutable_details()->mutable_fields();
  auto& ratios = *details["spectral_ratios"].mutable_struct_value()->mutable_fields();
  for (int i = 0; i < kRatios; ++i) ratios[kRatioNames[i]].set_number_value(Round4(m.ratios[i]));
  auto& colour = *details["color_analysis"].mutable_struct_value()->mutable_fields();
  colour["l_star"].set_number_value(Round4(m.colour.l));
  colour["a_star"].set_number_value(Round4(m.colour.a));
  colour["b_star"].set_number_value(Round4(m.colour.b));
  auto& doubt = *details["uncertainty"].mutable_struct_value()->mutable_fields();
  doubt["freshness_sd"].set_number_value(Round4(m.sd.freshness));
  doubt["fat_quality_sd"].set_number_value(Round4(m.sd.fat));
  doubt["oxidation_sd"].set_number_value(Round4(m.sd.oxidation));
  doubt["score_sd"].set_number_value(Round4(m.score_sd));
  doubt["residual_rms"].set_number_value(Round4(m.rms));
  return analysis;
}

SpectralAnalysis AnalyseSpectrum(const quality::v1::SpectralReading& reading, const SpectralOptions& options) {
  return ExplainSpectrum(MeasureSpectrum(reading, options), options);
}

}  // namespace egi::analyse
