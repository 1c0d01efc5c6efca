#include "server/api/page_token.h"

#include <cstdint>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace egi::api {
namespace {

constexpr char kVersion[] = "1";
constexpr char kSeparator = '\x1f';
constexpr char kForeign[] = "was not given for this filter; start again without it";

std::string Serialise(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

// FNV-1a, 64 bits: the same on every server, unlike std::hash. It tells filters apart, it is no protection.
std::string HashOf(const google::protobuf::Message& request) {
  const std::unique_ptr<google::protobuf::Message> filter(request.New());
  filter->CopyFrom(request);
  for (const char* of_a_page : {"page_token", "page_size", "limit", "offset"}) {
    const auto* field = filter->GetDescriptor()->FindFieldByName(of_a_page);
    if (field != nullptr) filter->GetReflection()->ClearField(filter.get(), field);
  }
  uint64_t hash = 14695981039346656037u;
  for (const unsigned char c : absl::StrCat(filter->GetTypeName(), "\n", Serialise(*filter))) hash = (hash ^ c) * 1099511628211u;
  return absl::StrCat(absl::Hex(hash, absl::kZeroPad16));
}

}  // namespace

std::string MakePageToken(const google::protobuf::Message& request, const std::vector<std::string>& place) {
  const std::string separator(1, kSeparator);
  return absl::WebSafeBase64Escape(absl::StrCat(kVersion, separator, HashOf(request), separator, absl::StrJoin(place, separator)));
}

std::optional<std::vector<std::string>> ReadPageToken(const google::protobuf::Message& request, const std::string& token, size_t parts,
                                                      Fields& fields) {
  if (token.empty()) return std::nullopt;
  std::string text;
  std::vector<std::string> all;
  if (token.size() <= 1024 && absl::WebSafeBase64Unescape(token, &text)) all = absl::StrSplit(text, kSeparator);
  if (all.size() != parts + 2 || all[0] != kVersion || all[1] != HashOf(request)) {
    fields.Add("page_token", kForeign);
    return std::nullopt;
  }
  all.erase(all.begin(), all.begin() + 2);
  return all;
}

std::optional<std::vector<int64_t>> ReadPageNumbers(const google::protobuf::Message& request, const std::string& token, size_t parts,
                                                    Fields& fields) {
  const auto place = ReadPageToken(request, token, parts, fields);
  if (!place.has_value()) return std::nullopt;
  std::vector<int64_t> numbers;
  for (const std::string& text : *place) {
    if (!absl::SimpleAtoi(text, &numbers.emplace_back())) {
      fields.Add("page_token", kForeign);
      return std::nullopt;
    }
  }
  return numbers;
}

}  // namespace egi::api
