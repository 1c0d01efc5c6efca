#include "server/storage/postgres/event_snapshot.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "server/storage/postgres/meal_row.h"
#include "server/storage/postgres/sample_row.h"

namespace egi::storage {
namespace {

using realtime::v1::AlertEvent;
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

constexpr char kAlerts[] = R"(
SELECT alert_id, origin, alert_type, severity, message, device_id, sample_id, site_code, code_lot, gaveur_id, data_context,
       (extract(epoch FROM time) * 1000000)::bigint, (extract(epoch FROM created_at) * 1000000)::bigint
FROM (
  SELECT o.alert_id, o.origin, a.alert_type, a.severity, a.message, a.device_id, a.sample_id, a.site_code, a.code_lot, l.gaveur_id,
         a.data_context::text, a.time, a.created_at
  FROM alert_open o JOIN sqal_alerts a ON a.alert_id = o.alert_id AND a.time = o.time LEFT JOIN lots_gavage l ON l.id = a.lot_id
  WHERE o.origin = 'SQAL'
  UNION ALL
  SELECT o.alert_id, o.origin, a.type_alerte, replace(a.severite, 'critique', 'critical'), a.message, NULL, NULL, a.site_code,
         a.code_lot, a.gaveur_id, '{}', a.time, a.created_at
  FROM alert_open o JOIN alertes_euralis a ON a.id = o.alert_id AND a.time = o.time
  WHERE o.origin = 'EURALIS') open
WHERE ($1::text IS NULL OR device_id = $1) AND ($2::text IS NULL OR site_code = $2) AND ($3::text IS NULL OR code_lot = $3)
  AND ($4::integer IS NULL OR gaveur_id = $4)
ORDER BY time)";

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

}  // namespace

absl::Status ReadPresent(Connection* connection, const Filter& filter, std::vector<Event>* events) {
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
    auto rows = connection->Query(kAlerts, {device, site, lot, gaveur});
    if (!rows.ok()) return rows.status();
    for (int i = 0; i < rows->size(); ++i) {
      AlertEvent* alert = Add(rows->integer(i, 12), events)->mutable_alert();
      alert->set_alert_id(static_cast<int32_t>(rows->integer(i, 0)));
      alert->set_origin(std::string(rows->text(i, 1)));
      alert->set_alert_type(std::string(rows->text(i, 2)));
      alert->set_severity(std::string(rows->text(i, 3)));
      alert->set_message(std::string(rows->text(i, 4)));
      alert->set_device_id(std::string(rows->text(i, 5)));
      alert->set_sample_id(std::string(rows->text(i, 6)));
      alert->set_site_code(std::string(rows->text(i, 7)));
      alert->set_code_lot(std::string(rows->text(i, 8)));
      alert->set_gaveur_id(static_cast<int32_t>(rows->integer(i, 9)));
      if (!google::protobuf::util::JsonStringToMessage(std::string(rows->text(i, 10)), alert->mutable_data_context()).ok()) {
        return absl::DataLossError(absl::StrCat("context of alert ", alert->alert_id(), " is no JSON object"));
      }
      ToTimestamp(absl::FromUnixMicros(rows->integer(i, 11)), alert->mutable_time());
    }
  }
  return absl::OkStatus();
}

}  // namespace egi::storage
