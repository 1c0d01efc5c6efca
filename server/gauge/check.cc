#include "server/gauge/check.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/analytics/spc/charts.h"

namespace egi::gauge {
namespace {

using quality::v1::Calibration;
using quality::v1::GaugeCheck;
using quality::v1::GaugeCheckFigure;
using quality::v1::RecordGaugeCheckRequest;
using quality::v1::SpectralChannels;
using quality::v1::SpectralReading;

// A figure near its limit must not depend on the last bit of a sum.
constexpr double kRounding = 1e-9;

constexpr int kVisibleChannels = 8;  // F1..F8: the chart follows what the colour is made of

std::array<double, kChannels> PerGainAnd100Ms(const SpectralReading& reading) {
  std::array<double, kChannels> counts = CountsInOrder(reading.channels());
  for (double& count : counts) count *= 100.0 / (reading.gain() * reading.integration_time_ms());
  return counts;
}

GaugeCheckFigure Judge(const std::string& name, double reference, const std::vector<double>& values, double tolerance_pct,
                       double repeatability_limit_pct) {
  const double mean = spc::Mean(values);
  GaugeCheckFigure figure;
  figure.set_name(name);
  figure.set_reference(reference);
  figure.set_mean(mean);
  figure.set_std_dev(spc::StandardDeviation(values));
  figure.set_deviation_pct(100 * (mean - reference) / reference);
  figure.set_tolerance_pct(tolerance_pct);
  figure.set_repeatability_pct(100 * figure.std_dev() / reference);
  figure.set_repeatability_limit_pct(repeatability_limit_pct);
  figure.set_passed(std::abs(figure.deviation_pct()) <= tolerance_pct + kRounding &&
                    figure.repeatability_pct() <= repeatability_limit_pct + kRounding);
  return figure;
}

std::string Failure(const GaugeCheckFigure& figure) {
  if (std::abs(figure.deviation_pct()) > figure.tolerance_pct() + kRounding) {
    return absl::StrFormat("%s is %+.1f %% from its reference (tolerance %.3g %%)", figure.name(), figure.deviation_pct(),
                           figure.tolerance_pct());
  }
  return absl::StrFormat("%s scatters by %.1f %% (limit %.3g %%)", figure.name(), figure.repeatability_pct(),
                         figure.repeatability_limit_pct());
}

// The worst figures first, so that one sentence says what matters.
std::string Message(const GaugeCheck& check) {
  std::vector<const GaugeCheckFigure*> failed;
  for (const GaugeCheckFigure& figure : check.figures()) {
    if (!figure.passed()) failed.push_back(&figure);
  }
  std::stable_sort(failed.begin(), failed.end(), [](const GaugeCheckFigure* a, const GaugeCheckFigure* b) {
    return std::abs(a->deviation_pct()) / a->tolerance_pct() > std::abs(b->deviation_pct()) / b->tolerance_pct();
  });
  std::vector<std::string> told;
  for (size_t i = 0; i < failed.size() && i < 2; ++i) told.push_back(Failure(*failed[i]));
  if (failed.size() > 2) told.push_back(absl::StrFormat("and %d more", failed.size() - 2));
  return absl::StrJoin(told, ", ");
}

}  // namespace

const std::array<const char*, kChannels> kChannelNames = {"F1_415nm", "F2_445nm", "F3_480nm", "F4_515nm", "F5_555nm",
                                                          "F6_590nm", "F7_630nm", "F8_680nm", "Clear",    "NIR"};

std::array<double, kChannels> CountsInOrder(const SpectralChannels& c) {
  return {c.f1_415nm(), c.f2_445nm(), c.f3_480nm(), c.f4_515nm(), c.f5_555nm(),
          c.f6_590nm(), c.f7_630nm(), c.f8_680nm(), c.clear(),    c.nir()};
}

SpectralChannels ChannelsOf(const std::array<double, kChannels>& counts) {
  SpectralChannels channels;
  channels.set_f1_415nm(counts[0]);
  channels.set_f2_445nm(counts[1]);
  channels.set_f3_480nm(counts[2]);
  channels.set_f4_515nm(counts[3]);
  channels.set_f5_555nm(counts[4]);
  channels.set_f6_590nm(counts[5]);
  channels.set_f7_630nm(counts[6]);
  channels.set_f8_680nm(counts[7]);
  channels.set_clear(counts[8]);
  channels.set_nir(counts[9]);
  return channels;
}

SpectralChannels MeanPerGainAnd100Ms(const google::protobuf::RepeatedPtrField<SpectralReading>& readings) {
  std::array<double, kChannels> mean{};
  for (const SpectralReading& reading : readings) {
    const auto counts = PerGainAnd100Ms(reading);
    for (int i = 0; i < kChannels; ++i) mean[i] += counts[i] / readings.size();
  }
  return ChannelsOf(mean);
}

std::vector<double> VolumesOf(const google::protobuf::RepeatedPtrField<quality::v1::TofFrame>& frames, double distance_offset_mm,
                              const analyse::TofOptions& tof) {
  std::vector<double> volumes;
  for (quality::v1::TofFrame frame : frames) {
    for (float& distance : *frame.mutable_distance_mm()) distance = std::max(0.0F, distance - static_cast<float>(distance_offset_mm));
    volumes.push_back(analyse::AnalyseTof(frame, tof).volume_mm3());
  }
  return volumes;
}

GaugeCheck JudgeCheck(const RecordGaugeCheckRequest& request, const Calibration& calibration, const analyse::TofOptions& tof,
                      const GaugeRules& rules) {
  GaugeCheck check;
  check.set_device_id(request.device_id());
  check.set_calibration_id(calibration.calibration_id());
  check.set_kind(request.kind());
  check.set_performed_by(request.performed_by());
  check.set_reference(request.reference());
  double deviation = 0;
  if (request.kind() == kWhiteReference) {
    const auto reference = CountsInOrder(calibration.white_reference());
    for (int i = 0; i < kChannels; ++i) {
      std::vector<double> values;
      for (const SpectralReading& reading : request.readings()) values.push_back(PerGainAnd100Ms(reading)[i]);
      *check.add_figures() = Judge(kChannelNames[i], reference[i], values, rules.white_tolerance_pct, rules.white_repeatability_pct);
      if (i < kVisibleChannels) deviation += check.figures(i).deviation_pct() / kVisibleChannels;
    }
    check.set_readings(request.readings_size());
  } else {
    const std::vector<double> volumes = request.frames_size() > 0
                                            ? VolumesOf(request.frames(), calibration.distance_offset_mm(), tof)
                                            : std::vector<double>(request.volumes_mm3().begin(), request.volumes_mm3().end());
    *check.add_figures() =
        Judge("volume_mm3", request.reference_volume_mm3(), volumes, rules.golden_tolerance_pct, rules.golden_repeatability_pct);
    deviation = check.figures(0).deviation_pct();
    check.set_readings(static_cast<int>(volumes.size()));
  }
  check.set_deviation_pct(deviation);
  const auto passed = [](const GaugeCheckFigure& figure) { return figure.passed(); };
  check.set_passed(std::all_of(check.figures().begin(), check.figures().end(), passed));
  check.set_message(Message(check));
  return check;
}

}  // namespace egi::gauge
