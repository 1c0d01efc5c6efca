// Writes the few JSON values the hot path needs, without building a tree.
#ifndef EGI_SERVER_STORAGE_POSTGRES_JSON_H_
#define EGI_SERVER_STORAGE_POSTGRES_JSON_H_

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/struct.pb.h"

namespace egi::storage {

// A quoted JSON string; the input is UTF-8.
void AppendJsonString(absl::string_view value, std::string* out);

// The shortest digits that read back as the same double. Values that are not finite have no JSON form: "null".
void AppendJsonNumber(double value, std::string* out);

void AppendJsonValue(const google::protobuf::Value& value, std::string* out);

// Builds one object member by member; an object without members leaves `out` untouched by Finish.
class JsonObject {
 public:
  explicit JsonObject(std::string* out) : out_(out) {}

  // Starts a member; the caller appends its value.
  std::string* Member(absl::string_view key);
  void Text(absl::string_view key, absl::string_view value) { AppendJsonString(value, Member(key)); }
  void Number(absl::string_view key, double value) { AppendJsonNumber(value, Member(key)); }
  void Finish() {
    if (!empty_) out_->push_back('}');
  }

 private:
  std::string* out_;
  bool empty_ = true;
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_JSON_H_
