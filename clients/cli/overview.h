// egictl status and egictl alerts: what the platform says about itself.
#ifndef EGI_CLIENTS_CLI_OVERVIEW_H_
#define EGI_CLIENTS_CLI_OVERVIEW_H_

#include <string>

#include "clients/cli/session.h"

namespace egi::cli {

// Health, counters and running lots. Exit code 1 when the server answers but is not healthy.
int RunStatus(const Session& session);

struct AlertsOptions {
  // `feeding`, `quality` or empty = both.
  std::string origin;
  // LL, LS or MT; empty = all.
  std::string site;
  // info, warning, important or critical; empty = all.
  std::string severity;
  // Also acknowledged ones.
  bool all = false;
  // 1..200 of each origin.
  int limit = 50;
};

// Alerts, newest first.
int RunAlerts(const Session& session, const AlertsOptions& options);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_OVERVIEW_H_
