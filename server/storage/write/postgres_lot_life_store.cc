#include <functional>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "server/analyse/judge.h"
#include "server/base/rich_status.h"
#include "server/lots/feeder_site.h"
#include "server/lots/lot_life.h"
#include "server/storage/postgres/event_append.h"
#include "server/storage/postgres/lot_queue.h"
#include "server/storage/read/conditions.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/write/lot_alerts.h"
#include "server/storage/write/lot_events.h"
#include "server/storage/write/lot_life_store.h"
#include "server/storage/write/unknown_feeder.h"

namespace egi::storage::write {
namespace {

using feeding::v1::CancelLotRequest;
using feeding::v1::FinishLotRequest;
using feeding::v1::LotChange;
using feeding::v1::RestoreLotRequest;
using feeding::v1::SlaughterLotRequest;
using feeding::v1::UpdateLotRequest;
using lots::State;
using lots::Transition;
using read::Run;

constexpr char kUpdateName[] = "update";

// A locked lot.
struct LockedLot {
  int32_t id = 0;
  std::string code, site;
  State state = State::kEnPreparation;
  int32_t placed = 0;  // 0 = unknown
  int32_t alive = 0;   // 0 = unknown
  int32_t taken = 0;   // birds collected or hung, the greater number; 0 = unknown
  std::string first_day;  // empty = unknown
  std::string last_day;   // planned, YYYY-MM-DD; empty = unknown
  std::string slaughtered;  // day of slaughter that is recorded, YYYY-MM-DD; empty = none
  double corn_g = 0;
  absl::Time updated_at;
};

constexpr char kLock[] = R"sql(
  SELECT l.id, l.code_lot, l.site_code, l.statut, coalesce(l.nb_canards_meg, l.nb_canards_initial), l.nb_canards_vivants,
         to_char(l.debut_lot, 'YYYY-MM-DD'), l.total_corn_real, )sql" EGI_US("l.updated_at") R"sql(,
         greatest(l.nb_canards_enleves, l.nb_canards_accroches), to_char(l.debut_lot + l.duree_gavage_prevue - 1, 'YYYY-MM-DD'),
         to_char(l.date_abattage, 'YYYY-MM-DD')
  FROM lots_gavage l WHERE )sql";

// The feeder's site, null when the feeder is not bound to one; no row for an unknown feeder.
constexpr char kFirstSite[] = "UPDATE gaveurs_euralis SET site_code = $2::text WHERE id = $1::integer AND site_code IS NULL";
constexpr char kFeederSite[] = "SELECT coalesce(site_code, '') FROM gaveurs_euralis WHERE id = $1::integer";

// Empty parameters leave a column as it is.
constexpr char kUpdate[] = R"sql(
  UPDATE lots_gavage SET gaveur_id = coalesce(nullif($2::text, '')::integer, gaveur_id), genetique = coalesce(nullif($3::text, ''), genetique),
    debut_lot = coalesce(nullif($4::text, '')::date, debut_lot),
    duree_gavage_prevue = CASE WHEN $5::text = '' THEN duree_gavage_prevue
      ELSE $5::date - coalesce(nullif($4::text, '')::date, debut_lot) + 1 END,
    nb_canards_initial = coalesce(nullif($6::text, '')::integer, nb_canards_initial),
    nb_canards_meg = CASE WHEN nb_canards_meg IS NOT NULL THEN coalesce(nullif($6::text, '')::integer, nb_canards_meg) END,
    pctg_perte_gavage = CASE WHEN nb_canards_meg IS NULL OR nb_canards_accroches IS NULL OR $6::text = '' THEN pctg_perte_gavage
      ELSE (nullif($6::text, '')::integer - nb_canards_accroches) / nullif($6::text, '')::float8 END,
    poids_moyen_initial = coalesce(nullif($7::text, '')::float8, poids_moyen_initial),
    objectif_quantite_mais = coalesce(nullif($8::text, '')::float8, objectif_quantite_mais),
    objectif_poids_final = coalesce(nullif($9::text, '')::float8, objectif_poids_final),
    lot_mais_id = coalesce(nullif($10::text, '')::integer, lot_mais_id), age_animaux = coalesce(nullif($11::text, '')::integer, age_animaux)
  WHERE id = $1::integer RETURNING itm, 100 * pctg_perte_gavage)sql";

constexpr char kFinish[] = R"sql(
  UPDATE lots_gavage SET statut = 'termine', pret_abattage = true, duree_gavage_reelle = coalesce(duree_gavage_reelle, nullif(least(jour_actuel + 1, 27), 0))
  WHERE id = $1::integer)sql";

// domain.md section 4: ITM = corn per duck / mean liver weight; section 15.3: loss = (placed - hung) / placed. What is not told stays as it was: an imported lot
// brings its figures along.
constexpr char kSlaughter[] = R"sql(
  UPDATE lots_gavage SET statut = 'abattu', date_abattage = $2::date, nb_canards_enleves = coalesce(nullif($3::text, '')::integer, nb_canards_enleves),
    nb_canards_accroches = $4::integer, poids_foie_moyen = coalesce(nullif($5::text, '')::float8, poids_foie_moyen),
    sigma = coalesce(nullif($6::text, '')::float8, sigma),
    nb_canards_meg = coalesce(nb_canards_meg, nb_canards_initial),
    pctg_perte_gavage = (coalesce(nb_canards_meg, nb_canards_initial) - $4::integer) / nullif(coalesce(nb_canards_meg, nb_canards_initial), 0)::float8,
    itm = coalesce(total_corn_real / nullif($5::text, '')::float8, itm),
    duree_gavage_reelle = coalesce(duree_gavage_reelle, nullif(least(jour_actuel + 1, 27), 0))
  WHERE id = $1::integer RETURNING itm, 100 * pctg_perte_gavage)sql";

// $2 day. A lot that is slaughtered before its inspection waits with the day of its slaughter, at noon or now when that is still to come (its livers are measured at
// once, and no sample lies in the future); one that was inspected keeps the day it had.
constexpr char kSlaughterOfPending[] = R"sql(
  UPDATE sqal_pending_lots SET date_abattage = least(($2::date + time '12:00') AT TIME ZONE 'Europe/Paris', now())
  WHERE code_lot = $1::text AND status IN ('pending', 'inspecting', 'error') AND date_inspection_sqal IS NULL)sql";

constexpr char kSetState[] = "UPDATE lots_gavage SET statut = $2::text WHERE id = $1::integer";

constexpr char kBeforeCancel[] = R"sql(
  SELECT before->>'statut' FROM lots_gavage_history
  WHERE lot_id = $1::integer AND after->>'statut' = 'annule' AND before->>'statut' <> 'annule' ORDER BY id DESC LIMIT 1)sql";

constexpr char kMeals[] = "SELECT EXISTS (SELECT FROM gavage_meals m JOIN lots_gavage l ON l.code_lot = m.code_lot WHERE l.id = $1::integer)";

constexpr char kChanges[] = R"sql(
  SELECT h.id, )sql" EGI_US("h.changed_at") R"sql(, h.changed_by, h.transition, h.reason,
         (SELECT coalesce(jsonb_agg(jsonb_build_array(k, h.before->>k, coalesce(h.after, '{}')->>k) ORDER BY k), '[]')
          FROM jsonb_object_keys(h.before || coalesce(h.after, '{}')) AS k
          WHERE h.before->k IS DISTINCT FROM h.after->k AND k NOT IN ('updated_at', 'itm_moyen'))
  FROM lots_gavage_history h WHERE h.lot_id = $1::integer AND ($2::bigint = 0 OR h.id < $2::bigint)
  ORDER BY h.id DESC LIMIT $3::integer)sql";

std::string Text(bool present, double value) { return present ? absl::StrFormat("%.17g", value) : std::string(); }
std::string Number(bool present, int32_t value) { return present ? std::to_string(value) : std::string(); }

absl::StatusOr<LockedLot> Lock(pqxx::transaction_base& transaction, const read::LotKey& key) {
  const pqxx::result rows = Run(transaction, absl::StrCat(kLock, read::LotIs(key), " = $1 FOR NO KEY UPDATE"), {read::LotValue(key)});
  if (rows.empty()) return read::LotNotFound(key);
  read::RowCursor row(rows[0]);
  LockedLot lot;
  lot.id = row.Int();
  lot.code = row.Text();
  lot.site = row.Text();
  const std::string state = row.Text();
  const auto known = lots::ParseState(state);
  if (!known.has_value()) return absl::InternalError(absl::StrCat("lot ", lot.code, " has the unknown state ", state));
  lot.state = *known;
  lot.placed = row.Int();
  lot.alive = row.Int();
  lot.first_day = row.Text();
  lot.corn_g = row.Double();
  lot.updated_at = row.Time();
  lot.taken = row.Int();
  lot.last_day = row.Text();
  lot.slaughtered = row.Text();
  return lot;
}

// What the history will say of the changes of this transaction.
void SayWhy(pqxx::transaction_base& transaction, const std::string& by, const std::string& transition, const std::string& reason) {
  Run(transaction, "SELECT set_config('egi.principal', $1, true), set_config('egi.transition', $2, true), set_config('egi.reason', $3, true)",
      {by, transition, reason});
}

absl::Status RefuseOfState(const LockedLot& lot, const char* what) {
  return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", lot.code, " is ", lots::Name(lot.state), ": ", what)), "LOT_STATE",
                       {{"lot", lot.code}, {"state", lots::Name(lot.state)}});
}

// A feeder of another site, or another feeder once a meal was given, is refused.
absl::Status CheckFeeder(pqxx::transaction_base& transaction, const LockedLot& lot, int32_t feeder) {
  const std::string id = std::to_string(lot.id);
  const bool same = !Run(transaction, "SELECT FROM lots_gavage WHERE id = $1::integer AND gaveur_id = $2::integer", {id, std::to_string(feeder)}).empty();
  if (same) return absl::OkStatus();
  if (Run(transaction, kMeals, {id})[0][0].as<bool>()) return RefuseOfState(lot, "its feeder gave meals already; cancel the lot and open another");
  const pqxx::result site = Run(transaction, kFeederSite, {std::to_string(feeder)});
  if (site.empty()) return InvalidFields({{"gaveur_id", UnknownFeeder(std::to_string(feeder))}});
  if (absl::Status refused = lots::CheckFeederSite(feeder, site[0][0].c_str(), lot.code, lot.site); !refused.ok()) return refused;
  Run(transaction, kFirstSite, {std::to_string(feeder), lot.site});
  return absl::OkStatus();
}

absl::Status CheckUpdate(pqxx::transaction_base& transaction, const LockedLot& lot, const UpdateLotRequest& request) {
  if (lot.state == State::kAnnule) return RefuseOfState(lot, "restore it before changing it");
  if (lot.state == State::kAbattu) return RefuseOfState(lot, "its figures are final; record the slaughter again to correct them");
  if (request.has_updated_at() && ToTime(request.updated_at()) != lot.updated_at) {
    return WithErrorInfo(absl::AbortedError(absl::StrCat("lot ", lot.code, " was changed meanwhile; read it again and repeat the change")), "LOT_CHANGED",
                         {{"lot", lot.code}});
  }
  std::vector<FieldViolation> bad;
  if (request.has_nombre_canards() && request.nombre_canards().value() < lot.alive) {
    bad.emplace_back("nombre_canards", absl::StrCat("must be at least the ", lot.alive, " birds alive"));
  }
  if (request.has_nombre_canards() && request.nombre_canards().value() < lot.taken) {
    bad.emplace_back("nombre_canards", absl::StrCat("must be at least the ", lot.taken, " birds collected or hung"));
  }
  if (request.has_date_fin_gavage_prevue()) {
    absl::CivilDay first, last;
    const std::string start = request.has_date_debut_gavage() ? request.date_debut_gavage().value() : lot.first_day;
    if (!absl::ParseCivilTime(start, &first)) {
      bad.emplace_back("date_debut_gavage", "is needed: the lot has no first day yet");
    } else if (!absl::ParseCivilTime(request.date_fin_gavage_prevue().value(), &last) || last - first < 8 || last - first > 13) {
      bad.emplace_back("date_fin_gavage_prevue", absl::StrCat("must be 8 to 13 days after the first day, ", start));
    }
  }
  if (!bad.empty()) return InvalidFields(bad);
  if (request.has_date_debut_gavage() && request.date_debut_gavage().value() != lot.first_day &&
      Run(transaction, kMeals, {std::to_string(lot.id)})[0][0].as<bool>()) {
    return RefuseOfState(lot, "its meals are counted from its first day; cancel the lot and open another");
  }
  return request.has_gaveur_id() ? CheckFeeder(transaction, lot, request.gaveur_id().value()) : absl::OkStatus();
}

absl::Status CheckSlaughter(const LockedLot& lot, const SlaughterLotRequest& request) {
  std::vector<FieldViolation> bad;
  const std::string birds = absl::StrCat("must be at most the ", lot.placed, " birds placed");
  if (lot.placed > 0 && request.nb_canards_accroches() > lot.placed) bad.emplace_back("nb_canards_accroches", birds);
  if (lot.placed > 0 && request.nb_canards_enleves().value() > lot.placed) bad.emplace_back("nb_canards_enleves", birds);
  if (!lot.first_day.empty() && request.date_abattage() < lot.first_day) {
    bad.emplace_back("date_abattage", absl::StrCat("must not be before the first day of the lot, ", lot.first_day));
  }
  // The day before the last is within the plan: the crew comes after the last meal, which may be that of the morning. A day that was recorded was explained then.
  absl::CivilDay day, last;
  if (absl::StripAsciiWhitespace(request.reason()).empty() && request.date_abattage() != lot.slaughtered &&
      absl::ParseCivilTime(request.date_abattage(), &day) && absl::ParseCivilTime(lot.last_day, &last) && day < last - 1) {
    bad.emplace_back("reason", absl::StrCat("is needed: the slaughter is ", last - day, " days before the planned last day, ", lot.last_day, "; say why"));
  }
  if (request.has_poids_foie_moyen() && lot.corn_g <= 0) bad.emplace_back("poids_foie_moyen", "gives no ITM: the lot has no meals");
  return bad.empty() ? absl::OkStatus() : InvalidFields(bad);
}

// The open alerts of the lot become what its figures say: final ITM and final loss, percent; without a loss the alerts about losses stay those of the meals.
std::vector<realtime::v1::Event> Judge(pqxx::transaction_base& transaction, const std::string& code, const pqxx::row& figures) {
  const auto judged = figures[0].is_null() ? std::nullopt : analyse::JudgeItm(figures[0].as<double>());
  std::vector<realtime::v1::Event> events = SetLotAlert(transaction, code, analyse::kItmAlert, judged);
  if (figures[1].is_null()) return events;
  for (auto& event : SetLotAlert(transaction, code, analyse::kMortalityAlert, analyse::JudgeLoss(figures[1].as<double>()))) {
    events.push_back(std::move(event));
  }
  return events;
}

class PostgresLotLifeStore final : public LotLifeStore {
 public:
  explicit PostgresLotLifeStore(Pool& pool) : pool_(pool) {}

  absl::Status Update(const read::LotKey& key, const UpdateLotRequest& request) override {
    return pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const auto lot = Lock(transaction, key);
      if (!lot.ok()) return lot.status();
      if (absl::Status bad = CheckUpdate(transaction, *lot, request); !bad.ok()) return bad;
      SayWhy(transaction, request.by(), kUpdateName, request.reason());
      const pqxx::result figures = Run(
          transaction, kUpdate,
          {std::to_string(lot->id), Number(request.has_gaveur_id(), request.gaveur_id().value()), request.genetique().value(),
           request.date_debut_gavage().value(), request.date_fin_gavage_prevue().value(),
           Number(request.has_nombre_canards(), request.nombre_canards().value()),
           Text(request.has_poids_moyen_initial(), request.poids_moyen_initial().value()),
           Text(request.has_objectif_quantite_mais(), request.objectif_quantite_mais().value()),
           Text(request.has_objectif_poids_final(), request.objectif_poids_final().value()),
           Number(request.has_lot_mais_id(), request.lot_mais_id().value()),
           Number(request.has_age_animaux(), request.age_animaux().value())});
      // Other birds placed are another loss, where the slaughter told it.
      if (!figures[0][1].is_null()) AppendEvents(transaction, "lot", Judge(transaction, lot->code, figures[0]));
      return absl::OkStatus();
    });
  }

  absl::Status Finish(const read::LotKey& key, const FinishLotRequest& request) override {
    return Move(key, Transition::kFinish, request.by(), request.reason(), State::kTermine,
                [](pqxx::transaction_base& transaction, const LockedLot& lot, State) {
                  Run(transaction, kFinish, {std::to_string(lot.id)});
                  Run(transaction, kEnqueueLots, {absl::StrCat("{", lot.code, "}")});
                });
  }

  absl::Status Cancel(const read::LotKey& key, const CancelLotRequest& request) override {
    return Move(key, Transition::kCancel, request.by(), request.reason(), State::kAnnule, SetState);
  }

  absl::Status Restore(const read::LotKey& key, const RestoreLotRequest& request) override {
    return Move(key, Transition::kRestore, request.by(), request.reason(), std::nullopt, SetState);
  }

  absl::Status Slaughter(const read::LotKey& key, const SlaughterLotRequest& request) override {
    return pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const auto lot = Lock(transaction, key);
      if (!lot.ok()) return lot.status();
      if (const auto next = lots::Next(lot->state, Transition::kSlaughter, lot->code); !next.ok()) return next.status();
      if (absl::Status bad = CheckSlaughter(*lot, request); !bad.ok()) return bad;
      SayWhy(transaction, request.by(), lots::Name(Transition::kSlaughter), request.reason());
      const pqxx::result figures =
          Run(transaction, kSlaughter,
              {std::to_string(lot->id), request.date_abattage(), Number(request.has_nb_canards_enleves(), request.nb_canards_enleves().value()),
               std::to_string(request.nb_canards_accroches()), Text(request.has_poids_foie_moyen(), request.poids_foie_moyen().value()),
               Text(request.has_sigma(), request.sigma().value())});
      Run(transaction, kSlaughterOfPending, {lot->code, request.date_abattage()});
      std::vector<realtime::v1::Event> events = Judge(transaction, lot->code, figures[0]);
      if (lot->state != State::kAbattu) events.push_back(LotEventOf(transaction, lot->code, lots::Name(State::kAbattu)));
      AppendEvents(transaction, "lot", events);
      return absl::OkStatus();
    });
  }

  absl::StatusOr<std::vector<LotChange>> ListChanges(const read::LotKey& key, int64_t before_id, int limit) override {
    std::vector<LotChange> changes;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      changes.clear();
      const pqxx::result id = Run(transaction, absl::StrCat("SELECT l.id FROM lots_gavage l WHERE ", read::LotIs(key), " = $1"), {read::LotValue(key)});
      if (id.empty()) return read::LotNotFound(key);
      for (const pqxx::row& row : Run(transaction, kChanges, {id[0][0].c_str(), std::to_string(before_id), std::to_string(limit)})) {
        changes.push_back(ToChange(read::RowCursor(row)));
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return changes;
  }

 private:
  using Change = std::function<void(pqxx::transaction_base&, const LockedLot&, State)>;

  static void SetState(pqxx::transaction_base& transaction, const LockedLot& lot, State next) {
    Run(transaction, kSetState, {std::to_string(lot.id), lots::Name(next)});
  }

  static LotChange ToChange(read::RowCursor row) {
    LotChange change;
    change.set_id(row.Int());
    row.Set(&change, &LotChange::mutable_changed_at);
    change.set_changed_by(row.Text());
    change.set_transition(row.Text());
    change.set_reason(row.Text());
    google::protobuf::Value fields;
    row.Json(&fields);
    for (const auto& entry : fields.list_value().values()) {
      const auto& cells = entry.list_value().values();
      feeding::v1::ChangedField& field = *change.add_fields();
      field.set_field(cells[0].string_value());
      if (cells[1].has_string_value()) field.mutable_before()->set_value(cells[1].string_value());
      if (cells[2].has_string_value()) field.mutable_after()->set_value(cells[2].string_value());
    }
    return change;
  }

  // A transition whose repetition changes nothing: a lot that is in `reached` already stays as it is.
  absl::Status Move(const read::LotKey& key, Transition transition, const std::string& by, const std::string& reason, std::optional<State> reached,
                    const Change& change) {
    return pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const auto lot = Lock(transaction, key);
      if (!lot.ok()) return lot.status();
      if (lot->state == reached) return absl::OkStatus();
      std::optional<State> before_cancel;
      const pqxx::result before = Run(transaction, kBeforeCancel, {std::to_string(lot->id)});
      if (!before.empty()) before_cancel = lots::ParseState(before[0][0].c_str());
      const auto next = lots::Next(lot->state, transition, lot->code, before_cancel);
      if (!next.ok()) return next.status();
      SayWhy(transaction, by, lots::Name(transition), reason);
      change(transaction, *lot, *next);
      AppendLotEvent(transaction, lot->code, lots::Name(*next));
      return absl::OkStatus();
    });
  }

  Pool& pool_;
};

}  // namespace

std::unique_ptr<LotLifeStore> NewPostgresLotLifeStore(Pool& pool) { return std::make_unique<PostgresLotLifeStore>(pool); }

}  // namespace egi::storage::write
