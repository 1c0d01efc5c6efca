#include "server/storage/postgres/meal_committer.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/rich_status.h"
#include "server/storage/postgres/commit_retry.h"
#include "server/storage/postgres/day_play.h"
#include "server/storage/postgres/offset_steps.h"
#include "server/storage/postgres/sample_row.h"

namespace egi::storage {
namespace {

using feeding::v1::Meal;
using persist::Fate;
using realtime::v1::Event;

constexpr char kTakeIds[] = "SELECT nextval('gavage_meals_id_seq') FROM generate_series(1, $1::integer)";
constexpr int64_t kIdsAtOnce = 128;

}  // namespace

PostgresMealCommitter::PostgresMealCommitter(Options options, const Clock* clock)
    : options_(std::move(options)),
      clock_(clock),
      frame_({.url = options_.url,
              .application_name = "egi-server meals",
              .kind = "meal",
              .before_commit = options_.before_commit}) {}

absl::StatusOr<PostgresMealCommitter::Batch> PostgresMealCommitter::Commit(
    std::vector<persist::Group<persist::MealWrite>>* groups) {
  std::vector<Item> items;
  for (auto& group : *groups) {
    for (persist::MealWrite& write : group.items) items.emplace_back().write = &write;
  }
  return CommitWithRetry<Batch>(&frame_, [&] { return Attempt(groups, &items, 0, items.size(), true); },
                                [&](SqlFailure failure) {
                                  return failure == SqlFailure::kUnique ? absl::OkStatus()
                                                                        : FindPoison(groups, &items, 0, items.size());
                                });
}

absl::Status PostgresMealCommitter::EnsurePartitions(const std::vector<Item>& items) {
  auto connection = frame_.Connect();
  if (!connection.ok()) return connection.status();
  std::set<int64_t> weeks;
  for (const Item& item : items) {
    if (item.write->rejection.has_value()) continue;
    weeks.insert(PartitionGuard::WeekOf(ToTime(item.write->meal.timestamp())));
    if (!item.write->day.has_value()) continue;
    for (const auto& time : {item.write->day->matin, item.write->day->soir}) {
      if (time.has_value()) weeks.insert(PartitionGuard::WeekOf(*time));
    }
  }
  return partitions_.Ensure(*connection, weeks, clock_->Now());
}

absl::Status PostgresMealCommitter::Fence(const std::vector<persist::Group<persist::MealWrite>>& groups, std::vector<Item>* items) {
  auto fenced = frame_.AdvanceOffsets(OffsetSteps(groups));
  if (!fenced.ok()) return fenced.status();
  for (Item& item : *items) {
    const persist::Producer& producer = item.write->producer;
    item.fenced = !producer.ephemeral && fenced->contains({producer.id, producer.epoch});
    item.rejection = item.poison.has_value() ? item.poison : item.write->rejection;
    item.replay_of = nullptr;
    item.outcome = {};
  }
  return absl::OkStatus();
}

absl::Status PostgresMealCommitter::LoadRequests(Connection* connection, Work* work) {
  std::vector<std::string> ids;
  for (const Item* item : work->items) {
    if (!item->rejection.has_value() && !item->write->request.id.empty()) ids.push_back(item->write->request.id);
  }
  auto done = storage::LoadRequests(connection, ids);
  if (!done.ok()) return done.status();
  for (auto& [id, request] : *done) work->requests[id] = {std::move(request.body_hash), std::move(request.outcome), nullptr};
  return absl::OkStatus();
}

absl::Status PostgresMealCommitter::GiveIds(Connection* connection, size_t count) {
  if (meal_ids_.size() >= count) return absl::OkStatus();
  auto rows = connection->Query(kTakeIds, {absl::StrCat(static_cast<int64_t>(count) + kIdsAtOnce)});
  if (!rows.ok()) return rows.status();
  meal_ids_.clear();
  for (int i = rows->size(); i > 0; --i) meal_ids_.push_back(rows->integer(i - 1, 0));
  return absl::OkStatus();
}

void PostgresMealCommitter::Play(Work* work) {
  for (size_t i = 0; i < work->items.size(); ++i) {
    Item* item = work->items[i];
    if (item->rejection.has_value() || Replay(item, work)) continue;
    PlayItem(i, item, work);
    const persist::NamedRequest& request = item->write->request;
    if (!item->rejection.has_value() && !request.id.empty()) work->requests[request.id] = {request.body_hash, std::nullopt, item};
  }
  for (auto& [code, lot] : work->lots) {
    for (const std::string& state : lot.new_states) work->events.push_back(LotEvent(lot, state));
  }
}

bool PostgresMealCommitter::Replay(Item* item, Work* work) {
  const persist::NamedRequest& request = item->write->request;
  const auto known = work->requests.find(request.id);
  if (request.id.empty() || known == work->requests.end()) return false;
  if (known->second.body_hash != request.body_hash) {
    item->rejection = ToRpcStatus(RequestReused(request.id));
  } else if (known->second.outcome.has_value()) {
    item->outcome = *known->second.outcome;
  } else {
    item->replay_of = known->second.item;
  }
  return true;
}

void PostgresMealCommitter::PlayItem(size_t index, Item* item, Work* work) {
  const persist::MealWrite& write = *item->write;
  const auto found = work->lots.find(write.meal.code_lot());
  if (found == work->lots.end()) {
    item->rejection = ToRpcStatus(CannotCreate(write.meal));
    return;
  }
  LotLedger& lot = found->second;
  absl::Status refused = CheckOwner(lot, write.meal);
  if (refused.ok() && write.producer.transport != "import") refused = CheckFeeding(lot, LastSlotOf(write));
  if (!refused.ok()) {
    item->rejection = ToRpcStatus(refused);
    return;
  }
  lot.by = ByOf(write);
  if (write.day.has_value()) {
    PlayDay(index, item, &lot, work);
  } else {
    item->outcome = PlayMeal(index, write, write.meal, &lot, work);
  }
}

void PostgresMealCommitter::PlayDay(size_t index, Item* item, LotLedger* lot, Work* work) {
  const persist::MealWrite& write = *item->write;
  const int32_t jour = write.meal.jour();
  if (absl::Status status = CheckDay(*lot, jour, *write.day); !status.ok()) {
    item->rejection = ToRpcStatus(status);
    return;
  }
  std::vector<Meal> meals = MealsOfDay(*lot, jour, *write.day);
  std::vector<persist::ItemOutcome> outcomes;
  for (Meal& meal : meals) {
    CountDayBirds(*lot, *write.day, outcomes.empty(), &meal);
    outcomes.push_back(PlayMeal(index, write, meal, lot, work));
  }
  lot->days.insert(jour);
  item->outcome = OutcomeOfDay(*write.day, meals, std::move(outcomes));
}

persist::ItemOutcome PostgresMealCommitter::PlayMeal(size_t index, const persist::MealWrite& write, const Meal& told, LotLedger* lot, Work* work) {
  persist::ItemOutcome outcome;
  feeding::v1::RecordedMeal recorded;
  Meal* meal = recorded.mutable_meal();
  *meal = told;
  CompleteMeal(meal, lot);
  if (meal->jour() < 0) return outcome;  // announces the lot
  std::string scratch, hash = BodyHash(WithoutSending(*meal), &scratch);
  Prescribe(*lot, meal);
  const auto [at, fresh] = lot->meals.try_emplace(SlotOf(*meal));
  MealEntry& entry = at->second;
  if (!fresh && (entry.current.body_hash == hash || SameMeal(entry.current.recorded.meal(), *meal))) {
    outcome.fate = Fate::kDuplicate;
    outcome.gavage_id = entry.current.recorded.gavage_id();
    const Meal& stored = entry.current.recorded.meal();
    if (stored.dose_theorique() > 0) {
      outcome.dose_gap_pct = (stored.dose_reelle() - stored.dose_theorique()) / stored.dose_theorique() * 100;
    }
    return outcome;
  }
  const absl::Time time = ToTime(meal->timestamp());
  const bool late = lot->last_meal.has_value() && time < *lot->last_meal;
  analyse::MealVerdict verdict = options_.judge(*meal, StateBefore(*lot, *meal));
  if (fresh) {
    entry.in_database = false;
    recorded.set_gavage_id(static_cast<int32_t>(meal_ids_.back()));
    meal_ids_.pop_back();
  } else {
    recorded.set_gavage_id(entry.current.recorded.gavage_id());
    recorded.set_corrected(true);
    entry.replaced.push_back(std::move(entry.current));
    ++entry.correction;
    outcome.fate = Fate::kCorrected;
  }
  recorded.set_lot_id(lot->id);
  ToTimestamp(write.received, recorded.mutable_received_time());
  entry.changed = true;
  entry.current = {recorded, std::move(hash), frame_.batch_id(), static_cast<int32_t>(work->events.size()), ByOf(write), ReasonOf(write)};
  if (!late) lot->producer = write.producer.id;
  AdvanceLot(*meal, lot);
  work->min_time = std::min(work->min_time, time);
  work->max_time = std::max(work->max_time, time);
  outcome.gavage_id = recorded.gavage_id();
  outcome.dose_gap_pct = verdict.dose_gap_pct;
  outcome.recommendations = verdict.recommendations;
  work->alerts.Add(index, recorded, std::move(verdict), late);
  *work->events.emplace_back().mutable_meal() = std::move(recorded);
  return outcome;
}

absl::Status PostgresMealCommitter::WriteDays(Connection* connection, Work* work) {
  for (Item* item : work->items) {
    if (!item->write->day.has_value() || item->rejection.has_value() || item->outcome.replayed || item->replay_of != nullptr) continue;
    const bool meals_changed = item->outcome.fate != Fate::kDuplicate;
    const auto written = WriteDay(connection, work->lots.at(item->write->meal.code_lot()), *item->write, meals_changed);
    if (!written.ok()) return written.status();
    if (*written && !meals_changed) item->outcome.fate = Fate::kCorrected;
  }
  return absl::OkStatus();
}

absl::Status PostgresMealCommitter::WriteRequests(Connection* connection, const Work& work) {
  std::map<std::string, DoneRequest> done;
  for (const auto& [id, request] : work.requests) {
    if (request.item != nullptr) done[id] = {request.body_hash, request.item->outcome};
  }
  return storage::WriteRequests(connection, done);
}

absl::Status PostgresMealCommitter::WriteAll(Connection* connection, Work* work) {
  auto queued = lots_.Write(connection, frame_.copy(), &work->lots);
  if (!queued.ok()) return queued.status();
  for (const std::string& code : *queued) work->events.push_back(LotEvent(work->lots.at(code), "pending"));
  auto changed = work->alerts.Write(connection, frame_.copy(), frame_.batch_id(), static_cast<int32_t>(work->events.size()), clock_->Now(),
                                    options_.clear_after);
  if (!changed.ok()) return changed.status();
  for (const size_t item : changed->openers) ++work->items[item]->outcome.alerts_opened;
  for (realtime::v1::AlertEvent& event : changed->events) *work->events.emplace_back().mutable_alert() = std::move(event);
  if (absl::Status status = WriteDays(connection, work); !status.ok()) return status;
  if (absl::Status status = WriteRequests(connection, *work); !status.ok()) return status;
  std::vector<PayloadRow> payloads;
  for (size_t i = 0; i < work->events.size(); ++i) {
    if (!work->events[i].has_meal()) payloads.push_back({static_cast<int32_t>(i), &work->events[i]});
  }
  if (absl::Status status = frame_.WritePayloads(payloads); !status.ok()) return status;
  return frame_.WriteRejections(Rejections(*work));
}

std::vector<RejectedRow> PostgresMealCommitter::Rejections(const Work& work) const {
  std::vector<RejectedRow> rows;
  for (const Item* item : work.items) {
    if (item->rejection.has_value()) rows.push_back(RejectedMeal(*item->write, *item->rejection));
  }
  return rows;
}

absl::StatusOr<PostgresMealCommitter::Batch> PostgresMealCommitter::Attempt(
    std::vector<persist::Group<persist::MealWrite>>* groups, std::vector<Item>* items, size_t begin, size_t end, bool commit) {
  if (absl::Status status = EnsurePartitions(*items); !status.ok()) return status;
  if (absl::Status status = frame_.Begin(); !status.ok()) return status;
  auto connection = frame_.Connect();
  if (!connection.ok()) return connection.status();
  if (absl::Status status = Fence(*groups, items); !status.ok()) return status;
  Work work;
  for (size_t i = begin; i < end; ++i) {
    if (!(*items)[i].fenced) work.items.push_back(&(*items)[i]);
  }
  if (work.items.empty()) {
    frame_.Rollback();
    if (commit) Answer(groups, items, absl::InfinitePast());
    return Batch();
  }
  if (absl::Status status = NameLots(*connection, &work); !status.ok()) return status;
  if (absl::Status status = LoadLots(*connection, &work); !status.ok()) return status;
  if (absl::Status status = LoadRequests(*connection, &work); !status.ok()) return status;
  if (absl::Status status = GiveIds(*connection, 2 * work.items.size()); !status.ok()) return status;  // a day has two meals
  Play(&work);
  if (absl::Status status = WriteAll(*connection, &work); !status.ok()) return status;
  if (!commit) {
    frame_.Rollback();
    return Batch();
  }
  auto committed = frame_.Commit(static_cast<int64_t>(work.events.size()), work.min_time, work.max_time);
  if (!committed.ok()) return committed.status();
  lots_.Keep(std::move(work.lots));
  Answer(groups, items, committed->time);
  auto batch = std::make_shared<persist::CommittedBatch>();
  batch->commit_seq = committed->commit_seq;
  batch->commit_time = committed->time;
  batch->events = std::move(work.events);
  for (Event& event : batch->events) ToTimestamp(committed->time, event.mutable_commit_time());
  return Batch(std::move(batch));
}

absl::Status PostgresMealCommitter::FindPoison(std::vector<persist::Group<persist::MealWrite>>* groups, std::vector<Item>* items,
                                               size_t begin, size_t end) {
  if (begin == end) return absl::OkStatus();
  const absl::Status status = Attempt(groups, items, begin, end, false).status();
  if (status.ok()) return status;
  frame_.Rollback();
  if (FailureOf(status) != SqlFailure::kRow) return status;
  if (end - begin == 1) {
    (*items)[begin].poison = PoisonStatus(status);
    return absl::OkStatus();
  }
  const size_t middle = begin + (end - begin) / 2;
  if (absl::Status left = FindPoison(groups, items, begin, middle); !left.ok()) return left;
  return FindPoison(groups, items, middle, end);
}

void PostgresMealCommitter::Answer(std::vector<persist::Group<persist::MealWrite>>* groups, std::vector<Item>* items,
                                   absl::Time commit_time) {
  auto item = items->begin();
  std::map<const Item*, persist::ItemOutcome> answered;  // of named requests, whose outcomes may be asked for again
  for (auto& group : *groups) {
    group.outcome.commit_time = commit_time;
    if (!group.items.empty() && item->fenced) {
      group.outcome.status = FencedStatus(group.items.front().producer.id);
      item += static_cast<int64_t>(group.items.size());
      continue;
    }
    for (size_t i = 0; i < group.items.size(); ++i, ++item) {
      if (item->rejection.has_value()) {
        item->outcome.fate = Fate::kRejected;
        item->outcome.rejection = *std::move(item->rejection);
      } else if (item->replay_of != nullptr) {
        item->outcome = answered.at(item->replay_of);
        item->outcome.replayed = true;
      }
      if (!item->write->request.id.empty()) answered.emplace(&*item, item->outcome);
      group.outcome.items.push_back(std::move(item->outcome));
    }
  }
}

}  // namespace egi::storage
