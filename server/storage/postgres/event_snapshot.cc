#include "server/storage/postgres/event_snapshot.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/storage/postgres/alert_event.h"
#include "server/storage/postgres/meal_row.h"
#include "server/storage/postgres/sample_row.h"

namespace egi::storage {
namespace {

using realtime::v1::Event;
using realtime::v1::Filter;

// $1 device, $2 site, $3 lot, $4 feeder, $5 grades; null = any.
const std::string& SamplesSql() {
  static const std::string* const sql = new std::string(absl::StrCat(
      "SELECT (extract(epoch FROM s.created_at) * 1000000)::bigint, ", kSampleColumns,
      " FROM sqal_devices device CROSS JOIN LATERAL (SELECT * FROM sqal_samples x WHERE x.device_id = device.device_id "
      "AND ($2::text IS NULL OR x.site_code = $2) AND ($3::text IS NULL OR x.code_lot = $3) "
      "AND ($4::integer IS NULL OR x.gaveur_id = $4) AND ($5::text[] IS NULL OR x.fusion_final_grade = ANY ($5)) "
      "ORDER BY x.time DESC LIMIT 1) s WHERE ($1::text IS NULL OR device.device_id = $1) ORDER BY s.time"));
  return *sql;
}

const std::string& MealsSql() {
  static const std::string* const sql = new std::string(absl::StrCat(
      "SELECT (extract(epoch FROM d.created_at) * 1000000)::bigint, ", kMealColumns,
      " FROM lots_gavage l CROSS JOIN LATERAL (SELECT * FROM doses_journalieres x WHERE x.code_lot = l.code_lot "
      "ORDER BY x.time DESC LIMIT 1) d JOIN gavage_meals g ON g.code_lot = d.code_lot AND g.jour = d.jour AND g.moment = d.moment "
      "WHERE l.statut = 'en_gavage' AND ($1::text IS NULL OR l.site_code = $1) AND ($2::text IS NULL OR l.code_lot = $2) "
      "AND ($3::integer IS NULL OR l.gaveur_id = $3) ORDER BY d.time"));
  return *sql;
}

// Open alerts; $1 device, $2 site, $3 lot, $4 feeder; null = any. The time of the commit follows the columns of an event.
const std::string& QualityAlertsSql() {
  static const std::string* const sql = new std::string(absl::StrCat(
      "SELECT ", kQualityEventColumns, ", (extract(epoch FROM a.created_at) * 1000000)::bigint FROM ", kQualityEventTables,
      " WHERE o.origin = 'SQAL' AND ($1::text IS NULL OR a.device_id = $1) AND ($2::text IS NULL OR a.site_code = $2) "
      "AND ($3::text IS NULL OR a.code_lot = $3) AND ($4::integer IS NULL OR l.gaveur_id = $4)"));
  return *sql;
}

// The same without a device.
const std::string& FeedingAlertsSql() {
  static const std::string* const sql = new std::string(absl::StrCat(
      "SELECT ", kFeedingEventColumns, ", (extract(epoch FROM a.created_at) * 1000000)::bigint FROM ", kFeedingEventTables,
      " WHERE o.origin = 'EURALIS' AND ($1::text IS NULL OR a.site_code = $1) AND ($2::text IS NULL OR a.code_lot = $2) "
      "AND ($3::integer IS NULL OR a.gaveur_id = $3)"));
  return *sql;
}

Param OrNull(const std::string& text) { return text.empty() ? Param() : Param(text); }

Param GradesDownTo(const std::string& worst) {
  if (worst.empty()) return Param();
  std::vector<std::string> grades;
  for (const char* grade : {"A+", "A", "B", "C", "REJECT"}) {
    grades.push_back(grade);
    if (worst == grade) break;
  }
  return TextArray(grades);
}

bool Wants(const Filter& filter, realtime::v1::EventKind kind) {
  return filter.kinds().empty() || std::find(filter.kinds().begin(), filter.kinds().end(), kind) != filter.kinds().end();
}

Event* Add(int64_t commit_micros, std::vector<Event>* events) {
  Event* event = &events->emplace_back();
  event->set_snapshot(true);
  ToTimestamp(absl::FromUnixMicros(commit_micros), event->mutable_commit_time());
  return event;
}

absl::Status AddAlerts(const absl::StatusOr<Rows>& rows, absl::Time now, std::vector<Event>* events) {
  if (!rows.ok()) return rows.status();
  for (int i = 0; i < rows->size(); ++i) {
    std::vector<std::string> columns;
    for (int c = 0; c < kAlertEventColumns; ++c) columns.emplace_back(rows->text(i, c));
    auto alert = ReadAlertEvent(columns, now);
    if (!alert.ok()) return alert.status();
    *Add(rows->integer(i, kAlertEventColumns), events)->mutable_alert() = *std::move(alert);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadPresent(Connection* connection, const Filter& filter, absl::Time now, std::vector<Event>* events) {
  const Param device = OrNull(filter.device_id()), site = OrNull(filter.site_code()), lot = OrNull(filter.code_lot());
  const Param gaveur = filter.gaveur_id() > 0 ? Param(absl::StrCat(filter.gaveur_id())) : Param();
  if (Wants(filter, realtime::v1::EVENT_KIND_SAMPLE)) {
    auto rows = connection->Query(SamplesSql().c_str(), {device, site, lot, gaveur, GradesDownTo(filter.min_grade())});
    if (!rows.ok()) return rows.status();
    for (int i = 0; i < rows->size(); ++i) {
      auto graded = ReadSampleRow(*rows, i, 1);
      if (!graded.ok()) return graded.status();
      *Add(rows->integer(i, 0), events)->mutable_sample() = *std::move(graded);
    }
  }
  if (Wants(filter, realtime::v1::EVENT_KIND_MEAL) && filter.device_id().empty()) {
    auto rows = connection->Query(MealsSql().c_str(), {site, lot, gaveur});
    if (!rows.ok()) return rows.status();
    for (int i = 0; i < rows->size(); ++i) *Add(rows->integer(i, 0), events)->mutable_meal() = ReadMealRow(*rows, i, 1);
  }
  if (Wants(filter, realtime::v1::EVENT_KIND_ALERT)) {
    std::vector<Event> alerts;
    absl::Status status = AddAlerts(connection->Query(QualityAlertsSql().c_str(), {device, site, lot, gaveur}), now, &alerts);
    if (status.ok() && filter.device_id().empty()) {
      status = AddAlerts(connection->Query(FeedingAlertsSql().c_str(), {site, lot, gaveur}), now, &alerts);
    }
    if (!status.ok()) return status;
    std::stable_sort(alerts.begin(), alerts.end(),
                     [](const Event& a, const Event& b) { return ToTime(a.alert().time()) < ToTime(b.alert().time()); });
    std::move(alerts.begin(), alerts.end(), std::back_inserter(*events));
  }
  return absl::OkStatus();
}

}  // namespace egi::storage
