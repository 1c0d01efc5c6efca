// A meal as a row of doses_journalieres, both ways.
#ifndef EGI_SERVER_STORAGE_POSTGRES_MEAL_ROW_H_
#define EGI_SERVER_STORAGE_POSTGRES_MEAL_ROW_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "egi/feeding/v1/meal.pb.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/copy_writer.h"

namespace egi::storage {

// COPY statement and encoder of one row. `meal` is complete: lot, feeder, site and breed as the lot has them.
extern const char kCopyMeals[];
absl::Status WriteMealRow(const feeding::v1::RecordedMeal& meal, int64_t batch_id, int32_t ordinal, int32_t correction,
                          CopyWriter* copy);

// Columns to select, in the order ReadMealRow wants them, from doses_journalieres AS d JOIN gavage_meals AS g.
extern const char kMealColumns[];
// The same of a version that a correction has replaced: gavage_meal_corrections AS c, besides d and g.
extern const char kReplacedMealColumns[];
feeding::v1::RecordedMeal ReadMealRow(const Rows& rows, int row, int first_column);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_MEAL_ROW_H_
