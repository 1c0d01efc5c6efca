#include "server/storage/postgres/feeding_alerts.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "server/storage/postgres/alert_rows.h"
#include "server/storage/postgres/severity_name.h"

namespace egi::storage {
namespace {

constexpr char kCopy[] =
    "COPY alertes_euralis (time, id, niveau, site_code, lot_id, code_lot, gaveur_id, type_alerte, severite, message, valeur_observee, "
    "valeur_attendue, ecart_pct, data_context, object_key, occurrences, last_time, closed_at, close_reason, batch_id, ordinal) FROM STDIN BINARY";

}  // namespace

void FeedingAlerts::Add(size_t item, const feeding::v1::RecordedMeal& meal, analyse::MealVerdict verdict, bool late) {
  if (late) verdict.cleared.clear();
  if (verdict.alerts.empty() && verdict.cleared.empty()) return;
  verdicts_.push_back({item, meal, std::move(verdict), late});
}

absl::Status FeedingAlerts::WriteRow(const FoldedAlert& alert, const feeding::v1::RecordedMeal& recorded, CopyWriter* copy,
                                     int64_t batch_id, int32_t ordinal) {
  const auto& meal = recorded.meal();
  const analyse::AlertCandidate& candidate = *alert.candidate;
  if (absl::Status status = copy->StartRow(21); !status.ok()) return status;
  copy->Time(alert.life.first_time);
  copy->Int8(alert.id);
  copy->Text("lot");
  copy->Text(meal.site());
  copy->Int4(recorded.lot_id());
  copy->Text(meal.code_lot());
  copy->Int4OrNull(meal.gaveur_id());
  copy->Text(candidate.type);
  copy->Text(FrenchSeverity(candidate.severity));
  copy->Text(candidate.message);
  copy->MaybeFloat8(candidate.observed);
  copy->MaybeFloat8(candidate.expected);
  copy->MaybeFloat8(candidate.gap_pct);
  copy->Jsonb(WithEvidence(candidate.context_json, alert));
  copy->Text(alert.object);
  copy->Int4(static_cast<int32_t>(alert.life.occurrences));
  copy->Time(alert.life.last_time);
  alert.closed() ? copy->Time(alert.life.closed_time) : copy->Null();
  copy->TextOrNull(alert.life.close_reason);
  copy->Int8(batch_id);
  copy->Int4(ordinal);
  return absl::OkStatus();
}

absl::StatusOr<FeedingAlerts::Result> FeedingAlerts::Write(Connection* connection, CopyWriter* copy, int64_t batch_id,
                                                           int32_t first_ordinal, absl::Time now, int clear_after) {
  Result result;
  if (verdicts_.empty()) return result;
  AlertFold fold(now, clear_after);
  std::set<std::string> objects;
  for (const Verdict& verdict : verdicts_) objects.insert(MealObject(verdict.meal));
  if (absl::Status status = LoadOpenAlerts(connection, kFeedingOrigin, {objects.begin(), objects.end()}, &fold); !status.ok()) return status;
  std::map<size_t, const Verdict*> by_item;
  for (const Verdict& verdict : verdicts_) {
    by_item[verdict.item] = &verdict;
    FoldMeal(verdict.item, verdict.meal, verdict.verdict, verdict.late, &fold);
  }
  if (absl::Status status = WriteOpenAlerts(connection, kFeedingOrigin, &fold); !status.ok()) return status;
  std::vector<realtime::v1::AlertEvent> closings;
  for (const FoldedAlert& alert : fold.alerts()) {
    if (alert.stored || alert.lost) continue;
    if (result.events.empty()) {
      if (absl::Status status = copy->Start(connection, kCopy); !status.ok()) return status;
    }
    const feeding::v1::RecordedMeal& recorded = by_item[alert.item]->meal;
    const auto ordinal = first_ordinal + static_cast<int32_t>(result.events.size());
    if (absl::Status status = WriteRow(alert, recorded, copy, batch_id, ordinal); !status.ok()) return status;
    result.openers.push_back(alert.item);
    realtime::v1::AlertEvent& event = result.events.emplace_back();
    event.set_origin(kFeedingOrigin.name);
    event.set_severity(EventSeverity(alert.candidate->severity));
    event.set_site_code(recorded.meal().site());
    event.set_code_lot(recorded.meal().code_lot());
    event.set_gaveur_id(recorded.meal().gaveur_id());
    TellOpening(alert, &event);
    if (alert.closed()) closings.push_back(ClosingOf(event, alert));
  }
  if (!result.events.empty()) {
    if (absl::Status status = copy->Finish(); !status.ok()) return status;
  }
  auto changes = ReadChanges(connection, kFeedingOrigin, now, &fold);
  if (!changes.ok()) return changes.status();
  for (auto* list : {&closings, &*changes}) {
    for (realtime::v1::AlertEvent& event : *list) result.events.push_back(std::move(event));
  }
  return result;
}

}  // namespace egi::storage
