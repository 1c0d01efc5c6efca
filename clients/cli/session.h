// What every command of egictl is given, and the exit codes they share.
#ifndef EGI_CLIENTS_CLI_SESSION_H_
#define EGI_CLIENTS_CLI_SESSION_H_

#include <istream>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace egi::cli {

// Exit codes; docs/egictl.md lists them.
enum ExitCode {
  kOk = 0,
  // The server refused, or a file cannot be used.
  kFailed = 1,
  // Wrong arguments.
  kUsage = 2,
  // The server cannot be reached or gave no answer in time.
  kUnreachable = 3,
  // Done, but some items were refused.
  kSomeRefused = 4,
};

// Where a command talks and reads. Results go to `out`, everything else (progress, advice, errors) to `err`.
struct Session {
  // HOST:PORT.
  std::string server;
  // One JSON object a line instead of text.
  bool json = false;
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  // `err` is a terminal: a progress bar may rewrite its line.
  bool err_is_terminal = false;
};

// Prints "egictl: WHAT: ..." with every bad field and what to do next; returns the exit code of the error.
int Fail(const Session& session, const std::string& what, const absl::Status& status);

// The message as one line of JSON with proto names.
std::string ToJsonLine(const google::protobuf::Message& message);

// A whole file, or standard input for "-". Errors: NOT_FOUND, PERMISSION_DENIED and the like, naming the path.
absl::Status ReadInput(const Session& session, const std::string& path, std::string* content);

// Text as a JSON string with its quotes.
std::string JsonString(const std::string& text);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_SESSION_H_
