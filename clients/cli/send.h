// egictl send: samples or meals written as JSON.
#ifndef EGI_CLIENTS_CLI_SEND_H_
#define EGI_CLIENTS_CLI_SEND_H_

#include <string>
#include <utility>
#include <vector>

#include "clients/cli/session.h"

namespace egi::cli {

struct SendOptions {
  // `sample` or `meal`.
  std::string kind;
  // "-" = standard input.
  std::string file = "-";
};

// The JSON documents of a text and the line each starts on: one document over several lines, or one a line (NDJSON). Empty lines are skipped.
std::vector<std::pair<int, std::string>> SplitDocuments(const std::string& text);

// Streams every document; a bad or refused one is reported with its line and the others go on (exit code 4).
int RunSend(const Session& session, const SendOptions& options);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_SEND_H_
