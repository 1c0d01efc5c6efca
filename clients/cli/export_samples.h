// egictl export samples: stored samples as a file whose checksum was checked.
#ifndef EGI_CLIENTS_CLI_EXPORT_SAMPLES_H_
#define EGI_CLIENTS_CLI_EXPORT_SAMPLES_H_

#include <string>

#include "clients/cli/session.h"

namespace egi::cli {

struct ExportSamplesOptions {
  // Path of the file; "-" = standard output.
  std::string out = "-";
  // csv or ndjson.
  std::string format = "csv";
  // RFC 3339 or YYYY-MM-DD (UTC); empty = 24 hours before `to`, and now.
  std::string from, to;
  // Empty = all.
  std::string device, lot;
  // Also the matrices.
  bool full = false;
};

// The file appears under its name only when it is whole and its SHA-256 is the server's. Prints rows, bytes and SHA-256 (to standard error when
// the file goes to standard output).
int RunExportSamples(const Session& session, const ExportSamplesOptions& options);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_EXPORT_SAMPLES_H_
