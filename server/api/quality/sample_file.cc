#include "server/api/quality/sample_file.h"

#include <charconv>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/time_util.h"

namespace egi::api {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using quality::v1::SampleRecord;

constexpr const char* kChannels[] = {"F1_415nm", "F2_445nm", "F3_480nm", "F4_515nm", "F5_555nm",
                                     "F6_590nm", "F7_630nm", "F8_680nm", "Clear",    "NIR"};

std::string Json(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string text;
  // Fails only for a Value without a kind, which the database cannot hold.
  return google::protobuf::util::MessageToJsonString(message, &text, options).ok() ? text : "null";
}

// Shortest text that reads back as the same number.
std::string Number(double value) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof(text), value).ptr);
}

void AppendCell(const std::string& cell, std::string* line) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) {
    absl::StrAppend(line, cell, ",");
  } else {
    absl::StrAppend(line, "\"", absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\",");
  }
}

std::string ScalarText(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE: return Number(reflection.GetDouble(message, &field));
    case FieldDescriptor::CPPTYPE_INT32: return absl::StrCat(reflection.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_BOOL: return reflection.GetBool(message, &field) ? "true" : "false";
    default: return reflection.GetString(message, &field);
  }
}

// A wrapper's value, a time, or anything else as JSON.
std::string MessageText(const Message& message) {
  const auto& type = *message.GetDescriptor();
  if (const auto* time = google::protobuf::DynamicCastToGenerated<google::protobuf::Timestamp>(&message)) {
    return google::protobuf::util::TimeUtil::ToString(*time);
  }
  if (absl::EndsWith(std::string(type.full_name()), "Value") && type.full_name() != "google.protobuf.Value") {
    return ScalarText(message, *type.FindFieldByName("value"));
  }
  return Json(message);
}

std::string ListText(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  std::string list = "[";
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    absl::StrAppend(&list, i == 0 ? "" : ",", Json(reflection.GetRepeatedMessage(message, &field, i)));
  }
  return list + "]";
}

bool IsMatrix(const FieldDescriptor& field) { return field.is_repeated() && !field.is_map(); }

void AppendCsvLine(const SampleRecord& sample, bool with_matrices, std::string* file) {
  const auto& type = *SampleRecord::descriptor();
  const Reflection& reflection = *sample.GetReflection();
  std::string line;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.is_map()) {
      for (const char* channel : kChannels) {
        const auto found = sample.as7341_channels().find(channel);
        AppendCell(found == sample.as7341_channels().end() ? "" : Number(found->second), &line);
      }
    } else if (IsMatrix(field)) {
      if (with_matrices) AppendCell(ListText(sample, field), &line);
    } else if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      AppendCell(ScalarText(sample, field), &line);
    } else {
      AppendCell(reflection.HasField(sample, &field) ? MessageText(reflection.GetMessage(sample, &field)) : "", &line);
    }
  }
  line.back() = '\n';
  file->append(line);
}

}  // namespace

std::string SampleFileHeader(SampleFormat format, bool with_matrices) {
  if (format == SampleFormat::kNdjson) return "";
  const auto& type = *SampleRecord::descriptor();
  std::string line;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.is_map()) {
      for (const char* channel : kChannels) absl::StrAppend(&line, channel, ",");
    } else if (with_matrices || !IsMatrix(field)) {
      absl::StrAppend(&line, field.name(), ",");
    }
  }
  line.back() = '\n';
  return line;
}

void AppendSampleLine(const SampleRecord& sample, SampleFormat format, bool with_matrices, std::string* file) {
  if (format == SampleFormat::kNdjson) {
    absl::StrAppend(file, Json(sample), "\n");
  } else {
    AppendCsvLine(sample, with_matrices, file);
  }
}

}  // namespace egi::api
