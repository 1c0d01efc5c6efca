#include "server/app/meal_care.h"

#include <chrono>
#include <string>
#include <utility>

namespace egi::app {
namespace {

constexpr std::chrono::seconds kInterval{5};

}  // namespace

MealCare::MealCare(Options options)
    : options_(std::move(options)), watch_(storage::write::NewPostgresMealWatch(*options_.pool, options_.rules)) {}

void MealCare::Start() {
  task_ = std::make_unique<PeriodicTask>([this, since = options_.clock->Now(), well = true]() mutable -> std::chrono::nanoseconds {
    const absl::Time now = options_.clock->Now();
    const absl::Status status = watch_->Look(now, now - since >= options_.settle).status();
    if (!status.ok() && well) {
      options_.log->Warning("missed meals cannot be looked for; tried again every five seconds", {{"cause", std::string(status.message())}});
    }
    well = status.ok();
    return kInterval;
  });
}

void MealCare::Stop() { task_.reset(); }

}  // namespace egi::app
