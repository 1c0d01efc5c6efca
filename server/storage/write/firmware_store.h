// Keeps versions of the firmware and their rollouts.
#ifndef EGI_SERVER_STORAGE_WRITE_FIRMWARE_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_FIRMWARE_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/firmware.pb.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::write {

inline constexpr int kFirmwareChunkBytes = 65536;

// What a user does to a rollout.
enum class RolloutAction { kPause, kResume, kAbort };

// Thread-safe; blocks on the database. Errors of every call: UNAVAILABLE.
class FirmwareStore {
 public:
  virtual ~FirmwareStore() = default;

  // Keeps a version; `bytes` are as `info` says. The same version with the same bytes answers the one kept. Errors: ALREADY_EXISTS (other bytes).
  virtual absl::StatusOr<quality::v1::Firmware> AddFirmware(const quality::v1::FirmwareInfo& info, const std::string& bytes, absl::Time now) = 0;

  // Newest first; only versions uploaded before the one with number `before_id` (0 = from the newest). `next` gets the number of the last one.
  virtual absl::StatusOr<std::vector<quality::v1::Firmware>> ListFirmware(int32_t before_id, int limit, int32_t* last) = 0;

  // Bytes from `offset` to the end of their chunk, at most kFirmwareChunkBytes; empty at the end. Errors: NOT_FOUND (FIRMWARE_NOT_FOUND), OUT_OF_RANGE.
  virtual absl::StatusOr<std::string> ReadBytes(const std::string& version, int64_t offset) = 0;

  // Begins a rollout and its first stage. Every field of `request` is set and checked. Errors: NOT_FOUND (FIRMWARE_NOT_FOUND), FAILED_PRECONDITION
  // (NO_DEVICES, ROLLOUT_RUNNING).
  virtual absl::StatusOr<quality::v1::Rollout> StartRollout(const quality::v1::StartRolloutRequest& request, absl::Time now) = 0;
  // Newest first; only smaller numbers than `before_id` (0 = from the newest).
  virtual absl::StatusOr<std::vector<quality::v1::Rollout>> ListRollouts(int32_t before_id, int limit) = 0;
  // Errors: NOT_FOUND (ROLLOUT_NOT_FOUND).
  virtual absl::StatusOr<quality::v1::GetRolloutResponse> ReadRollout(int32_t rollout_id) = 0;
  // Errors: NOT_FOUND (ROLLOUT_NOT_FOUND), FAILED_PRECONDITION (ROLLOUT_ENDED).
  virtual absl::StatusOr<quality::v1::Rollout> ChangeRollout(const quality::v1::ChangeRolloutRequest& request, RolloutAction action,
                                                             absl::Time now) = 0;

  // Looks at every running rollout: pauses it when too many devices failed; begins its next stage, or completes it, when every device that has the offer
  // has finished. Several servers may do so at once.
  virtual absl::Status AdvanceRollouts(absl::Time now) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<FirmwareStore> NewPostgresFirmwareStore(Pool& pool);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_FIRMWARE_STORE_H_
