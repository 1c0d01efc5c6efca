// Reads the days of lots and the history of meals.
#ifndef EGI_SERVER_STORAGE_READ_MEAL_READER_H_
#define EGI_SERVER_STORAGE_READ_MEAL_READER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "egi/feeding/v1/day_meal.pb.h"
#include "egi/feeding/v1/meal_history.pb.h"
#include "server/storage/read/lot_key.h"

namespace egi::storage::read {

// A page of days of all lots, newest first, then by code of the lot.
struct DayQuery {
  int32_t gaveur_id = 0;  // feeder; 0 = all
  std::string site_code;  // LL, LS or MT; empty = all
  std::string after_date, after_code;  // only days after this one in that order; empty = from the newest
  int limit = 100;        // > 0
};

// A meal as callers name it.
struct MealKey {
  int32_t gavage_id = 0;  // > 0, or the lot, day and moment
  std::optional<LotKey> lot;
  int32_t jour = 0;
  std::string moment;
};

// Thread-safe; blocks on the database. Every call may fail with UNAVAILABLE when the database does not answer.
class MealReader {
 public:
  virtual ~MealReader() = default;

  // From the first to the last day with a meal, also those without. Errors: NOT_FOUND (lot).
  virtual absl::StatusOr<std::vector<feeding::v1::LotDay>> ListLotDays(const LotKey& lot) = 0;

  // Errors: NOT_FOUND (lot, or nothing of that day is known).
  virtual absl::StatusOr<feeding::v1::LotDay> FindDay(const LotKey& lot, int32_t jour) = 0;

  // Days with at least one meal.
  virtual absl::StatusOr<std::vector<feeding::v1::LotDay>> ListDays(const DayQuery& query) = 0;

  // Errors: NOT_FOUND.
  virtual absl::StatusOr<feeding::v1::MealHistory> FindHistory(const MealKey& meal) = 0;
};


}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_MEAL_READER_H_
