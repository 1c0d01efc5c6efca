#include "server/storage/postgres/sample_details.h"

#include <optional>

#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "server/storage/postgres/json.h"

namespace egi::storage {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;
using quality::v1::Defect;
using quality::v1::Fusion;
using quality::v1::GradedSample;

constexpr char kTof[] = "vl53l8ch_";
constexpr char kSpectral[] = "as7341_";

using Defects = google::protobuf::RepeatedPtrField<Defect>;
using Breakdown = google::protobuf::Map<std::string, double>;

void AppendDefects(const Defects& defects, std::string* out) {
  out->push_back('[');
  for (int i = 0; i < defects.size(); ++i) {
    if (i > 0) out->push_back(',');
    JsonObject object(out);
    object.Text("type", defects[i].type());
    object.Number("x", defects[i].x());
    object.Number("y", defects[i].y());
    object.Number("severity", defects[i].severity());
    object.Text("description", defects[i].description());
    object.Finish();
  }
  out->push_back(']');
}

void AppendBreakdown(const Breakdown& breakdown, std::string* out) {
  JsonObject object(out);
  for (const auto& [name, share] : breakdown) object.Number(name, share);
  object.Finish();
}

// The blocks of one sensor's analysis.
template <typename Analysis>
void AppendAnalysis(const std::string& prefix, const Analysis& analysis, JsonObject* object) {
  if (!analysis.defects().empty()) AppendDefects(analysis.defects(), object->Member(prefix + "defects"));
  if (!analysis.score_breakdown().empty()) AppendBreakdown(analysis.score_breakdown(), object->Member(prefix + "score_breakdown"));
  for (const auto& [name, value] : analysis.details().fields()) AppendJsonValue(value, object->Member(prefix + name));
}

bool SameDefects(const Defects& a, const Defects& b) {
  if (a.size() != b.size()) return false;
  for (int i = 0; i < a.size(); ++i) {
    if (a[i].SerializeAsString() != b[i].SerializeAsString()) return false;
  }
  return true;
}

// A value of the message whose column holds `column`: written only when they differ, null when the message had none.
void AppendSent(const char* key, const std::optional<double>& sent, const std::optional<double>& column, JsonObject* object) {
  if (sent == column) return;
  if (sent.has_value()) {
    object->Number(key, *sent);
  } else {
    object->Member(key)->append("null");
  }
}

#define EGI_OPTIONAL(message, field) ((message).has_##field() ? std::optional<double>((message).field()) : std::nullopt)

void AppendSent(const GradedSample& graded, JsonObject* sent) {
  const auto& sample = graded.sample();
  if (sample.lot() != graded.code_lot()) sent->Text("lot", sample.lot());
  if (sample.site_code() != graded.site_code()) sent->Text("site", sample.site_code());
  if (sample.tof().frames_averaged() != 0) sent->Number("frames_averaged", sample.tof().frames_averaged());
  const Fusion& result = graded.result();
  const Fusion& fusion = sample.fusion();
  if (sample.has_fusion()) {
    AppendSent("weight_tof", EGI_OPTIONAL(fusion, weight_tof), EGI_OPTIONAL(result, weight_tof), sent);
    AppendSent("weight_spectral", EGI_OPTIONAL(fusion, weight_spectral), EGI_OPTIONAL(result, weight_spectral), sent);
    AppendSent("vl53l8ch_score", EGI_OPTIONAL(fusion, vl53l8ch_score), EGI_OPTIONAL(result, vl53l8ch_score), sent);
    AppendSent("as7341_score", EGI_OPTIONAL(fusion, as7341_score), EGI_OPTIONAL(result, as7341_score), sent);
    AppendSent("confidence_level", EGI_OPTIONAL(fusion, confidence_level), EGI_OPTIONAL(result, confidence_level), sent);
    if (!SameDefects(fusion.defects(), result.defects())) AppendDefects(fusion.defects(), sent->Member("fusion_defects"));
  }
}

void ReadDefects(const Value& list, Defects* defects) {
  defects->Clear();
  for (const Value& element : list.list_value().values()) {
    const auto& fields = element.struct_value().fields();
    const auto text = [&fields](const char* key) {
      const auto found = fields.find(key);
      return found == fields.end() ? std::string() : found->second.string_value();
    };
    const auto number = [&fields](const char* key) {
      const auto found = fields.find(key);
      return found == fields.end() ? 0.0 : found->second.number_value();
    };
    Defect* defect = defects->Add();
    defect->set_type(text("type"));
    defect->set_x(static_cast<int32_t>(number("x")));
    defect->set_y(static_cast<int32_t>(number("y")));
    defect->set_severity(number("severity"));
    defect->set_description(text("description"));
  }
}

template <typename Analysis>
void ReadBlock(const std::string& name, const Value& value, Analysis* analysis) {
  if (name == "defects") {
    ReadDefects(value, analysis->mutable_defects());
  } else if (name == "score_breakdown") {
    for (const auto& [part, share] : value.struct_value().fields()) (*analysis->mutable_score_breakdown())[part] = share.number_value();
  } else {
    (*analysis->mutable_details()->mutable_fields())[name] = value;
  }
}

#define EGI_READ_OPTIONAL(key, value, fusion, field)                                        \
  if ((key) == #field) {                                                                    \
    if ((value).has_null_value()) {                                                         \
      (fusion)->clear_##field();                                                            \
    } else {                                                                                \
      (fusion)->set_##field((value).number_value());                                        \
    }                                                                                       \
    continue;                                                                               \
  }

void ReadSent(const Struct& sent, GradedSample* graded) {
  quality::v1::Sample* sample = graded->mutable_sample();
  for (const auto& [key, value] : sent.fields()) {
    if (key == "lot") {
      sample->set_lot(value.string_value());
    } else if (key == "site") {
      sample->set_site_code(value.string_value());
    } else if (key == "frames_averaged") {
      sample->mutable_tof()->set_frames_averaged(static_cast<int32_t>(value.number_value()));
    } else if (key == "fusion_defects") {
      ReadDefects(value, sample->mutable_fusion()->mutable_defects());
    } else {
      Fusion* fusion = sample->mutable_fusion();
      EGI_READ_OPTIONAL(key, value, fusion, weight_tof)
      EGI_READ_OPTIONAL(key, value, fusion, weight_spectral)
      EGI_READ_OPTIONAL(key, value, fusion, vl53l8ch_score)
      EGI_READ_OPTIONAL(key, value, fusion, as7341_score)
      EGI_READ_OPTIONAL(key, value, fusion, confidence_level)
    }
  }
}

}  // namespace

void AppendSampleDetails(const GradedSample& graded, std::string* json) {
  const auto& sample = graded.sample();
  JsonObject object(json);
  if (sample.has_tof_analysis()) AppendAnalysis(kTof, sample.tof_analysis(), &object);
  if (sample.has_spectral_analysis()) AppendAnalysis(kSpectral, sample.spectral_analysis(), &object);
  if (!graded.result().defects().empty()) AppendDefects(graded.result().defects(), object.Member("fusion_defects"));
  if (!sample.location().empty()) object.Text("location", sample.location());
  if (!sample.lot_abattage().empty()) object.Text("lot_abattage", sample.lot_abattage());
  std::string sent;
  JsonObject sent_object(&sent);
  AppendSent(graded, &sent_object);
  sent_object.Finish();
  if (!sent.empty()) object.Member("sent")->append(sent);
  object.Finish();
}

absl::Status ApplySampleDetails(const std::string& json, GradedSample* graded) {
  Struct details;
  if (!google::protobuf::util::JsonStringToMessage(json, &details).ok()) {
    return absl::DataLossError("details of a stored sample are not a JSON object");
  }
  quality::v1::Sample* sample = graded->mutable_sample();
  const auto defects = details.fields().find("fusion_defects");
  if (defects != details.fields().end()) {
    ReadDefects(defects->second, graded->mutable_result()->mutable_defects());
    if (sample->has_fusion()) *sample->mutable_fusion()->mutable_defects() = graded->result().defects();
  }
  for (const auto& [key, value] : details.fields()) {
    if (key.rfind(kTof, 0) == 0) {
      ReadBlock(key.substr(sizeof(kTof) - 1), value, sample->mutable_tof_analysis());
    } else if (key.rfind(kSpectral, 0) == 0) {
      ReadBlock(key.substr(sizeof(kSpectral) - 1), value, sample->mutable_spectral_analysis());
    } else if (key == "location") {
      sample->set_location(value.string_value());
    } else if (key == "lot_abattage") {
      sample->set_lot_abattage(value.string_value());
    } else if (key == "sent") {
      ReadSent(value.struct_value(), graded);
    }
  }
  return absl::OkStatus();
}

}  // namespace egi::storage
