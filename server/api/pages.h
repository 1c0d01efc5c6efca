// One page of a listing by falling numbers, newest first.
#ifndef EGI_SERVER_API_PAGES_H_
#define EGI_SERVER_API_PAGES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "server/api/fields.h"
#include "server/api/page_token.h"

namespace egi::api {

inline constexpr int kDefaultPage = 100;
inline constexpr int kMaxPage = 500;

// An `add` of AnswerPage for a repeated field.
template <typename Message>
auto Into(google::protobuf::RepeatedPtrField<Message>* field) {
  return [field](Message message) { *field->Add() = std::move(message); };
}

// Checks limit and page_token of `request`, after what `fields` already noted. `list(before, limit)` reads at most `limit` rows with
// numbers below `before` (absent: from the newest), `number(row)` is what a row is known by, `add(row)` puts a row into the response.
// Errors: INVALID_ARGUMENT naming every bad field, and those of `list`.
template <typename Request, typename List, typename Number, typename Add>
absl::Status AnswerPage(const Request& request, Fields& fields, List list, Number number, Add add, std::string* next_page_token) {
  const int limit = fields.Number("limit", request.limit(), 1, kMaxPage, kDefaultPage);
  const auto place = ReadPageNumbers(request, request.page_token(), 1, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto rows = list(place.has_value() ? std::optional<int64_t>(place->front()) : std::nullopt, limit + 1);
  if (!rows.ok()) return rows.status();
  if (static_cast<int>(rows->size()) > limit) {  // one more told that another page follows
    rows->pop_back();
    *next_page_token = MakePageToken(request, {absl::StrCat(number(rows->back()))});
  }
  for (auto& row : *rows) add(std::move(row));
  return absl::OkStatus();
}

}  // namespace egi::api

#endif  // EGI_SERVER_API_PAGES_H_
