#include "server/storage/write/gauge_row.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/util/json_util.h"
#include "server/gauge/check.h"
#include "server/storage/postgres/json.h"

namespace egi::storage::write {
namespace {

using quality::v1::Calibration;
using quality::v1::GaugeCheck;
using quality::v1::GaugeStudy;

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) return "{}";
  return json;
}

// Reads a JSON array into the repeated field of `message` that has this name.
void FromArray(const std::string& field, const std::string& array, google::protobuf::Message* message) {
  google::protobuf::Message* parsed = message->New();
  if (google::protobuf::util::JsonStringToMessage(absl::StrCat("{\"", field, "\":", array, "}"), parsed).ok()) message->MergeFrom(*parsed);
  delete parsed;
}

}  // namespace

const char kCheckColumns[] =
    "k.check_id, k.device_id, k.calibration_id, k.kind, " EGI_US("k.time") ", k.performed_by, k.reference, k.readings, k.figures, k.deviation_pct, "
    "k.passed, k.message, coalesce(k.command_id, 0)";

const std::string& CalibrationColumns() {
  static const std::string* const columns = [] {
    std::string sql = "c.device_id, c.calibration_id, " EGI_US("c.valid_from") ", " EGI_US("c.valid_until");
    for (int i = 1; i <= gauge::kChannels; ++i) absl::StrAppend(&sql, ", c.white_reference[", i, "]");
    return new std::string(absl::StrCat(sql, ", c.distance_offset_mm, c.calibrated_by, c.reason, ", EGI_US("c.created_at"), ", coalesce(c.command_id, 0)"));
  }();
  return *columns;
}

Calibration ToCalibration(read::RowCursor& row) {
  Calibration calibration;
  calibration.set_device_id(row.Text());
  calibration.set_calibration_id(row.Int());
  row.Set(&calibration, &Calibration::mutable_valid_from);
  row.Set(&calibration, &Calibration::mutable_valid_until);
  std::array<double, gauge::kChannels> counts{};
  for (double& count : counts) count = row.Double();
  *calibration.mutable_white_reference() = gauge::ChannelsOf(counts);
  calibration.set_distance_offset_mm(row.Double());
  calibration.set_calibrated_by(row.Text());
  calibration.set_reason(row.Text());
  row.Set(&calibration, &Calibration::mutable_created_at);
  calibration.set_command_id(row.Int());
  return calibration;
}

GaugeCheck ToCheck(read::RowCursor& row) {
  GaugeCheck check;
  check.set_check_id(row.Int());
  check.set_device_id(row.Text());
  check.set_calibration_id(row.Int());
  check.set_kind(row.Text());
  row.Set(&check, &GaugeCheck::mutable_time);
  check.set_performed_by(row.Text());
  check.set_reference(row.Text());
  check.set_readings(row.Int());
  FromArray("figures", row.Text(), &check);
  check.set_deviation_pct(row.Double());
  check.set_passed(row.Bool());
  check.set_message(row.Text());
  check.set_command_id(row.Int());
  return check;
}

std::string WhiteReferenceText(const quality::v1::SpectralChannels& channels) {
  const auto counts = gauge::CountsInOrder(channels);
  return absl::StrCat("{", absl::StrJoin(counts, ",", [](std::string* out, double count) { absl::StrAppend(out, absl::StrFormat("%.17g", count)); }),
                      "}");
}

std::string FiguresJson(const GaugeCheck& check) {
  return absl::StrCat(
      "[", absl::StrJoin(check.figures(), ",", [](std::string* out, const auto& figure) { absl::StrAppend(out, ToJson(figure)); }), "]");
}

std::string MeasurementsJson(const GaugeStudy& study) {
  return absl::StrCat(
      "[", absl::StrJoin(study.measurements(), ",", [](std::string* out, const auto& measurement) { absl::StrAppend(out, ToJson(measurement)); }),
      "]");
}

std::string StudyJson(GaugeStudy study) {
  study.clear_measurements();
  return ToJson(study);
}

GaugeStudy ToStudy(const std::string& result, const std::string& measurements, int32_t study_id) {
  GaugeStudy study;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;  // of a newer server
  if (!google::protobuf::util::JsonStringToMessage(result, &study, options).ok()) study.Clear();
  study.set_study_id(study_id);
  if (!measurements.empty()) FromArray("measurements", measurements, &study);
  return study;
}

}  // namespace egi::storage::write
