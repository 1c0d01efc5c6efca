#include "clients/cpp/memory_buffer.h"

#include "absl/strings/str_cat.h"

namespace egi::client {

absl::StatusOr<int64_t> MemoryBuffer::Append(const std::string& item) {
  const int64_t size = static_cast<int64_t>(item.size());
  if (size > limit_bytes_) {
    return absl::InvalidArgumentError(absl::StrCat("an item of ", size, " bytes never fits a buffer of ", limit_bytes_, " bytes"));
  }
  MutexLock lock(&mutex_);
  if (bytes_ + size > limit_bytes_) {
    return absl::ResourceExhaustedError(absl::StrCat("buffer is full: ", bytes_, " of ", limit_bytes_, " bytes wait for the server"));
  }
  items_.push_back(item);
  bytes_ += size;
  return first_index_ + static_cast<int64_t>(items_.size()) - 1;
}

absl::Status MemoryBuffer::Read(int64_t index, int max_items, size_t max_bytes, std::vector<std::string>* items) {
  items->clear();
  MutexLock lock(&mutex_);
  if (index < first_index_) return absl::DataLossError(absl::StrCat("item ", index, " was dropped; the oldest kept is ", first_index_));
  size_t bytes = 0;
  for (size_t i = index - first_index_; i < items_.size() && static_cast<int>(items->size()) < max_items; ++i) {
    bytes += items_[i].size();
    if (!items->empty() && bytes > max_bytes) break;
    items->push_back(items_[i]);
  }
  return absl::OkStatus();
}

absl::Status MemoryBuffer::DropThrough(int64_t index) {
  MutexLock lock(&mutex_);
  while (!items_.empty() && first_index_ <= index) {
    bytes_ -= static_cast<int64_t>(items_.front().size());
    items_.pop_front();
    ++first_index_;
  }
  return absl::OkStatus();
}

absl::Status MemoryBuffer::Bind(int64_t base) {
  MutexLock lock(&mutex_);
  base_ = base;
  return absl::OkStatus();
}

std::optional<int64_t> MemoryBuffer::base() const {
  MutexLock lock(&mutex_);
  return base_;
}

int64_t MemoryBuffer::first_index() const {
  MutexLock lock(&mutex_);
  return first_index_;
}

int64_t MemoryBuffer::last_index() const {
  MutexLock lock(&mutex_);
  return first_index_ + static_cast<int64_t>(items_.size()) - 1;
}

int64_t MemoryBuffer::bytes() const {
  MutexLock lock(&mutex_);
  return bytes_;
}

}  // namespace egi::client
