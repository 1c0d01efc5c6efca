// Where a producer keeps its items until the server acknowledged them.
#ifndef EGI_CLIENTS_CPP_BUFFER_H_
#define EGI_CLIENTS_CPP_BUFFER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace egi::client {

// An ordered buffer of serialised items. Items are numbered 1, 2, 3 ... by the buffer (the *index*); the sequence on the
// wire is `base + index`. The base is decided once, when the server first answers `Opened`: a new buffer may belong to a
// producer the server has known for long. Thread-safe.
class Buffer {
 public:
  virtual ~Buffer() = default;

  // Adds an item and returns its index. Errors: RESOURCE_EXHAUSTED (limit reached, or the disk is full; nothing was added),
  // INVALID_ARGUMENT (an item too large to ever fit), INTERNAL (input/output error).
  virtual absl::StatusOr<int64_t> Append(const std::string& item) = 0;

  // Replaces `items` by up to `max_items` consecutive items from `index` on, at least one if it exists, at most `max_bytes`
  // unless the first alone is larger. Empty when `index` is last_index() + 1. Errors: DATA_LOSS (index already dropped, or a
  // record damaged on disk), INTERNAL.
  virtual absl::Status Read(int64_t index, int max_items, size_t max_bytes, std::vector<std::string>* items) = 0;

  // Makes everything appended so far as durable as this buffer can. Errors: INTERNAL.
  virtual absl::Status Sync() = 0;

  // The items up to `index` are acknowledged and may be forgotten. Errors: INTERNAL.
  virtual absl::Status DropThrough(int64_t index) = 0;

  // Remembers the base. Errors: INTERNAL.
  virtual absl::Status Bind(int64_t base) = 0;

  // The base, empty before the first Bind.
  virtual std::optional<int64_t> base() const = 0;
  // Oldest index that can still be read; last_index() + 1 when none can.
  virtual int64_t first_index() const = 0;
  // Newest index; 0 in a buffer that never held anything.
  virtual int64_t last_index() const = 0;
  // Bytes held now.
  virtual int64_t bytes() const = 0;
};

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_BUFFER_H_
