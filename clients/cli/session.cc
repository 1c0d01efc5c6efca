#include "clients/cli/session.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "clients/cpp/channel.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"

namespace egi::cli {
namespace {

std::string Advice(const Session& session, const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return absl::StrCat("No answer from ", session.server, ". Is EGI running (./egi status)? Start it with ./egi up, or name another server with --server HOST:PORT.");
    case absl::StatusCode::kUnimplemented:
      return absl::StrCat("The server at ", session.server, " does not know this call: update it, or name another one with --server.");
    case absl::StatusCode::kResourceExhausted:
      return "The server is busy: try again in a few seconds.";
    case absl::StatusCode::kOutOfRange:
      return "Leave --resume out to start with a snapshot, or use the earliest token named above.";
    default:
      return "";
  }
}

}  // namespace

int Fail(const Session& session, const std::string& what, const absl::Status& status) {
  session.err << "egictl: " << what << ": " << std::string(status.message()) << " (" << absl::StatusCodeToString(status.code()) << ")\n"
              << client::DescribeDetails(status);
  const std::string advice = Advice(session, status);
  if (!advice.empty()) session.err << advice << "\n";
  const bool unreachable = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
  return unreachable ? kUnreachable : kFailed;
}

std::string ToJsonLine(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string line;
  if (!google::protobuf::util::MessageToJsonString(message, &line, options).ok()) return "{}";
  return line;
}

absl::Status ReadInput(const Session& session, const std::string& path, std::string* content) {
  if (path == "-") {
    content->assign(std::istreambuf_iterator<char>(session.in), std::istreambuf_iterator<char>());
    return absl::OkStatus();
  }
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", path, ": it is a folder; name a file"));
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  content->assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad()) {
    return absl::NotFoundError(absl::StrCat("cannot read ", path, ": ", errno != 0 ? strerror(errno) : "not a readable file"));
  }
  return absl::OkStatus();
}

std::string JsonString(const std::string& text) {
  google::protobuf::Value value;
  value.set_string_value(text);
  return ToJsonLine(value);
}

}  // namespace egi::cli
