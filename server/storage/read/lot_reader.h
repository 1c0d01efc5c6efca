// Reads lots and their meals.
#ifndef EGI_SERVER_STORAGE_READ_LOT_READER_H_
#define EGI_SERVER_STORAGE_READ_LOT_READER_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/feeding/v1/lot.pb.h"
#include "server/storage/read/lot_key.h"

namespace egi::storage::read {

// A page of lots. Empty strings and zeros do not restrict.
struct LotQuery {
  std::string site_code;   // LL, LS or MT
  int32_t gaveur_id = 0;   // feeder
  std::string statut;      // a state, or `actif` = en_preparation or en_gavage; empty = all but annule
  std::string after_code;  // only lots with a greater code
  std::vector<std::string> codes;  // only these; empty = all
  int offset = 0;          // then skip so many
  int limit = 100;         // > 0
};

// A choice of meals, newest first.
struct MealQuery {
  int32_t gaveur_id = 0;      // feeder of the lot; 0 = any
  std::optional<LotKey> lot;  // one lot
  std::string site_code;      // LL, LS or MT; empty = all
  std::optional<absl::Time> from;  // inclusive
  std::optional<absl::Time> to;    // exclusive
  int limit = 100;            // > 0
};

// Thread-safe; blocks on the database. Every call may fail with UNAVAILABLE when the database does not answer.
class LotReader {
 public:
  virtual ~LotReader() = default;

  // In the order of their codes.
  virtual absl::StatusOr<std::vector<feeding::v1::Lot>> ListLots(const LotQuery& query) = 0;

  // Errors: NOT_FOUND.
  virtual absl::StatusOr<feeding::v1::Lot> FindLot(const LotKey& lot) = 0;

  // The meals of a lot in the order given; sums and differences are computed from the stored meals. Errors: NOT_FOUND.
  virtual absl::StatusOr<std::vector<feeding::v1::Dose>> ListDoses(const LotKey& lot) = 0;

  // The same of many lots at once, by code; lots without meals, and unknown ones, are not among them.
  virtual absl::StatusOr<std::map<std::string, std::vector<feeding::v1::Dose>>> ListDosesOf(const std::vector<std::string>& codes) = 0;

  // Errors: NOT_FOUND (query.lot is unknown).
  virtual absl::StatusOr<std::vector<feeding::v1::RecentMeal>> ListMeals(const MealQuery& query) = 0;
};

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_LOT_READER_H_
