// Offsets of the producers.
#ifndef EGI_SERVER_STORAGE_PRODUCER_STORE_H_
#define EGI_SERVER_STORAGE_PRODUCER_STORE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace egi::storage {

// Where a producer stands.
struct ProducerOffset {
  int64_t epoch = 0;          // of the stream just opened
  int64_t last_sequence = 0;  // durable
};

// Thread-safe; blocks on the database.
class ProducerStore {
 public:
  virtual ~ProducerStore() = default;

  // Registers the producer when it is new, raises its epoch (which fences every older stream) and returns its offset. `kind` is
  // "sample" or "meal". Errors: FAILED_PRECONDITION (the id belongs to the other kind), UNAVAILABLE.
  virtual absl::StatusOr<ProducerOffset> OpenProducer(const std::string& producer_id, const std::string& kind,
                                                      const std::string& firmware_version) = 0;
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_PRODUCER_STORE_H_
