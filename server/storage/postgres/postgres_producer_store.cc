#include "server/storage/postgres/postgres_producer_store.h"

#include "absl/strings/str_cat.h"
#include "server/base/rich_status.h"

namespace egi::storage {
namespace {

// No row comes back when the id belongs to the other kind. The row lock makes the epoch wait for a commit under way of an older stream.
constexpr char kOpen[] = R"(
INSERT INTO ingest_producers AS p (producer_id, kind, epoch, firmware)
VALUES ($1, $2, 1, nullif($3, ''))
ON CONFLICT (producer_id) DO UPDATE
  SET epoch = p.epoch + 1, opened_at = now(), firmware = coalesce(excluded.firmware, p.firmware)
  WHERE p.kind = excluded.kind
RETURNING epoch, last_sequence)";

}  // namespace

absl::StatusOr<ProducerOffset> PostgresProducerStore::OpenProducer(const std::string& producer_id, const std::string& kind,
                                                                   const std::string& firmware_version) {
  ProducerOffset offset;
  absl::Status status = pool_->Write([&](pqxx::transaction_base& transaction) -> absl::Status {
    const pqxx::result rows = transaction.exec_params(kOpen, producer_id, kind, firmware_version);
    if (rows.empty()) {
      return WithErrorInfo(
          absl::FailedPreconditionError(absl::StrCat("producer ", producer_id, " does not send ", kind,
                                                     "s; use another producer_id for them")),
          "PRODUCER_OF_OTHER_KIND");
    }
    offset.epoch = rows[0][0].as<int64_t>();
    offset.last_sequence = rows[0][1].as<int64_t>();
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return offset;
}

}  // namespace egi::storage
