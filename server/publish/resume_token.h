// Resume tokens: a place in the committed order, opaque to clients.
#ifndef EGI_SERVER_PUBLISH_RESUME_TOKEN_H_
#define EGI_SERVER_PUBLISH_RESUME_TOKEN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/storage/event_store.h"

namespace egi::publish {

// What a token says. `position`: the next event wanted is number position.index + 1 of transaction position.commit_seq; the
// place after the last event of a transaction is {commit_seq + 1, 0}. `issued`: whole seconds.
struct ResumePoint {
  storage::Position position;
  absl::Time issued;
  friend bool operator==(const ResumePoint&, const ResumePoint&) = default;
};

// Web-safe base64 of version, commit_seq, index, issued and a CRC-32C; 32 characters.
std::string EncodeResumeToken(const ResumePoint& point);

// INVALID_ARGUMENT when the token was not made by EncodeResumeToken of this version.
absl::StatusOr<ResumePoint> DecodeResumeToken(const std::string& token);

}  // namespace egi::publish

#endif  // EGI_SERVER_PUBLISH_RESUME_TOKEN_H_
