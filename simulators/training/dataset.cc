#include "simulators/training/dataset.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_format.h"
#include "server/analyse/grade.h"
#include "server/analyse/spectral.h"
#include "server/analyse/tof.h"
#include "simulators/station/inspection.h"
#include "simulators/station/profile_loader.h"
#include "simulators/station/twin.h"

namespace egi::training {
namespace {

using analyse::kZones;
using analytics::ml::kDefects;
using analytics::ml::kGrades;
using quality::v1::Sample;
using station::Profile;

using Zones = std::array<bool, kZones>;

// Marks a zone and those of `disturbed` connected to it.
void Spread(int zone, const Zones& disturbed, Zones* mask) {
  if (!disturbed[zone] || (*mask)[zone]) return;
  (*mask)[zone] = true;
  const int row = zone / analyse::kSide, column = zone % analyse::kSide;
  if (row > 0) Spread(zone - analyse::kSide, disturbed, mask);
  if (row < analyse::kSide - 1) Spread(zone + analyse::kSide, disturbed, mask);
  if (column > 0) Spread(zone - 1, disturbed, mask);
  if (column < analyse::kSide - 1) Spread(zone + 1, disturbed, mask);
}

// The zones of the disturbances that the rules found: those connected to the zone a defect is told at and disturbed like it.
DefectMasks RuleMasks(const Sample& sample, const analytics::ml::SampleInputs& inputs, const analyse::TofOptions& rules) {
  constexpr double kResidualUnitMm = 5, kReflectanceUnit = 10;  // of the image
  DefectMasks masks{};
  std::vector<float> seen;
  for (int i = 0; i < kZones; ++i) {
    if (inputs.image[i] != 0) seen.push_back(inputs.image[kZones + i]);
  }
  if (seen.empty()) return masks;
  std::nth_element(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(seen.size() / 2), seen.end());
  const double median = seen[seen.size() / 2];
  for (const auto& defect : sample.tof_analysis().defects()) {
    size_t kind = 0;
    while (kind < kDefects.size() && defect.type() != kDefects[kind]) ++kind;
    if (kind == kDefects.size()) continue;
    Zones disturbed{};
    for (int i = 0; i < kZones; ++i) {
      if (inputs.image[i] == 0) continue;
      const double residual = inputs.image[i] * kResidualUnitMm, drop = (median - inputs.image[kZones + i]) * kReflectanceUnit;
      disturbed[i] = kind == 3 ? drop > rules.optical_drop : (kind == 0 ? residual : -residual) > rules.defect_height_mm;
    }
    const int worst = static_cast<int>(defect.y()) * analyse::kSide + static_cast<int>(defect.x());
    if (worst < 0 || worst >= kZones) continue;
    disturbed[worst] = true;
    Spread(worst, disturbed, &masks[kind]);
  }
  return masks;
}

// The rules with their default figures, for the scene and the volume that the profile expects: the measure of the truth.
void JudgeByRules(const Sample& sample, const analyse::TofOptions& setup, Example* example) {
  analyse::TofOptions rules;
  rules.grid = setup.grid;
  rules.empty_distance_mm = setup.empty_distance_mm;
  rules.expected_volume_mm3 = setup.expected_volume_mm3;
  Sample judged;
  *judged.mutable_tof_analysis() = analyse::AnalyseTof(sample.tof(), rules);
  *judged.mutable_spectral_analysis() = analyse::AnalyseSpectrum(sample.spectral());
  const quality::v1::Fusion fusion = analyse::Fuse(judged);
  while (fusion.final_grade() != kGrades[example->rule_grade]) ++example->rule_grade;
  example->rule_score = fusion.final_score();
  example->rule_defects = RuleMasks(judged, example->inputs, rules);
}

// One liver, shown to the hardware of a station; the analysis of its firmware is left out.
absl::StatusOr<Example> Examine(station::Twin& twin, const Profile& profile, const std::string& code_lot, uint64_t seed, int index, bool rules) {
  constexpr int kAttempts = 5;
  station::LotUnderInspection lot;
  lot.code_lot = code_lot;
  station::Subject subject = station::DrawSubject(profile, lot, station::AutoDeviceId(code_lot), seed, index);
  auto reading = twin.Measure(subject.liver, profile, station::SettingsOf(profile), subject.noise);
  for (int i = 1; i < kAttempts && !reading.ok(); ++i) {
    subject.noise.Bits();  // other disturbances of the bus
    reading = twin.Measure(subject.liver, profile, station::SettingsOf(profile), subject.noise);
  }
  if (!reading.ok()) return reading.status();
  Sample sample;
  *sample.mutable_tof() = std::move(reading->tof);
  *sample.mutable_spectral() = std::move(reading->spectral);

  auto inputs = analytics::ml::InputsOf(sample.tof(), sample.spectral(), profile.tof_analyser);
  if (!inputs.ok()) return inputs.status();
  Example example;
  example.inputs = *std::move(inputs);
  example.truth = TruthOf(subject.liver, profile);
  if (rules) JudgeByRules(sample, profile.tof_analyser, &example);
  return example;
}

}  // namespace

absl::StatusOr<std::vector<Example>> MakeExamples(const Choice& choice) {
  const auto book = station::ProfileBook::BuiltIn();
  if (!book.ok()) return book.status();
  station::Twin twin({.nack_probability = 0});
  if (absl::Status failed = twin.Boot(); !failed.ok()) return failed;
  std::vector<Example> examples;
  int kind = 0;
  for (const auto& [name, profile] : book->profiles()) {
    ++kind;
    for (int lot = choice.first_lot; lot < choice.first_lot + choice.lots; ++lot) {
      const std::string code = absl::StrFormat("LL%02d%05d", kind, lot);
      for (int i = 0; i < choice.samples; ++i) {
        auto example = Examine(twin, profile, code, choice.seed, i, choice.rules);
        if (!example.ok()) return example.status();
        examples.push_back(*std::move(example));
      }
    }
  }
  return examples;
}

}  // namespace egi::training
