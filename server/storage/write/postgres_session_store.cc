#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/rich_status.h"
#include "server/storage/postgres/sql_time.h"
#include "server/storage/read/session.h"
#include "server/storage/write/account_rows.h"
#include "server/storage/write/session_store.h"

namespace egi::storage::write {
namespace {

using read::RowCursor;
using read::Run;

absl::Status RefreshRefused() {
  return WithErrorInfo(absl::UnauthenticatedError("the refresh token is unknown, used, expired, or its session is ended; sign in again"), "REFRESH_REFUSED");
}

absl::Status LoginRefused() { return WithErrorInfo(absl::UnauthenticatedError("the account or the password is not right"), "LOGIN_REFUSED"); }

// Failed logins of the window: of `name_hash` when $3 is true, else of all. The `limit`-th newest tells when the next may be tried.
constexpr char kFailed[] =
    "SELECT " EGI_US("at") " FROM identity_audit WHERE act = 'login' AND outcome = 'refused' AND at > $1::timestamptz AND (NOT $3::boolean OR name_hash = decode($2, 'hex')) "
    "ORDER BY at DESC OFFSET $4::integer LIMIT 1";

absl::Status CheckLimit(pqxx::transaction_base& transaction, const std::string& name_hash, bool of_one, absl::Time now) {
  const int limit = of_one ? kFailedLoginsOfOne : kFailedLoginsOfAll;
  const pqxx::result rows = Run(transaction, kFailed, {SqlTime(now - kLoginWindow), name_hash, of_one ? "true" : "false", std::to_string(limit - 1)});
  if (rows.empty()) return absl::OkStatus();
  const absl::Duration wait = std::max(absl::Seconds(1), RowCursor(rows[0]).Time() + kLoginWindow - now);
  const std::string whose = of_one ? "of this account" : "of all accounts";
  return WithErrorInfo(Overloaded(absl::StrCat("too many failed logins ", whose, "; wait, then try again"), wait), "TOO_MANY_LOGINS");
}

void StoreToken(pqxx::transaction_base& transaction, int64_t session_id, const NewRefreshToken& token, absl::Time now) {
  Run(transaction, "INSERT INTO refresh_tokens (token_hash, session_id, issued_at, expires_at) VALUES (decode($1::text, 'hex'), $2::bigint, $3::timestamptz, $4::timestamptz)",
      {token.hash, std::to_string(session_id), SqlTime(now), SqlTime(token.expires)});
}

// Whether the session was open.
bool EndSession(pqxx::transaction_base& transaction, int64_t session_id, const std::string& why, absl::Time now) {
  return !Run(transaction,
              "UPDATE account_sessions SET revoked_at = greatest(created_at, $2::timestamptz), revoked_why = $3::text WHERE id = $1::bigint AND revoked_at IS NULL RETURNING id",
              {std::to_string(session_id), SqlTime(now), why})
              .empty();
}

int32_t OwnerOf(pqxx::transaction_base& transaction, int64_t session_id) {
  const pqxx::result rows = Run(transaction, "SELECT account_id FROM account_sessions WHERE id = $1::bigint", {std::to_string(session_id)});
  return rows.empty() ? 0 : rows[0][0].as<int32_t>();
}

void LogOut(pqxx::transaction_base& transaction, int64_t session_id, absl::Time now) {
  if (!EndSession(transaction, session_id, "logout", now)) return;
  const int32_t owner = OwnerOf(transaction, session_id);
  WriteAudit(transaction, {now, "logout", "", owner, owner});
}

class PostgresSessionStore final : public SessionStore {
 public:
  explicit PostgresSessionStore(Pool& pool) : pool_(pool) {}

  absl::StatusOr<LoginAttempt> BeginLogin(const std::string& name, absl::Time now) override {
    LoginAttempt attempt;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      attempt = LoginAttempt();
      // Attempts of one name wait for each other here, so that none is missed when they are counted.
      const std::string key = Run(transaction,
                                  "SELECT encode(sha256(convert_to(lower($1::text), 'UTF8')), 'hex'), pg_advisory_xact_lock(hashtextextended('login ' || lower($1::text), 0))",
                                  {name})[0][0]
                                  .as<std::string>();
      for (const bool of_one : {true, false}) {
        if (absl::Status refused = CheckLimit(transaction, key, of_one, now); !refused.ok()) return refused;
      }
      const pqxx::result found = Run(transaction,
                                     "SELECT id, disabled_at IS NULL, password_hash FROM accounts WHERE username = lower($1::text) OR lower(email) = lower($1::text)", {name});
      if (!found.empty()) {
        RowCursor row(found[0]);
        attempt.account_id = row.Int();
        attempt.enabled = row.Bool();
        attempt.password_hash = row.Text();
      }
      attempt.id = Run(transaction,
                       "INSERT INTO identity_audit (at, act, outcome, reason, account_id, name_hash) VALUES ($1::timestamptz, 'login', 'refused', 'LOGIN_REFUSED', "
                       "nullif($2::integer, 0), decode($3::text, 'hex')) RETURNING id",
                       {SqlTime(now), std::to_string(attempt.account_id), key})[0][0].as<int64_t>();
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return attempt;
  }

  absl::StatusOr<Session> FinishLogin(const LoginAttempt& attempt, const NewRefreshToken& token, absl::Time now) override {
    Session session;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const std::string id = std::to_string(attempt.account_id);
      // The password may have been changed since it was checked.
      if (Run(transaction,
              "UPDATE accounts SET last_login_at = $2::timestamptz WHERE id = $1::integer AND disabled_at IS NULL AND password_hash = $3::text RETURNING id",
              {id, SqlTime(now), attempt.password_hash})
              .empty()) {
        return LoginRefused();
      }
      session.id = Run(transaction, "INSERT INTO account_sessions (account_id, created_at) VALUES ($1::integer, $2::timestamptz) RETURNING id", {id, SqlTime(now)})[0][0].as<int64_t>();
      StoreToken(transaction, session.id, token, now);
      Run(transaction, "UPDATE identity_audit SET outcome = 'done', reason = '', actor_id = account_id WHERE id = $1::bigint", {std::to_string(attempt.id)});
      session.account = *FindAccount(transaction, attempt.account_id);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return session;
  }

  absl::StatusOr<Session> Rotate(const std::string& hash, const NewRefreshToken& next, absl::Time now) override {
    Session session;
    bool reused = false;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      session = Session();
      reused = false;
      const pqxx::result found = Run(transaction,
                                     "SELECT t.session_id, t.used_at IS NOT NULL, t.expires_at <= $2::timestamptz OR s.revoked_at IS NOT NULL, s.account_id FROM refresh_tokens t "
                                     "JOIN account_sessions s ON s.id = t.session_id WHERE t.token_hash = decode($1::text, 'hex') FOR UPDATE OF t, s",
                                     {hash, SqlTime(now)});
      if (found.empty()) return RefreshRefused();
      RowCursor row(found[0]);
      session.id = row.Long();
      reused = row.Bool();
      const bool over = row.Bool();
      const int32_t owner = row.Int();
      if (reused) {
        if (EndSession(transaction, session.id, "reuse", now)) WriteAudit(transaction, {now, "refresh", "TOKEN_REUSED", 0, owner});
        return absl::OkStatus();
      }
      auto account = FindAccount(transaction, owner);
      if (over || !account.has_value() || !account->enabled()) return RefreshRefused();
      Run(transaction, "UPDATE refresh_tokens SET used_at = $2::timestamptz WHERE token_hash = decode($1::text, 'hex')", {hash, SqlTime(now)});
      StoreToken(transaction, session.id, next, now);
      session.account = *std::move(account);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    if (reused) return RefreshRefused();
    return session;
  }

  absl::Status End(int64_t session_id, absl::Time now) override {
    return pool_.Write([&](pqxx::transaction_base& transaction) {
      LogOut(transaction, session_id, now);
      return absl::OkStatus();
    });
  }

  absl::Status EndByToken(const std::string& hash, absl::Time now) override {
    return pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const pqxx::result found = Run(transaction, "SELECT session_id FROM refresh_tokens WHERE token_hash = decode($1::text, 'hex')", {hash});
      if (found.empty()) return RefreshRefused();
      LogOut(transaction, found[0][0].as<int64_t>(), now);
      return absl::OkStatus();
    });
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<SessionStore> NewPostgresSessionStore(Pool& pool) { return std::make_unique<PostgresSessionStore>(pool); }

}  // namespace egi::storage::write
