// Rollouts in the database.
#ifndef EGI_SERVER_STORAGE_WRITE_ROLLOUT_ROWS_H_
#define EGI_SERVER_STORAGE_WRITE_ROLLOUT_ROWS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/firmware.pb.h"
#include "pqxx/pqxx"
#include "server/storage/read/row_cursor.h"

namespace egi::storage::write {

// All throw what libpqxx throws: call them inside Pool::Read or Pool::Write only.

// Rollouts that fulfil `condition` (on alias r, with `params`), newest first, at most `limit`.
std::vector<quality::v1::Rollout> ReadRollouts(pqxx::transaction_base& transaction, const std::string& condition, std::vector<std::string> params,
                                               int limit);

// Devices of a rollout by stage and id.
std::vector<quality::v1::DeviceUpdate> ReadUpdates(pqxx::transaction_base& transaction, int32_t rollout_id);

// One rollout. Errors: NOT_FOUND (ROLLOUT_NOT_FOUND).
absl::StatusOr<quality::v1::Rollout> ReadOneRollout(pqxx::transaction_base& transaction, int32_t rollout_id);

// Writes its state, and accepts the failures so far when it is resumed.
void WriteState(pqxx::transaction_base& transaction, int32_t rollout_id, const std::string& state, const std::string& reason, const std::string& by,
                absl::Time now);

// Sends the offer to the devices of a stage. A device that was retired meanwhile leaves the rollout. False: the stage is empty.
absl::StatusOr<bool> OfferStage(pqxx::transaction_base& transaction, int32_t rollout_id, int stage, const std::string& by, absl::Time now);

// What a running rollout does next; the caller holds its row.
absl::Status AdvanceRollout(pqxx::transaction_base& transaction, int32_t rollout_id, absl::Time now);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_ROLLOUT_ROWS_H_
