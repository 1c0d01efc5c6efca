// A program started by a test: killed hard, stopped orderly, started again.
#ifndef EGI_TESTS_SUPPORT_CHILD_PROCESS_H_
#define EGI_TESTS_SUPPORT_CHILD_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace egi::testing {

struct ChildOptions {
  std::vector<std::string> command;           // program and arguments; the program is found on PATH or by its path
  std::vector<std::string> environment = {};  // NAME=value, added to the test's own
  std::string log_file;                       // standard output and error are appended here; empty = inherited
  std::string directory = {};                 // working directory; empty = the test's
};

// Starts on Create, is killed by the destructor. Not thread-safe.
class ChildProcess {
 public:
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Create(ChildOptions options);
  ~ChildProcess();

  // kill -9, and waits until it is gone.
  void Kill();
  // SIGTERM, and waits at most `timeout`; DEADLINE_EXCEEDED when it is still there, INTERNAL when it did not exit with 0.
  absl::Status Stop(absl::Duration timeout);
  // Starts the same command again after Kill or Stop.
  absl::Status Start();
  bool Running();
  pid_t pid() const { return pid_; }

 private:
  explicit ChildProcess(ChildOptions options) : options_(std::move(options)) {}
  const ChildOptions options_;
  pid_t pid_ = -1;
};

// A port of the loopback interface that nothing listened on a moment ago.
int FreePort();

// Path of a program among the test's runfiles, e.g. "server/egi-server".
std::string Runfile(const std::string& path);

// A new folder directly below /tmp (short enough for a unix socket), removed by the caller.
std::string MakeShortTempDir();

// Runs a command to its end and returns its standard output. INTERNAL with the output when it did not exit with 0.
absl::StatusOr<std::string> RunCommand(const std::string& shell_command);

}  // namespace egi::testing

#endif  // EGI_TESTS_SUPPORT_CHILD_PROCESS_H_
