#include "server/storage/postgres/quality_alerts.h"

#include <set>

#include "server/storage/postgres/alert_rows.h"
#include "server/storage/postgres/sample_row.h"

namespace egi::storage {
namespace {

constexpr char kCopyAlerts[] =
    "COPY sqal_alerts (time, alert_id, device_id, sample_id, site_code, lot_id, code_lot, alert_type, severity, message, "
    "data_context, object_key, occurrences, last_time, closed_at, close_reason, batch_id, ordinal) FROM STDIN BINARY";

}  // namespace

const char* QualitySeverity(analyse::Severity severity) {
  switch (severity) {
    case analyse::Severity::kInfo:
      return "info";
    case analyse::Severity::kCritical:
      return "critical";
    default:
      return "warning";
  }
}

void QualityAlerts::Add(size_t item, const quality::v1::GradedSample& graded, const analyse::SampleVerdict& verdict) {
  verdicts_.push_back({item, &graded, &verdict});
  candidates_ |= !verdict.alerts.empty();
}

std::vector<std::string> QualityAlerts::Objects() const {
  std::set<std::string> objects;
  const quality::v1::GradedSample* last = nullptr;
  for (const Verdict& verdict : verdicts_) {
    const quality::v1::GradedSample& graded = *verdict.graded;
    if (last != nullptr && last->code_lot() == graded.code_lot() && last->sample().device_id() == graded.sample().device_id()) continue;
    objects.insert(SampleObject(graded));
    objects.insert(DeviceObject(graded));
    last = &graded;
  }
  return {objects.begin(), objects.end()};
}

absl::Status QualityAlerts::WriteRow(const FoldedAlert& alert, const quality::v1::GradedSample& graded, CopyWriter* copy,
                                     int64_t batch_id, int32_t ordinal) {
  const analyse::AlertCandidate& candidate = *alert.candidate;
  if (absl::Status status = copy->StartRow(18); !status.ok()) return status;
  copy->Time(alert.life.first_time);
  copy->Int8(alert.id);
  copy->Text(graded.sample().device_id());
  copy->Text(graded.sample().sample_id());
  copy->TextOrNull(graded.site_code());
  copy->Int4OrNull(graded.lot_id());
  copy->TextOrNull(graded.code_lot());
  copy->Text(candidate.type);
  copy->Text(QualitySeverity(candidate.severity));
  copy->Text(candidate.message);
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

absl::StatusOr<QualityAlerts::Result> QualityAlerts::Write(Connection* connection, CopyWriter* copy, int64_t batch_id,
                                                           int32_t first_ordinal) {
  Result result;
  if (verdicts_.empty()) return result;
  if (absl::Status status = LoadOpenAlerts(connection, kQualityOrigin, Objects(), &fold_); !status.ok()) return status;
  if (fold_.empty() && !candidates_) return result;
  std::vector<const Verdict*> by_item(verdicts_.back().item + 1);
  for (const Verdict& verdict : verdicts_) {
    by_item[verdict.item] = &verdict;
    FoldSample(verdict.item, *verdict.graded, *verdict.verdict, &fold_);
  }
  if (absl::Status status = WriteOpenAlerts(connection, kQualityOrigin, &fold_); !status.ok()) return status;
  std::vector<realtime::v1::AlertEvent> closings;
  for (const FoldedAlert& alert : fold_.alerts()) {
    if (alert.stored || alert.lost) continue;
    if (result.events.empty()) {
      if (absl::Status status = copy->Start(connection, kCopyAlerts); !status.ok()) return status;
    }
    const quality::v1::GradedSample& graded = *by_item[alert.item]->graded;
    const auto ordinal = first_ordinal + static_cast<int32_t>(result.events.size());
    if (absl::Status status = WriteRow(alert, graded, copy, batch_id, ordinal); !status.ok()) return status;
    result.openers.push_back(alert.item);
    realtime::v1::AlertEvent& event = result.events.emplace_back();
    event.set_origin(kQualityOrigin.name);
    event.set_severity(QualitySeverity(alert.candidate->severity));
    event.set_device_id(graded.sample().device_id());
    event.set_sample_id(graded.sample().sample_id());
    event.set_site_code(graded.site_code());
    event.set_code_lot(graded.code_lot());
    event.set_gaveur_id(graded.gaveur_id());
    TellOpening(alert, &event);
    if (alert.closed()) closings.push_back(ClosingOf(event, alert));
  }
  if (!result.events.empty()) {
    if (absl::Status status = copy->Finish(); !status.ok()) return status;
  }
  auto changes = ReadChanges(connection, kQualityOrigin, now_, &fold_);
  if (!changes.ok()) return changes.status();
  for (auto* list : {&closings, &*changes}) {
    for (realtime::v1::AlertEvent& event : *list) result.events.push_back(std::move(event));
  }
  return result;
}

}  // namespace egi::storage
