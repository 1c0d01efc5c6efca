#include "server/storage/postgres/alert_rows.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "server/base/proto_time.h"
#include "server/storage/postgres/alert_event.h"
#include "server/storage/postgres/json.h"
#include "server/storage/postgres/sql_time.h"

namespace egi::storage {
namespace {

constexpr char kLoad[] = R"(
SELECT alert_type, object_key, alert_id, (extract(epoch FROM time) * 1000000)::bigint, occurrences,
       (extract(epoch FROM last_time) * 1000000)::bigint, severity, good_in_a_row, acknowledged,
       (extract(epoch FROM shelved_until) * 1000000)::bigint, last_sample, worst_sample, worst_observed, worst_excess
FROM alert_open WHERE object_key = ANY ($1::text[]) AND origin = $2
ORDER BY alert_type, object_key FOR UPDATE)";

constexpr char kIds[] = "SELECT nextval('egi_alert_id_seq') FROM generate_series(1, $1::integer)";

constexpr char kDelete[] = "DELETE FROM alert_open WHERE alert_id = ANY ($1::bigint[])";

constexpr char kUpdate[] = R"(
UPDATE alert_open o SET occurrences = f.n, last_time = f.last, good_in_a_row = f.good, shelved_until = f.shelved, last_sample = f.last_sample,
  worst_sample = f.worst_sample, worst_observed = f.worst_observed, worst_excess = f.worst_excess
FROM unnest($1::bigint[], $2::integer[], $3::timestamptz[], $4::integer[], $5::timestamptz[], $6::text[], $7::text[], $8::float8[], $9::float8[])
  AS f (id, n, last, good, shelved, last_sample, worst_sample, worst_observed, worst_excess)
WHERE o.alert_id = f.id)";

constexpr char kInsert[] = R"(
INSERT INTO alert_open AS o (alert_id, occurrences, last_time, good_in_a_row, last_sample, worst_sample, worst_observed, worst_excess,
  alert_type, object_key, origin, time, severity)
SELECT id, n, last, good, last_sample, worst_sample, worst_observed, worst_excess, type, object, $13, time, severity
FROM unnest($1::bigint[], $2::integer[], $3::timestamptz[], $4::integer[], $5::timestamptz[], $6::text[], $7::text[], $8::float8[], $9::float8[],
  $10::text[], $11::text[], $12::timestamptz[], $14::integer[])
  AS f (id, n, last, good, shelved, last_sample, worst_sample, worst_observed, worst_excess, type, object, time, severity)
ORDER BY type, object
ON CONFLICT (alert_type, object_key) DO UPDATE SET occurrences = o.occurrences + excluded.occurrences,
  last_time = greatest(o.last_time, excluded.last_time), good_in_a_row = 0, last_sample = excluded.last_sample
RETURNING alert_id)";

// What both statements above take, in their order.
struct Columns {
  std::vector<int64_t> ids, counts, good, severities;
  std::vector<std::string> lasts, last_samples, worst_samples, types, objects, times;
  std::vector<Param> shelved, observed, excess;

  void Add(const FoldedAlert& alert) {
    ids.push_back(alert.id);
    counts.push_back(alert.life.occurrences);
    lasts.push_back(SqlTime(alert.life.last_time));
    good.push_back(alert.life.good_in_a_row);
    shelved.push_back(alert.life.shelved_until == absl::InfinitePast() ? Param() : Param(SqlTime(alert.life.shelved_until)));
    last_samples.push_back(alert.life.last_sample);
    worst_samples.push_back(alert.life.worst_sample);
    observed.push_back(absl::StrCat(alert.life.worst_observed));
    excess.push_back(absl::StrCat(alert.life.worst_excess));
    types.push_back(alert.type);
    objects.push_back(alert.object);
    times.push_back(SqlTime(alert.life.first_time));
    severities.push_back(static_cast<int64_t>(alert.life.severity));
  }
  std::vector<Param> Params() const {
    return {IntArray(ids),           IntArray(counts),         TextArray(lasts),        IntArray(good),       NullableArray(shelved),
            TextArray(last_samples), TextArray(worst_samples), NullableArray(observed), NullableArray(excess)};
  }
};

// Some alerts as events: $1 ids, $2 times of their rows. Statements are known by their address.
const char* ChangesSql(const AlertOrigin& origin) {
  const auto sql = [](const char* columns, const char* tables, const char* id) {
    return new std::string(absl::StrCat("SELECT ", columns, " FROM ", tables, " WHERE (", id,
                                        ", a.time) IN (SELECT * FROM unnest($1::bigint[], $2::timestamptz[])) ORDER BY ", id));
  };
  static const std::string* const quality = sql(kQualityEventColumns, kQualityEventTables, "a.alert_id");
  static const std::string* const feeding = sql(kFeedingEventColumns, kFeedingEventTables, "a.id");
  return (&origin == &kQualityOrigin ? quality : feeding)->c_str();
}

absl::Status CloseStored(Connection* connection, const AlertOrigin& origin, const std::deque<FoldedAlert>& alerts) {
  std::vector<int64_t> ids, counts;
  std::vector<std::string> times, closed, reasons, lasts, evidence;
  for (const FoldedAlert& alert : alerts) {
    if (!alert.stored || !alert.closed()) continue;
    ids.push_back(alert.id);
    times.push_back(SqlTime(alert.life.first_time));
    closed.push_back(SqlTime(alert.life.closed_time));
    reasons.push_back(alert.life.close_reason);
    counts.push_back(alert.life.occurrences);
    lasts.push_back(SqlTime(alert.life.last_time));
    evidence.push_back(WithEvidence("", alert));
  }
  if (ids.empty()) return absl::OkStatus();
  if (auto gone = connection->Query(kDelete, {IntArray(ids)}); !gone.ok()) return gone.status();
  return connection
      ->Query(origin.close, {IntArray(ids), TextArray(times), TextArray(closed), TextArray(reasons), IntArray(counts), TextArray(lasts),
                             TextArray(evidence)})
      .status();
}

absl::Status GiveIds(Connection* connection, std::deque<FoldedAlert>* alerts) {
  const auto fresh = std::count_if(alerts->begin(), alerts->end(), [](const FoldedAlert& alert) { return !alert.stored; });
  if (fresh == 0) return absl::OkStatus();
  auto rows = connection->Query(kIds, {absl::StrCat(fresh)});
  if (!rows.ok()) return rows.status();
  int next = 0;
  for (FoldedAlert& alert : *alerts) {
    if (!alert.stored) alert.id = rows->integer(next++, 0);
  }
  return absl::OkStatus();
}

}  // namespace

const AlertOrigin kQualityOrigin = {"SQAL", R"(
UPDATE sqal_alerts a SET closed_at = f.closed, close_reason = f.reason, occurrences = f.n, last_time = f.last, data_context = a.data_context || f.evidence
FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::integer[], $6::timestamptz[], $7::jsonb[])
  AS f (id, time, closed, reason, n, last, evidence)
WHERE a.alert_id = f.id AND a.time = f.time)"};

const AlertOrigin kFeedingOrigin = {"EURALIS", R"(
UPDATE alertes_euralis a SET closed_at = f.closed, close_reason = f.reason, occurrences = f.n, last_time = f.last,
  data_context = coalesce(a.data_context, '{}') || f.evidence
FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::integer[], $6::timestamptz[], $7::jsonb[])
  AS f (id, time, closed, reason, n, last, evidence)
WHERE a.id = f.id AND a.time = f.time)"};

absl::Status LoadOpenAlerts(Connection* connection, const AlertOrigin& origin, const std::vector<std::string>& objects, AlertFold* fold) {
  if (objects.empty()) return absl::OkStatus();
  auto rows = connection->Query(kLoad, {TextArray(objects), std::string(origin.name)});
  if (!rows.ok()) return rows.status();
  for (int i = 0; i < rows->size(); ++i) {
    FoldedAlert alert;
    alert.type = std::string(rows->text(i, 0));
    alert.object = std::string(rows->text(i, 1));
    alert.id = rows->integer(i, 2);
    alert.life.first_time = absl::FromUnixMicros(rows->integer(i, 3));
    alert.life.occurrences = rows->integer(i, 4);
    alert.life.last_time = absl::FromUnixMicros(rows->integer(i, 5));
    alert.life.severity = static_cast<analyse::Severity>(rows->integer(i, 6));
    alert.life.good_in_a_row = static_cast<int32_t>(rows->integer(i, 7));
    alert.life.acknowledged = rows->boolean(i, 8);
    if (!rows->is_null(i, 9)) alert.life.shelved_until = absl::FromUnixMicros(rows->integer(i, 9));
    alert.life.last_sample = std::string(rows->text(i, 10));
    alert.life.worst_sample = std::string(rows->text(i, 11));
    alert.life.worst_observed = rows->real(i, 12);
    alert.life.worst_excess = rows->real(i, 13);
    fold->Load(std::move(alert));
  }
  return absl::OkStatus();
}

absl::Status WriteOpenAlerts(Connection* connection, const AlertOrigin& origin, AlertFold* fold) {
  if (absl::Status status = GiveIds(connection, &fold->alerts()); !status.ok()) return status;
  if (absl::Status status = CloseStored(connection, origin, fold->alerts()); !status.ok()) return status;
  Columns stored, fresh;
  for (const FoldedAlert& alert : fold->alerts()) {
    if (alert.changed && !alert.closed()) (alert.stored ? stored : fresh).Add(alert);
  }
  if (!stored.ids.empty()) {
    if (auto done = connection->Query(kUpdate, stored.Params()); !done.ok()) return done.status();
  }
  if (fresh.ids.empty()) return absl::OkStatus();
  std::vector<Param> params = fresh.Params();
  params.push_back(TextArray(fresh.types));
  params.push_back(TextArray(fresh.objects));
  params.push_back(TextArray(fresh.times));
  params.push_back(std::string(origin.name));
  params.push_back(IntArray(fresh.severities));
  auto rows = connection->Query(kInsert, params);
  if (!rows.ok()) return rows.status();
  std::vector<int64_t> opened;
  for (int i = 0; i < rows->size(); ++i) opened.push_back(rows->integer(i, 0));
  for (FoldedAlert& alert : fold->alerts()) {
    if (alert.stored || alert.closed()) continue;
    alert.lost = std::find(opened.begin(), opened.end(), alert.id) == opened.end();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<realtime::v1::AlertEvent>> ReadChanges(Connection* connection, const AlertOrigin& origin, absl::Time now,
                                                                 AlertFold* fold) {
  std::vector<int64_t> ids;
  std::vector<std::string> times;
  for (const FoldedAlert& alert : fold->alerts()) {
    if (!alert.stored || !alert.told) continue;
    ids.push_back(alert.id);
    times.push_back(SqlTime(alert.life.first_time));
  }
  std::vector<realtime::v1::AlertEvent> events;
  if (ids.empty()) return events;
  auto rows = connection->Query(ChangesSql(origin), {IntArray(ids), TextArray(times)});
  if (!rows.ok()) return rows.status();
  for (int i = 0; i < rows->size(); ++i) {
    std::vector<std::string> columns;
    for (int c = 0; c < kAlertEventColumns; ++c) columns.emplace_back(rows->text(i, c));
    auto event = ReadAlertEvent(columns, now);
    if (!event.ok()) return event.status();
    events.push_back(*std::move(event));
  }
  return events;
}

void TellOpening(const FoldedAlert& alert, realtime::v1::AlertEvent* event) {
  event->set_alert_type(alert.type);
  event->set_message(alert.candidate->message);
  event->set_alert_id(static_cast<int32_t>(alert.id));
  event->set_state(analyse::NameOf(analyse::AlertState::kOpen));
  event->set_occurrences(static_cast<int32_t>(alert.life.occurrences));
  ToTimestamp(alert.life.first_time, event->mutable_time());
  ToTimestamp(alert.life.last_time, event->mutable_last_time());
  const std::string context = WithEvidence(alert.candidate->context_json, alert);
  if (!google::protobuf::util::JsonStringToMessage(context, event->mutable_data_context()).ok()) event->clear_data_context();
}

realtime::v1::AlertEvent ClosingOf(const realtime::v1::AlertEvent& opening, const FoldedAlert& alert) {
  realtime::v1::AlertEvent event = opening;
  event.set_state(analyse::NameOf(analyse::AlertState::kClosed));
  event.set_close_reason(alert.life.close_reason);
  ToTimestamp(alert.life.closed_time, event.mutable_closed_time());
  return event;
}

}  // namespace egi::storage
