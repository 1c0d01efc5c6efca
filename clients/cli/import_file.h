// egictl import FILE, import list, import show: campaign files into the platform, lots and meals.
#ifndef EGI_CLIENTS_CLI_IMPORT_FILE_H_
#define EGI_CLIENTS_CLI_IMPORT_FILE_H_

#include <string>

#include "absl/time/time.h"
#include "clients/cli/session.h"

namespace egi::cli {

struct ImportFileOptions {
  // "-" = standard input.
  std::string file;
  // all or per_row.
  std::string policy = "all";
  // Check, compare, count; change nothing.
  bool dry_run = false;
  // Who imports, e.g. user:3.
  std::string by;
  // Do not wait for the end.
  bool no_wait = false;
  // How long a server that does not answer is waited for.
  absl::Duration patience = absl::Seconds(60);
};

// Uploads the file and follows its import to the end, also over a restart of the server; the same file sent again goes on with an import that was cut.
// Exit codes: kFailed when the import failed, kSomeRefused when rows were left out.
int RunImportFile(const Session& session, const ImportFileOptions& options);

// Imports, newest first.
int RunListImports(const Session& session, int limit);

struct ShowImportOptions {
  int import_id = 0;
  // Only anomalies of this severity; empty = errors and warnings, and infos counted.
  std::string severity;
};

// One import with its figures and anomalies.
int RunShowImport(const Session& session, const ShowImportOptions& options);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_IMPORT_FILE_H_
