#include "server/storage/postgres/json.h"

#include <charconv>
#include <cmath>

namespace egi::storage {

void AppendJsonString(absl::string_view value, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (byte < 0x20) {
      out->append("\\u00");
      out->push_back(kHex[byte >> 4]);
      out->push_back(kHex[byte & 15]);
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

void AppendJsonNumber(double value, std::string* out) {
  if (!std::isfinite(value)) {
    out->append("null");
    return;
  }
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value);
  out->append(digits, static_cast<size_t>(end.ptr - digits));
}

void AppendJsonValue(const google::protobuf::Value& value, std::string* out) {
  switch (value.kind_case()) {
    case google::protobuf::Value::kNumberValue:
      AppendJsonNumber(value.number_value(), out);
      break;
    case google::protobuf::Value::kStringValue:
      AppendJsonString(value.string_value(), out);
      break;
    case google::protobuf::Value::kBoolValue:
      out->append(value.bool_value() ? "true" : "false");
      break;
    case google::protobuf::Value::kStructValue: {
      out->push_back('{');
      bool first = true;
      for (const auto& [key, member] : value.struct_value().fields()) {
        if (!first) out->push_back(',');
        first = false;
        AppendJsonString(key, out);
        out->push_back(':');
        AppendJsonValue(member, out);
      }
      out->push_back('}');
      break;
    }
    case google::protobuf::Value::kListValue: {
      out->push_back('[');
      bool first = true;
      for (const auto& element : value.list_value().values()) {
        if (!first) out->push_back(',');
        first = false;
        AppendJsonValue(element, out);
      }
      out->push_back(']');
      break;
    }
    default:
      out->append("null");
  }
}

std::string* JsonObject::Member(absl::string_view key) {
  out_->push_back(empty_ ? '{' : ',');
  empty_ = false;
  AppendJsonString(key, out_);
  out_->push_back(':');
  return out_;
}

}  // namespace egi::storage
