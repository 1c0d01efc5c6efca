#include "server/api/quality/gauge_requests.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/gauge/check.h"

namespace egi::api {
namespace {

using quality::v1::Calibration;
using quality::v1::CreateCalibrationRequest;
using quality::v1::RecordGaugeCheckRequest;
using quality::v1::SpectralReading;

constexpr double kMaxCount = 65535;        // full scale of the part
constexpr double kMaxVolumeMm3 = 5'000'000;
constexpr int kMinReadings = 3;
constexpr int kMaxReadings = 100;
constexpr int kMostAsked = 20;  // of a station
constexpr int kZones = 64;
constexpr absl::Duration kMaxLead = absl::Minutes(5);
constexpr absl::Duration kUsualValidity = absl::Hours(30 * 24);
constexpr absl::Duration kLongestValidity = absl::Hours(366 * 24);

void CheckCounts(const std::string& path, const quality::v1::SpectralChannels& channels, Fields& fields) {
  const auto counts = gauge::CountsInOrder(channels);
  for (int i = 0; i < gauge::kChannels; ++i) {
    fields.Check(counts[i] > 0 && counts[i] <= kMaxCount, absl::StrCat(path, ".", gauge::kChannelNames[i]),
                 absl::StrCat("is ", counts[i], ", must be > 0 and <= ", kMaxCount));
  }
}

void CheckCount(const std::string& field, int count, Fields& fields) {
  fields.Check(count >= kMinReadings && count <= kMaxReadings, field,
               absl::StrCat("holds ", count, " readings, must hold ", kMinReadings, "..", kMaxReadings));
}

void CheckReadings(const google::protobuf::RepeatedPtrField<SpectralReading>& readings, Fields& fields) {
  CheckCount("readings", readings.size(), fields);
  for (int i = 0; i < readings.size() && i < kMaxReadings; ++i) {
    const SpectralReading& reading = readings[i];
    const std::string path = absl::StrCat("readings[", i, "]");
    fields.Check(reading.gain() >= 0.5 && reading.gain() <= 512, path + ".gain", "must be 0.5..512");
    fields.Check(reading.integration_time_ms() >= 1 && reading.integration_time_ms() <= 1000, path + ".integration_time_ms",
                 "must be 1..1000 ms");
    CheckCounts(path + ".channels", reading.channels(), fields);
    for (const double count : gauge::CountsInOrder(reading.channels())) {
      if (count < kMaxCount) continue;
      fields.Add(path + ".channels", "is saturated: measure with less gain or less light");
      break;
    }
  }
}

// A value of 0..`max` for each zone.
bool AreZones(const google::protobuf::RepeatedField<float>& values, double max) {
  return values.size() == kZones && std::all_of(values.begin(), values.end(), [max](float value) { return value >= 0 && value <= max; });
}

void CheckFrames(const google::protobuf::RepeatedPtrField<quality::v1::TofFrame>& frames, Fields& fields) {
  CheckCount("frames", frames.size(), fields);
  for (int i = 0; i < frames.size() && i < kMaxReadings; ++i) {
    const std::string path = absl::StrCat("frames[", i, "]");
    const auto& frame = frames[i];
    fields.Check(AreZones(frame.distance_mm(), 4000), path + ".distance_mm", "must hold 64 distances, 0..4000 mm");
    fields.Check(AreZones(frame.reflectance(), 255), path + ".reflectance", "must hold 64 values, 0..255");
    fields.Check(AreZones(frame.amplitude(), 4095), path + ".amplitude", "must hold 64 values, 0..4095");
    const int codes = frame.target_status_size(), ambient = frame.ambient_size();
    fields.Check(codes == 0 || codes == kZones, path + ".target_status", "must hold 64 codes or none");
    fields.Check(ambient == 0 || ambient == kZones, path + ".ambient", "must hold 64 values or none");
  }
}

void CheckGolden(const RecordGaugeCheckRequest& request, Fields& fields) {
  fields.Check(request.reference_volume_mm3() >= 1000 && request.reference_volume_mm3() <= kMaxVolumeMm3, "reference_volume_mm3",
               "must be the true volume, 1000..5000000 mm3");
  fields.Check(request.readings().empty(), "readings", "belong to a white_reference check");
  if (!request.frames().empty()) {
    fields.Check(request.volumes_mm3().empty(), "volumes_mm3", "cannot be given together with frames");
    CheckFrames(request.frames(), fields);
    return;
  }
  CheckCount("volumes_mm3", request.volumes_mm3_size(), fields);
  for (int i = 0; i < request.volumes_mm3_size() && i < kMaxReadings; ++i) {
    const double volume = request.volumes_mm3(i);
    fields.Check(volume > 0 && volume <= kMaxVolumeMm3, absl::StrCat("volumes_mm3[", i, "]"), "must be > 0 and <= 5000000 mm3");
  }
}

}  // namespace

Calibration ParseCalibration(const CreateCalibrationRequest& request, absl::Time now, Fields& fields) {
  Calibration calibration;
  fields.Text("device_id", request.device_id(), 1, 100);
  calibration.set_device_id(request.device_id());
  if (!request.readings().empty()) {
    fields.Check(!request.has_white_reference(), "white_reference", "cannot be given together with readings");
    CheckReadings(request.readings(), fields);
    if (fields.status().ok()) *calibration.mutable_white_reference() = gauge::MeanPerGainAnd100Ms(request.readings());
  } else {
    CheckCounts("white_reference", request.white_reference(), fields);
    *calibration.mutable_white_reference() = request.white_reference();
  }
  const double offset = request.distance_offset_mm();
  fields.Check(offset >= -20 && offset <= 20, "distance_offset_mm", "must be -20..20 mm");
  calibration.set_distance_offset_mm(offset);
  const absl::Time from = request.has_valid_from() ? fields.Time("valid_from", request.valid_from()) : now;
  fields.Check(from <= now + kMaxLead, "valid_from", "must be at most 5 minutes ahead");
  const absl::Time until = request.has_valid_until() ? fields.Time("valid_until", request.valid_until()) : from + kUsualValidity;
  fields.Check(until > from && until > now && until <= from + kLongestValidity, "valid_until",
               "must be after valid_from and now, and at most 366 days after valid_from");
  ToTimestamp(from, calibration.mutable_valid_from());
  ToTimestamp(until, calibration.mutable_valid_until());
  fields.Text("calibrated_by", request.calibrated_by(), 1, 200);
  calibration.set_calibrated_by(request.calibrated_by());
  fields.Text("reason", request.reason(), 0, 500);
  calibration.set_reason(request.reason());
  return calibration;
}

quality::v1::ReferenceRequest ParseReference(const quality::v1::MeasureReferenceRequest& request, int usual_readings, Fields& fields) {
  quality::v1::ReferenceRequest reference;
  const bool golden = request.kind() == gauge::kGoldenSample;
  fields.Text("device_id", request.device_id(), 1, 100);
  fields.Check(golden || request.kind() == gauge::kWhiteReference, "kind", "must be white_reference or golden_sample");
  fields.Text("reference", request.reference(), 1, 100);
  fields.Text("requested_by", request.requested_by(), 1, 200);
  reference.set_kind(request.kind());
  reference.set_reference(request.reference());
  reference.set_readings(fields.Number("readings", request.readings(), kMinReadings, kMostAsked, usual_readings));
  const double volume = request.reference_volume_mm3();
  if (golden) {
    fields.Check(volume >= 1000 && volume <= kMaxVolumeMm3, "reference_volume_mm3", "must be the true volume, 1000..5000000 mm3");
    fields.Check(!request.calibrate(), "calibrate", "is for the white reference; a golden sample is only checked");
  } else {
    fields.Check(volume == 0, "reference_volume_mm3", "belongs to a golden_sample");
  }
  reference.set_reference_volume_mm3(volume);
  reference.set_calibrate(request.calibrate());
  const double offset = request.distance_offset_mm();
  fields.Check(offset >= -20 && offset <= 20, "distance_offset_mm", "must be -20..20 mm");
  fields.Check(request.calibrate() || !request.has_distance_offset_mm(), "distance_offset_mm",
               "belongs to a calibration; give calibrate as well");
  reference.set_distance_offset_mm(offset);
  return reference;
}

absl::Time ParseCheck(const RecordGaugeCheckRequest& request, absl::Time now, Fields& fields) {
  fields.Text("device_id", request.device_id(), 1, 100);
  fields.Text("reference", request.reference(), 1, 100);
  fields.Text("performed_by", request.performed_by(), 1, 200);
  const absl::Time time = request.has_time() ? fields.Time("time", request.time()) : now;
  fields.Check(time <= now + kMaxLead, "time", "must be at most 5 minutes ahead");
  if (request.kind() == gauge::kWhiteReference) {
    fields.Check(request.frames().empty(), "frames", "belong to a golden_sample check");
    fields.Check(request.volumes_mm3().empty(), "volumes_mm3", "belong to a golden_sample check");
    CheckReadings(request.readings(), fields);
  } else if (request.kind() == gauge::kGoldenSample) {
    CheckGolden(request, fields);
  } else {
    fields.Add("kind", "must be white_reference or golden_sample");
  }
  return time;
}

}  // namespace egi::api
