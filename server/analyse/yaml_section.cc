#include "server/analyse/yaml_section.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace egi::analyse {

YamlSection::YamlSection(const YAML::Node& node, std::string path, Faults* faults, bool mandatory)
    : node_(node), path_(std::move(path)), faults_(faults), present_(node.IsDefined() && node.IsMap()) {
  if (present_) return;
  if (node.IsDefined() && !node.IsNull()) {
    faults_->push_back(absl::StrCat("line ", node.Mark().line + 1, ": ", path_, ": expected keys and values"));
  } else if (mandatory) {
    faults_->push_back(absl::StrCat(path_, ": is missing, the section is mandatory"));
  }
}

YAML::Node YamlSection::Child(const char* key) {
  known_.insert(key);
  if (!present_) return YAML::Node(YAML::NodeType::Undefined);
  return std::as_const(node_)[key];
}

template <typename T>
bool YamlSection::Read(const char* key, T* target, const char* expected) {
  const YAML::Node value = Child(key);
  if (!value.IsDefined()) return false;
  try {
    *target = value.as<T>();
    return true;
  } catch (const YAML::Exception&) {
    Fault(key, absl::StrCat("expected ", expected));
    return false;
  }
}

void YamlSection::Number(const char* key, double* target, double low, double high, bool required) {
  double value = 0;
  const bool absent = !Child(key).IsDefined();
  if (absent && required && present_) Fault(key, "is missing, expected a number");
  if (!Read(key, &value, "a number")) return;
  if (!(value >= low && value <= high)) {
    Fault(key, absl::StrCat("is ", value, ", expected ", low, " to ", high));
    return;
  }
  *target = value;
}

void YamlSection::Integer(const char* key, int* target, int low, int high) {
  int value = 0;
  if (!Read(key, &value, "a whole number")) return;
  if (value < low || value > high) {
    Fault(key, absl::StrCat("is ", value, ", expected ", low, " to ", high));
    return;
  }
  *target = value;
}

void YamlSection::Flag(const char* key, bool* target) { Read(key, target, "true or false"); }

void YamlSection::Text(const char* key, std::string* target) { Read(key, target, "a text"); }

YamlSection YamlSection::Section(const char* key, bool mandatory) {
  return YamlSection(Child(key), path_.empty() ? key : absl::StrCat(path_, ".", key), faults_, mandatory);
}

std::vector<std::string> YamlSection::Keys() {
  std::vector<std::string> keys;
  if (!present_) return keys;
  for (const auto& entry : node_) {
    keys.push_back(entry.first.as<std::string>());
    known_.insert(keys.back());
  }
  return keys;
}

void YamlSection::Fault(const char* key, const std::string& text) {
  int line = present_ ? node_.Mark().line : 0;
  if (present_) {
    for (const auto& entry : node_) {
      if (entry.first.Scalar() == key) line = entry.first.Mark().line;
    }
  }
  const std::string path = *key == '\0' ? path_ : path_.empty() ? key : absl::StrCat(path_, ".", key);
  faults_->push_back(absl::StrCat("line ", line + 1, ": ", path, ": ", text));
}

void YamlSection::RefuseUnknownKeys() {
  if (!present_) return;
  for (const auto& entry : node_) {
    const std::string key = entry.first.Scalar();
    if (!known_.contains(key)) Fault(key.c_str(), "unknown key");
  }
}

}  // namespace egi::analyse
