#include "server/ingest/meal_lane.h"

#include <utility>

#include "server/base/rich_status.h"
#include "server/base/sha256.h"
#include "server/ingest/decode.h"
#include "server/validate/validate.h"

namespace egi::ingest {
namespace {

// The wish that the meal carries: the same content under the same name is the same wish.
persist::NamedRequest RequestOf(feeding::v1::Meal meal) {
  persist::NamedRequest request;
  if (meal.request_id().empty()) return request;
  request.id = meal.request_id();
  meal.clear_request_id();
  meal.clear_sent_at();
  Sha256 hash;
  hash.Add("meal\n" + meal.SerializeAsString());
  request.body_hash = hash.Hex();
  return request;
}

// Applies the rules to write->meal, unless it is refused already.
void Prepare(persist::MealWrite* write) {
  if (write->rejection.has_value()) return;
  write->request = RequestOf(write->meal);
  validate::NormaliseMeal(&write->meal);
  std::vector<FieldViolation> violations;
  for (auto& violation : validate::ValidateMeal(write->meal, write->received)) {
    violations.emplace_back(std::move(violation.field), std::move(violation.description));
  }
  if (!violations.empty()) write->rejection = ToRpcStatus(InvalidFields(violations));
}

}  // namespace

void MealLane::Submit(const persist::Producer& producer, int64_t first_sequence, std::vector<std::string> items,
                      absl::Time received, persist::Done done) {
  std::vector<persist::MealWrite> group(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    persist::MealWrite& write = group[i];
    write.producer = producer;
    write.sequence = first_sequence + static_cast<int64_t>(i);
    write.received = received;
    if (const absl::Status status = DecodeMeal(items[i], &write.meal); !status.ok()) write.rejection = ToRpcStatus(status);
    Prepare(&write);
  }
  sink_->Submit(std::move(group), std::move(done));
}

void MealLane::SubmitOne(const persist::Producer& producer, const feeding::v1::Meal& meal, absl::Time received,
                         persist::Done done) {
  std::vector<persist::MealWrite> group(1);
  group[0].producer = producer;
  group[0].received = received;
  group[0].meal = meal;
  Prepare(&group[0]);
  sink_->Submit(std::move(group), std::move(done));
}

void MealLane::SubmitDay(persist::MealWrite write, persist::Done done) {
  std::vector<persist::MealWrite> group;
  group.push_back(std::move(write));
  sink_->Submit(std::move(group), std::move(done));
}

absl::StatusOr<std::string> MealLane::Heartbeat(const std::string&, absl::Time) {
  return InvalidFields({{"request", "must be open or batch: a stream of meals has no heartbeat"}});
}

absl::Status MealLane::CommandResult(const std::string&, absl::Time) {
  return InvalidFields({{"request", "must be open or batch: a stream of meals has no commands"}});
}

}  // namespace egi::ingest
