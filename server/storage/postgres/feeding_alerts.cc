#include "server/storage/postgres/feeding_alerts.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "server/base/proto_time.h"
#include "server/storage/postgres/severity_name.h"
#include "server/storage/postgres/sql_time.h"

namespace egi::storage {
namespace {

constexpr char kLoad[] = R"(
SELECT o.alert_type, o.object_key, o.alert_id, (extract(epoch FROM o.time) * 1000000)::bigint, o.occurrences,
       (extract(epoch FROM o.last_time) * 1000000)::bigint,
       array_position(ARRAY['info', 'warning', 'important', 'critique'], a.severite) - 1
FROM unnest($1::text[], $2::text[]) AS k (type, object) JOIN alert_open o ON o.alert_type = k.type AND o.object_key = k.object
JOIN alertes_euralis a ON a.id = o.alert_id AND a.time = o.time)";

constexpr char kIds[] = "SELECT nextval('egi_alert_id_seq') FROM generate_series(1, $1::integer)";

constexpr char kOpen[] = R"(
INSERT INTO alert_open (alert_type, object_key, origin, alert_id, time, occurrences, last_time)
SELECT type, object, 'EURALIS', id, time, n, last
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::integer[], $6::timestamptz[])
  AS a (type, object, id, time, n, last)
ON CONFLICT (alert_type, object_key) DO UPDATE SET occurrences = excluded.occurrences, last_time = excluded.last_time
  WHERE alert_open.alert_id = excluded.alert_id)";

constexpr char kClose[] = R"(
WITH gone AS (
  DELETE FROM alert_open o USING unnest($1::bigint[]) AS c (id) WHERE o.alert_id = c.id)
UPDATE alertes_euralis a SET closed_at = c.closed, occurrences = c.n, last_time = c.last
FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::integer[], $5::timestamptz[]) AS c (id, time, closed, n, last)
WHERE a.id = c.id AND a.time = c.time)";

constexpr char kCopy[] =
    "COPY alertes_euralis (time, id, niveau, site_code, lot_id, code_lot, gaveur_id, type_alerte, severite, message, valeur_observee, "
    "valeur_attendue, ecart_pct, object_key, occurrences, last_time, closed_at, batch_id, ordinal) FROM STDIN BINARY";

std::string ObjectOf(const feeding::v1::RecordedMeal& meal) { return absl::StrCat("lot:", meal.meal().code_lot()); }

}  // namespace

void FeedingAlerts::Add(size_t item, const feeding::v1::RecordedMeal& meal, analyse::MealVerdict verdict, bool late) {
  if (late) verdict.cleared.clear();
  if (verdict.alerts.empty() && verdict.cleared.empty()) return;
  verdicts_.push_back({item, meal, std::move(verdict), late});
}

absl::Status FeedingAlerts::LoadOpen(Connection* connection) {
  std::set<Key> keys;
  for (const Verdict& verdict : verdicts_) {
    const std::string object = ObjectOf(verdict.meal);
    for (const auto& candidate : verdict.verdict.alerts) keys.emplace(candidate.type, object);
    for (const std::string& type : verdict.verdict.cleared) keys.emplace(type, object);
  }
  std::vector<std::string> types, objects;
  for (const auto& [type, object] : keys) {
    types.push_back(type);
    objects.push_back(object);
  }
  auto rows = connection->Query(kLoad, {TextArray(types), TextArray(objects)});
  if (!rows.ok()) return rows.status();
  for (int i = 0; i < rows->size(); ++i) {
    Alert alert;
    alert.key = {std::string(rows->text(i, 0)), std::string(rows->text(i, 1))};
    alert.id = rows->integer(i, 2);
    alert.time = absl::FromUnixMicros(rows->integer(i, 3));
    alert.occurrences = rows->integer(i, 4);
    alert.last = absl::FromUnixMicros(rows->integer(i, 5));
    alert.severity = static_cast<analyse::Severity>(rows->integer(i, 6));
    alert.stored = true;
    open_[alert.key] = alerts_.size();
    alerts_.push_back(std::move(alert));
  }
  return absl::OkStatus();
}

void FeedingAlerts::Apply() {
  for (size_t v = 0; v < verdicts_.size(); ++v) {
    const Verdict& verdict = verdicts_[v];
    for (const std::string& type : verdict.verdict.cleared) {
      const auto found = open_.find({type, ObjectOf(verdict.meal)});
      if (found == open_.end()) continue;
      Close(&alerts_[found->second], ToTime(verdict.meal.meal().timestamp()));
      open_.erase(found);
    }
    for (size_t c = 0; c < verdict.verdict.alerts.size(); ++c) Count(v, c);
  }
}

void FeedingAlerts::Close(Alert* alert, absl::Time time) {
  alert->closed = std::max(time, alert->time);
  alert->changed = true;
}

void FeedingAlerts::Count(size_t verdict, size_t candidate) {
  const absl::Time time = ToTime(verdicts_[verdict].meal.meal().timestamp());
  const analyse::AlertCandidate& seen = verdicts_[verdict].verdict.alerts[candidate];
  const Key key{seen.type, ObjectOf(verdicts_[verdict].meal)};
  auto [at, fresh] = open_.emplace(key, alerts_.size());
  if (!fresh && seen.severity > alerts_[at->second].severity) {
    Close(&alerts_[at->second], time);
    at->second = alerts_.size();
    fresh = true;
  }
  if (fresh) {
    Alert& alert = alerts_.emplace_back();
    alert.key = key;
    alert.time = alert.last = time;
    alert.severity = seen.severity;
    alert.verdict = verdict;
    alert.candidate = candidate;
  }
  Alert& alert = alerts_[at->second];
  ++alert.occurrences;
  alert.last = std::max(alert.last, time);
  alert.changed = true;
}

absl::Status FeedingAlerts::GiveIds(Connection* connection) {
  const auto fresh = std::count_if(alerts_.begin(), alerts_.end(), [](const Alert& alert) { return !alert.stored; });
  if (fresh == 0) return absl::OkStatus();
  auto rows = connection->Query(kIds, {absl::StrCat(fresh)});
  if (!rows.ok()) return rows.status();
  int next = 0;
  for (Alert& alert : alerts_) {
    if (!alert.stored) alert.id = rows->integer(next++, 0);
  }
  return absl::OkStatus();
}

absl::Status FeedingAlerts::WriteClosed(Connection* connection) {
  std::vector<int64_t> ids, counts;
  std::vector<std::string> times, closed, lasts;
  for (const Alert& alert : alerts_) {
    if (!alert.stored || alert.closed == absl::InfiniteFuture()) continue;
    ids.push_back(alert.id);
    times.push_back(SqlTime(alert.time));
    closed.push_back(SqlTime(alert.closed));
    counts.push_back(alert.occurrences);
    lasts.push_back(SqlTime(alert.last));
  }
  if (ids.empty()) return absl::OkStatus();
  return connection->Query(kClose, {IntArray(ids), TextArray(times), TextArray(closed), IntArray(counts), TextArray(lasts)}).status();
}

absl::Status FeedingAlerts::WriteOpen(Connection* connection) {
  std::vector<std::string> types, objects, times, lasts;
  std::vector<int64_t> ids, counts;
  for (const Alert& alert : alerts_) {
    if (!alert.changed || alert.closed != absl::InfiniteFuture()) continue;
    types.push_back(alert.key.first);
    objects.push_back(alert.key.second);
    ids.push_back(alert.id);
    times.push_back(SqlTime(alert.time));
    counts.push_back(alert.occurrences);
    lasts.push_back(SqlTime(alert.last));
  }
  if (ids.empty()) return absl::OkStatus();
  return connection
      ->Query(kOpen, {TextArray(types), TextArray(objects), IntArray(ids), TextArray(times), IntArray(counts), TextArray(lasts)})
      .status();
}

absl::StatusOr<std::vector<FeedingAlerts::Opened>> FeedingAlerts::WriteRows(Connection* connection, CopyWriter* copy,
                                                                           int64_t batch_id, int32_t first_ordinal) {
  std::vector<Opened> opened;
  for (const Alert& alert : alerts_) {
    if (alert.stored) continue;
    if (opened.empty()) {
      if (absl::Status status = copy->Start(connection, kCopy); !status.ok()) return status;
    }
    const Verdict& verdict = verdicts_[alert.verdict];
    const auto& meal = verdict.meal.meal();
    const analyse::AlertCandidate& candidate = verdict.verdict.alerts[alert.candidate];
    if (absl::Status status = copy->StartRow(19); !status.ok()) return status;
    copy->Time(alert.time);
    copy->Int8(alert.id);
    copy->Text("lot");
    copy->Text(meal.site());
    copy->Int4(verdict.meal.lot_id());
    copy->Text(meal.code_lot());
    copy->Int4OrNull(meal.gaveur_id());
    copy->Text(candidate.type);
    copy->Text(FrenchSeverity(candidate.severity));
    copy->Text(candidate.message);
    copy->MaybeFloat8(candidate.observed);
    copy->MaybeFloat8(candidate.expected);
    copy->MaybeFloat8(candidate.gap_pct);
    copy->Text(alert.key.second);
    copy->Int4(static_cast<int32_t>(alert.occurrences));
    copy->Time(alert.last);
    alert.closed == absl::InfiniteFuture() ? copy->Null() : copy->Time(alert.closed);
    copy->Int8(batch_id);
    copy->Int4(first_ordinal + static_cast<int32_t>(opened.size()));

    Opened& one = opened.emplace_back();
    one.item = verdict.item;
    one.event.set_alert_id(static_cast<int32_t>(alert.id));
    one.event.set_origin("EURALIS");
    one.event.set_alert_type(candidate.type);
    one.event.set_severity(EventSeverity(candidate.severity));
    one.event.set_message(candidate.message);
    one.event.set_site_code(meal.site());
    one.event.set_code_lot(meal.code_lot());
    one.event.set_gaveur_id(meal.gaveur_id());
    if (!google::protobuf::util::JsonStringToMessage(candidate.context_json, one.event.mutable_data_context()).ok()) {
      one.event.clear_data_context();
    }
    ToTimestamp(alert.time, one.event.mutable_time());
  }
  if (!opened.empty()) {
    if (absl::Status status = copy->Finish(); !status.ok()) return status;
  }
  return opened;
}

absl::StatusOr<std::vector<FeedingAlerts::Opened>> FeedingAlerts::Write(Connection* connection, CopyWriter* copy, int64_t batch_id,
                                                                       int32_t first_ordinal) {
  if (verdicts_.empty()) return std::vector<Opened>();
  if (absl::Status status = LoadOpen(connection); !status.ok()) return status;
  Apply();
  if (absl::Status status = GiveIds(connection); !status.ok()) return status;
  if (absl::Status status = WriteClosed(connection); !status.ok()) return status;
  if (absl::Status status = WriteOpen(connection); !status.ok()) return status;
  return WriteRows(connection, copy, batch_id, first_ordinal);
}

}  // namespace egi::storage
