#include "server/storage/postgres/lot_rows.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/storage/postgres/lot_curves.h"
#include "server/storage/postgres/lot_queue.h"
#include "server/storage/postgres/meal_row.h"
#include "server/base/proto_time.h"
#include "server/storage/postgres/sql_time.h"

namespace egi::storage {
namespace {

using feeding::v1::Meal;

constexpr size_t kMaxKnown = 1000;

// Names are personal: a feeder that a stream makes known goes by number (domain.md section 15.5).
constexpr char kCreateGaveurs[] = R"(
INSERT INTO gaveurs_euralis (id, nom, site_code)
SELECT id, 'Gaveur ' || id, site FROM unnest($1::integer[], $2::text[]) AS g (id, site)
ORDER BY id ON CONFLICT (id) DO UPDATE SET site_code = excluded.site_code WHERE gaveurs_euralis.site_code IS NULL)";

constexpr char kSitesOfGaveurs[] = "SELECT id, site_code FROM gaveurs_euralis WHERE id = ANY ($1::integer[])";

constexpr char kCodes[] = "SELECT id, code_lot FROM lots_gavage WHERE id = ANY ($1::integer[])";

// $6 who: for the history of the lots.
constexpr char kCreateLots[] = R"(
WITH who AS MATERIALIZED (SELECT set_config('egi.principal', $6::text, true) AS principal)
INSERT INTO lots_gavage (code_lot, gaveur_id, site_code, genetique, nb_canards_initial, origine)
SELECT code, gaveur, site, genetique, nullif(birds, 0), 'stream'
FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::integer[]) AS l (code, gaveur, site, genetique, birds), who
WHERE who.principal IS NOT NULL ORDER BY code ON CONFLICT (code_lot) DO NOTHING RETURNING code_lot)";

constexpr char kLock[] = R"(
SELECT code_lot, id, site_code, genetique, statut, origine, gaveur_id, coalesce(nb_canards_initial, nb_canards_meg), debut_lot,
       jour_actuel, poids_moyen_actuel, taux_mortalite, total_corn_real, nb_canards_vivants,
       (extract(epoch FROM dernier_repas_time) * 1000000)::bigint, pret_abattage, xmin, dernier_flux
FROM lots_gavage WHERE code_lot = ANY ($1::text[]) ORDER BY code_lot FOR NO KEY UPDATE)";

const std::string& MealsSql() {
  static const std::string* const sql = new std::string(absl::StrCat(
      "SELECT g.body_hash, d.correction, d.batch_id, d.ordinal, ", kMealColumns,
      " FROM gavage_meals g JOIN doses_journalieres d ON d.code_lot = g.code_lot AND d.time = g.time AND d.jour = g.jour "
      "AND d.moment = g.moment WHERE g.code_lot = ANY ($1::text[])"));
  return *sql;
}

constexpr char kDeleteReplaced[] = R"(
DELETE FROM doses_journalieres d USING unnest($1::bigint[], $2::integer[], $3::timestamptz[]) AS k (batch_id, ordinal, time)
WHERE d.batch_id = k.batch_id AND d.ordinal = k.ordinal AND d.time = k.time)";

constexpr char kCopyLedger[] =
    "COPY gavage_meals (id, code_lot, jour, moment, lot_id, correction, time, body_hash, recorded_by) FROM STDIN BINARY";

constexpr char kCorrectLedger[] = R"(
UPDATE gavage_meals g SET correction = c.correction, time = c.time, body_hash = decode(c.hash, 'hex')
FROM unnest($1::integer[], $2::integer[], $3::timestamptz[], $4::text[]) AS c (id, correction, time, hash) WHERE g.id = c.id)";

constexpr char kCopyHistory[] =
    "COPY gavage_meal_corrections (code_lot, jour, moment, correction, old_time, old_received_at, old_batch_id, old_ordinal, "
    "old_body_hash, old_dose_theorique, old_dose_reelle, old_poids_moyen, old_nb_vivants, old_taux_mortalite, old_temperature, "
    "old_humidite, old_pret_abattage, old_sent_at, old_nb_morts, corrected_by, reason) FROM STDIN BINARY";

// Every change of a meal changes its lot too, so the version of the lot (its xmin) tells whether its meals are still those remembered.
// A meal that is corrected after the liver was weighed or measured corrects the ITM; an imported ITM stands with the corn it came with. $15 who: for the history.
constexpr char kUpdateLots[] = R"(
WITH who AS MATERIALIZED (SELECT set_config('egi.principal', $15::text, true) AS principal)
UPDATE lots_gavage l SET
  gaveur_id = coalesce(l.gaveur_id, u.gaveur), genetique = coalesce(l.genetique, u.genetique),
  nb_canards_initial = coalesce(l.nb_canards_initial, u.birds), debut_lot = coalesce(l.debut_lot, u.first_day),
  jour_actuel = u.jour, poids_moyen_actuel = u.weight, taux_mortalite = u.mortality, total_corn_real = u.corn,
  nb_canards_vivants = u.alive, dernier_repas_time = u.last_meal, pret_abattage = u.ready, statut = u.statut,
  dernier_flux = u.flux,
  itm = CASE WHEN u.corn > 0 AND u.corn <> l.total_corn_real AND l.itm IS NOT NULL AND l.poids_foie_moyen > 0 THEN u.corn / l.poids_foie_moyen ELSE l.itm END,
  itm_estime = CASE WHEN u.corn > 0 AND l.poids_foie_estime > 0 THEN u.corn / l.poids_foie_estime ELSE l.itm_estime END,
  duree_gavage_reelle = coalesce(l.duree_gavage_reelle, CASE WHEN u.statut = 'termine' THEN nullif(least(u.jour + 1, 27), 0) END)
FROM who, unnest($1::integer[], $2::integer[], $3::text[], $4::integer[], $5::date[], $6::integer[], $7::float8[], $8::float8[],
            $9::float8[], $10::integer[], $11::timestamptz[], $12::boolean[], $13::text[], $14::text[])
  AS u (id, gaveur, genetique, birds, first_day, jour, weight, mortality, corn, alive, last_meal, ready, statut, flux)
WHERE l.id = u.id AND who.principal IS NOT NULL
RETURNING l.code_lot, pg_current_xact_id()::xid)";

Param OrNull(const std::string& text) { return text.empty() ? Param() : Param(text); }
Param OrNull(int32_t value) { return value == 0 ? Param() : Param(absl::StrCat(value)); }
Param OrNull(const std::optional<double>& value) { return value.has_value() ? Param(absl::StrFormat("%.17g", *value)) : Param(); }

#define EGI_MAYBE(message, field) ((message).has_##field() ? std::optional<double>((message).field()) : std::nullopt)

// Rows of an id and a text.
absl::StatusOr<std::map<int32_t, std::string>> ReadNames(const absl::StatusOr<Rows>& rows) {
  if (!rows.ok()) return rows.status();
  std::map<int32_t, std::string> names;
  for (int i = 0; i < rows->size(); ++i) names.emplace(static_cast<int32_t>(rows->integer(i, 0)), rows->text(i, 1));
  return names;
}

LotLedger ReadLot(const Rows& rows, int i) {
  LotLedger lot;
  lot.code_lot = std::string(rows.text(i, 0));
  lot.id = static_cast<int32_t>(rows.integer(i, 1));
  lot.site_code = std::string(rows.text(i, 2));
  lot.genetique = std::string(rows.text(i, 3));
  lot.statut = std::string(rows.text(i, 4));
  lot.origine = std::string(rows.text(i, 5));
  lot.gaveur_id = static_cast<int32_t>(rows.integer(i, 6));
  lot.birds_placed = static_cast<int32_t>(rows.integer(i, 7));
  if (!rows.is_null(i, 8)) lot.first_day = std::string(rows.text(i, 8));
  lot.jour_actuel = static_cast<int32_t>(rows.integer(i, 9));
  lot.weight_g = rows.maybe_real(i, 10);
  lot.mortality_pct = rows.maybe_real(i, 11);
  lot.corn_g = rows.maybe_real(i, 12);
  if (!rows.is_null(i, 13)) lot.birds_alive = static_cast<int32_t>(rows.integer(i, 13));
  if (!rows.is_null(i, 14)) lot.last_meal = absl::FromUnixMicros(rows.integer(i, 14));
  lot.ready = rows.boolean(i, 15);
  lot.version = std::string(rows.text(i, 16));
  lot.producer = std::string(rows.text(i, 17));
  return lot;
}

}  // namespace

absl::StatusOr<std::map<int32_t, std::string>> LotRows::CodesOf(Connection* connection, const std::vector<int64_t>& ids) {
  if (ids.empty()) return std::map<int32_t, std::string>();
  return ReadNames(connection->Query(kCodes, {IntArray(ids)}));
}

absl::StatusOr<std::map<int32_t, std::string>> LotRows::RegisterGaveurs(Connection* connection, const std::map<int32_t, std::string>& gaveurs) {
  if (gaveurs.empty()) return gaveurs;
  std::vector<int64_t> ids;
  std::vector<std::string> sites;
  for (const auto& [id, site] : gaveurs) {
    ids.push_back(id);
    sites.push_back(site);
  }
  auto registered = connection->Query(kCreateGaveurs, {IntArray(ids), TextArray(sites)});
  if (!registered.ok()) return registered.status();
  return ReadNames(connection->Query(kSitesOfGaveurs, {IntArray(ids)}));
}

absl::StatusOr<std::set<std::string>> LotRows::Create(Connection* connection, const std::vector<NewLot>& lots) {
  std::set<std::string> made;
  // In the order of their codes, as other servers do; neighbours of one author go together.
  for (size_t begin = 0, end = 0; begin < lots.size(); begin = end) {
    std::vector<std::string> codes, sites;
    std::vector<int64_t> gaveurs, birds;
    std::vector<Param> breeds;
    for (end = begin; end < lots.size() && lots[end].by == lots[begin].by; ++end) {
      const NewLot& lot = lots[end];
      codes.push_back(lot.code_lot);
      gaveurs.push_back(lot.gaveur_id);
      sites.push_back(lot.site_code);
      breeds.push_back(OrNull(lot.genetique));
      birds.push_back(lot.birds_placed);
    }
    auto rows = connection->Query(
        kCreateLots, {TextArray(codes), IntArray(gaveurs), TextArray(sites), NullableArray(breeds), IntArray(birds), lots[begin].by});
    if (!rows.ok()) return rows.status();
    for (int i = 0; i < rows->size(); ++i) made.emplace(rows->text(i, 0));
  }
  return made;
}

absl::StatusOr<LotMap> LotRows::Lock(Connection* connection, const std::vector<std::string>& codes) {
  LotMap lots;
  auto rows = connection->Query(kLock, {TextArray(codes)});
  if (!rows.ok()) return rows.status();
  std::vector<std::string> changed;
  for (int i = 0; i < rows->size(); ++i) {
    LotLedger lot = ReadLot(*rows, i);
    auto known = known_.find(lot.code_lot);
    if (known != known_.end() && known->second.version == lot.version) {
      lot.meals = std::move(known->second.meals);
      lot.curve = std::move(known->second.curve);
    } else {
      changed.push_back(lot.code_lot);
    }
    if (known != known_.end()) known_.erase(known);
    const std::string code = lot.code_lot;
    lots.emplace(code, std::move(lot));
  }
  if (absl::Status status = ReadMeals(connection, changed, &lots); !status.ok()) return status;
  if (absl::Status status = ReadCurves(connection, changed, &lots); !status.ok()) return status;
  return lots;
}

absl::Status LotRows::ReadMeals(Connection* connection, const std::vector<std::string>& codes, LotMap* lots) {
  if (codes.empty()) return absl::OkStatus();
  auto rows = connection->Query(MealsSql().c_str(), {TextArray(codes)});
  if (!rows.ok()) return rows.status();
  for (int i = 0; i < rows->size(); ++i) {
    MealEntry entry;
    entry.current.body_hash = rows->bytes(i, 0);
    entry.correction = static_cast<int32_t>(rows->integer(i, 1));
    entry.current.batch_id = rows->integer(i, 2);
    entry.current.ordinal = static_cast<int32_t>(rows->integer(i, 3));
    entry.current.recorded = ReadMealRow(*rows, i, 4);
    const Meal& meal = entry.current.recorded.meal();
    LotLedger& lot = lots->at(meal.code_lot());
    lot.meals.emplace(SlotOf(meal), std::move(entry));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> LotRows::Write(Connection* connection, CopyWriter* copy, LotMap* lots) {
  if (absl::Status status = DeleteReplaced(connection, *lots); !status.ok()) return status;
  if (absl::Status status = WriteMeals(connection, copy, *lots); !status.ok()) return status;
  if (absl::Status status = WriteLedger(connection, copy, *lots); !status.ok()) return status;
  if (absl::Status status = WriteHistory(connection, copy, *lots); !status.ok()) return status;
  if (absl::Status status = UpdateLots(connection, lots); !status.ok()) return status;
  return Enqueue(connection, *lots);
}

absl::Status LotRows::DeleteReplaced(Connection* connection, const LotMap& lots) {
  std::vector<int64_t> batches, ordinals;
  std::vector<std::string> times;
  for (const auto& [code, lot] : lots) {
    for (const auto& [slot, entry] : lot.meals) {
      if (!entry.changed || !entry.in_database) continue;
      const MealVersion& old = entry.replaced.front();
      batches.push_back(old.batch_id);
      ordinals.push_back(old.ordinal);
      times.push_back(SqlTime(ToTime(old.recorded.meal().timestamp())));
    }
  }
  if (batches.empty()) return absl::OkStatus();
  return connection->Query(kDeleteReplaced, {IntArray(batches), IntArray(ordinals), TextArray(times)}).status();
}

absl::Status LotRows::WriteMeals(Connection* connection, CopyWriter* copy, const LotMap& lots) {
  bool started = false;
  for (const auto& [code, lot] : lots) {
    for (const auto& [slot, entry] : lot.meals) {
      if (!entry.changed) continue;
      if (!started) {
        if (absl::Status status = copy->Start(connection, kCopyMeals); !status.ok()) return status;
        started = true;
      }
      const MealVersion& now = entry.current;
      if (absl::Status status = WriteMealRow(now.recorded, now.batch_id, now.ordinal, entry.correction, copy); !status.ok()) return status;
    }
  }
  return started ? copy->Finish() : absl::OkStatus();
}

absl::Status LotRows::WriteLedger(Connection* connection, CopyWriter* copy, const LotMap& lots) {
  bool started = false;
  std::vector<int64_t> ids, corrections;
  std::vector<std::string> times, hashes;
  for (const auto& [code, lot] : lots) {
    for (const auto& [slot, entry] : lot.meals) {
      if (!entry.changed) continue;
      const auto& recorded = entry.current.recorded;
      if (entry.in_database) {
        ids.push_back(recorded.gavage_id());
        corrections.push_back(entry.correction);
        times.push_back(SqlTime(ToTime(recorded.meal().timestamp())));
        hashes.push_back(absl::BytesToHexString(entry.current.body_hash));
        continue;
      }
      if (!started) {
        if (absl::Status status = copy->Start(connection, kCopyLedger); !status.ok()) return status;
        started = true;
      }
      if (absl::Status status = copy->StartRow(9); !status.ok()) return status;
      copy->Int4(recorded.gavage_id());
      copy->Text(code);
      copy->Int4(recorded.meal().jour());
      copy->Text(recorded.meal().moment());
      copy->Int4(lot.id);
      copy->Int4(entry.correction);
      copy->Time(ToTime(recorded.meal().timestamp()));
      copy->Bytea(entry.current.body_hash);
      copy->Text(entry.replaced.empty() ? entry.current.by : entry.replaced.front().by);
    }
  }
  if (started) {
    if (absl::Status status = copy->Finish(); !status.ok()) return status;
  }
  if (ids.empty()) return absl::OkStatus();
  return connection->Query(kCorrectLedger, {IntArray(ids), IntArray(corrections), TextArray(times), TextArray(hashes)}).status();
}

absl::Status LotRows::WriteHistory(Connection* connection, CopyWriter* copy, const LotMap& lots) {
  bool started = false;
  for (const auto& [code, lot] : lots) {
    for (const auto& [slot, entry] : lot.meals) {
      if (!entry.changed) continue;
      int32_t correction = entry.correction - static_cast<int32_t>(entry.replaced.size());
      for (size_t v = 0; v < entry.replaced.size(); ++v) {
        const MealVersion& old = entry.replaced[v];
        const MealVersion& next = v + 1 < entry.replaced.size() ? entry.replaced[v + 1] : entry.current;
        if (!started) {
          if (absl::Status status = copy->Start(connection, kCopyHistory); !status.ok()) return status;
          started = true;
        }
        if (absl::Status status = copy->StartRow(21); !status.ok()) return status;
        const Meal& meal = old.recorded.meal();
        copy->Text(code);
        copy->Int4(meal.jour());
        copy->Text(meal.moment());
        copy->Int4(++correction);
        copy->Time(ToTime(meal.timestamp()));
        copy->Time(ToTime(old.recorded.received_time()));
        copy->Int8(old.batch_id);
        copy->Int4(old.ordinal);
        copy->Bytea(old.body_hash);
        copy->MaybeFloat8(EGI_MAYBE(meal, dose_theorique));
        copy->Float8(meal.dose_reelle());
        copy->MaybeFloat8(EGI_MAYBE(meal, poids_moyen));
        meal.has_nb_canards_vivants() ? copy->Int4(meal.nb_canards_vivants()) : copy->Null();
        copy->MaybeFloat8(EGI_MAYBE(meal, taux_mortalite));
        copy->MaybeFloat8(EGI_MAYBE(meal, temperature_stabule));
        copy->MaybeFloat8(EGI_MAYBE(meal, humidite_stabule));
        copy->Bool(meal.pret_abattage());
        meal.has_sent_at() ? copy->Time(ToTime(meal.sent_at())) : copy->Null();
        meal.has_nb_morts() ? copy->Int4(meal.nb_morts()) : copy->Null();
        copy->Text(next.by);
        copy->Text(next.reason);
      }
    }
  }
  return started ? copy->Finish() : absl::OkStatus();
}

absl::Status LotRows::UpdateLots(Connection* connection, LotMap* lots) {
  std::set<std::string> authors;
  for (const auto& [code, lot] : *lots) {
    if (lot.changed) authors.insert(lot.by);
  }
  for (const std::string& author : authors) {
    if (absl::Status status = UpdateLotsOf(connection, author, lots); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status LotRows::UpdateLotsOf(Connection* connection, const std::string& author, LotMap* lots) {
  std::vector<int64_t> ids, days;
  std::vector<Param> gaveurs, breeds, birds, first_days, weights, mortalities, corns, alive, last_meals, producers;
  std::vector<std::string> ready, states;
  for (const auto& [code, lot] : *lots) {
    if (!lot.changed || lot.by != author) continue;
    ids.push_back(lot.id);
    gaveurs.push_back(OrNull(lot.gaveur_id));
    breeds.push_back(OrNull(lot.genetique));
    birds.push_back(OrNull(lot.birds_placed));
    first_days.push_back(lot.first_day);
    days.push_back(lot.jour_actuel);
    weights.push_back(OrNull(lot.weight_g));
    mortalities.push_back(OrNull(lot.mortality_pct));
    corns.push_back(OrNull(lot.corn_g));
    alive.push_back(lot.birds_alive.has_value() ? Param(absl::StrCat(*lot.birds_alive)) : Param());
    last_meals.push_back(lot.last_meal.has_value() ? Param(SqlTime(*lot.last_meal)) : Param());
    ready.push_back(lot.ready ? "t" : "f");
    states.push_back(lot.statut);
    producers.push_back(OrNull(lot.producer));
  }
  auto rows = connection->Query(
      kUpdateLots, {IntArray(ids), NullableArray(gaveurs), NullableArray(breeds), NullableArray(birds), NullableArray(first_days),
                    IntArray(days), NullableArray(weights), NullableArray(mortalities), NullableArray(corns), NullableArray(alive),
                    NullableArray(last_meals), TextArray(ready), TextArray(states), NullableArray(producers), author});
  if (!rows.ok()) return rows.status();
  for (int i = 0; i < rows->size(); ++i) lots->at(std::string(rows->text(i, 0))).version = std::string(rows->text(i, 1));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> LotRows::Enqueue(Connection* connection, const LotMap& lots) {
  std::vector<std::string> codes, entered;
  for (const auto& [code, lot] : lots) {
    if (lot.enqueue) codes.push_back(code);
  }
  if (codes.empty()) return entered;
  auto rows = connection->Query(kEnqueueLots, {TextArray(codes)});
  if (!rows.ok()) return rows.status();
  for (int i = 0; i < rows->size(); ++i) entered.emplace_back(rows->text(i, 0));
  return entered;
}

void LotRows::Keep(LotMap lots) {
  if (known_.size() + lots.size() > kMaxKnown) known_.clear();
  for (auto& [code, lot] : lots) {
    lot.changed = lot.enqueue = false;
    lot.new_states.clear();
    lot.by.clear();
    for (auto& [slot, entry] : lot.meals) {
      entry.changed = false;
      entry.in_database = true;
      entry.replaced.clear();
    }
    known_.insert_or_assign(code, std::move(lot));
  }
}

}  // namespace egi::storage
