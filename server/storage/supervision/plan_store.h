// The plan of slaughter: what it says, and how people change it.
#ifndef EGI_SERVER_STORAGE_SUPERVISION_PLAN_STORE_H_
#define EGI_SERVER_STORAGE_SUPERVISION_PLAN_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "egi/supervision/v1/slaughter_plan.pb.h"
#include "server/storage/postgres/pool.h"
#include "server/storage/read/lot_key.h"

namespace egi::storage {

// Slots of a period with their lots, and the lots without one.
struct PlanFacts {
  std::vector<supervision::v1::Slot> slots;      // by date, hour and slaughterhouse; the figures that follow from the columns are left empty
  std::vector<supervision::v1::LotToPlan> lots;  // earliest first, at most 500
  int lots_in_all = 0;
};

// Thread-safe; blocks on the database. Every call may fail with UNAVAILABLE.
class PlanReader {
 public:
  virtual ~PlanReader() = default;

  // Slots from `from` to `to` (ISO dates); lots that have ended, or end by `to` as planned, seen from `today`. `site` may be empty.
  virtual absl::StatusOr<PlanFacts> ReadPlan(const std::string& from, const std::string& to, const std::string& site, const std::string& today) = 0;

  // As in PlanFacts. Errors: NOT_FOUND.
  virtual absl::StatusOr<supervision::v1::Slot> FindSlot(int32_t id) = 0;

  // Newest first, those older than `before_id` (0 = all). Errors: NOT_FOUND.
  virtual absl::StatusOr<std::vector<supervision::v1::SlotChange>> ListChanges(int32_t id, int64_t before_id, int limit) = 0;

  // By code; `site` may be empty. Shares of the capacity are left empty.
  virtual absl::StatusOr<std::vector<supervision::v1::SiteCapacity>> ListCapacity(const std::string& site) = 0;
};

// A slot, and whether this call opened it.
struct OpenedSlot {
  int32_t id = 0;
  bool is_new = false;
};

// Thread-safe; blocks on the database. Requests are validated as far as that goes without the database. Each write locks the lot, then the slot, checks, changes, and keeps the
// history in one transaction; errors as in slaughter_plan.proto.
class PlanStore {
 public:
  virtual ~PlanStore() = default;

  virtual absl::StatusOr<OpenedSlot> CreateSlot(const supervision::v1::CreateSlotRequest& request) = 0;
  // A slot before `today` (ISO date) takes no lot. Of a lot that stands in the slot a distance that is told is kept, with its history.
  virtual absl::Status Assign(const supervision::v1::AssignLotRequest& request, const read::LotKey& lot, const std::string& today) = 0;
  virtual absl::Status Remove(const supervision::v1::RemoveLotRequest& request, const read::LotKey& lot) = 0;
  virtual absl::Status Confirm(const supervision::v1::ChangeSlotRequest& request) = 0;
  virtual absl::Status Reopen(const supervision::v1::ChangeSlotRequest& request) = 0;
  virtual absl::Status Cancel(const supervision::v1::ChangeSlotRequest& request) = 0;
};

// On PostgreSQL. `pool` must outlive them.
std::unique_ptr<PlanReader> NewPostgresPlanReader(Pool& pool);
std::unique_ptr<PlanStore> NewPostgresPlanStore(Pool& pool);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_SUPERVISION_PLAN_STORE_H_
