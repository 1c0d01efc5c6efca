// How FakeStore commits.
#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/rich_status.h"
#include "server/lots/feeder_site.h"
#include "server/storage/fake/fake_store.h"
#include "server/storage/postgres/alert_rows.h"
#include "server/storage/postgres/day_play.h"
#include "server/storage/postgres/device_registry.h"
#include "server/storage/postgres/sample_row.h"
#include "server/storage/postgres/severity_name.h"

namespace egi::storage {
namespace {

using feeding::v1::Meal;
using persist::Fate;
using persist::ItemOutcome;
using persist::MealWrite;
using persist::SampleWrite;
using quality::v1::GradedSample;
using quality::v1::Sample;
using realtime::v1::AlertEvent;
using realtime::v1::Event;

// Equal for equal contents.
std::string HashOf(const google::protobuf::MessageLite& body) {
  std::string scratch;
  return BodyHash(body, &scratch);
}

ItemOutcome Refused(const google::rpc::Status& reason) {
  ItemOutcome outcome;
  outcome.fate = Fate::kRejected;
  outcome.rejection = reason;
  return outcome;
}

constexpr int kClearAfterSamples = 3;

std::string ToldSite(const Sample& sample) {
  return sample.site_code().empty() ? SiteInDeviceId(sample.device_id()) : sample.site_code();
}

// What an entry tells beside its meals; deaths that are not told stay as `before`.
feeding::v1::DayEntry BesideMeals(feeding::v1::DayEntry entry, const feeding::v1::DayEntry& before) {
  entry.clear_lot_id();
  entry.clear_date_gavage();
  entry.clear_dose_matin();
  entry.clear_dose_soir();
  entry.clear_heure_gavage_matin();
  entry.clear_heure_gavage_soir();
  entry.clear_saisi_par();
  entry.clear_raison_correction();
  entry.clear_request_id();
  if (!entry.has_suit_courbe_theorique()) entry.set_suit_courbe_theorique(true);
  if (!entry.has_mortalite_jour() && before.has_mortalite_jour()) entry.set_mortalite_jour(before.mortalite_jour());
  return entry;
}

// A lot belongs to the site its code begins with.
bool CanMakeLot(const Meal& meal) { return meal.gaveur_id() > 0 && !IsOfOtherSite(meal); }

}  // namespace

template <typename Write>
class FakeStore::Committer final : public persist::Committer<Write> {
 public:
  explicit Committer(FakeStore* store) : store_(store) {}
  absl::StatusOr<Batch> Commit(std::vector<persist::Group<Write>>* groups) override { return store_->CommitGroups(groups); }
  void Cancel() override {}  // nothing ever waits

 private:
  FakeStore* const store_;
};

std::unique_ptr<persist::SampleCommitter> FakeStore::NewSampleCommitter() { return std::make_unique<Committer<SampleWrite>>(this); }

std::unique_ptr<persist::MealCommitter> FakeStore::NewMealCommitter() { return std::make_unique<Committer<MealWrite>>(this); }

template <typename Write>
std::vector<persist::Group<Write>*> FakeStore::Admit(std::vector<persist::Group<Write>>* groups) {
  FencedSet fenced;
  for (const OffsetStep& step : OffsetSteps(*groups)) {
    if (!producers_.Advance(step.producer_id, step.epoch, step.first, step.last)) fenced.emplace(step.producer_id, step.epoch);
  }
  std::vector<persist::Group<Write>*> taking_part;
  for (auto& group : *groups) {
    const persist::Producer producer = group.items.empty() ? persist::Producer() : group.items.front().producer;
    if (!producer.ephemeral && fenced.contains({producer.id, producer.epoch})) {
      group.outcome.status = FencedStatus(producer.id);
    } else {
      taking_part.push_back(&group);
    }
  }
  return taking_part;
}

template <typename Write>
FakeStore::Batch FakeStore::Finish(const std::vector<persist::Group<Write>*>& taking_part, Events events) {
  if (taking_part.empty()) return nullptr;
  auto batch = std::make_shared<persist::CommittedBatch>();
  batch->commit_seq = static_cast<int64_t>(batches_.size()) + 1;
  batch->commit_time = clock_->Now();
  batch->events = std::move(events);
  for (Event& event : batch->events) ToTimestamp(batch->commit_time, event.mutable_commit_time());
  for (persist::Group<Write>* group : taking_part) {
    group->outcome.commit_time = batch->commit_time;
    for (const ItemOutcome& item : group->outcome.items) rejected_ += item.fate == Fate::kRejected;
  }
  batches_.push_back(batch);
  return batch;
}

FakeStore::Batch FakeStore::CommitGroups(std::vector<persist::Group<SampleWrite>>* groups) {
  MutexLock lock(&mutex_);
  const auto taking_part = Admit(groups);
  Events events, alerts;
  for (persist::Group<SampleWrite>* group : taking_part) {
    for (SampleWrite& write : group->items) group->outcome.items.push_back(StoreSample(&write, &events, &alerts));
  }
  std::move(alerts.begin(), alerts.end(), std::back_inserter(events));
  return Finish(taking_part, std::move(events));
}

ItemOutcome FakeStore::StoreSample(SampleWrite* write, Events* events, Events* alerts) {
  if (write->rejection.has_value()) return Refused(*write->rejection);
  Event event;
  GradedSample* graded = event.mutable_sample();
  *graded->mutable_sample() = write->sample;
  CanonicaliseSample(graded->mutable_sample());
  const std::string hash = HashOf(graded->sample());
  if (write->verdict.tof.has_value()) *graded->mutable_sample()->mutable_tof_analysis() = *write->verdict.tof;
  if (write->verdict.spectral.has_value()) *graded->mutable_sample()->mutable_spectral_analysis() = *write->verdict.spectral;
  *graded->mutable_result() = write->verdict.result;
  ToTimestamp(write->received, graded->mutable_received_time());
  graded->set_score_disagrees(write->verdict.score_disagrees);
  graded->set_clock_skew(write->verdict.clock_skew);
  graded->set_comparison(write->verdict.comparison);
  if (write->verdict.computed.has_value()) *graded->mutable_computed() = *write->verdict.computed;
  if (absl::Status status = ResolveSample(graded); !status.ok()) return Refused(ToRpcStatus(status));

  ItemOutcome outcome;
  outcome.fusion_score = graded->result().final_score();
  outcome.fusion_grade = graded->result().final_grade();
  const Sample& sample = graded->sample();
  const auto [at, fresh] = samples_.try_emplace({sample.device_id(), sample.sample_id()}, hash);
  if (!fresh && at->second != hash) {
    return Refused(ToRpcStatus(absl::AlreadyExistsError(
        absl::StrCat("sample ", sample.sample_id(), " of device ", sample.device_id(), " is already stored with another content"))));
  }
  if (!fresh) {
    outcome.fate = Fate::kDuplicate;
    return outcome;
  }
  outcome.alerts_opened = FoldQualityAlerts(*graded, write->verdict, alerts);
  events->push_back(std::move(event));
  return outcome;
}

absl::Status FakeStore::ResolveSample(GradedSample* graded) {
  const Sample& sample = graded->sample();
  const std::string told = ToldSite(sample);
  std::string& registered = device_sites_[sample.device_id()];
  if (registered.empty()) registered = told;
  graded->set_site_code(told.empty() ? registered : told);
  if (sample.lot().empty()) return absl::OkStatus();
  int32_t id = 0;
  if (!absl::SimpleAtoi(sample.lot(), &id)) id = 0;
  const auto lot = std::find_if(lots_.begin(), lots_.end(),
                                [&](const auto& entry) { return entry.first == sample.lot() || entry.second.id == id; });
  if (lot == lots_.end()) return absl::NotFoundError(absl::StrCat("lot ", sample.lot(), " is unknown"));
  if (!told.empty() && told != lot->second.site_code) {
    return absl::FailedPreconditionError(absl::StrCat("lot ", lot->first, " belongs to site ", lot->second.site_code, ", not ", told));
  }
  graded->set_site_code(lot->second.site_code);
  graded->set_lot_id(lot->second.id);
  graded->set_code_lot(lot->first);
  graded->set_gaveur_id(lot->second.gaveur_id);
  return absl::OkStatus();
}

FakeStore::Batch FakeStore::CommitGroups(std::vector<persist::Group<MealWrite>>* groups) {
  MutexLock lock(&mutex_);
  const auto taking_part = Admit(groups);
  MakeLots(taking_part);
  Events events, alerts;
  for (persist::Group<MealWrite>* group : taking_part) {
    for (const MealWrite& write : group->items) group->outcome.items.push_back(StoreEntry(write, &events, &alerts));
  }
  AddLotEvents(&events);
  std::move(alerts.begin(), alerts.end(), std::back_inserter(events));
  return Finish(taking_part, std::move(events));
}

void FakeStore::NameLotOf(MealWrite* write) {
  if (write->rejection.has_value() || write->meal.lot_id() <= 0) return;
  const auto lot = std::find_if(lots_.begin(), lots_.end(), [&](const auto& entry) { return entry.second.id == write->meal.lot_id(); });
  const absl::Status named = NameLot(lot == lots_.end() ? "" : lot->first, &write->meal);
  if (!named.ok()) write->rejection = ToRpcStatus(named);
}

void FakeStore::MakeLots(const std::vector<persist::Group<MealWrite>*>& groups) {
  for (persist::Group<MealWrite>* group : groups) {
    for (MealWrite& write : group->items) {
      NameLotOf(&write);
      const Meal& meal = write.meal;
      if (write.rejection.has_value() || lots_.contains(meal.code_lot()) || !CanMakeLot(meal)) continue;
      const std::string& home = feeder_sites_.emplace(meal.gaveur_id(), SiteOfCode(meal)).first->second;
      if (absl::Status status = lots::CheckFeederSite(meal.gaveur_id(), home, meal.code_lot(), SiteOfCode(meal)); !status.ok()) {
        write.rejection = ToRpcStatus(status);
        continue;
      }
      const auto id = static_cast<int32_t>(lots_.size()) + 1;
      LotLedger& lot = lots_[meal.code_lot()];
      lot.id = id;
      lot.code_lot = meal.code_lot();
      lot.site_code = SiteOfCode(meal);
      lot.genetique = meal.genetique();
      lot.gaveur_id = meal.gaveur_id();
      lot.birds_placed = meal.nb_canards_initial();
      lot.statut = "en_preparation";
      lot.origine = "stream";
      lot.new_states.push_back(lot.statut);
    }
  }
}

ItemOutcome FakeStore::StoreEntry(const MealWrite& write, Events* events, Events* alerts) {
  if (write.rejection.has_value()) return Refused(*write.rejection);
  const persist::NamedRequest& request = write.request;
  if (const auto done = requests_.find(request.id); !request.id.empty() && done != requests_.end()) {
    if (done->second.first != request.body_hash) return Refused(ToRpcStatus(RequestReused(request.id)));
    return *UnpackOutcome(done->second.second);
  }
  const auto found = lots_.find(write.meal.code_lot());
  if (found == lots_.end()) return Refused(ToRpcStatus(CannotCreate(write.meal)));
  LotLedger& lot = found->second;
  if (absl::Status status = CheckOwner(lot, write.meal); !status.ok()) return Refused(ToRpcStatus(status));
  if (absl::Status status = CheckFeeding(lot, LastSlotOf(write)); write.producer.transport != "import" && !status.ok()) {
    return Refused(ToRpcStatus(status));
  }
  const ItemOutcome outcome = write.day.has_value() ? StoreDay(write, &lot, events, alerts) : StoreMeal(write, write.meal, &lot, events, alerts);
  if (!request.id.empty() && outcome.fate != Fate::kRejected) requests_[request.id] = {request.body_hash, PackOutcome(outcome)};
  return outcome;
}

ItemOutcome FakeStore::StoreDay(const MealWrite& write, LotLedger* lot, Events* events, Events* alerts) {
  const int32_t jour = write.meal.jour();
  if (absl::Status status = CheckDay(*lot, jour, *write.day); !status.ok()) return Refused(ToRpcStatus(status));
  std::vector<Meal> meals = MealsOfDay(*lot, jour, *write.day);
  std::vector<ItemOutcome> outcomes;
  int32_t opened = 0;
  for (Meal& meal : meals) {
    CountDayBirds(*lot, *write.day, outcomes.empty(), &meal);
    outcomes.push_back(StoreMeal(write, meal, lot, events, alerts));
    opened += outcomes.back().alerts_opened;
  }
  lot->days.insert(jour);
  ItemOutcome outcome = OutcomeOfDay(*write.day, meals, std::move(outcomes));
  outcome.alerts_opened = opened;
  feeding::v1::DayEntry& entered = days_[{lot->code_lot, jour}];
  const std::string before = entered.SerializeAsString();
  entered = BesideMeals(write.day->entry, entered);
  if (outcome.fate == Fate::kDuplicate && entered.SerializeAsString() != before) outcome.fate = Fate::kCorrected;
  return outcome;
}

ItemOutcome FakeStore::StoreMeal(const MealWrite& write, const Meal& told, LotLedger* lot, Events* events, Events* alerts) {
  ItemOutcome outcome;
  Event event;
  feeding::v1::RecordedMeal& recorded = *event.mutable_meal();
  Meal* meal = recorded.mutable_meal();
  *meal = told;
  CompleteMeal(meal, lot);
  if (meal->jour() < 0) return outcome;  // announces the lot
  const analyse::MealVerdict verdict = judge_(*meal, StateBefore(*lot, *meal));
  outcome.dose_gap_pct = verdict.dose_gap_pct;
  std::string hash = HashOf(WithoutSending(*meal));
  const auto [at, fresh] = lot->meals.try_emplace(SlotOf(*meal));
  MealVersion& stored = at->second.current;
  if (!fresh && (stored.body_hash == hash || SameMeal(stored.recorded.meal(), *meal))) {
    outcome.fate = Fate::kDuplicate;
    outcome.gavage_id = stored.recorded.gavage_id();
    return outcome;
  }
  if (!fresh) outcome.fate = Fate::kCorrected;
  outcome.gavage_id = fresh ? ++last_meal_id_ : stored.recorded.gavage_id();
  outcome.recommendations = verdict.recommendations;
  recorded.set_gavage_id(outcome.gavage_id);
  recorded.set_corrected(!fresh);
  recorded.set_lot_id(lot->id);
  ToTimestamp(write.received, recorded.mutable_received_time());
  const bool late = lot->last_meal.has_value() && ToTime(meal->timestamp()) < *lot->last_meal;
  stored = {recorded, std::move(hash), static_cast<int64_t>(batches_.size()) + 1, static_cast<int32_t>(events->size()), "", ""};
  AdvanceLot(*meal, lot);
  outcome.alerts_opened = FoldFeedingAlerts(recorded, verdict, late, alerts);
  events->push_back(std::move(event));
  return outcome;
}

void FakeStore::AddLotEvents(Events* events) {
  for (auto& [code, lot] : lots_) {
    for (const std::string& state : lot.new_states) events->push_back(LotEvent(lot, state));
    lot.new_states.clear();
  }
  for (auto& [code, lot] : lots_) {
    if (lot.enqueue && inspection_queue_.insert(code).second) events->push_back(LotEvent(lot, "pending"));
    lot.enqueue = false;
  }
}

AlertFold FakeStore::FoldOf(const std::vector<std::string>& objects, int clear_after) {
  AlertFold fold(clock_->Now(), clear_after);
  for (const auto& [key, open] : open_alerts_) {
    if (std::find(objects.begin(), objects.end(), key.second) == objects.end()) continue;
    FoldedAlert alert = open.alert;
    alert.changed = alert.told = false;
    fold.Load(std::move(alert));
  }
  return fold;
}

int32_t FakeStore::Keep(AlertFold* fold, const AlertEvent& opening, Events* alerts) {
  int32_t opened = 0;
  for (FoldedAlert& alert : fold->alerts()) {
    if (!alert.changed) continue;
    const AlertKey key{alert.type, alert.object};
    if (!alert.stored) {
      AlertEvent event = opening;
      alert.id = ++last_alert_id_;
      event.set_severity(EventSeverity(alert.candidate->severity));
      TellOpening(alert, &event);
      open_alerts_[key] = {alert, event, static_cast<int64_t>(batches_.size()) + 1};
      *alerts->emplace_back().mutable_alert() = std::move(event);
      ++opened;
      continue;
    }
    OpenAlert& open = open_alerts_[key];
    open.alert = alert;
    AlertEvent event = alert.closed() ? ClosingOf(open.event, alert) : open.event;
    event.set_occurrences(static_cast<int32_t>(alert.life.occurrences));
    if (alert.told) *alerts->emplace_back().mutable_alert() = std::move(event);
    if (alert.closed()) open_alerts_.erase(key);
  }
  return opened;
}

int32_t FakeStore::FoldQualityAlerts(const GradedSample& graded, const analyse::SampleVerdict& verdict, Events* alerts) {
  AlertFold fold = FoldOf({SampleObject(graded), DeviceObject(graded)}, kClearAfterSamples);
  FoldSample(0, graded, verdict, &fold);
  AlertEvent opening;
  opening.set_origin("SQAL");
  opening.set_device_id(graded.sample().device_id());
  opening.set_sample_id(graded.sample().sample_id());
  opening.set_site_code(graded.site_code());
  opening.set_code_lot(graded.code_lot());
  opening.set_gaveur_id(graded.gaveur_id());
  return Keep(&fold, opening, alerts);
}

int32_t FakeStore::FoldFeedingAlerts(const feeding::v1::RecordedMeal& recorded, const analyse::MealVerdict& verdict, bool late,
                                     Events* alerts) {
  AlertFold fold = FoldOf({MealObject(recorded)}, 1);
  FoldMeal(0, recorded, verdict, late, &fold);
  AlertEvent opening;
  opening.set_origin("EURALIS");
  opening.set_site_code(recorded.meal().site());
  opening.set_code_lot(recorded.meal().code_lot());
  opening.set_gaveur_id(recorded.meal().gaveur_id());
  return Keep(&fold, opening, alerts);
}

}  // namespace egi::storage
