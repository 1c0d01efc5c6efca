#include "server/storage/read/row_cursor.h"

#include <charconv>

#include "google/protobuf/util/json_util.h"

namespace egi::storage::read {
namespace {

template <typename Number>
Number Parse(const pqxx::field& field) {
  if (field.is_null()) return 0;
  const char* text = field.c_str();
  Number number = 0;
  const auto [end, error] = std::from_chars(text, text + field.size(), number);
  if (error != std::errc() || end != text + field.size()) {
    throw pqxx::conversion_error("column " + std::string(field.name()) + " is not a number");
  }
  return number;
}

}  // namespace

int64_t RowCursor::Long() { return Parse<int64_t>(Field()); }

double RowCursor::Double() { return Parse<double>(Field()); }

std::string RowCursor::Text() {
  const pqxx::field field = Field();
  return field.is_null() ? std::string() : std::string(field.c_str(), field.size());
}

bool RowCursor::Bool() {
  const pqxx::field field = Field();
  return !field.is_null() && field.c_str()[0] == 't';
}

absl::Time RowCursor::Time() {
  const pqxx::field field = Field();
  return field.is_null() ? absl::InfinitePast() : absl::FromUnixMicros(Parse<int64_t>(field));
}

bool RowCursor::Present() {
  if (!IsNull()) return true;
  Skip();
  return false;
}

void RowCursor::Json(google::protobuf::Message* message) {
  if (!google::protobuf::util::JsonStringToMessage(Text(), message).ok()) {
    throw pqxx::conversion_error("column is not JSON of the expected form");
  }
}

}  // namespace egi::storage::read
