#include "server/api/severity_words.h"

namespace egi::api {

std::string FrenchSeverity(const std::string& field, const std::string& value, Fields& fields) {
  fields.OneOf(field, value, {"info", "warning", "important", "critique", "critical", "faible", "moyenne", "elevee", "low", "medium", "high"});
  if (value == "critical") return "critique";
  if (value == "elevee" || value == "high") return "important";
  if (value == "moyenne" || value == "medium") return "warning";
  if (value == "faible" || value == "low") return "info";
  return value;
}

std::string EnglishSeverity(const std::string& field, const std::string& value, Fields& fields) {
  const std::string french = FrenchSeverity(field, value, fields);
  return french == "critique" ? "critical" : french;
}

}  // namespace egi::api
