// The way of a meal from bytes to the batcher.
#ifndef EGI_SERVER_INGEST_MEAL_LANE_H_
#define EGI_SERVER_INGEST_MEAL_LANE_H_

#include <string>
#include <vector>

#include "egi/feeding/v1/meal.pb.h"
#include "server/ingest/lane.h"

namespace egi::ingest {

// Decode → normalise → validate → submit; the feeding rules need the state of the lot, so persist applies them. Thread-safe.
class MealLane final : public Lane {
 public:
  // `sink` outlives the lane.
  explicit MealLane(persist::MealSink* sink) : sink_(sink) {}

  const std::string& kind() const override { return kind_; }
  void Submit(const persist::Producer& producer, int64_t first_sequence, std::vector<std::string> items, absl::Time received,
              persist::Done done) override;
  absl::StatusOr<std::string> Heartbeat(const std::string& bytes, absl::Time received) override;
  absl::Status CommandResult(const std::string& bytes, absl::Time received) override;

  // The same way for a meal that came by a unary call.
  void SubmitOne(const persist::Producer& producer, const feeding::v1::Meal& meal, absl::Time received, persist::Done done);

  // For a day that came by a unary call and was validated there; its meals are made where the lot is known.
  void SubmitDay(persist::MealWrite write, persist::Done done);

 private:
  const std::string kind_ = "meal";
  persist::MealSink* const sink_;
};

}  // namespace egi::ingest

#endif  // EGI_SERVER_INGEST_MEAL_LANE_H_
