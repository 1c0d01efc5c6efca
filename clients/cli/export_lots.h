// egictl export lots: stored lots and their meals as a file.
#ifndef EGI_CLIENTS_CLI_EXPORT_LOTS_H_
#define EGI_CLIENTS_CLI_EXPORT_LOTS_H_

#include <string>

#include "clients/cli/session.h"

namespace egi::cli {

struct ExportLotsOptions {
  // Path of the file; "-" = standard output.
  std::string out = "-";
  // campaign174, campaign199, campaign100 or ndjson.
  std::string format = "campaign174";
  // Empty = all.
  std::string site, statut;
  // 0 = all.
  int gaveur = 0;
  // First day of the lots, ISO dates, inclusive; empty = no bound.
  std::string from, to;
};

// The file appears under its name only when it is whole and its SHA-256 is the server's. It holds no personal data. Lots with a 28th meal have no room
// in a campaign layout: they are named on standard error.
int RunExportLots(const Session& session, const ExportLotsOptions& options);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_EXPORT_LOTS_H_
