// Keeps proposed curves, decisions about them, day totals and answers to corrections.
#ifndef EGI_SERVER_STORAGE_WRITE_CURVE_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_CURVE_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/curves/curve_life.h"
#include "server/storage/postgres/pool.h"
#include "server/storage/read/lot_key.h"

namespace egi::storage::write {

// A curve to keep. Doses g per duck and weights g, two a day.
struct CurveProposal {
  std::string source, method;
  std::vector<double> doses_g;
  std::vector<double> weights_g;  // empty = none
  std::string equation;           // empty = none
  std::optional<double> r2_score;
  int32_t complexity = 0;         // 0 = not told
  std::string by;                 // empty = the server
};

struct CurveDecision {
  int32_t curve_id = 0;
  curves::Decision decision = curves::Decision::kAccept;
  std::vector<double> doses_g;  // of kModify, two a day
  std::string by, comment;
};

// Total of a day. `gaveur_id` 0 and `site` empty: whatever the lot has.
struct DayEntry {
  int32_t gaveur_id = 0;
  std::string site, date;  // ISO
  int32_t day = 0;
  double dose_g = 0;       // g per duck
  std::string comment;
};

struct CorrectionReply {
  int32_t gavage_id = 0;
  bool accepted = false;
  std::optional<double> final_g;  // nullopt = as proposed
  std::string by;                 // empty = the feeder of the lot
};

// Thread-safe; blocks on the database. Each write locks its lot in one transaction; repeating it changes nothing. A change of what is prescribed also changes the
// row of the lot, by which servers notice it. Errors of every call: NOT_FOUND, UNAVAILABLE.
class CurveStore {
 public:
  virtual ~CurveStore() = default;

  // Takes the place of the proposal that waits, if any; answers its identifier. Errors: FAILED_PRECONDITION (the lot is not active).
  virtual absl::StatusOr<int32_t> Propose(const read::LotKey& lot, const CurveProposal& proposal) = 0;
  virtual absl::StatusOr<int32_t> ProposeForFeeder(int32_t gaveur_id, const CurveProposal& proposal) = 0;

  // Errors: FAILED_PRECONDITION (state of the curve or of the lot), INVALID_ARGUMENT (courbe_modifiee has another number of days).
  virtual absl::Status Decide(const CurveDecision& decision) = 0;

  // Errors: FAILED_PRECONDITION (lot cancelled, of another feeder or site).
  virtual absl::Status EnterDay(const read::LotKey& lot, const DayEntry& entry) = 0;

  // Errors: FAILED_PRECONDITION (answered otherwise, expired), INVALID_ARGUMENT (nobody named and the lot has no feeder).
  virtual absl::Status Answer(const CorrectionReply& reply) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<CurveStore> NewPostgresCurveStore(Pool& pool);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_CURVE_STORE_H_
