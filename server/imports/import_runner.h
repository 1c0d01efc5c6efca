// Works the queue of imports off: reads, reviews and writes campaign files, and goes on where a cut import stopped.
#ifndef EGI_SERVER_IMPORTS_IMPORT_RUNNER_H_
#define EGI_SERVER_IMPORTS_IMPORT_RUNNER_H_

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/imports/assess.h"
#include "server/persist/write.h"
#include "server/storage/write/import_store.h"
#include "server/storage/write/lot_store.h"
#include "server/telemetry/log.h"

namespace egi::imports {

// Every step can be repeated: lots are set to what the file says, meals are known by lot, day and moment. So a server that was killed between a step
// and its record does no harm; only the counters of that step then count what they found the second time. RunOne by one thread, Stop by any.
class ImportRunner {
 public:
  // All but the values must outlive it.
  struct Options {
    storage::write::ImportStore* store = nullptr;
    storage::write::LotStore* lots = nullptr;
    persist::MealSink* meals = nullptr;
    const Clock* clock = nullptr;
    const telemetry::Log* log = nullptr;
    std::string owner;                          // tells this server from the others
    absl::Duration lease = absl::Seconds(15);   // renewed with every step, and by a timer
    int rows_at_once = 20;                      // > 0, rows of a step
    std::function<void()> after_step = [] {};   // for tests: a step was recorded
  };
  explicit ImportRunner(Options options) : options_(std::move(options)) {}

  // Claims the oldest import that nobody works on and carries it to its end, or until Stop. False when there was none. Errors: UNAVAILABLE and others
  // that pass: the import stays in the queue and goes on where it stopped.
  absl::StatusOr<bool> RunOne();

  // Makes RunOne give its import back after the step under way.
  void Stop() { stopping_ = true; }

 private:
  using Import = feeding::v1::Import;

  // Work, with the lease renewed until it returns.
  absl::Status WorkWithLease(storage::write::ImportJob& job);
  absl::Status Work(storage::write::ImportJob& job);
  absl::Status Write(Assessment& assessment, bool lots_written, int32_t done_row, Import& import);
  absl::Status DryRun(const Assessment& assessment, Import& import);
  // Some rows of an assessment.
  struct Rows {
    const Assessment& assessment;
    const AcceptedRow* begin;
    const AcceptedRow* end;
  };
  // All of them or none; a dry run counts and changes nothing.
  absl::Status WriteLots(const Rows& rows, Import& import);
  // Row by row: those that contradict what is stored are told in `refused`, the others are moved to `written`.
  absl::Status WriteEach(const Rows& rows, Import& import, std::vector<const AcceptedRow*>* written, std::vector<feeding::v1::ImportAnomaly>* refused);
  absl::Status WriteMeals(const Assessment& assessment, const std::vector<const AcceptedRow*>& rows, Import& import,
                          std::vector<feeding::v1::ImportAnomaly>* refused);
  // The stored meals of `rows`.
  absl::StatusOr<std::map<storage::write::MealKey, storage::write::MealDoses>> KnownMeals(const std::vector<const AcceptedRow*>& rows);
  absl::Status Save(const Import& import, int32_t done_row, const std::vector<feeding::v1::ImportAnomaly>& noticed = {});
  absl::Status End(const std::string& state, const std::string& error, Import& import);

  const Options options_;
  std::atomic<bool> stopping_{false};
};

}  // namespace egi::imports

#endif  // EGI_SERVER_IMPORTS_IMPORT_RUNNER_H_
