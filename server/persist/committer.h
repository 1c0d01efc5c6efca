// The border between the batchers and the database: one transaction.
#ifndef EGI_SERVER_PERSIST_COMMITTER_H_
#define EGI_SERVER_PERSIST_COMMITTER_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "server/persist/committed.h"
#include "server/persist/write.h"

namespace egi::persist {

// A group on its way: what came in, and what became of it.
template <typename Write>
struct Group {
  std::vector<Write> items;
  Done done;
  size_t size = 0;       // of items when they came
  GroupOutcome outcome;  // filled by the committer
};

// Stores groups. Used by one thread.
template <typename Write>
class Committer {
 public:
  virtual ~Committer() = default;

  // Stores all groups in one transaction and fills their outcomes: each is OK or ABORTED (fenced). Items are in the order given; the
  // contents of `items` may be moved from. Answers the events committed, null when every group was fenced and nothing was written.
  // Errors: UNAVAILABLE, and then nothing of the groups is stored, or its outcome could not be learnt before Cancel.
  virtual absl::StatusOr<std::shared_ptr<const CommittedBatch>> Commit(std::vector<Group<Write>>* groups) = 0;

  // Makes a Commit that waits for the database give up. May be called from any thread.
  virtual void Cancel() = 0;
};

using SampleCommitter = Committer<SampleWrite>;
using MealCommitter = Committer<MealWrite>;

}  // namespace egi::persist

#endif  // EGI_SERVER_PERSIST_COMMITTER_H_
