// A Buffer in memory, for producers that may lose unacknowledged items when their process ends.
#ifndef EGI_CLIENTS_CPP_MEMORY_BUFFER_H_
#define EGI_CLIENTS_CPP_MEMORY_BUFFER_H_

#include <deque>
#include <string>
#include <vector>

#include "clients/cpp/buffer.h"
#include "server/base/mutex.h"

namespace egi::client {

// Holds at most `limit_bytes` of items. Thread-safe.
class MemoryBuffer : public Buffer {
 public:
  explicit MemoryBuffer(int64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  absl::StatusOr<int64_t> Append(const std::string& item) override;
  absl::Status Read(int64_t index, int max_items, size_t max_bytes, std::vector<std::string>* items) override;
  absl::Status Sync() override { return absl::OkStatus(); }
  absl::Status DropThrough(int64_t index) override;
  absl::Status Bind(int64_t base) override;
  std::optional<int64_t> base() const override;
  int64_t first_index() const override;
  int64_t last_index() const override;
  int64_t bytes() const override;

 private:
  const int64_t limit_bytes_;
  mutable Mutex mutex_;
  std::deque<std::string> items_ ABSL_GUARDED_BY(mutex_);
  int64_t first_index_ ABSL_GUARDED_BY(mutex_) = 1;
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<int64_t> base_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_MEMORY_BUFFER_H_
