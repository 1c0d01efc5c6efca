#include "simulators/program/program.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/strings/match.h"

namespace egi::program {

std::string FlagWithUnderscores(const std::string& argument) {
  if (argument.size() < 3 || argument.compare(0, 2, "--") != 0) return argument;
  std::string flag = argument;
  std::replace(flag.begin() + 2, flag.begin() + std::min(flag.find('='), flag.size()), '-', '_');
  return flag;
}

StopSignal::StopSignal() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

bool StopSignal::WaitFor(absl::Duration timeout) {
  if (stopped_) return true;
  const timespec wait = absl::ToTimespec(std::max(timeout, absl::ZeroDuration()));
  stopped_ = sigtimedwait(&signals_, nullptr, &wait) > 0;
  return stopped_;
}

int Main(const std::string& name, const std::string& usage, int argc, char** argv, absl::Status (*run)(StopSignal&)) {
  std::vector<std::string> arguments(argv, argv + argc);
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  std::transform(arguments.begin(), end, arguments.begin(), FlagWithUnderscores);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  absl::SetProgramUsageMessage(usage);
  // --help shows the program's own flags: those defined in its main.cc below simulators/.
  absl::FlagsUsageConfig help;
  help.contains_help_flags = [](absl::string_view file) { return absl::StrContains(file, "simulators/"); };
  absl::SetFlagsUsageConfig(help);
  if (const auto rest = absl::ParseCommandLine(argc, pointers.data()); rest.size() > 1) {
    fprintf(stderr, "%s: unknown argument \"%s\"; --help lists the options\n", name.c_str(), rest[1]);
    return 2;
  }
  StopSignal stop;
  const absl::Status status = run(stop);
  if (status.ok()) return 0;
  fprintf(stderr, "%s: %s\n", name.c_str(), status.ToString().c_str());
  return 1;
}

}  // namespace egi::program
