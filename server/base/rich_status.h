// Errors with details: an absl::Status carries each google.rpc detail as a payload under its type URL, so it crosses every
// boundary of the server, and is turned into the form of the wire only at the edge.
#ifndef EGI_SERVER_BASE_RICH_STATUS_H_
#define EGI_SERVER_BASE_RICH_STATUS_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/rpc/status.pb.h"

namespace egi {

// (field path, what is wrong and what is expected).
using FieldViolation = std::pair<std::string, std::string>;

// Adds google.rpc.ErrorInfo{reason, domain: "egi", metadata}; `reason` is UPPER_SNAKE_CASE. An OK status is returned unchanged.
absl::Status WithErrorInfo(absl::Status status, const std::string& reason,
                           const std::map<std::string, std::string>& metadata = {});

// INVALID_ARGUMENT with google.rpc.BadRequest that names every bad field, and a message that lists them.
absl::Status InvalidFields(const std::vector<FieldViolation>& violations);

// RESOURCE_EXHAUSTED with google.rpc.RetryInfo.
absl::Status Overloaded(const std::string& message, absl::Duration retry_after);

// The form that travels inside messages. Adds ErrorInfo{reason = name of the code} when there is none.
google::rpc::Status ToRpcStatus(const absl::Status& status);

// The inverse.
absl::Status FromRpcStatus(const google::rpc::Status& status);

}  // namespace egi

#endif  // EGI_SERVER_BASE_RICH_STATUS_H_
