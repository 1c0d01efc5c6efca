#include "server/imports/import_runner.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "server/base/periodic_task.h"
#include "server/base/rich_status.h"
#include "server/campaign/convert.h"

namespace egi::imports {
namespace {

using feeding::v1::Import;
using feeding::v1::ImportAnomaly;
using feeding::v1::ImportLotsRequest;
using storage::write::ImportJob;

// After so many attempts an error that does not pass ends the import.
constexpr int kMostAttempts = 5;

// The database refuses a value that the review let pass. What it says is not told: it may quote the row.
bool RefusesValue(const absl::Status& status) { return absl::IsInvalidArgument(status) || absl::IsAlreadyExists(status); }

// The database, or the server, is not there for the moment.
bool Passes(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) || absl::IsCancelled(status) || absl::IsDeadlineExceeded(status);
}

// Code and reason. A message of the database may quote a row, and a row holds personal cells.
std::string CauseOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  const google::rpc::Status rpc = ToRpcStatus(status);
  for (const auto& detail : rpc.details()) {
    if (detail.UnpackTo(&info)) break;
  }
  return absl::StrCat(absl::StatusCodeToString(status.code()), info.reason().empty() ? "" : " ", info.reason());
}

constexpr int kMostColumns = 200;

// Adds `changed`, by canonical names, to the columns the import changed: as the file writes them, in its order.
void NoteColumns(const Assessment& assessment, std::set<std::string> changed, Import& import) {
  // The reader takes these from elsewhere when the file does not have them.
  for (const auto& [column, source] : {std::pair{"duree_gavage", "Duree_du_lot"}, std::pair{"ITM", "Poids_de_foies_moyen"}}) {
    if (changed.count(column) > 0 && assessment.names.count(column) == 0) changed.insert(source);
  }
  const std::set<std::string> known(import.columns_changed().begin(), import.columns_changed().end());
  import.clear_columns_changed();
  for (const auto& [column, written] : assessment.header) {
    if (import.columns_changed_size() == kMostColumns) return;
    if (changed.count(column) > 0 || known.count(written) > 0) import.add_columns_changed(written);
  }
}

using KnownDoses = std::map<storage::write::MealKey, storage::write::MealDoses>;

bool SameTarget(const feeding::v1::Meal& meal, const storage::write::MealDoses& stored) {
  return stored.first.has_value() == meal.has_dose_theorique() && stored.first.value_or(0) == meal.dose_theorique();
}

// Which columns of a meal say otherwise than the stored doses of its lot; none for a lot without meals.
void CompareDoses(const feeding::v1::Meal& meal, const KnownDoses& known, std::set<std::string>* changed) {
  const auto any = known.lower_bound({meal.code_lot(), 0});
  if (any == known.end() || any->first.first != meal.code_lot()) return;
  const auto found = known.find({meal.code_lot(), meal.repas()});
  const bool fresh = found == known.end();
  if (fresh || found->second.second != meal.dose_reelle()) changed->insert(campaign::RealColumn(meal.repas()));
  if (fresh ? meal.has_dose_theorique() : !SameTarget(meal, found->second)) changed->insert(campaign::TargetColumn(meal.repas()));
}

std::string Plural(int count, const std::string& noun) { return absl::StrCat(count, " ", noun, count == 1 ? "" : "s"); }

}  // namespace

absl::StatusOr<bool> ImportRunner::RunOne() {
  auto job = options_.store->Claim(options_.owner, options_.clock->Now(), options_.lease);
  if (!job.ok()) return job.status();
  if (!job->has_value()) return false;
  Import& import = (*job)->import;
  const absl::Status worked = WorkWithLease(**job);
  if (worked.ok() || absl::IsAborted(worked)) return true;  // aborted: another server has taken it over
  if (!Passes(worked) && import.attempts() >= kMostAttempts) {
    const absl::Status ended = End("failed", absl::StrCat("given up after ", Plural(import.attempts(), "attempt"), ": ", CauseOf(worked),
                                                    "; the log of the database says more; import the file again when the cause is gone"),
                                     import);
    if (ended.ok()) return true;
  }
  if (absl::Status lost = options_.store->Release(import.import_id(), options_.owner); !lost.ok()) return lost;  // the lease will lapse
  return worked;
}

absl::Status ImportRunner::WorkWithLease(ImportJob& job) {
  const std::chrono::nanoseconds rest = absl::ToChronoNanoseconds(options_.lease / 3);
  const int32_t import_id = job.import.import_id();
  bool first = true;  // Claim has just leased it
  const PeriodicTask renewal([&, rest] {
    // A renewal that fails is tried again; the lease lapses when none succeeds, and the store fences this server then.
    if (!first) (void)options_.store->Renew(import_id, options_.owner, options_.clock->Now(), options_.lease);
    first = false;
    return rest;
  });
  return Work(job);
}

absl::Status ImportRunner::Work(ImportJob& job) {
  Import& import = job.import;
  const bool lots_written = import.phase() == "meals";
  if (!lots_written) import.set_phase("reading");
  import.set_state("running");
  if (absl::Status lost = Save(import, 0); !lost.ok()) return lost;
  auto assessment = Assess(job.content, options_.clock->Now());
  job.content.clear();
  if (!assessment.ok()) return End("failed", std::string(assessment.status().message()), import);
  const auto conflicts = options_.store->Conflicts(assessment->Lots());
  if (!conflicts.ok()) return conflicts.status();
  TakeOut(*conflicts, job.done_row, &*assessment);
  const auto refused_before = options_.store->SaveReport(import.import_id(), assessment->report, assessment->anomalies, job.done_row, options_.owner);
  if (!refused_before.ok()) return refused_before.status();
  import.set_rows_total(assessment->rows_total);
  // What was refused up to done_row while it was written is known to the store only.
  import.set_rows_refused(std::max(*refused_before, assessment->refused_until(job.done_row)) + assessment->refused() -
                          assessment->refused_until(job.done_row));
  import.set_rows_done(assessment->refused());
  if (!lots_written) import.set_meals_refused(assessment->meals_refused);
  if (assessment->rows.empty()) return End("failed", "no row can be imported; the anomalies of severity error say why", import);
  if (import.policy() == "all" && import.rows_refused() > 0 && !lots_written) {
    return End("failed",
               absl::StrCat(Plural(import.rows_refused(), "row"), " of ", import.rows_total(),
                            " cannot be imported, so nothing was changed; correct what the anomalies of severity error name, or import with policy per_row"),
               import);
  }
  if (import.dry_run()) return DryRun(*assessment, import);
  return Write(*assessment, lots_written, job.done_row, import);
}

absl::Status ImportRunner::Write(Assessment& assessment, bool lots_written, int32_t done_row, Import& import) {
  const std::vector<AcceptedRow>& rows = assessment.rows;
  const bool all = import.policy() == "all";
  if (all && !lots_written) {
    import.set_phase("lots");
    if (absl::Status lost = Save(import, 0); !lost.ok()) return lost;
    const absl::Status written = WriteLots({assessment, rows.data(), rows.data() + rows.size()}, import);
    if (absl::IsFailedPrecondition(written)) return End("failed", absl::StrCat(std::string(written.message()), "; nothing was changed"), import);
    if (RefusesValue(written)) {
      return End("failed", absl::StrCat("the database refuses a value of a row (", CauseOf(written), "); nothing was changed. Import with policy per_row to learn the row"),
                 import);
    }
    if (!written.ok()) return written;
  }
  import.set_phase("meals");
  size_t next = static_cast<size_t>(std::count_if(rows.begin(), rows.end(), [done_row](const AcceptedRow& row) { return row.lot.row <= done_row; }));
  import.set_rows_done(assessment.refused() + static_cast<int>(next));
  if (absl::Status lost = Save(import, done_row); !lost.ok()) return lost;
  while (next < rows.size()) {
    if (stopping_) return absl::CancelledError("the server is stopping");
    const size_t end = std::min(rows.size(), next + static_cast<size_t>(options_.rows_at_once));
    std::vector<const AcceptedRow*> written;
    std::vector<ImportAnomaly> refused;
    for (size_t i = next; i < end && all; ++i) written.push_back(&rows[i]);
    if (!all) {
      if (absl::Status failed = WriteEach({assessment, rows.data() + next, rows.data() + end}, import, &written, &refused); !failed.ok()) return failed;
    }
    if (absl::Status failed = WriteMeals(assessment, written, import, &refused); !failed.ok()) return failed;
    import.set_rows_done(import.rows_done() + static_cast<int>(end - next));
    next = end;
    if (absl::Status lost = Save(import, rows[end - 1].lot.row, refused); !lost.ok()) return lost;
    options_.after_step();
  }
  if (all && import.rows_refused() > 0) {
    return End("failed",
               absl::StrCat(Plural(import.rows_refused(), "row"), " of ", import.rows_total(),
                            import.rows_refused() == 1 ? " lacks" : " lack",
                            " meals, because lots were changed meanwhile; everything else is stored. Correct what the anomalies of severity error name, and "
                            "import the file again"),
               import);
  }
  return End("done", "", import);
}

absl::Status ImportRunner::DryRun(const Assessment& assessment, Import& import) {
  const Rows rows{assessment, assessment.rows.data(), assessment.rows.data() + assessment.rows.size()};
  import.set_phase("lots");
  std::vector<const AcceptedRow*> written;
  std::vector<ImportAnomaly> refused;
  if (import.policy() == "all") {
    if (absl::Status failed = WriteLots(rows, import); !failed.ok()) {
      if (RefusesValue(failed)) return End("failed", absl::StrCat("the database refuses a value of a row (", CauseOf(failed), ")"), import);
      return absl::IsFailedPrecondition(failed) ? End("failed", std::string(failed.message()), import) : failed;
    }
    for (const AcceptedRow& row : assessment.rows) written.push_back(&row);
  } else if (absl::Status failed = WriteEach(rows, import, &written, &refused); !failed.ok()) {
    return failed;
  }
  const auto known = KnownMeals(written);
  if (!known.ok()) return known.status();
  std::set<std::string> changed;
  for (const AcceptedRow* row : written) {
    for (const feeding::v1::Meal& meal : row->meals) {
      const auto found = known->find({meal.code_lot(), meal.repas()});
      if (found == known->end()) {
        CompareDoses(meal, *known, &changed);
        import.set_meals_saved(import.meals_saved() + 1);
        continue;
      }
      if (found->second.second == meal.dose_reelle() && SameTarget(meal, found->second)) {
        import.set_meals_duplicate(import.meals_duplicate() + 1);
      } else {
        CompareDoses(meal, *known, &changed);
        import.set_meals_corrected(import.meals_corrected() + 1);
      }
    }
  }
  NoteColumns(assessment, std::move(changed), import);
  import.set_rows_done(import.rows_total());
  if (!refused.empty()) {
    if (absl::Status lost = Save(import, 0, refused); !lost.ok()) return lost;
  }
  return End("done", "", import);
}

absl::StatusOr<KnownDoses> ImportRunner::KnownMeals(const std::vector<const AcceptedRow*>& rows) {
  std::vector<std::string> codes;
  for (const AcceptedRow* row : rows) codes.push_back(row->lot.code);
  return options_.store->KnownMeals(codes);
}

absl::Status ImportRunner::WriteLots(const Rows& rows, Import& import) {
  ImportLotsRequest request;
  request.set_dry_run(import.dry_run());
  request.set_imported_by(import.imported_by());
  for (const AcceptedRow* row = rows.begin; row != rows.end; ++row) *request.add_lots() = campaign::ToImportedLot(row->lot, rows.assessment.names);
  const auto done = options_.lots->ImportLots(request);
  if (!done.ok()) return done.status();
  import.set_lots_created(import.lots_created() + done->counts.created());
  import.set_lots_updated(import.lots_updated() + done->counts.updated());
  import.set_lots_unchanged(import.lots_unchanged() + done->counts.unchanged());
  import.set_gaveurs_created(import.gaveurs_created() + done->counts.gaveurs_created());
  NoteColumns(rows.assessment, done->changed_columns, import);
  return absl::OkStatus();
}

absl::Status ImportRunner::WriteEach(const Rows& rows, Import& import, std::vector<const AcceptedRow*>* written, std::vector<ImportAnomaly>* refused) {
  absl::Status together = WriteLots(rows, import);
  if (!together.ok() && !absl::IsFailedPrecondition(together) && !RefusesValue(together)) return together;
  for (const AcceptedRow* row = rows.begin; row != rows.end; ++row) {
    // A lot that was changed since the review: find out which.
    const absl::Status alone = together.ok() ? together : WriteLots({rows.assessment, row, row + 1}, import);
    if (alone.ok()) {
      written->push_back(row);
      continue;
    }
    if (absl::IsFailedPrecondition(alone)) {
      refused->push_back(Conflict(row->lot, 0, std::string(alone.message())));
    } else if (RefusesValue(alone)) {
      refused->push_back(Conflict(row->lot, 0, absl::StrCat("the database refuses a value of the row (", CauseOf(alone), ")")));
      refused->back().set_kind("bad_row");
    } else {
      return alone;
    }
    import.set_rows_refused(import.rows_refused() + 1);
    import.set_meals_refused(import.meals_refused() + static_cast<int>(row->meals.size()));
  }
  return absl::OkStatus();
}

absl::Status ImportRunner::WriteMeals(const Assessment& assessment, const std::vector<const AcceptedRow*>& rows, Import& import,
                                      std::vector<ImportAnomaly>* refused) {
  std::vector<persist::MealWrite> writes;
  std::vector<const AcceptedRow*> row_of;
  for (const AcceptedRow* row : rows) {
    for (const feeding::v1::Meal& meal : row->meals) {
      persist::MealWrite& write = writes.emplace_back();
      write.producer.transport = "import";
      write.received = options_.clock->Now();
      write.meal = meal;
      row_of.push_back(row);
    }
  }
  if (writes.empty()) return absl::OkStatus();
  const auto known = KnownMeals(rows);
  if (!known.ok()) return known.status();
  std::set<std::string> changed;
  auto promise = std::make_shared<std::promise<persist::GroupOutcome>>();
  auto answered = promise->get_future();
  options_.meals->Submit(std::move(writes), [promise](persist::GroupOutcome outcome) { promise->set_value(std::move(outcome)); });
  const persist::GroupOutcome outcome = answered.get();
  if (!outcome.status.ok()) return outcome.status;
  size_t index = 0;
  const AcceptedRow* last_row = nullptr;
  const AcceptedRow* last_refused = nullptr;
  int meal = 0;
  for (const persist::ItemOutcome& item : outcome.items) {
    const AcceptedRow* row = row_of[index++];
    meal = row == last_row ? meal + 1 : 0;
    last_row = row;
    if (item.fate == persist::Fate::kSaved || item.fate == persist::Fate::kCorrected) CompareDoses(row->meals[static_cast<size_t>(meal)], *known, &changed);
    switch (item.fate) {
      case persist::Fate::kSaved:
        import.set_meals_saved(import.meals_saved() + 1);
        break;
      case persist::Fate::kDuplicate:
        import.set_meals_duplicate(import.meals_duplicate() + 1);
        break;
      case persist::Fate::kCorrected:
        import.set_meals_corrected(import.meals_corrected() + 1);
        break;
      case persist::Fate::kRejected:
        if (row != last_refused) import.set_rows_refused(import.rows_refused() + 1);
        last_refused = row;
        import.set_meals_refused(import.meals_refused() + 1);
        refused->push_back(Conflict(row->lot, row->meals[static_cast<size_t>(meal)].repas(), item.rejection.message()));
        break;
    }
  }
  NoteColumns(assessment, std::move(changed), import);
  return absl::OkStatus();
}

absl::Status ImportRunner::Save(const Import& import, int32_t done_row, const std::vector<ImportAnomaly>& noticed) {
  return options_.store->SaveProgress(import, done_row, noticed, options_.owner, options_.clock->Now(), options_.lease);
}

absl::Status ImportRunner::End(const std::string& state, const std::string& error, Import& import) {
  import.set_state(state);
  import.set_phase("finished");
  import.set_error(error);
  if (absl::Status lost = options_.store->Finish(import, options_.owner, options_.clock->Now()); !lost.ok()) return lost;
  options_.log->Info("an import ended", {{"import_id", absl::StrCat(import.import_id())},
                                         {"state", state},
                                         {"rows", absl::StrCat(import.rows_total())},
                                         {"refused", absl::StrCat(import.rows_refused())},
                                         {"meals_saved", absl::StrCat(import.meals_saved())}});
  return absl::OkStatus();
}

}  // namespace egi::imports
