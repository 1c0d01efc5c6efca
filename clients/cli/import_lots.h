// egictl import lots: a campaign file into the table of lots, all or none.
#ifndef EGI_CLIENTS_CLI_IMPORT_LOTS_H_
#define EGI_CLIENTS_CLI_IMPORT_LOTS_H_

#include <string>

#include "server/campaign/campaign_file.h"
#include "server/campaign/review.h"
#include "clients/cli/session.h"

namespace egi::cli {

struct ImportLotsOptions {
  std::string file;
  // Check and count, change nothing.
  bool dry_run = false;
};

// What the import tells about the file; never a personal cell.
void PrintReview(const campaign::Campaign& campaign, const campaign::Review& review, std::ostream& out);
std::string ReviewToJson(const campaign::Campaign& campaign, const campaign::Review& review);

// Reads, reviews, imports. Importing the same file again changes nothing.
int RunImportLots(const Session& session, const ImportLotsOptions& options);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_IMPORT_LOTS_H_
