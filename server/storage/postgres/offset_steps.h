// What a batch means for the offsets of its producers.
#ifndef EGI_SERVER_STORAGE_POSTGRES_OFFSET_STEPS_H_
#define EGI_SERVER_STORAGE_POSTGRES_OFFSET_STEPS_H_

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/base/rich_status.h"
#include "server/persist/committer.h"
#include "server/storage/postgres/commit_frame.h"

namespace egi::storage {

// One step for each (producer, epoch) that keeps an offset, ordered by producer, so that two servers lock them in the same order.
template <typename Write>
std::vector<OffsetStep> OffsetSteps(const std::vector<persist::Group<Write>>& groups) {
  std::map<std::pair<std::string, int64_t>, OffsetStep> steps;
  for (const auto& group : groups) {
    for (const Write& write : group.items) {
      if (write.producer.ephemeral || write.producer.id.empty()) continue;
      OffsetStep& step = steps[{write.producer.id, write.producer.epoch}];
      if (step.producer_id.empty()) {
        step = {write.producer.id, write.producer.epoch, write.sequence, write.sequence};
      }
      step.first = std::min(step.first, write.sequence);
      step.last = std::max(step.last, write.sequence);
    }
  }
  std::vector<OffsetStep> list;
  for (auto& [key, step] : steps) list.push_back(std::move(step));
  return list;
}

// The outcome of a group whose producer opened a newer stream.
inline absl::Status FencedStatus(const std::string& producer_id) {
  return WithErrorInfo(absl::AbortedError(absl::StrCat("producer ", producer_id,
                                                       " has opened a newer stream, which continues; this one must end")),
                       "PRODUCER_FENCED");
}

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_OFFSET_STEPS_H_
