#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/struct.pb.h"
#include "server/base/rich_status.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/supervision/plan_sql.h"
#include "server/storage/supervision/plan_store.h"

namespace egi::storage {
namespace {

using read::RowCursor;
using read::Run;
using supervision::v1::FeederLoad;
using supervision::v1::LotToPlan;
using supervision::v1::PlannedLot;
using supervision::v1::SiteCapacity;
using supervision::v1::Slot;
using supervision::v1::SlotChange;

constexpr int kMostLots = 500;

constexpr char kSlot[] = R"sql(
  SELECT p.id, p.site_code, p.abattoir, to_char(p.date, 'YYYY-MM-DD'), to_char(p.heure_debut, 'HH24:MI'), to_char(p.heure_fin, 'HH24:MI'), p.capacite_max,
         p.nb_lots, p.nb_canards, array_to_string(p.lots_ids, ' '), p.statut, p.raison_annulation, )sql" EGI_US("p.created_at") ", " EGI_US("p.updated_at")
    R"sql( FROM planning_abattages p WHERE )sql";

constexpr char kInPeriod[] = R"sql(
  p.date BETWEEN $1::date AND $2::date AND ($3 = '' OR p.site_code = $3) ORDER BY p.date, p.heure_debut, p.abattoir, p.id)sql";

// $1 ids of slots.
constexpr char kLotsOfSlots[] =
    "SELECT a.creneau_id, l.id, l.code_lot, l.statut, a.nb_canards, " EGI_LOT_BIRDS ", to_char(" EGI_LOT_END
    ", 'YYYY-MM-DD'), p.date - " EGI_LOT_END
    ", a.distance_km, to_char(l.date_abattage, 'YYYY-MM-DD') "
    "FROM planning_abattages_lots a JOIN lots_gavage l ON l.id = a.lot_id JOIN planning_abattages p ON p.id = a.creneau_id "
    "WHERE a.creneau_id = ANY ($1::integer[]) ORDER BY l.code_lot";

// $1 last day, $2 today, $3 site or empty, $4 rows.
constexpr char kToPlan[] =
    "SELECT l.id, l.code_lot, l.site_code, l.statut, " EGI_LOT_BIRDS ", to_char(e.day, 'YYYY-MM-DD'), "
    "CASE WHEN l.statut = 'termine' THEN 'gavage_termine' WHEN e.day < $2::date THEN 'fin_prevue_depassee' ELSE 'fin_prevue' END, "
    "greatest($2::date - e.day, 0), count(*) OVER () "
    "FROM lots_gavage l CROSS JOIN LATERAL (SELECT " EGI_LOT_END
    " AS day) e WHERE l.statut IN ('en_preparation', 'en_gavage', 'termine') AND NOT " EGI_LOT_HUNG
    " AND NOT EXISTS (SELECT FROM planning_abattages_lots a WHERE a.lot_id = l.id) AND (l.statut = 'termine' OR e.day <= $1::date) "
    "AND ($3 = '' OR l.site_code = $3) ORDER BY e.day NULLS FIRST, l.code_lot LIMIT $4::integer";

constexpr char kChanges[] = R"sql(
  SELECT h.id, )sql" EGI_US("h.changed_at") R"sql(, h.changed_by, h.action, h.raison,
         (SELECT coalesce(jsonb_agg(jsonb_build_array(k, h.before->>k, h.after->>k) ORDER BY k), '[]')
          FROM jsonb_object_keys(h.before || h.after) AS k
          WHERE coalesce(h.before->k, 'null') IS DISTINCT FROM h.after->k AND k NOT IN ('id', 'created_at', 'updated_at'))
  FROM planning_abattages_history h WHERE h.creneau_id = $1::integer AND ($2::bigint = 0 OR h.id < $2::bigint)
  ORDER BY h.id DESC LIMIT $3::integer)sql";

// One row a site and feeder with running lots, and one a site without.
constexpr char kCapacity[] =
    "SELECT s.code, s.nom, s.capacite_gavage_max, l.gaveur_id, g.nom, count(l.id), coalesce(sum(" EGI_LOT_BIRDS "), 0), to_char(max(" EGI_LOT_END
    "), 'YYYY-MM-DD') FROM sites_euralis s LEFT JOIN lots_gavage l ON l.site_code = s.code AND l.statut IN ('en_preparation', 'en_gavage') "
    "LEFT JOIN gaveurs_euralis g ON g.id = l.gaveur_id WHERE $1 = '' OR s.code = $1 "
    "GROUP BY s.code, s.nom, s.capacite_gavage_max, l.gaveur_id, g.nom ORDER BY s.code, l.gaveur_id NULLS LAST";

Slot ToSlot(RowCursor row) {
  Slot slot;
  slot.set_id(row.Int());
  slot.set_site_code(row.Text());
  slot.set_abattoir(row.Text());
  slot.set_date(row.Text());
  slot.set_heure_debut(row.Text());
  slot.set_heure_fin(row.Text());
  slot.set_capacite_max(row.Int());
  slot.set_nb_lots(row.Int());
  slot.set_nb_canards(row.Int());
  const std::string ids = row.Text();
  for (absl::string_view id : absl::StrSplit(ids, ' ', absl::SkipEmpty())) {
    int32_t value = 0;
    if (absl::SimpleAtoi(id, &value)) slot.add_lots_ids(value);
  }
  slot.set_statut(row.Text());
  slot.set_raison_annulation(row.Text());
  row.Set(&slot, &Slot::mutable_created_at);
  row.Set(&slot, &Slot::mutable_updated_at);
  return slot;
}

PlannedLot ToPlannedLot(RowCursor& row) {
  PlannedLot lot;
  lot.set_lot_id(row.Int());
  lot.set_code_lot(row.Text());
  lot.set_statut(row.Text());
  lot.set_nb_canards(row.Int());
  row.Set(&lot, &PlannedLot::mutable_nb_canards_vivants);
  row.Set(&lot, &PlannedLot::mutable_date_au_plus_tot);
  row.Set(&lot, &PlannedLot::mutable_attente_jours);
  row.Set(&lot, &PlannedLot::mutable_distance_km);
  row.Set(&lot, &PlannedLot::mutable_date_abattage);
  return lot;
}

void AddLots(pqxx::transaction_base& transaction, std::vector<Slot>& slots) {
  std::map<int, Slot*> by_id;
  std::string ids = "{";
  for (Slot& slot : slots) {
    by_id[slot.id()] = &slot;
    absl::StrAppend(&ids, ids.size() > 1 ? "," : "", slot.id());
  }
  for (const pqxx::row& found : Run(transaction, kLotsOfSlots, {ids + "}"})) {
    RowCursor row(found);
    Slot& slot = *by_id.at(row.Int());
    *slot.add_lots() = ToPlannedLot(row);
  }
}

absl::Status SlotNotFound(int32_t id) {
  return WithErrorInfo(absl::NotFoundError(absl::StrCat("slot ", id, " does not exist; GetPlan lists those of a period")), kSlotNotFound,
                       {{"slot", std::to_string(id)}});
}

SlotChange ToChange(RowCursor row) {
  SlotChange change;
  change.set_id(row.Int());
  row.Set(&change, &SlotChange::mutable_changed_at);
  change.set_changed_by(row.Text());
  change.set_action(row.Text());
  change.set_reason(row.Text());
  google::protobuf::Value fields;
  row.Json(&fields);
  for (const auto& entry : fields.list_value().values()) {
    const auto& cells = entry.list_value().values();
    auto& field = *change.add_fields();
    field.set_field(cells[0].string_value());
    if (cells[1].has_string_value()) field.mutable_before()->set_value(cells[1].string_value());
    if (cells[2].has_string_value()) field.mutable_after()->set_value(cells[2].string_value());
  }
  return change;
}

class PostgresPlanReader final : public PlanReader {
 public:
  explicit PostgresPlanReader(Pool& pool) : pool_(pool) {}

  absl::StatusOr<PlanFacts> ReadPlan(const std::string& from, const std::string& to, const std::string& site, const std::string& today) override {
    PlanFacts facts;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      facts = {};
      for (const pqxx::row& row : Run(transaction, absl::StrCat(kSlot, kInPeriod), {from, to, site})) facts.slots.push_back(ToSlot(RowCursor(row)));
      AddLots(transaction, facts.slots);
      for (const pqxx::row& found : Run(transaction, kToPlan, {to, today, site, std::to_string(kMostLots)})) {
        RowCursor row(found);
        LotToPlan& lot = facts.lots.emplace_back();
        lot.set_lot_id(row.Int());
        lot.set_code_lot(row.Text());
        lot.set_site_code(row.Text());
        lot.set_statut(row.Text());
        row.Set(&lot, &LotToPlan::mutable_nb_canards);
        row.Set(&lot, &LotToPlan::mutable_date_au_plus_tot);
        lot.set_raison(row.Text());
        lot.set_attente_jours(row.Int());
        facts.lots_in_all = row.Int();
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return facts;
  }

  absl::StatusOr<Slot> FindSlot(int32_t id) override {
    std::vector<Slot> slots;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      slots.clear();
      for (const pqxx::row& row : Run(transaction, absl::StrCat(kSlot, "p.id = $1::integer"), {std::to_string(id)})) slots.push_back(ToSlot(RowCursor(row)));
      if (slots.empty()) return SlotNotFound(id);
      AddLots(transaction, slots);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return std::move(slots.front());
  }

  absl::StatusOr<std::vector<SlotChange>> ListChanges(int32_t id, int64_t before_id, int limit) override {
    std::vector<SlotChange> changes;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      changes.clear();
      if (Run(transaction, "SELECT FROM planning_abattages WHERE id = $1::integer", {std::to_string(id)}).empty()) return SlotNotFound(id);
      for (const pqxx::row& row : Run(transaction, kChanges, {std::to_string(id), std::to_string(before_id), std::to_string(limit)})) {
        changes.push_back(ToChange(RowCursor(row)));
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return changes;
  }

  absl::StatusOr<std::vector<SiteCapacity>> ListCapacity(const std::string& site) override {
    std::vector<SiteCapacity> sites;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      sites.clear();
      for (const pqxx::row& found : Run(transaction, kCapacity, {site})) AddLoad(RowCursor(found), sites);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return sites;
  }

 private:
  static void AddLoad(RowCursor row, std::vector<SiteCapacity>& sites) {
    const std::string code = row.Text();
    if (sites.empty() || sites.back().site_code() != code) sites.emplace_back().set_site_code(code);
    SiteCapacity& site = sites.back();
    site.set_site_nom(row.Text());
    site.set_capacite_gavage_max(row.Int());
    const bool named = !row.IsNull();
    FeederLoad feeder;
    feeder.set_gaveur_id(row.Int());
    feeder.set_gaveur_nom(row.Text());
    feeder.set_nb_lots(row.Int());
    feeder.set_nb_canards(row.Int());
    row.Set(&feeder, &FeederLoad::mutable_fin_prevue);
    site.set_nb_lots(site.nb_lots() + feeder.nb_lots());
    site.set_nb_canards(site.nb_canards() + feeder.nb_canards());
    if (named) *site.add_gaveurs() = std::move(feeder);
  }

  Pool& pool_;
};

}  // namespace

std::unique_ptr<PlanReader> NewPostgresPlanReader(Pool& pool) { return std::make_unique<PostgresPlanReader>(pool); }

}  // namespace egi::storage
