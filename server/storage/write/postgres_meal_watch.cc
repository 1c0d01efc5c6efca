#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "egi/realtime/v1/events.pb.h"
#include "server/analyse/alert_life.h"
#include "server/analyse/calendar.h"
#include "server/base/site_zone.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/event_append.h"
#include "server/storage/postgres/severity_name.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/write/meal_watch.h"
#include "server/storage/write/read_alert.h"

namespace egi::storage::write {
namespace {

// $1 now, $2 settled, $3 ids (empty = all). Lots that are fed, and those that people opened and nobody fed yet, with their newest meal, their clock and their open
// alerts (severity or -1, shelved), which tell what is still to be written. Each simulated lot has a simulated time of its own, so its
// clock is its newest meal and what has passed since for other lots of its stream: for the eight that changed last, newest meal less newest meal stored before.
constexpr char kLots[] = R"sql(
  SELECT l.id, l.code_lot, to_char(l.debut_lot, 'YYYY-MM-DD'), l.duree_gavage_prevue, s.time_zone, )sql" EGI_US("l.dernier_repas_time") R"sql(, m.slot, )sql" EGI_US(
    "c.now") R"sql(,
         coalesce(quiet.severity, -1), coalesce(quiet.shelved_until > c.now, false),
         coalesce(missed.severity, -1), coalesce(missed.shelved_until > c.now, false), coalesce(missed.last_sample, '')
  FROM lots_gavage l
  JOIN sites_euralis s ON s.code = l.site_code
  CROSS JOIN LATERAL (
    SELECT max(2 * g.jour + CASE g.moment WHEN 'soir' THEN 1 ELSE 0 END) AS slot, max(g.id) AS newest
    FROM gavage_meals g WHERE g.code_lot = l.code_lot AND g.jour >= 0) m
  CROSS JOIN LATERAL (
    SELECT CASE WHEN l.origine = 'simulator' THEN l.dernier_repas_time + coalesce((
      SELECT max(p.passed) FROM (
        SELECT o.code_lot FROM lots_gavage o
        WHERE o.origine = 'simulator' AND o.dernier_flux IS NOT DISTINCT FROM l.dernier_flux AND o.id <> l.id AND o.dernier_repas_time IS NOT NULL
        ORDER BY o.updated_at DESC LIMIT 8) near
      CROSS JOIN LATERAL (
        SELECT max(g.time) - max(g.time) FILTER (WHERE g.id <= m.newest) AS passed FROM gavage_meals g WHERE g.code_lot = near.code_lot AND g.jour >= 0) p),
      interval '0')
      ELSE $1::timestamptz END AS now) c
  LEFT JOIN alert_open quiet ON quiet.alert_type = 'silence' AND quiet.object_key = 'lot:' || l.code_lot
  LEFT JOIN alert_open missed ON missed.alert_type = 'repas_manquant' AND missed.object_key = 'lot:' || l.code_lot
  WHERE l.debut_lot IS NOT NULL AND (l.statut = 'en_gavage' AND l.dernier_repas_time IS NOT NULL AND m.slot IS NOT NULL
      OR l.statut = 'en_preparation' AND l.dernier_repas_time IS NULL AND l.origine NOT IN ('simulator', 'import'))
    AND (l.origine = 'simulator' OR $2::boolean) AND (cardinality($3::integer[]) = 0 OR l.id = ANY ($3::integer[]))
  ORDER BY l.code_lot)sql";

// $1 ids. Nobody feeds these lots meanwhile: a meal waits for the lock.
constexpr char kLockLots[] = "SELECT id FROM lots_gavage WHERE id = ANY ($1::integer[]) ORDER BY code_lot FOR SHARE";

// $1 type, $2 object, $3 when.
constexpr char kOpenOne[] = R"sql(
  SELECT alert_id, severity, last_sample, coalesce(shelved_until > $3::timestamptz, false) FROM alert_open
  WHERE alert_type = $1::text AND object_key = $2::text FOR UPDATE)sql";

// $1 alert, $2 when, $3 why.
constexpr char kClose[] = R"sql(
  WITH gone AS (DELETE FROM alert_open WHERE alert_id = $1::bigint RETURNING alert_id, time, occurrences, last_time)
  UPDATE alertes_euralis a SET closed_at = $2::timestamptz, close_reason = $3::text, occurrences = gone.occurrences, last_time = gone.last_time
  FROM gone WHERE a.id = gone.alert_id AND a.time = gone.time RETURNING a.id)sql";

// $1 alert, $2 when, $3 the meal that was missed.
constexpr char kCount[] = R"sql(
  UPDATE alert_open SET occurrences = occurrences + 1, last_time = greatest(last_time, $2::timestamptz), last_sample = $3::text, good_in_a_row = 0
  WHERE alert_id = $1::bigint)sql";

// Nothing comes back when another server opened it just now.
constexpr char kOpen[] = R"sql(
  WITH opened AS (
    INSERT INTO alert_open (alert_type, object_key, origin, alert_id, time, last_time, severity, last_sample)
    VALUES ($1::text, $2::text, 'EURALIS', nextval('egi_alert_id_seq'), $4::timestamptz, $4::timestamptz,
      array_position(ARRAY['info', 'warning', 'important', 'critique'], $5::text) - 1, nullif($11::text, ''))
    ON CONFLICT (alert_type, object_key) DO NOTHING RETURNING alert_id, time)
  INSERT INTO alertes_euralis (time, id, niveau, site_code, lot_id, code_lot, gaveur_id, type_alerte, severite, message, valeur_observee,
    valeur_attendue, ecart_pct, object_key, last_time, data_context)
  SELECT o.time, o.alert_id, 'lot', l.site_code, l.id, l.code_lot, l.gaveur_id, $1::text, $5::text, $6::text, $7::float8, $8::float8,
    nullif($9::text, '')::float8, $2::text, o.time, $10::jsonb
  FROM opened o, lots_gavage l WHERE l.id = $3::integer
  RETURNING id)sql";

// Open alerts of lots that are no longer fed.
constexpr char kIdle[] = R"sql(
  SELECT o.alert_id FROM alert_open o JOIN lots_gavage l ON o.object_key = 'lot:' || l.code_lot
  WHERE o.alert_type IN ('silence', 'repas_manquant') AND l.statut NOT IN ('en_preparation', 'en_gavage')
  ORDER BY o.alert_type, o.object_key FOR UPDATE OF o)sql";

// A lot with what it is silent about.
struct Silent {
  int32_t id = 0;
  std::string code_lot;
  absl::Time now;  // on its clock
  analyse::Absence absence;  // as far as it is not told yet
  bool over = false;         // its silence is: the first day of a lot that was never fed was put off
};

class PostgresMealWatch final : public MealWatch {
 public:
  PostgresMealWatch(Pool& pool, const analyse::MealRules& rules) : pool_(pool), rules_(rules) {}

  absl::StatusOr<int> Look(absl::Time now, bool settled) override {
    bool idle = false;
    std::vector<Silent> silent;
    absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) {
      silent = ReadSilent(transaction, now, settled, {});
      idle = !read::Run(transaction, absl::StrCat("SELECT 1 FROM (", WithoutLock(), ") i LIMIT 1"), {}).empty();
      return absl::OkStatus();
    });
    if (!status.ok() || (silent.empty() && !idle)) return status.ok() ? absl::StatusOr<int>(0) : status;
    int changes = 0;
    status = pool_.Write([&](pqxx::transaction_base& transaction) {
      std::vector<realtime::v1::Event> events;
      std::vector<int64_t> ids;
      for (const Silent& lot : silent) ids.push_back(lot.id);
      if (!ids.empty()) {
        read::Run(transaction, kLockLots, {IntArray(ids)});
        for (const Silent& lot : ReadSilent(transaction, now, settled, ids)) {
          Set(transaction, lot, analyse::kMissedMealAlert, lot.absence.missed, lot.absence.last_missed, &events);
          Set(transaction, lot, analyse::kSilenceAlert, lot.absence.silence, "", &events);
          if (lot.over) CloseSilence(transaction, lot, &events);
        }
      }
      for (const pqxx::row& row : read::Run(transaction, kIdle, {})) Close(transaction, row[0].c_str(), now, analyse::kBackInRange, &events);
      changes = static_cast<int>(events.size());
      AppendEvents(transaction, "alert", events);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return changes;
  }

 private:
  static std::string WithoutLock() {
    const std::string sql = kIdle;
    return sql.substr(0, sql.find(" FOR UPDATE"));
  }

  // Lots of which something is to be told, of those of `ids`, or of all.
  std::vector<Silent> ReadSilent(pqxx::transaction_base& transaction, absl::Time now, bool settled, const std::vector<int64_t>& ids) const {
    std::vector<Silent> silent;
    for (const pqxx::row& each : read::Run(transaction, kLots, {SqlTime(now), settled ? "t" : "f", IntArray(ids)})) {
      read::RowCursor row(each);
      Silent lot;
      lot.id = row.Int();
      lot.code_lot = row.Text();
      analyse::LotCalendar calendar;
      absl::ParseCivilTime(row.Text(), &calendar.first_day);
      if (row.IsNull()) {
        row.Skip();
      } else {
        calendar.planned_days = row.Int();
      }
      if (!absl::LoadTimeZone(row.Text(), &calendar.zone)) calendar.zone = SiteZone();
      const bool fed = !row.IsNull();
      const absl::Time last_meal = row.Time();
      int32_t last_slot = 0;
      if (fed) {
        last_slot = row.Int();
      } else {
        row.Skip();
      }
      lot.now = row.Time();
      lot.absence = fed ? analyse::JudgeAbsence(calendar, last_meal, last_slot, lot.now, rules_) : analyse::JudgeNeverFed(calendar, lot.now, rules_);
      const Told quiet{row.Int(), row.Bool(), ""};
      const int32_t missed = row.Int();
      const bool missed_shelved = row.Bool();
      lot.over = !fed && !lot.absence.silence.has_value() && quiet.severity >= 0;
      DropTold(quiet, "", &lot.absence.silence);
      DropTold({missed, missed_shelved, row.Text()}, lot.absence.last_missed, &lot.absence.missed);
      if (lot.absence.silence.has_value() || lot.absence.missed.has_value() || lot.over) silent.push_back(std::move(lot));
    }
    return silent;
  }

  // An open alert: its severity (-1 = none is open) and the meal it counted last.
  struct Told {
    int32_t severity;
    bool shelved;
    std::string counted;
  };

  // Drops what Set would write nothing for.
  static void DropTold(const Told& told, const std::string& missed, std::optional<analyse::AlertCandidate>* candidate) {
    if (!candidate->has_value() || told.severity < 0) return;
    const bool held = told.severity >= static_cast<int32_t>((*candidate)->severity) && (missed.empty() || missed == told.counted);
    if (told.shelved || held) candidate->reset();
  }

  static void CloseSilence(pqxx::transaction_base& transaction, const Silent& lot, std::vector<realtime::v1::Event>* events) {
    for (const pqxx::row& row : read::Run(transaction, kOpenOne, {analyse::kSilenceAlert, absl::StrCat("lot:", lot.code_lot), SqlTime(lot.now)})) {
      Close(transaction, row[0].c_str(), lot.now, analyse::kBackInRange, events);
    }
  }

  // Opens the alert, or makes it worse, or counts `missed` when it is another meal than the one counted last. A shelved alert is left alone.
  static void Set(pqxx::transaction_base& transaction, const Silent& lot, const char* type, const std::optional<analyse::AlertCandidate>& candidate,
                  const std::string& missed, std::vector<realtime::v1::Event>* events) {
    if (!candidate.has_value()) return;
    const std::string object = absl::StrCat("lot:", lot.code_lot), at = SqlTime(lot.now);
    const pqxx::result open = read::Run(transaction, kOpenOne, {type, object, at});
    if (!open.empty()) {
      read::RowCursor row(open[0]);
      const std::string id = row.Text();
      const int severity = row.Int();
      const std::string counted = row.Text();
      if (row.Bool()) return;
      if (severity >= static_cast<int>(candidate->severity)) {
        if (!missed.empty() && missed != counted) read::Run(transaction, kCount, {id, at, missed});
        return;
      }
      Close(transaction, id, lot.now, analyse::kEscalated, events);
    }
    const auto number = [](double value) { return absl::StrFormat("%.17g", value); };
    const pqxx::result opened =
        read::Run(transaction, kOpen, {type, object, absl::StrCat(lot.id), at, FrenchSeverity(candidate->severity), candidate->message,
                                       number(candidate->observed.value_or(0)), number(candidate->expected.value_or(0)),
                                       candidate->gap_pct.has_value() ? number(*candidate->gap_pct) : "", candidate->context_json, missed});
    if (!opened.empty()) events->push_back(ReadAlert(transaction, AlertOriginKind::kFeeding, opened[0][0].c_str(), lot.now));
  }

  static void Close(pqxx::transaction_base& transaction, const std::string& id, absl::Time when, const char* reason,
                    std::vector<realtime::v1::Event>* events) {
    const pqxx::result closed = read::Run(transaction, kClose, {id, SqlTime(when), reason});
    if (!closed.empty()) events->push_back(ReadAlert(transaction, AlertOriginKind::kFeeding, closed[0][0].c_str(), when));
  }

  Pool& pool_;
  const analyse::MealRules rules_;
};

}  // namespace

std::unique_ptr<MealWatch> NewPostgresMealWatch(Pool& pool, const analyse::MealRules& rules) {
  return std::make_unique<PostgresMealWatch>(pool, rules);
}

}  // namespace egi::storage::write
