#include "server/storage/postgres/quality_alerts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "server/storage/postgres/sample_row.h"
#include "server/storage/postgres/sql_time.h"

namespace egi::storage {
namespace {

constexpr char kCount[] = R"(
UPDATE alert_open o SET occurrences = o.occurrences + f.n, last_time = greatest(o.last_time, f.last)
FROM unnest($1::text[], $2::text[], $3::integer[], $4::timestamptz[]) AS f (type, object, n, last)
WHERE o.alert_type = f.type AND o.object_key = f.object
RETURNING o.alert_type, o.object_key)";

// Another server may have opened the same alert since kCount: then it is counted here.
constexpr char kOpen[] = R"(
INSERT INTO alert_open AS o (alert_type, object_key, origin, alert_id, time, occurrences, last_time)
SELECT type, object, 'SQAL', nextval('egi_alert_id_seq'), first, n, last
FROM unnest($1::text[], $2::text[], $3::integer[], $4::timestamptz[], $5::timestamptz[]) AS f (type, object, n, last, first)
ORDER BY type, object
ON CONFLICT (alert_type, object_key) DO UPDATE SET
  occurrences = o.occurrences + excluded.occurrences, last_time = greatest(o.last_time, excluded.last_time)
RETURNING alert_type, object_key, alert_id, xmax = 0)";

constexpr char kCopyAlerts[] =
    "COPY sqal_alerts (time, alert_id, device_id, sample_id, site_code, lot_id, code_lot, alert_type, severity, message, "
    "data_context, object_key, occurrences, last_time, batch_id, ordinal) FROM STDIN BINARY";

std::string ObjectOf(const quality::v1::GradedSample& graded) {
  return graded.code_lot().empty() ? absl::StrCat("device:", graded.sample().device_id()) : absl::StrCat("lot:", graded.code_lot());
}

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

void QualityAlerts::Add(size_t item, const quality::v1::GradedSample& graded,
                        const std::vector<analyse::AlertCandidate>& candidates) {
  const absl::Time time = ToTime(graded.sample().sample_time());
  for (const analyse::AlertCandidate& candidate : candidates) {
    Fold& fold = folds_[{candidate.type, ObjectOf(graded)}];
    if (fold.occurrences++ == 0) {
      fold.item = item;
      fold.graded = &graded;
      fold.candidate = &candidate;
      fold.last = time;
    }
    fold.last = std::max(fold.last, time);
  }
}

absl::Status QualityAlerts::CountRepeats(Connection* connection, std::map<Key, Fold>* fresh) {
  std::vector<std::string> types, objects, lasts;
  std::vector<int64_t> counts;
  for (const auto& [key, fold] : *fresh) {
    types.push_back(key.first);
    objects.push_back(key.second);
    counts.push_back(fold.occurrences);
    lasts.push_back(SqlTime(fold.last));
  }
  auto rows = connection->Query(kCount, {TextArray(types), TextArray(objects), IntArray(counts), TextArray(lasts)});
  if (!rows.ok()) return rows.status();
  for (int i = 0; i < rows->size(); ++i) fresh->erase({std::string(rows->text(i, 0)), std::string(rows->text(i, 1))});
  return absl::OkStatus();
}

absl::Status QualityAlerts::Open(Connection* connection, std::map<Key, Fold>* fresh) {
  std::vector<std::string> types, objects, lasts, firsts;
  std::vector<int64_t> counts;
  for (const auto& [key, fold] : *fresh) {
    types.push_back(key.first);
    objects.push_back(key.second);
    counts.push_back(fold.occurrences);
    lasts.push_back(SqlTime(fold.last));
    firsts.push_back(SqlTime(ToTime(fold.graded->sample().sample_time())));
  }
  auto rows = connection->Query(
      kOpen, {TextArray(types), TextArray(objects), IntArray(counts), TextArray(lasts), TextArray(firsts)});
  if (!rows.ok()) return rows.status();
  for (int i = 0; i < rows->size(); ++i) {
    const auto found = fresh->find({std::string(rows->text(i, 0)), std::string(rows->text(i, 1))});
    if (found == fresh->end()) continue;
    if (rows->boolean(i, 3)) {
      found->second.alert_id = rows->integer(i, 2);
    } else {
      fresh->erase(found);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<QualityAlerts::Opened>> QualityAlerts::Write(Connection* connection, CopyWriter* copy,
                                                                       int64_t batch_id, int32_t first_ordinal) {
  std::vector<Opened> opened;
  std::map<Key, Fold> fresh = folds_;
  if (fresh.empty()) return opened;
  if (absl::Status status = CountRepeats(connection, &fresh); !status.ok()) return status;
  if (fresh.empty()) return opened;
  if (absl::Status status = Open(connection, &fresh); !status.ok()) return status;
  if (absl::Status status = copy->Start(connection, kCopyAlerts); !status.ok()) return status;
  for (const auto& [key, fold] : fresh) {
    const auto& graded = *fold.graded;
    const auto& candidate = *fold.candidate;
    if (absl::Status status = copy->StartRow(16); !status.ok()) return status;
    copy->Time(ToTime(graded.sample().sample_time()));
    copy->Int8(fold.alert_id);
    copy->Text(graded.sample().device_id());
    copy->Text(graded.sample().sample_id());
    copy->TextOrNull(graded.site_code());
    copy->Int4OrNull(graded.lot_id());
    copy->TextOrNull(graded.code_lot());
    copy->Text(candidate.type);
    copy->Text(QualitySeverity(candidate.severity));
    copy->Text(candidate.message);
    copy->Jsonb(candidate.context_json.empty() ? "{}" : candidate.context_json);
    copy->Text(key.second);
    copy->Int4(static_cast<int32_t>(fold.occurrences));
    copy->Time(fold.last);
    copy->Int8(batch_id);
    copy->Int4(first_ordinal + static_cast<int32_t>(opened.size()));

    Opened& alert = opened.emplace_back();
    alert.item = fold.item;
    realtime::v1::AlertEvent& event = alert.event;
    event.set_alert_id(static_cast<int32_t>(fold.alert_id));
    event.set_origin("SQAL");
    event.set_alert_type(candidate.type);
    event.set_severity(QualitySeverity(candidate.severity));
    event.set_message(candidate.message);
    event.set_device_id(graded.sample().device_id());
    event.set_sample_id(graded.sample().sample_id());
    event.set_site_code(graded.site_code());
    event.set_code_lot(graded.code_lot());
    event.set_gaveur_id(graded.gaveur_id());
    if (!google::protobuf::util::JsonStringToMessage(candidate.context_json, event.mutable_data_context()).ok()) {
      event.clear_data_context();
    }
    *event.mutable_time() = graded.sample().sample_time();
  }
  if (absl::Status status = copy->Finish(); !status.ok()) return status;
  return opened;
}

}  // namespace egi::storage
