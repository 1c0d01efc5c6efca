// What every simulator program shares: flags with dashes, and an orderly end on SIGINT and SIGTERM.
#ifndef EGI_SIMULATORS_PROGRAM_PROGRAM_H_
#define EGI_SIMULATORS_PROGRAM_PROGRAM_H_

#include <csignal>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace egi::program {

// `argument` with the dashes of its flag name turned into underscores, as Abseil's flags want them: --polling-interval=5 becomes
// --polling_interval=5. Values, single dashes and everything after "--" stay as they are.
std::string FlagWithUnderscores(const std::string& argument);

// SIGINT and SIGTERM, blocked in this thread and in every thread started later.
class StopSignal {
 public:
  StopSignal();

  // Waits at most `timeout` (at once when it is not positive). True as soon as a signal has come, and ever after.
  bool WaitFor(absl::Duration timeout);

 private:
  sigset_t signals_;
  bool stopped_ = false;
};

// Parses flags (dashes and underscores alike), runs `run`, prints its error as "NAME: ..." and returns the exit code.
int Main(const std::string& name, const std::string& usage, int argc, char** argv, absl::Status (*run)(StopSignal&));

}  // namespace egi::program

#endif  // EGI_SIMULATORS_PROGRAM_PROGRAM_H_
