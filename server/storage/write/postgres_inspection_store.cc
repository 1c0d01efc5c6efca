#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/rich_status.h"
#include "server/storage/postgres/event_append.h"
#include "server/storage/read/quality_row.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/write/inspection_store.h"
#include "server/storage/write/lot_events.h"
#include "server/storage/write/read_alert.h"

namespace egi::storage::write {
namespace {

using quality::v1::ClaimLotResponse;
using quality::v1::InspectionAttempt;
using quality::v1::PendingLot;

// $1 lot, $2 now, $3 attempts allowed. An inspector that fell silent has failed; its lot need not wait, the lease was the wait.
constexpr char kLapse[] = R"sql(
  UPDATE sqal_pending_lots SET attempts = attempts + 1, last_error = 'the lease of ' || lease_owner || ' lapsed', next_attempt_at = $2::timestamptz,
         status = CASE WHEN attempts + 1 >= $3::integer THEN 'error' ELSE 'pending' END, lease_owner = NULL, lease_token = NULL, lease_until = NULL
  WHERE code_lot = $1 AND status = 'inspecting' AND lease_until <= $2::timestamptz RETURNING status, last_error)sql";

// $1 lot, $2 now, $3 owner, $4 lease in seconds.
constexpr char kClaim[] = R"sql(
  UPDATE sqal_pending_lots SET status = 'inspecting', lease_owner = $3, lease_token = gen_random_uuid()::text,
         lease_until = $2::timestamptz + make_interval(secs => $4::float8)
  WHERE code_lot = $1 AND status = 'pending' AND next_attempt_at <= $2::timestamptz
    AND NOT EXISTS (SELECT FROM lots_gavage l WHERE l.code_lot = $1 AND l.statut = 'annule')
  RETURNING lease_token)sql";

// $1 lot, $2 now, $3 who.
constexpr char kBeginAttempt[] = R"sql(
  INSERT INTO sqal_inspection_attempts (code_lot, attempt, owner, started_at)
  SELECT $1::text, coalesce(max(attempt), 0) + 1, $3::text, $2::timestamptz FROM sqal_inspection_attempts WHERE code_lot = $1::text)sql";

// $1 lot, $2 now, $3 outcome, $4 reason. A lot claimed before attempts were kept has none.
constexpr char kEndAttempt[] = R"sql(
  UPDATE sqal_inspection_attempts SET ended_at = greatest($2::timestamptz, started_at), outcome = $3::text, reason = $4::text
  WHERE code_lot = $1::text AND ended_at IS NULL)sql";

// $1 lot, $2 density in g/cm3. Nothing changes when no volume was measured.
constexpr char kWriteBack[] = R"sql(
  UPDATE lots_gavage l SET poids_foie_estime = s.mass_g, itm_estime = nullif(l.total_corn_real, 0) / s.mass_g, nb_foies_mesures = s.livers
  FROM (SELECT avg(vl53l8ch_volume_mm3) / 1000 * $2::float8 AS mass_g, count(*)::integer AS livers FROM sqal_samples
        WHERE lot_id = (SELECT id FROM lots_gavage WHERE code_lot = $1::text) AND vl53l8ch_volume_mm3 > 0) s
  WHERE l.code_lot = $1::text AND s.livers > 0 AND s.mass_g < 10000)sql";

// $1 lot.
constexpr char kAttempts[] =
    "SELECT attempt, owner, " EGI_US("started_at") ", " EGI_US("ended_at") ", outcome, reason FROM (SELECT * FROM sqal_inspection_attempts "
    "WHERE code_lot = $1 ORDER BY attempt DESC LIMIT 500) newest ORDER BY attempt";

// $1 lot, $2 now.
constexpr char kRetry[] = R"sql(
  UPDATE sqal_pending_lots SET status = 'pending', attempts = 0, next_attempt_at = $2::timestamptz
  WHERE code_lot = $1 AND status = 'error' RETURNING id)sql";

// $1 lot, $2 now, $3 token, $4 lease in seconds.
constexpr char kRenew[] = R"sql(
  UPDATE sqal_pending_lots SET lease_until = $2::timestamptz + make_interval(secs => $4::float8)
  WHERE code_lot = $1 AND status = 'inspecting' AND lease_token = $3 RETURNING lease_token)sql";

// The state of the lot's samples. domain.md section 6: rejected when fewer than 80 % comply or the majority is REJECT.
constexpr char kSamples[] = R"sql(
  SELECT count(*), CASE WHEN count(*) FILTER (WHERE s.fusion_is_compliant) < 0.8 * count(*)
                          OR count(*) FILTER (WHERE s.fusion_final_grade = 'REJECT') * 2 > count(*)
                        THEN 'rejected' ELSE 'approved' END
  FROM sqal_samples s JOIN lots_gavage l ON l.id = s.lot_id WHERE l.code_lot = $1)sql";

// $1 lot, $2 now, $3 token, $4 samples, $5 proposal.
constexpr char kComplete[] = R"sql(
  UPDATE sqal_pending_lots SET status = 'inspected', date_inspection_sqal = $2::timestamptz, nb_echantillons = $4::integer,
         proposed_decision = $5, lease_owner = NULL, lease_token = NULL, lease_until = NULL, last_error = NULL
  WHERE code_lot = $1 AND status = 'inspecting' AND lease_token = $3 RETURNING id)sql";

// $1 lot, $2 now, $3 token, $4 reason, $5 attempts allowed, $6 first delay in seconds.
constexpr char kFail[] = R"sql(
  UPDATE sqal_pending_lots SET attempts = attempts + 1, last_error = $4, lease_owner = NULL, lease_token = NULL, lease_until = NULL,
         status = CASE WHEN attempts + 1 >= $5::integer THEN 'error' ELSE 'pending' END,
         next_attempt_at = $2::timestamptz + make_interval(secs => $6::float8 * 2 ^ attempts)
  WHERE code_lot = $1 AND status = 'inspecting' AND lease_token = $3 RETURNING id)sql";

// $1 lot, $2 now, $3 decision, $4 by, $5 reason.
constexpr char kDecide[] = R"sql(
  UPDATE sqal_pending_lots SET status = $3, decision = $3, decision_by = $4, decision_at = $2::timestamptz, decision_reason = nullif($5, '')
  WHERE code_lot = $1)sql";

// $1 lot, $2 now. A decided lot is measured no more: nothing would bring its alerts back in range.
constexpr char kCloseAlerts[] = R"sql(
  WITH gone AS (
    DELETE FROM alert_open WHERE origin = 'SQAL' AND object_key = 'lot:' || $1::text RETURNING alert_id, time, occurrences, last_time)
  UPDATE sqal_alerts a SET closed_at = $2::timestamptz, close_reason = 'lot_decided', occurrences = gone.occurrences, last_time = gone.last_time
  FROM gone WHERE a.alert_id = gone.alert_id AND a.time = gone.time RETURNING a.alert_id)sql";

// OK when the lot, as it is, may be decided so.
absl::Status CheckDecision(const PendingLot& lot, const std::string& decision, const std::string& reason) {
  if (lot.has_decision_by()) {
    return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", lot.code_lot(), " was ", lot.status(), " by ",
                                                                    lot.decision_by().value(), "; a decision stands")),
                         "LOT_DECIDED", {{"code_lot", lot.code_lot()}, {"decision", lot.status()}, {"decision_by", lot.decision_by().value()}});
  }
  if (lot.status() != "inspected") {
    return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", lot.code_lot(), " is ", lot.status(), "; decide once it is inspected")),
                         "LOT_NOT_INSPECTED", {{"code_lot", lot.code_lot()}, {"status", lot.status()}});
  }
  if (reason.empty() && lot.proposed_decision().value() != decision) {
    return InvalidFields({{"reason", absl::StrCat("is needed: the inspection proposes ", lot.proposed_decision().value())}});
  }
  return absl::OkStatus();
}

// Why a lot is not granted.
absl::Status NotClaimable(const PendingLot& lot, bool cancelled) {
  if (cancelled) {
    return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", lot.code_lot(), " is annule; restore it before it is inspected")), "LOT_STATE",
                         {{"lot", lot.code_lot()}, {"state", "annule"}});
  }
  if (lot.status() == "inspecting") {
    return WithErrorInfo(absl::AbortedError(absl::StrCat("somebody else inspects lot ", lot.code_lot(), "; take another")), "LEASE_HELD",
                         {{"code_lot", lot.code_lot()}});
  }
  return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", lot.code_lot(), " is ", lot.status(),
                                                                  lot.status() == "pending" ? " and waits for its next attempt" : "")),
                       "LOT_NOT_CLAIMABLE", {{"code_lot", lot.code_lot()}, {"status", lot.status()}});
}

absl::Status NotQueued(const std::string& code_lot) {
  return WithErrorInfo(absl::NotFoundError(absl::StrCat("lot ", code_lot, " is not in the inspection queue; GET /api/sqal/pending-lots (ListPendingLots) names those that are")),
                       "LOT_NOT_FOUND", {{"code_lot", code_lot}});
}

absl::Status LeaseLost(const std::string& code_lot) {
  return WithErrorInfo(absl::AbortedError(absl::StrCat("the lease of lot ", code_lot, " was lost; claim the lot again")), "LEASE_LOST",
                       {{"code_lot", code_lot}});
}

std::string Seconds(absl::Duration duration) { return absl::StrCat(absl::ToDoubleSeconds(duration)); }

class PostgresInspectionStore final : public InspectionStore {
 public:
  PostgresInspectionStore(Pool& pool, double density_g_cm3) : pool_(pool), density_(absl::StrCat(density_g_cm3)) {}

  absl::StatusOr<std::string> CodeOf(const read::LotKey& lot) override {
    if (!lot.code.empty()) return lot.code;
    std::string code;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      const pqxx::result found = read::Run(transaction, "SELECT code_lot FROM lots_gavage WHERE id = $1", {std::to_string(lot.id)});
      if (found.empty()) return NotQueued(std::to_string(lot.id));
      code = found[0][0].c_str();
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return code;
  }

  absl::StatusOr<ClaimLotResponse> Claim(const std::string& code_lot, const std::string& owner, absl::Duration lease,
                                         absl::Time now) override {
    ClaimLotResponse response;
    absl::Status refusal;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      response.Clear();
      refusal = absl::OkStatus();
      const pqxx::result lapsed = read::Run(transaction, kLapse, {code_lot, SqlTime(now), std::to_string(kMaxAttempts)});
      if (!lapsed.empty()) read::Run(transaction, kEndAttempt, {code_lot, SqlTime(now), "lapsed", lapsed[0][1].c_str()});
      const pqxx::result leased = read::Run(transaction, kClaim, {code_lot, SqlTime(now), owner, Seconds(lease)});
      auto lot = Find(transaction, code_lot, now);
      if (!lot.ok()) return lot.status();
      if (leased.empty()) {
        const bool cancelled = !read::Run(transaction, "SELECT FROM lots_gavage WHERE code_lot = $1 AND statut = 'annule'", {code_lot}).empty();
        refusal = NotClaimable(*lot, cancelled);  // told after the commit: the lapse stands
        if (!lapsed.empty()) AppendLotEvent(transaction, code_lot, lot->status());
        return absl::OkStatus();
      }
      read::Run(transaction, kBeginAttempt, {code_lot, SqlTime(now), owner});
      *response.mutable_lot() = *std::move(lot);
      response.set_lease_token(leased[0][0].c_str());
      AppendLotEvent(transaction, code_lot, response.lot().status());
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    if (!refusal.ok()) return refusal;
    return response;
  }

  absl::StatusOr<ClaimLotResponse> Renew(const std::string& code_lot, const std::string& lease_token, absl::Duration lease,
                                         absl::Time now) override {
    ClaimLotResponse response;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      response.Clear();
      const pqxx::result leased = read::Run(transaction, kRenew, {code_lot, SqlTime(now), lease_token, Seconds(lease)});
      auto lot = Find(transaction, code_lot, now);
      if (!lot.ok()) return lot.status();
      if (leased.empty()) return LeaseLost(code_lot);
      *response.mutable_lot() = *std::move(lot);
      response.set_lease_token(leased[0][0].c_str());
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<PendingLot> Complete(const std::string& code_lot, const std::string& lease_token, int samples,
                                      absl::Time now) override {
    PendingLot lot;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      // The lot before its place in the queue, as meals lock them.
      read::Run(transaction, "SELECT 1 FROM lots_gavage WHERE code_lot = $1 FOR UPDATE", {code_lot});
      read::RowCursor found(read::Run(transaction, kSamples, {code_lot})[0]);
      const int stored = found.Int();
      const std::string proposal = found.Text();
      const pqxx::result done = read::Run(transaction, kComplete,
                                          {code_lot, SqlTime(now), lease_token, std::to_string(stored), proposal});
      if (!done.empty()) {
        read::Run(transaction, kEndAttempt, {code_lot, SqlTime(now), "completed", ""});
        read::Run(transaction, kWriteBack, {code_lot, density_});
      }
      const auto known = Find(transaction, code_lot, now);
      if (!known.ok()) return known.status();
      if (done.empty()) return LeaseLost(code_lot);
      if (stored < samples) {
        return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", code_lot, " has ", stored, " stored samples, ", samples,
                                                                        " were announced; wait for their acknowledgement")),
                             "SAMPLES_MISSING", {{"code_lot", code_lot}, {"stored", std::to_string(stored)}});
      }
      lot = *known;
      AppendLotEvent(transaction, code_lot, lot.status());
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return lot;
  }

  absl::StatusOr<PendingLot> Fail(const std::string& code_lot, const std::string& lease_token, const std::string& reason,
                                  absl::Time now) override {
    PendingLot lot;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const pqxx::result done = read::Run(
          transaction, kFail,
          {code_lot, SqlTime(now), lease_token, reason, std::to_string(kMaxAttempts), Seconds(kFirstDelay)});
      auto known = Find(transaction, code_lot, now);
      if (!known.ok()) return known.status();
      if (done.empty()) return LeaseLost(code_lot);
      read::Run(transaction, kEndAttempt, {code_lot, SqlTime(now), "failed", reason});
      lot = *std::move(known);
      AppendLotEvent(transaction, code_lot, lot.status());
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return lot;
  }

  absl::StatusOr<PendingLot> Retry(const std::string& code_lot, const std::string& by, const std::string& reason, absl::Time now) override {
    PendingLot lot;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const pqxx::result back = read::Run(transaction, kRetry, {code_lot, SqlTime(now)});
      auto known = Find(transaction, code_lot, now);
      if (!known.ok()) return known.status();
      if (back.empty()) {
        return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", code_lot, " is ", known->status(), "; only a lot in error is given back")),
                             "LOT_NOT_IN_ERROR", {{"code_lot", code_lot}, {"status", known->status()}});
      }
      read::Run(transaction, kBeginAttempt, {code_lot, SqlTime(now), by});
      read::Run(transaction, kEndAttempt, {code_lot, SqlTime(now), "requeued", reason});
      lot = *std::move(known);
      AppendLotEvent(transaction, code_lot, lot.status());
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return lot;
  }

  absl::StatusOr<std::vector<InspectionAttempt>> ListAttempts(const std::string& code_lot) override {
    std::vector<InspectionAttempt> attempts;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      attempts.clear();
      if (read::Run(transaction, "SELECT 1 FROM sqal_pending_lots WHERE code_lot = $1", {code_lot}).empty()) return NotQueued(code_lot);
      for (const pqxx::row& found : read::Run(transaction, kAttempts, {code_lot})) {
        read::RowCursor row(found);
        InspectionAttempt& attempt = attempts.emplace_back();
        attempt.set_attempt(row.Int());
        attempt.set_owner(row.Text());
        row.Set(&attempt, &InspectionAttempt::mutable_started_at);
        row.Set(&attempt, &InspectionAttempt::mutable_ended_at);
        attempt.set_outcome(row.Text());
        attempt.set_reason(row.Text());
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return attempts;
  }

  absl::StatusOr<PendingLot> Decide(const std::string& code_lot, const std::string& decision, const std::string& by,
                                    const std::string& reason, absl::Time now) override {
    PendingLot lot;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      read::Run(transaction, "SELECT 1 FROM sqal_pending_lots WHERE code_lot = $1 FOR UPDATE", {code_lot});
      auto known = Find(transaction, code_lot, now);
      if (!known.ok()) return known.status();
      lot = *std::move(known);
      if (lot.status() == decision && lot.decision_by().value() == by) return absl::OkStatus();
      if (absl::Status refused = CheckDecision(lot, decision, reason); !refused.ok()) return refused;
      read::Run(transaction, kDecide, {code_lot, SqlTime(now), decision, by, reason});
      lot = *Find(transaction, code_lot, now);
      std::vector<realtime::v1::Event> events;
      for (const pqxx::row& alert : read::Run(transaction, kCloseAlerts, {code_lot, SqlTime(now)})) {
        events.push_back(ReadAlert(transaction, AlertOriginKind::kQuality, alert[0].c_str(), now));
      }
      events.push_back(LotEventOf(transaction, code_lot, decision));
      AppendEvents(transaction, "lot", events);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return lot;
  }

 private:
  absl::StatusOr<PendingLot> Find(pqxx::transaction_base& transaction, const std::string& code_lot, absl::Time now) {
    const pqxx::result rows =
        read::Run(transaction, read::PendingLotSql("$2") + " WHERE p.code_lot = $1", {code_lot, SqlTime(now)});
    if (!rows.empty()) return read::ToPendingLot(read::RowCursor(rows[0]));
    return NotQueued(code_lot);
  }

  Pool& pool_;
  const std::string density_;  // g/cm3
};

}  // namespace

std::unique_ptr<InspectionStore> NewPostgresInspectionStore(Pool& pool, double density_g_cm3) {
  return std::make_unique<PostgresInspectionStore>(pool, density_g_cm3);
}

}  // namespace egi::storage::write
