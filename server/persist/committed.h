// The border between persist and publish: what was committed.
#ifndef EGI_SERVER_PERSIST_COMMITTED_H_
#define EGI_SERVER_PERSIST_COMMITTED_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "egi/realtime/v1/events.pb.h"

namespace egi::persist {

// The events of one transaction, in order. Event.resume_token is left empty: position = (commit_seq, index + 1).
struct CommittedBatch {
  int64_t commit_seq = 0;
  absl::Time commit_time;
  std::vector<realtime::v1::Event> events;
};

// Called by a committer after each commit, in its own commit order, before the acknowledgements are handed out; must not block.
using OnCommitted = std::function<void(std::shared_ptr<const CommittedBatch>)>;

}  // namespace egi::persist

#endif  // EGI_SERVER_PERSIST_COMMITTED_H_
