// egictl watch: the live feed.
#ifndef EGI_CLIENTS_CLI_WATCH_H_
#define EGI_CLIENTS_CLI_WATCH_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "clients/cli/session.h"
#include "egi/realtime/v1/realtime.pb.h"

namespace egi::cli {

struct WatchOptions {
  std::string device, site, lot, min_grade, resume;
  int gaveur = 0;
  // sample, meal, alert, device, lot; empty = all.
  std::vector<std::string> kinds;
  bool latest_only = false;
  bool no_snapshot = false;
  // End after so many events; 0 = never.
  int64_t count = 0;
};

// The request of the options. Errors: INVALID_ARGUMENT (unknown kind).
absl::StatusOr<egi::realtime::v1::SubscribeRequest> ToRequest(const WatchOptions& options);

// One line for people.
std::string Describe(const egi::realtime::v1::Event& event);

// Runs until Ctrl-C, `count` events or an error that trying again cannot mend. Disconnections are mended silently for the results; the
// resume token is printed at the end.
int RunWatch(const Session& session, const WatchOptions& options);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_WATCH_H_
