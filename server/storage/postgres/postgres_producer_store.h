// Offsets of the producers, on PostgreSQL.
#ifndef EGI_SERVER_STORAGE_POSTGRES_POSTGRES_PRODUCER_STORE_H_
#define EGI_SERVER_STORAGE_POSTGRES_POSTGRES_PRODUCER_STORE_H_

#include <string>

#include "server/storage/postgres/pool.h"
#include "server/storage/producer_store.h"

namespace egi::storage {

class PostgresProducerStore final : public ProducerStore {
 public:
  // `pool` must outlive the store.
  explicit PostgresProducerStore(Pool* pool) : pool_(pool) {}

  absl::StatusOr<ProducerOffset> OpenProducer(const std::string& producer_id, const std::string& kind,
                                              const std::string& firmware_version) override;

 private:
  Pool* const pool_;
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_POSTGRES_PRODUCER_STORE_H_
