#include "server/storage/alert_fold.h"

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/storage/postgres/json.h"

namespace egi::storage {

void AlertFold::Load(FoldedAlert alert) {
  alert.stored = true;
  FoldedAlert& kept = alerts_.emplace_back(std::move(alert));
  by_object_[kept.object][kept.type] = &kept;
}

void AlertFold::Occur(size_t item, const std::string& object, const analyse::AlertCandidate& candidate, absl::Time time,
                      const std::string& sample) {
  FoldedAlert*& open = by_object_[object][candidate.type];
  if (open != nullptr && candidate.severity > open->life.severity) {
    analyse::Escalate(time, &open->life);
    open->changed = open->told = true;
    open = nullptr;
  }
  if (open == nullptr) {
    open = &alerts_.emplace_back();
    open->type = candidate.type;
    open->object = object;
    open->item = item;
    open->candidate = &candidate;
    open->first_sample = sample;
  }
  const analyse::AlertChange change = analyse::Occur(candidate, time, sample, now_, &open->life);
  open->changed |= change != analyse::AlertChange::kNone;
  open->told |= change == analyse::AlertChange::kTold;
}

void AlertFold::BackInRange(const std::string& object, const char* type, absl::Time time) {
  const auto types = by_object_.find(object);
  if (types == by_object_.end()) return;
  const auto found = types->second.find(type);
  if (found == types->second.end() || found->second == nullptr) return;
  FoldedAlert& alert = *found->second;
  const analyse::AlertChange change = analyse::BackInRange(time, clear_after_, now_, &alert.life);
  alert.changed |= change != analyse::AlertChange::kNone;
  alert.told |= change == analyse::AlertChange::kTold;
  if (alert.closed()) found->second = nullptr;
}

std::string DeviceObject(const quality::v1::GradedSample& graded) { return absl::StrCat("device:", graded.sample().device_id()); }

std::string SampleObject(const quality::v1::GradedSample& graded) {
  return graded.code_lot().empty() ? DeviceObject(graded) : absl::StrCat("lot:", graded.code_lot());
}

std::string MealObject(const feeding::v1::RecordedMeal& meal) { return absl::StrCat("lot:", meal.meal().code_lot()); }

void FoldSample(size_t item, const quality::v1::GradedSample& graded, const analyse::SampleVerdict& verdict, AlertFold* fold) {
  if (fold->empty() && verdict.alerts.empty()) return;
  const std::string lot = SampleObject(graded), device = DeviceObject(graded);
  const absl::Time time = ToTime(graded.sample().sample_time());
  for (const analyse::AlertCandidate& candidate : verdict.alerts) {
    fold->Occur(item, candidate.of_device ? device : lot, candidate, time, graded.sample().sample_id());
  }
  const bool known = fold->Knows(lot), device_known = fold->Knows(device);
  if (!known && !device_known) return;
  for (size_t i = 0; i < analyse::kSampleAlerts.size(); ++i) {
    if ((verdict.cleared & (1u << i)) == 0) continue;
    const bool of_device = i == analyse::kScoreDisagreement;
    if (of_device ? device_known : known) fold->BackInRange(of_device ? device : lot, analyse::kSampleAlerts[i], time);
  }
}

void FoldMeal(size_t item, const feeding::v1::RecordedMeal& meal, const analyse::MealVerdict& verdict, bool late, AlertFold* fold) {
  const std::string object = MealObject(meal);
  const absl::Time time = ToTime(meal.meal().timestamp());
  if (!late) {
    for (const std::string& type : verdict.cleared) fold->BackInRange(object, type.c_str(), time);
  }
  const std::string name = absl::StrCat(meal.meal().jour(), "/", meal.meal().moment());
  for (const analyse::AlertCandidate& candidate : verdict.alerts) fold->Occur(item, object, candidate, time, name);
}

std::string WithEvidence(const std::string& context_json, const FoldedAlert& alert) {
  std::string evidence;
  JsonObject object(&evidence);
  if (!alert.first_sample.empty()) object.Text("first_sample", alert.first_sample);
  if (!alert.life.last_sample.empty()) object.Text("last_sample", alert.life.last_sample);
  if (!alert.life.worst_sample.empty()) {
    object.Text("worst_sample", alert.life.worst_sample);
    object.Number("worst_observed", alert.life.worst_observed);
  }
  object.Finish();
  if (context_json.size() <= 2) return evidence.empty() ? "{}" : evidence;
  if (evidence.empty()) return context_json;
  return context_json.substr(0, context_json.size() - 1) + ", " + evidence.substr(1);
}

}  // namespace egi::storage
