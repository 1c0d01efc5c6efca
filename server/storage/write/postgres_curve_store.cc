#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/base/rich_status.h"
#include "server/curves/course.h"
#include "server/storage/read/conditions.h"
#include "server/storage/read/lot_course.h"
#include "server/storage/read/session.h"
#include "server/storage/write/curve_store.h"

namespace egi::storage::write {
namespace {

using curves::CurveState;
using read::ArrayOf;
using read::NumbersOf;
using read::Run;

constexpr char kLockLot[] = "SELECT l.id, l.code_lot, l.statut, l.gaveur_id, l.site_code FROM lots_gavage l WHERE ";

// $1 lot or empty, $2 feeder or empty; the rest as in CurveProposal, empty = null.
constexpr char kReplace[] = R"sql(
  UPDATE courbes_theoriques SET source = $3, methode = $4, duree_gavage_jours = $5::integer, doses_g = $6::float8[], poids_g = nullif($7, '')::float8[],
    pysr_equation = nullif($8, ''), pysr_r2_score = nullif($9, '')::float8, pysr_complexity = nullif($10, '0')::integer, cree_par = nullif($11, '')
  WHERE statut = 'EN_ATTENTE' AND (lot_id = nullif($1, '')::integer OR $1 = '' AND lot_id IS NULL AND gaveur_id = nullif($2, '')::integer) RETURNING id)sql";

constexpr char kInsert[] = R"sql(
  INSERT INTO courbes_theoriques (lot_id, gaveur_id, source, methode, duree_gavage_jours, doses_g, poids_g, pysr_equation, pysr_r2_score, pysr_complexity, cree_par)
  VALUES (nullif($1, '')::integer, nullif($2, '')::integer, $3, $4, $5::integer, $6::float8[], nullif($7, '')::float8[], nullif($8, ''),
          nullif($9, '')::float8, nullif($10, '0')::integer, nullif($11, ''))
  RETURNING id)sql";

constexpr char kLockCurve[] = R"sql(
  SELECT statut, duree_gavage_jours, array_to_string(coalesce(doses_modifiees_g, doses_g), ' ') FROM courbes_theoriques WHERE id = $1::integer FOR UPDATE)sql";

constexpr char kDecide[] = R"sql(
  UPDATE courbes_theoriques SET statut = $2, superviseur_nom = $3, date_validation = now(), commentaire_superviseur = nullif($4, ''),
    doses_modifiees_g = coalesce(nullif($5, '')::float8[], doses_modifiees_g)
  WHERE id = $1::integer)sql";

// Also where nothing changes: the new version of the row tells servers to read its prescriptions again.
constexpr char kInForce[] = "UPDATE lots_gavage SET courbe_id = $2::integer WHERE id = $1::integer";
constexpr char kOutOfForce[] = "UPDATE lots_gavage SET courbe_id = NULL WHERE id = $1::integer AND courbe_id = $2::integer";
constexpr char kTouch[] = "UPDATE lots_gavage SET courbe_id = courbe_id WHERE id = $1::integer";

constexpr char kEnter[] = R"sql(
  INSERT INTO courbe_reelle_jours (lot_id, jour, correction, date_gavage, gaveur_id, dose_reelle_g, commentaire_gaveur)
  SELECT $1::integer, $2::integer, coalesce(max(correction) + 1, 0), $3::date, nullif($4, '0')::integer, $5::float8, nullif($6, '')
  FROM courbe_reelle_jours WHERE lot_id = $1::integer AND jour = $2::integer)sql";

// The newest entry says the same already.
constexpr char kSameEntry[] = R"sql(
  SELECT FROM (SELECT * FROM courbe_reelle_jours WHERE lot_id = $1::integer AND jour = $2::integer ORDER BY correction DESC LIMIT 1) d
  WHERE d.date_gavage = $3::date AND d.dose_reelle_g = $4::float8 AND coalesce(d.commentaire_gaveur, '') = $5)sql";

constexpr char kAnswer[] = R"sql(
  INSERT INTO corrections_dose (gavage_id, lot_id, slot_cible, dose_prevue_g, dose_proposee_g, raison, acceptee, dose_finale_g, repondu_par)
  VALUES ($1::integer, $2::integer, $3::integer, $4::float8, $5::float8, $6, $7::boolean, nullif($8, '')::float8, $9))sql";

std::string Exact(double value) { return absl::StrFormat("%.17g", value); }

struct LockedLot {
  std::string id, code, statut, site;
  int32_t gaveur_id = 0;
  bool active() const { return statut == "en_preparation" || statut == "en_gavage"; }
};

absl::StatusOr<LockedLot> Lock(pqxx::transaction_base& transaction, const read::LotKey& key) {
  const pqxx::result rows = Run(transaction, absl::StrCat(kLockLot, read::LotIs(key), " = $1 FOR NO KEY UPDATE"), {read::LotValue(key)});
  if (rows.empty()) return read::LotNotFound(key);
  read::RowCursor row(rows[0]);
  LockedLot lot;
  lot.id = row.Text();
  lot.code = row.Text();
  lot.statut = row.Text();
  lot.gaveur_id = row.Int();
  lot.site = row.Text();
  return lot;
}

absl::Status RefuseOfState(const LockedLot& lot, const char* what) {
  return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", lot.code, " is ", lot.statut, ": ", what)), "LOT_STATE",
                       {{"lot", lot.code}, {"state", lot.statut}});
}

// What the history will say.
void SayWho(pqxx::transaction_base& transaction, const std::string& by) { Run(transaction, "SELECT set_config('egi.principal', $1, true)", {by}); }

int32_t Keep(pqxx::transaction_base& transaction, const std::string& lot_id, const std::string& gaveur_id, const CurveProposal& proposal) {
  SayWho(transaction, proposal.by.empty() ? "server" : proposal.by);
  const std::vector<std::string> params = {lot_id,
                                           gaveur_id,
                                           proposal.source,
                                           proposal.method,
                                           std::to_string(proposal.doses_g.size() / 2),
                                           ArrayOf(proposal.doses_g),
                                           proposal.weights_g.empty() ? "" : ArrayOf(proposal.weights_g),
                                           proposal.equation,
                                           proposal.r2_score.has_value() ? Exact(*proposal.r2_score) : "",
                                           std::to_string(proposal.complexity),
                                           proposal.by};
  const pqxx::result replaced = Run(transaction, kReplace, params);
  return (replaced.empty() ? Run(transaction, kInsert, params) : replaced)[0][0].as<int32_t>();
}

absl::Status CheckOwner(const LockedLot& lot, const DayEntry& entry) {
  if (lot.statut == "annule") return RefuseOfState(lot, "restore it before entering doses");
  if (!entry.site.empty() && entry.site != lot.site) {
    return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", lot.code, " belongs to site ", lot.site, ", not ", entry.site,
                                                                    "; name the lot's own site or none")),
                         "LOT_OF_OTHER_SITE", {{"lot", lot.code}, {"site", lot.site}});
  }
  if (entry.gaveur_id > 0 && lot.gaveur_id > 0 && entry.gaveur_id != lot.gaveur_id) {
    return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", lot.code, " is fed by gaveur ", lot.gaveur_id, ", not ", entry.gaveur_id,
                                                                    "; name the lot's own gaveur or 0")),
                         "LOT_OF_OTHER_GAVEUR", {{"lot", lot.code}});
  }
  return absl::OkStatus();
}

absl::Status CheckReply(const curves::LotCorrection& correction, const curves::LotCourse& lot, const CorrectionReply& reply, bool* done) {
  const std::string name = absl::StrCat("correction ", correction.gavage_id, " of lot ", lot.code);
  if (const auto earlier = lot.answers.find(correction.gavage_id); earlier != lot.answers.end()) {
    const curves::CorrectionAnswer& answer = earlier->second;
    const double wanted = reply.final_g.value_or(answer.proposed_g);
    *done = answer.accepted == reply.accepted && (!reply.accepted || answer.final_g == wanted);
    if (*done) return absl::OkStatus();
    return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat(name, " is ", curves::Name(correction.state), " already; an answer stands")),
                         "CORRECTION_ANSWERED", {{"correction", absl::StrCat(correction.gavage_id)}});
  }
  if (correction.state != curves::CorrectionState::kPending) {
    return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat(name, " has expired: the next meal was given, or the lot has ended")),
                         "CORRECTION_EXPIRED", {{"correction", absl::StrCat(correction.gavage_id)}});
  }
  return absl::OkStatus();
}

class PostgresCurveStore final : public CurveStore {
 public:
  explicit PostgresCurveStore(Pool& pool) : pool_(pool) {}

  absl::StatusOr<int32_t> Propose(const read::LotKey& key, const CurveProposal& proposal) override {
    int32_t id = 0;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const auto lot = Lock(transaction, key);
      if (!lot.ok()) return lot.status();
      if (!lot->active()) return RefuseOfState(*lot, "only lots that are fed or will be take a curve");
      id = Keep(transaction, lot->id, "", proposal);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return id;
  }

  absl::StatusOr<int32_t> ProposeForFeeder(int32_t gaveur_id, const CurveProposal& proposal) override {
    int32_t id = 0;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const std::string feeder = std::to_string(gaveur_id);
      if (Run(transaction, "SELECT FROM gaveurs_euralis WHERE id = $1::integer FOR NO KEY UPDATE", {feeder}).empty()) {
        return absl::NotFoundError(absl::StrCat("no feeder ", gaveur_id, " is known"));
      }
      id = Keep(transaction, "", feeder, proposal);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return id;
  }

  absl::Status Decide(const CurveDecision& wish) override {
    return pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const std::string id = std::to_string(wish.curve_id);
      const pqxx::result found = Run(transaction, "SELECT lot_id FROM courbes_theoriques WHERE id = $1::integer", {id});
      if (found.empty()) return absl::NotFoundError(absl::StrCat("no curve ", wish.curve_id, " is known"));
      std::optional<LockedLot> lot;  // locked before the curve, as Propose does
      if (!found[0][0].is_null()) {
        auto locked = Lock(transaction, {found[0][0].as<int32_t>(), ""});
        if (!locked.ok()) return locked.status();
        lot = *std::move(locked);
      }
      return DecideLocked(transaction, lot, id, wish);
    });
  }

  absl::Status EnterDay(const read::LotKey& key, const DayEntry& entry) override {
    return pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const auto lot = Lock(transaction, key);
      if (!lot.ok()) return lot.status();
      if (absl::Status bad = CheckOwner(*lot, entry); !bad.ok()) return bad;
      const std::string day = std::to_string(entry.day);
      if (!Run(transaction, kSameEntry, {lot->id, day, entry.date, Exact(entry.dose_g), entry.comment}).empty()) return absl::OkStatus();
      const int32_t feeder = entry.gaveur_id > 0 ? entry.gaveur_id : lot->gaveur_id;
      Run(transaction, kEnter, {lot->id, day, entry.date, std::to_string(feeder), Exact(entry.dose_g), entry.comment});
      return absl::OkStatus();
    });
  }

  absl::Status Answer(const CorrectionReply& reply) override {
    return pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const absl::Status unknown = absl::NotFoundError(absl::StrCat("no correction ", reply.gavage_id, " is known"));
      const pqxx::result meal = Run(transaction, "SELECT lot_id FROM gavage_meals WHERE id = $1::integer", {std::to_string(reply.gavage_id)});
      if (meal.empty()) return unknown;
      if (const auto lot = Lock(transaction, {meal[0][0].as<int32_t>(), ""}); !lot.ok()) return lot.status();
      const std::vector<curves::LotCourse> courses = read::ReadCourses(transaction, "WHERE l.id = $1::integer", {meal[0][0].c_str()});
      const curves::LotCourse& lot = courses.front();
      const std::vector<curves::LotCorrection> corrections = curves::CorrectionsOf(lot);
      const auto correction = std::find_if(corrections.begin(), corrections.end(), [&](const auto& each) { return each.gavage_id == reply.gavage_id; });
      if (correction == corrections.end()) return unknown;
      bool done = false;
      if (absl::Status bad = CheckReply(*correction, lot, reply, &done); !bad.ok() || done) return bad;
      if (reply.by.empty() && lot.gaveur_id == 0) return InvalidFields({{"by", "is needed: the lot has no feeder"}});
      const double final_g = reply.final_g.value_or(correction->proposal.dose_g);
      Run(transaction, kAnswer,
          {std::to_string(reply.gavage_id), std::to_string(lot.id), std::to_string(correction->target), Exact(correction->planned_g),
           Exact(correction->proposal.dose_g), correction->proposal.reason, reply.accepted ? "t" : "f", reply.accepted ? Exact(final_g) : "",
           reply.by.empty() ? absl::StrCat("gaveur:", lot.gaveur_id) : reply.by});
      Run(transaction, kTouch, {std::to_string(lot.id)});
      return absl::OkStatus();
    });
  }

 private:
  static absl::Status DecideLocked(pqxx::transaction_base& transaction, const std::optional<LockedLot>& lot, const std::string& id,
                                   const CurveDecision& wish) {
    read::RowCursor row(Run(transaction, kLockCurve, {id})[0]);
    const auto state = curves::ParseCurveState(row.Text());
    if (!state.has_value()) return absl::InternalError(absl::StrCat("curve ", id, " has an unknown state"));
    const size_t days = static_cast<size_t>(row.Int());
    const std::vector<double> doses = NumbersOf(row.Text());
    curves::Decision decision = wish.decision;
    if (decision == curves::Decision::kModify && wish.doses_g == doses) decision = curves::Decision::kAccept;  // nothing is modified
    const auto next = curves::Decide(*state, decision, wish.curve_id);
    if (!next.ok()) return next.status();
    if (decision == curves::Decision::kModify && wish.doses_g.size() != 2 * days) {
      return InvalidFields({{"courbe_modifiee", absl::StrCat("has ", wish.doses_g.size() / 2, " days, must have the ", days, " of the curve")}});
    }
    if (decision == curves::Decision::kReject && curves::MayHold(*state) && absl::StripAsciiWhitespace(wish.comment).empty()) {
      return InvalidFields({{"commentaire", absl::StrCat("is needed: curve ", wish.curve_id, " is ", curves::Name(*state), "; say why it is rejected now")}});
    }
    const bool holds = curves::MayHold(*next);
    if (*next == *state && decision != curves::Decision::kModify) return absl::OkStatus();
    if (holds && lot.has_value() && !lot->active()) return RefuseOfState(*lot, "a curve takes effect only while the lot is fed or before");
    SayWho(transaction, wish.by);
    Run(transaction, kDecide, {id, curves::Name(*next), wish.by, wish.comment, decision == curves::Decision::kModify ? ArrayOf(wish.doses_g) : ""});
    if (lot.has_value()) Run(transaction, holds ? kInForce : kOutOfForce, {lot->id, id});
    return absl::OkStatus();
  }

  Pool& pool_;
};

}  // namespace

std::unique_ptr<CurveStore> NewPostgresCurveStore(Pool& pool) { return std::make_unique<PostgresCurveStore>(pool); }

}  // namespace egi::storage::write
