// egictl replay: streams the meals of a campaign file as the stations would have.
#ifndef EGI_CLIENTS_CLI_REPLAY_H_
#define EGI_CLIENTS_CLI_REPLAY_H_

#include <string>

#include "clients/cli/session.h"

namespace egi::cli {

struct ReplayOptions {
  std::string file;
  // Times real time (86400 = a day of the campaign a second); 0 = as fast as the server takes them.
  double speed = 0;
};

// Streams every meal in the order of time. Meals already stored change nothing, so an interrupted replay is continued by running it again.
int RunReplay(const Session& session, const ReplayOptions& options);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_REPLAY_H_
