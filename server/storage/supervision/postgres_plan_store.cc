#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/base/rich_status.h"
#include "server/storage/read/conditions.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/supervision/plan_sql.h"
#include "server/storage/supervision/plan_store.h"

namespace egi::storage {
namespace {

using read::RowCursor;
using read::Run;
using supervision::v1::AssignLotRequest;
using supervision::v1::ChangeSlotRequest;
using supervision::v1::CreateSlotRequest;
using supervision::v1::RemoveLotRequest;

constexpr char kPlanned[] = "planifie";
constexpr char kConfirmed[] = "confirme";
constexpr char kCancelled[] = "annule";

// A locked slot.
struct LockedSlot {
  int32_t id = 0;
  std::string site, house, date, state;
  int32_t capacity = 0, lots = 0, birds = 0;
  std::string name() const { return absl::StrCat("slot ", id, " (", house, ", ", date, ")"); }
};

// A locked lot.
struct LockedLot {
  int32_t id = 0;
  std::string code, site, state;
  std::string end_day;  // empty = unknown
  int32_t birds = 0;    // 0 = unknown
  bool hung = false;
};

constexpr char kLockSlot[] = R"sql(
  SELECT id, site_code, abattoir, to_char(date, 'YYYY-MM-DD'), statut, capacite_max, nb_lots, nb_canards FROM planning_abattages
  WHERE id = $1::integer FOR UPDATE)sql";

// $1 the lot; the condition follows.
constexpr char kLockLot[] = "SELECT l.id, l.code_lot, l.site_code, l.statut, to_char(" EGI_LOT_END ", 'YYYY-MM-DD'), " EGI_LOT_BIRDS ", " EGI_LOT_HUNG
                            " FROM lots_gavage l WHERE ";

constexpr char kSlotOfLot[] = "SELECT creneau_id FROM planning_abattages_lots WHERE lot_id = $1::integer";

constexpr char kSame[] = R"sql(
  SELECT id FROM planning_abattages WHERE statut <> 'annule' AND site_code = $1 AND lower(abattoir) = lower($2) AND date = $3::date
    AND heure_debut = $4::time AND heure_fin = $5::time AND capacite_max = $6::integer)sql";

constexpr char kOverlapping[] = R"sql(
  SELECT id, to_char(heure_debut, 'HH24:MI') || '-' || to_char(heure_fin, 'HH24:MI') FROM planning_abattages
  WHERE statut <> 'annule' AND site_code = $1 AND lower(abattoir) = lower($2) AND date = $3::date
    AND heure_debut < $5::time AND heure_fin > $4::time ORDER BY heure_debut LIMIT 1)sql";

constexpr char kCreate[] = R"sql(
  INSERT INTO planning_abattages (site_code, abattoir, date, heure_debut, heure_fin, capacite_max)
  VALUES ($1, $2, $3::date, $4::time, $5::time, $6::integer) RETURNING id)sql";

constexpr char kAssign[] = R"sql(
  INSERT INTO planning_abattages_lots (lot_id, creneau_id, nb_canards, distance_km, affecte_par)
  VALUES ($1::integer, $2::integer, $3::integer, nullif($4, '')::float8, $5))sql";

// Changes nothing when the distance is the one that is known.
constexpr char kSetDistance[] = R"sql(
  UPDATE planning_abattages_lots SET distance_km = $2::float8 WHERE lot_id = $1::integer AND distance_km IS DISTINCT FROM $2::float8)sql";

constexpr char kSetState[] = "UPDATE planning_abattages SET statut = $2 WHERE id = $1::integer";

// The row says all at once, so that the history has one entry; the lots then leave without changing it again.
constexpr char kCancel[] =
    "UPDATE planning_abattages SET statut = 'annule', raison_annulation = $2, nb_lots = 0, nb_canards = 0, lots_ids = '{}' WHERE id = $1::integer";
constexpr char kEmpty[] = "DELETE FROM planning_abattages_lots WHERE creneau_id = $1::integer";

constexpr char kSlaughtered[] =
    "SELECT string_agg(l.code_lot, ', ' ORDER BY l.code_lot) FROM planning_abattages_lots a JOIN lots_gavage l ON l.id = a.lot_id "
    "WHERE a.creneau_id = $1::integer AND (l.statut = 'abattu' OR " EGI_LOT_HUNG ")";

// What the history will say of the changes of this transaction.
void SayWhy(pqxx::transaction_base& transaction, const std::string& by, const std::string& action, const std::string& reason) {
  Run(transaction, "SELECT set_config('egi.principal', $1, true), set_config('egi.transition', $2, true), set_config('egi.reason', $3, true)",
      {by, action, reason});
}

absl::Status Refuse(const std::string& message, const std::string& reason, const LockedSlot& slot) {
  return WithErrorInfo(absl::FailedPreconditionError(message), reason, {{"slot", std::to_string(slot.id)}, {"statut", slot.state}});
}

absl::Status RefuseOfState(const LockedSlot& slot) {
  const char* what = slot.state == kConfirmed ? "reopen it before its lots change" : "its lots are history; open another slot";
  return Refuse(absl::StrCat(slot.name(), " is ", slot.state, ": ", what), "SLOT_STATE", slot);
}

absl::StatusOr<LockedSlot> LockSlot(pqxx::transaction_base& transaction, int32_t id) {
  const pqxx::result rows = Run(transaction, kLockSlot, {std::to_string(id)});
  if (rows.empty()) {
    return WithErrorInfo(absl::NotFoundError(absl::StrCat("slot ", id, " does not exist; GetPlan lists those of a period")), kSlotNotFound,
                         {{"slot", std::to_string(id)}});
  }
  RowCursor row(rows[0]);
  LockedSlot slot;
  slot.id = row.Int();
  slot.site = row.Text();
  slot.house = row.Text();
  slot.date = row.Text();
  slot.state = row.Text();
  slot.capacity = row.Int();
  slot.lots = row.Int();
  slot.birds = row.Int();
  return slot;
}

absl::StatusOr<LockedLot> LockLot(pqxx::transaction_base& transaction, const read::LotKey& key) {
  const pqxx::result rows = Run(transaction, absl::StrCat(kLockLot, read::LotIs(key), " = $1 FOR NO KEY UPDATE"), {read::LotValue(key)});
  if (rows.empty()) return read::LotNotFound(key);
  RowCursor row(rows[0]);
  LockedLot lot;
  lot.id = row.Int();
  lot.code = row.Text();
  lot.site = row.Text();
  lot.state = row.Text();
  lot.end_day = row.Text();
  lot.birds = row.Int();
  lot.hung = row.Bool();
  return lot;
}

// The slot the lot stands in, if any. Changes only under the lock of the lot or of that slot.
std::optional<int32_t> SlotOf(pqxx::transaction_base& transaction, int32_t lot) {
  const pqxx::result rows = Run(transaction, kSlotOfLot, {std::to_string(lot)});
  if (rows.empty()) return std::nullopt;
  return rows[0][0].as<int32_t>();
}

absl::Status CheckFit(const LockedSlot& slot, const LockedLot& lot, const std::string& today) {
  if (slot.state != kPlanned) return RefuseOfState(slot);
  if (slot.date < today) return Refuse(absl::StrCat(slot.name(), " is past, today is ", today, "; choose a slot of today or later"), "SLOT_PAST", slot);
  const std::string which = absl::StrCat("lot ", lot.code);
  if (lot.state == "abattu" || lot.state == kCancelled || lot.hung) {
    return Refuse(absl::StrCat(which, " is ", lot.state, lot.hung ? " and its birds were hung already" : "", ": there is nothing to plan"), "LOT_STATE", slot);
  }
  if (lot.site != slot.site) {
    return Refuse(absl::StrCat(which, " is of site ", lot.site, ", ", slot.name(), " of ", slot.site, "; choose a slot of the lot's site"),
                  "LOT_OF_OTHER_SITE", slot);
  }
  if (lot.birds <= 0) return Refuse(absl::StrCat(which, " does not tell its birds; tell nombre_canards by UpdateLot"), "LOT_INCOMPLETE", slot);
  if (lot.end_day.empty() && lot.state != "termine") {
    return Refuse(absl::StrCat(which, " has no planned end; tell date_debut_gavage and date_fin_gavage_prevue by UpdateLot"), "LOT_INCOMPLETE", slot);
  }
  if (slot.date < lot.end_day) {
    return Refuse(absl::StrCat(which, " ends its gavage on ", lot.end_day, ", after the day of ", slot.name(), "; choose a slot on that day or later"),
                  "LOT_NOT_READY", slot);
  }
  if (lot.birds > slot.capacity - slot.birds) {
    return Refuse(absl::StrCat(which, " has ", lot.birds, " birds, ", slot.name(), " has ", slot.capacity - slot.birds, " of ", slot.capacity,
                               " places left; choose another slot or open one"),
                  "SLOT_FULL", slot);
  }
  return absl::OkStatus();
}

class PostgresPlanStore final : public PlanStore {
 public:
  explicit PostgresPlanStore(Pool& pool) : pool_(pool) {}

  absl::StatusOr<OpenedSlot> CreateSlot(const CreateSlotRequest& request) override {
    OpenedSlot slot;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      // Two who open slots at a house on a day wait for each other: a row that is not there yet cannot be locked.
      Run(transaction, "SELECT pg_advisory_xact_lock(hashtextextended('slaughter slots ' || $1 || ' ' || lower($2) || ' ' || $3, 0))",
          {request.site_code(), request.abattoir(), request.date()});
      const std::vector<std::string> wish = {request.site_code(),   request.abattoir(), request.date(),
                                             request.heure_debut(), request.heure_fin(), std::to_string(request.capacite_max())};
      if (const pqxx::result same = Run(transaction, kSame, wish); !same.empty()) {
        slot = {same[0][0].as<int32_t>(), false};
        return absl::OkStatus();
      }
      const pqxx::result other = Run(transaction, kOverlapping, {wish.begin(), wish.end() - 1});
      if (!other.empty()) {
        return WithErrorInfo(absl::AlreadyExistsError(absl::StrCat("slot ", other[0][0].c_str(), " is at ", request.abattoir(), " on ", request.date(), " from ",
                                                                   other[0][1].c_str(), "; use it, choose other hours, or cancel it first")),
                             "SLOT_OVERLAPS", {{"slot", other[0][0].c_str()}});
      }
      SayWhy(transaction, request.by(), "create", request.reason());
      slot = {Run(transaction, kCreate, wish)[0][0].as<int32_t>(), true};
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return slot;
  }

  absl::Status Assign(const AssignLotRequest& request, const read::LotKey& key, const std::string& today) override {
    return pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const auto lot = LockLot(transaction, key);
      if (!lot.ok()) return lot.status();
      const auto slot = LockSlot(transaction, request.id());
      if (!slot.ok()) return slot.status();
      const std::string km = request.has_distance_km() ? absl::StrFormat("%.17g", request.distance_km().value()) : "";
      if (const auto has = SlotOf(transaction, lot->id); has.has_value()) {
        if (*has == slot->id) {
          if (km.empty()) return absl::OkStatus();
          SayWhy(transaction, request.by(), "distance", request.reason());
          Run(transaction, kSetDistance, {std::to_string(lot->id), km});
          return absl::OkStatus();
        }
        return Refuse(absl::StrCat("lot ", lot->code, " has slot ", *has, " already; take it out of that one first"), "LOT_HAS_SLOT", *slot);
      }
      if (absl::Status bad = CheckFit(*slot, *lot, today); !bad.ok()) return bad;
      SayWhy(transaction, request.by(), "assign", request.reason());
      Run(transaction, kAssign, {std::to_string(lot->id), std::to_string(slot->id), std::to_string(lot->birds), km, request.by()});
      return absl::OkStatus();
    });
  }

  absl::Status Remove(const RemoveLotRequest& request, const read::LotKey& key) override {
    return pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const auto lot = LockLot(transaction, key);
      if (!lot.ok()) return lot.status();
      const auto slot = LockSlot(transaction, request.id());
      if (!slot.ok()) return slot.status();
      if (SlotOf(transaction, lot->id) != slot->id) {
        return WithErrorInfo(absl::NotFoundError(absl::StrCat("lot ", lot->code, " is not in ", slot->name(), "; GetSlot names its lots")), "LOT_NOT_IN_SLOT",
                             {{"lot", lot->code}, {"slot", std::to_string(slot->id)}});
      }
      if (slot->state != kPlanned) return RefuseOfState(*slot);
      if (lot->state == "abattu" || lot->hung) return Refuse(absl::StrCat("lot ", lot->code, " was slaughtered; it stays in its slot"), "LOT_STATE", *slot);
      SayWhy(transaction, request.by(), "remove", request.reason());
      Run(transaction, "DELETE FROM planning_abattages_lots WHERE lot_id = $1::integer", {std::to_string(lot->id)});
      return absl::OkStatus();
    });
  }

  absl::Status Confirm(const ChangeSlotRequest& request) override {
    return Move(request, "confirm", kPlanned, kConfirmed, [](const LockedSlot& slot) {
      return slot.lots > 0 ? absl::OkStatus() : Refuse(absl::StrCat(slot.name(), " is empty; assign a lot to it first"), "SLOT_EMPTY", slot);
    });
  }

  absl::Status Reopen(const ChangeSlotRequest& request) override {
    return Move(request, "reopen", kConfirmed, kPlanned, [](const LockedSlot&) { return absl::OkStatus(); });
  }

  absl::Status Cancel(const ChangeSlotRequest& request) override {
    return pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const auto slot = LockSlot(transaction, request.id());
      if (!slot.ok()) return slot.status();
      if (slot->state == kCancelled) return absl::OkStatus();
      const std::string id = std::to_string(slot->id);
      const pqxx::result slaughtered = Run(transaction, kSlaughtered, {id});
      if (!slaughtered[0][0].is_null()) {
        return Refuse(absl::StrCat(slot->name(), " is past: ", slaughtered[0][0].c_str(), " was slaughtered in it; take the other lots out instead"), "SLOT_STATE",
                      *slot);
      }
      SayWhy(transaction, request.by(), "cancel", request.reason());
      Run(transaction, kCancel, {id, request.reason()});
      Run(transaction, kEmpty, {id});
      return absl::OkStatus();
    });
  }

 private:
  // From one state to another; a slot that is there already stays as it is.
  template <typename Check>
  absl::Status Move(const ChangeSlotRequest& request, const char* action, const char* from, const char* to, Check check) {
    return pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const auto slot = LockSlot(transaction, request.id());
      if (!slot.ok()) return slot.status();
      if (slot->state == to) return absl::OkStatus();
      if (slot->state != from) {
        return Refuse(absl::StrCat(slot->name(), " is ", slot->state, ", only one that is ", from, " can become ", to, "; open another slot"), "SLOT_STATE", *slot);
      }
      if (absl::Status bad = check(*slot); !bad.ok()) return bad;
      SayWhy(transaction, request.by(), action, request.reason());
      Run(transaction, kSetState, {std::to_string(slot->id), to});
      return absl::OkStatus();
    });
  }

  Pool& pool_;
};

}  // namespace

std::unique_ptr<PlanStore> NewPostgresPlanStore(Pool& pool) { return std::make_unique<PostgresPlanStore>(pool); }

}  // namespace egi::storage
