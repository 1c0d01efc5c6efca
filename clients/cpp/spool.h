// A Buffer on disk: append-only segment files that survive kill -9 and, by its sync policy, a power cut.
//
// Folder: `producer` (owner and base), `lock`, and segments named by the index of their first record
// (00000000000000000001.seg). A segment is deleted when all of its items are acknowledged; the newest one always stays, so that
// its name keeps the next index.
#ifndef EGI_CLIENTS_CPP_SPOOL_H_
#define EGI_CLIENTS_CPP_SPOOL_H_

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "clients/cpp/buffer.h"
#include "clients/cpp/spool_files.h"
#include "server/base/mutex.h"

namespace egi::client {

// When the spool forces its writes to the disk.
enum class SyncPolicy {
  // Before an item is sent (Sync): one fdatasync for a whole batch. An item lost in a power cut was never sent, so nothing the server
  // acknowledged is ever unknown to the spool.
  kBeforeSend,
  // At every Append: an item accepted by Send survives a power cut.
  kEveryAppend,
};

// Thread-safe; one object per folder (a lock file refuses a second process).
class Spool : public Buffer {
 public:
  struct Options {
    // Made when it does not exist.
    std::string dir;
    // Owner; a spool of another producer or kind is refused.
    std::string producer_id;
    // `sample` or `meal`.
    std::string kind;
    // Most bytes on disk, at least 64 KiB. A single item may have an eighth of it.
    int64_t limit_bytes = 256 << 20;
    SyncPolicy sync = SyncPolicy::kBeforeSend;
  };

  // Opens or makes the spool. A torn last record (interrupted write) is cut off. Errors: FAILED_PRECONDITION (another owner; in use by
  // another process), DATA_LOSS (a record damaged elsewhere, a segment missing), INVALID_ARGUMENT (options), those of the file system.
  static absl::StatusOr<std::unique_ptr<Spool>> Create(Options options);

  absl::StatusOr<int64_t> Append(const std::string& item) override;
  absl::Status Read(int64_t index, int max_items, size_t max_bytes, std::vector<std::string>* items) override;
  absl::Status Sync() override;
  absl::Status DropThrough(int64_t index) override;
  absl::Status Bind(int64_t base) override;
  std::optional<int64_t> base() const override;
  int64_t first_index() const override;
  int64_t last_index() const override;
  int64_t bytes() const override;

 private:
  struct Segment {
    int64_t first_index;
    int64_t records;
    int64_t bytes;
  };

  explicit Spool(Options options) : options_(std::move(options)) {}

  absl::Status LoadOwner() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status WriteOwner() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status LoadSegments() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status LoadSegment(int64_t first_index, bool last) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status StartSegment(int64_t first_index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status SyncLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string PathOf(int64_t first_index) const;
  int64_t segment_limit() const { return options_.limit_bytes / 4; }
  int64_t LastIndexLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int64_t BytesLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  mutable Mutex mutex_;
  File lock_ ABSL_GUARDED_BY(mutex_);
  File active_ ABSL_GUARDED_BY(mutex_);
  std::deque<Segment> segments_ ABSL_GUARDED_BY(mutex_);
  std::optional<int64_t> base_ ABSL_GUARDED_BY(mutex_);
  int64_t acked_ ABSL_GUARDED_BY(mutex_) = 0;
  bool dirty_ ABSL_GUARDED_BY(mutex_) = false;
  // Where the next sequential Read continues.
  int64_t cursor_index_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t cursor_offset_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_SPOOL_H_
