#include "server/app/import_desk.h"

#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace egi::app {
namespace {

// Between two looks at an empty queue, and after an error.
constexpr std::chrono::milliseconds kLookEvery{300}, kAfterError{2000};

imports::ImportRunner::Options RunnerOptions(storage::write::ImportStore* store, storage::write::LotStore* lots, persist::MealSink* meals,
                                             const Clock* clock, const telemetry::Log* log) {
  imports::ImportRunner::Options options;
  options.store = store;
  options.lots = lots;
  options.meals = meals;
  options.clock = clock;
  options.log = log;
  options.owner = absl::StrCat("server ", getpid(), " since ", absl::ToUnixMicros(clock->Now()));
  return options;
}

}  // namespace

ImportDesk::ImportDesk(storage::Pool* pool, persist::MealSink* meals, const Clock* clock, const telemetry::Log* log)
    : log_(log),
      store_(storage::write::NewPostgresImportStore(*pool)),
      lots_(storage::write::NewPostgresLotStore(*pool)),
      runner_(RunnerOptions(store_.get(), lots_.get(), meals, clock, log)),
      task_(std::make_unique<PeriodicTask>([this] { return Step(); })) {}

ImportDesk::~ImportDesk() {
  runner_.Stop();
  task_.reset();
}

std::chrono::nanoseconds ImportDesk::Step() {
  const auto ran = runner_.RunOne();
  if (ran.ok()) return *ran ? std::chrono::nanoseconds(0) : kLookEvery;
  if (absl::IsCancelled(ran.status())) return kLookEvery;
  log_->Warning("an import waits and is tried again", {{"cause", std::string(absl::StatusCodeToString(ran.status().code()))}});
  return kAfterError;
}

}  // namespace egi::app
