// Hands finished lots out for inspection, under leases.
#ifndef EGI_SERVER_STORAGE_WRITE_INSPECTION_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_INSPECTION_STORE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/inspection.pb.h"
#include "server/storage/postgres/pool.h"
#include "server/storage/read/lot_key.h"

namespace egi::storage::write {

// Thread-safe; blocks on the database. States: pending -> inspecting -> inspected; a failure gives the lot back as pending until
// kMaxAttempts failed, then it is `error` until Retry. A lease that lapsed is a failure, found by the next Claim. Every attempt is kept. Every call: NOT_FOUND
// (no such lot in the queue), UNAVAILABLE.
class InspectionStore {
 public:
  static constexpr int kMaxAttempts = 3;
  // Wait before the next attempt; doubled by each failure.
  static constexpr absl::Duration kFirstDelay = absl::Seconds(30);

  virtual ~InspectionStore() = default;

  // The code of a lot named by either. Errors: NOT_FOUND (no lot has this id); a code is answered as it is.
  virtual absl::StatusOr<std::string> CodeOf(const read::LotKey& lot) = 0;

  // Grants a pending lot whose time has come, or one whose lease has lapsed. Errors: ABORTED (somebody else holds it),
  // FAILED_PRECONDITION (inspected, failed for good (perhaps by the lapse that this call found), or waiting for its next attempt).
  virtual absl::StatusOr<quality::v1::ClaimLotResponse> Claim(const std::string& code_lot, const std::string& owner,
                                                              absl::Duration lease, absl::Time now) = 0;

  // Errors: ABORTED (the lease was lost).
  virtual absl::StatusOr<quality::v1::ClaimLotResponse> Renew(const std::string& code_lot, const std::string& lease_token,
                                                              absl::Duration lease, absl::Time now) = 0;

  // Also writes the liver mass and the ITM that the samples tell into the lot. Errors: ABORTED (the lease was lost), FAILED_PRECONDITION (fewer than `samples` samples are stored for the lot).
  virtual absl::StatusOr<quality::v1::PendingLot> Complete(const std::string& code_lot, const std::string& lease_token, int samples,
                                                           absl::Time now) = 0;

  // Errors: ABORTED (the lease was lost).
  virtual absl::StatusOr<quality::v1::PendingLot> Fail(const std::string& code_lot, const std::string& lease_token,
                                                       const std::string& reason, absl::Time now) = 0;

  // Gives a lot in `error` back, claimable at once. Errors: FAILED_PRECONDITION (it is not in error).
  virtual absl::StatusOr<quality::v1::PendingLot> Retry(const std::string& code_lot, const std::string& by, const std::string& reason, absl::Time now) = 0;

  // The newest 500 attempts, oldest first.
  virtual absl::StatusOr<std::vector<quality::v1::InspectionAttempt>> ListAttempts(const std::string& code_lot) = 0;

  // `decision`: approved or rejected. The same decision by the same person again changes nothing. Errors: NOT_FOUND, FAILED_PRECONDITION (not
  // inspected yet, or decided before), INVALID_ARGUMENT (no reason given against the proposal).
  virtual absl::StatusOr<quality::v1::PendingLot> Decide(const std::string& code_lot, const std::string& decision, const std::string& by,
                                                         const std::string& reason, absl::Time now) = 0;
};

// On PostgreSQL. `pool` must outlive the store. `density_g_cm3` turns the volume of a liver into its mass.
std::unique_ptr<InspectionStore> NewPostgresInspectionStore(Pool& pool, double density_g_cm3);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_INSPECTION_STORE_H_
