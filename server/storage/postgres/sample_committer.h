// Stores a batch of samples in one transaction.
#ifndef EGI_SERVER_STORAGE_POSTGRES_SAMPLE_COMMITTER_H_
#define EGI_SERVER_STORAGE_POSTGRES_SAMPLE_COMMITTER_H_

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/base/clock.h"
#include "server/persist/committer.h"
#include "server/storage/postgres/commit_frame.h"
#include "server/storage/postgres/device_registry.h"
#include "server/storage/postgres/lot_directory.h"
#include "server/storage/postgres/partition_guard.h"
#include "server/storage/postgres/sample_batch.h"
#include "server/storage/postgres/sample_row.h"

namespace egi::storage {

// The hot path: ledger and rows by binary COPY, no statement a row.
class PostgresSampleCommitter final : public persist::SampleCommitter {
 public:
  struct Options {
    std::string url;
    // For tests: called with the backend's pid before COMMIT is sent.
    std::function<void(int)> before_commit = [](int) {};
    int clear_after = 3;  // samples in range that close an alert, >= 1
  };

  // `clock` must outlive the committer. Connects at the first commit.
  PostgresSampleCommitter(Options options, const Clock* clock);

  absl::StatusOr<std::shared_ptr<const persist::CommittedBatch>> Commit(
      std::vector<persist::Group<persist::SampleWrite>>* groups) override;
  void Cancel() override { frame_.Cancel(); }

 private:
  using Batch = std::shared_ptr<const persist::CommittedBatch>;

  // One run of the transaction. Errors are those of sqlstate.h; the transaction is then open or lost.
  absl::StatusOr<Batch> Attempt(SampleBatch* batch);

  // Outside the transaction: devices, lots, partitions.
  absl::Status Resolve(SampleBatch* batch);

  absl::Status WriteLedger(const SampleBatch& batch);
  absl::Status WriteRows(const std::vector<SampleItem*>& items, int64_t batch_id);

  // After a unique violation: marks the samples that are already stored.
  absl::Status FindStored(SampleBatch* batch);

  // After a refused row: marks the samples whose rows the table refuses.
  absl::Status FindPoison(SampleBatch* batch, size_t begin, size_t end);

  const Clock* const clock_;
  const int clear_after_;
  CommitFrame frame_;
  LotDirectory lots_;
  DeviceRegistry devices_;
  PartitionGuard partitions_;
  SampleRowScratch scratch_;
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_SAMPLE_COMMITTER_H_
