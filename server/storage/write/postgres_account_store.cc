#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/rpc/error_details.pb.h"
#include "server/base/rich_status.h"
#include "server/storage/postgres/sql_time.h"
#include "server/storage/read/session.h"
#include "server/storage/write/account_rows.h"
#include "server/storage/write/account_store.h"

namespace egi::storage::write {
namespace {

using identity::v1::Account;
using identity::v1::CreateAccountRequest;
using read::Run;

// $6: sites as the text of an array; $11: who makes it, 0 = nobody.
constexpr char kInsert[] = R"sql(
  INSERT INTO accounts (username, email, nom, prenom, role, sites, gaveur_id, password_hash, request_id, created_at, created_by)
  VALUES (nullif(lower($1::text), ''), nullif($2::text, ''), nullif($3::text, ''), nullif($4::text, ''), $5::text, $6::text[], nullif($7::integer, 0), $8::text,
          nullif($9::text, ''), $10::timestamptz, nullif($11::integer, 0))
  ON CONFLICT DO NOTHING RETURNING id)sql";

// Of the request $1: its account, whether it is what the wish asks for, and whether nobody was signed in.
constexpr char kKnownWish[] = R"sql(
  SELECT id, (coalesce(username, ''), lower(coalesce(email, '')), coalesce(nom, ''), coalesce(prenom, ''), role, sites, coalesce(gaveur_id, 0))
      = (lower($2::text), lower($3::text), $4::text, $5::text, $6::text, $7::text[], $8::integer), created_by IS NULL
  FROM accounts WHERE request_id = $1::text)sql";

absl::Status SessionEnded() {
  return WithErrorInfo(absl::UnauthenticatedError("the session is ended; sign in again"), "SESSION_ENDED");
}

std::string ReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.ErrorInfo");
  google::rpc::ErrorInfo info;
  return payload.has_value() && info.ParseFromString(std::string(*payload)) ? info.reason() : absl::StatusCodeToString(status.code());
}

// An answer that the asker could have avoided, not a failure of the house.
bool IsRefusal(const absl::Status& status) {
  return absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status) || absl::IsFailedPrecondition(status) || absl::IsAlreadyExists(status) || absl::IsNotFound(status);
}

absl::Status NoAccount(int32_t id) {
  return WithErrorInfo(absl::NotFoundError(absl::StrCat("account ", id, " does not exist; /api/accounts lists them")), "ACCOUNT_NOT_FOUND", {{"id", std::to_string(id)}});
}

// Inside a transaction.
absl::StatusOr<Account> FindStanding(pqxx::transaction_base& transaction, const auth::Principal& principal) {
  const pqxx::result open = Run(transaction, "SELECT 1 FROM account_sessions WHERE id = $1::bigint AND account_id = $2::integer AND revoked_at IS NULL",
                                {std::to_string(principal.session_id), std::to_string(principal.account_id)});
  auto account = open.empty() ? std::nullopt : FindAccount(transaction, principal.account_id);
  if (!account.has_value() || !account->enabled()) return SessionEnded();
  return *std::move(account);
}

absl::Status NotSignedIn() {
  return WithErrorInfo(absl::UnauthenticatedError("accounts are for admins: sign in as one and send the token as Authorization: Bearer; the first admin is made by egictl "
                                                  "accounts add on the machine of the server"),
                       "NOT_SIGNED_IN");
}

// Inside a transaction: whether `by` may administer accounts now.
absl::Status CheckAdmin(pqxx::transaction_base& transaction, const std::optional<auth::Principal>& by) {
  if (!by.has_value()) return NotSignedIn();
  const auto account = FindStanding(transaction, *by);
  if (!account.ok()) return account.status();
  if (account->role() == "admin") return absl::OkStatus();
  return WithErrorInfo(absl::PermissionDeniedError(absl::StrCat("accounts are for admins; this account is of role ", account->role())), "ADMIN_ONLY");
}

// Administration is done by one at a time: the first admin is made once, and the last one stays.
void LockAccounts(pqxx::transaction_base& transaction) { Run(transaction, "SELECT pg_advisory_xact_lock(hashtextextended('accounts', 0))", {}); }

bool HasAdmin(pqxx::transaction_base& transaction) { return !Run(transaction, "SELECT 1 FROM accounts WHERE role = 'admin' LIMIT 1", {}).empty(); }

bool HasOtherAdmin(pqxx::transaction_base& transaction, int32_t id) {
  return !Run(transaction, "SELECT 1 FROM accounts WHERE role = 'admin' AND disabled_at IS NULL AND id <> $1::integer LIMIT 1", {std::to_string(id)}).empty();
}

class PostgresAccountStore final : public AccountStore {
 public:
  explicit PostgresAccountStore(Pool& pool) : pool_(pool) {}

  absl::StatusOr<Account> Standing(const auth::Principal& principal) override {
    absl::StatusOr<Account> account;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) {
      account = FindStanding(transaction, principal);
      return account.status();
    });
    if (!status.ok()) return status;
    return account;
  }

  absl::StatusOr<MadeAccount> Create(const CreateAccountRequest& request, const HashPassword& hash, const Act& act) override {
    const bool first = !act.by.has_value() && act.direct && request.role() == "admin";
    if (!act.by.has_value() && !first) return NotSignedIn();
    bool is_new = false;
    auto account = Administer("create_account", 0, act, [&](pqxx::transaction_base& transaction, const absl::Status& allowed, int32_t* target) -> absl::StatusOr<Account> {
      is_new = false;
      if (!allowed.ok() && !first) return allowed;
      if (!request.request_id().empty()) {
        const pqxx::result known = Run(transaction, kKnownWish,
                                       {request.request_id(), request.username(), request.email(), request.nom(), request.prenom(), request.role(), Sites(request),
                                        std::to_string(request.gaveur_id())});
        // Whoever made the first admin may ask again, still without a token.
        if (!known.empty() && !allowed.ok() && !known[0][2].as<bool>()) return allowed;
        if (!known.empty() && !known[0][1].as<bool>()) {
          return WithErrorInfo(absl::AlreadyExistsError("this request_id made another account; choose another request_id"), "REQUEST_ID_REUSED");
        }
        if (!known.empty()) return *FindAccount(transaction, *target = known[0][0].as<int32_t>());
      }
      if (!allowed.ok() && HasAdmin(transaction)) return allowed;
      if (absl::Status bad = CheckGaveur(transaction, request.gaveur_id()); !bad.ok()) return bad;
      const auto hashed = hash();
      if (!hashed.ok()) return hashed.status();
      const pqxx::result made =
          Run(transaction, kInsert,
              {request.username(), request.email(), request.nom(), request.prenom(), request.role(), Sites(request), std::to_string(request.gaveur_id()), *hashed,
               request.request_id(), SqlTime(act.at), std::to_string(act.by.has_value() ? act.by->account_id : 0)});
      if (made.empty()) {
        return WithErrorInfo(absl::AlreadyExistsError("another account has this username or email; choose another, or set the password of that account"), "NAME_TAKEN");
      }
      is_new = true;
      return *FindAccount(transaction, *target = made[0][0].as<int32_t>());
    });
    if (!account.ok()) return account.status();
    return MadeAccount{*std::move(account), is_new};
  }

  absl::StatusOr<std::vector<Account>> List(std::optional<int64_t> before, int limit, const Act& act) override {
    static const std::string kSql = absl::StrCat(kAccountRow, " WHERE a.id < $1::bigint ORDER BY a.id DESC LIMIT $2::integer");
    if (!act.by.has_value()) return NotSignedIn();
    std::vector<Account> accounts;
    const auto done = Administer("list_accounts", 0, act, [&](pqxx::transaction_base& transaction, const absl::Status& allowed, int32_t*) -> absl::StatusOr<Account> {
      if (!allowed.ok()) return allowed;
      accounts.clear();
      for (const pqxx::row& row : Run(transaction, kSql, {std::to_string(before.value_or(INT64_MAX)), std::to_string(limit)})) {
        accounts.push_back(ToAccount(read::RowCursor(row)));
      }
      return Account();
    }, false);
    if (!done.ok()) return done.status();
    return accounts;
  }

  absl::StatusOr<Account> SetEnabled(int32_t id, bool enabled, const Act& act) override {
    if (!act.by.has_value()) return NotSignedIn();
    return Administer(enabled ? "enable_account" : "disable_account", id, act,
                      [&](pqxx::transaction_base& transaction, const absl::Status& allowed, int32_t*) -> absl::StatusOr<Account> {
      if (!allowed.ok()) return allowed;
      const auto account = FindAccount(transaction, id);
      if (!account.has_value()) return NoAccount(id);
      if (!enabled && account->role() == "admin" && !HasOtherAdmin(transaction, id)) {
        return WithErrorInfo(absl::FailedPreconditionError("this is the last admin who may sign in; make another one first"), "LAST_ADMIN");
      }
      if (enabled) {
        Run(transaction, "UPDATE accounts SET disabled_at = NULL WHERE id = $1::integer", {std::to_string(id)});
      } else {
        Run(transaction, "UPDATE accounts SET disabled_at = coalesce(disabled_at, $2::timestamptz) WHERE id = $1::integer", {std::to_string(id), SqlTime(act.at)});
        EndSessions(transaction, id, "disabled", act.at);
      }
      return *FindAccount(transaction, id);
    });
  }

  absl::StatusOr<Account> SetPassword(int32_t id, const HashPassword& hash, const Act& act) override {
    if (!act.by.has_value()) return NotSignedIn();
    return Administer("set_password", id, act, [&](pqxx::transaction_base& transaction, const absl::Status& allowed, int32_t*) -> absl::StatusOr<Account> {
      if (!allowed.ok()) return allowed;
      if (!FindAccount(transaction, id).has_value()) return NoAccount(id);
      const auto hashed = hash();
      if (!hashed.ok()) return hashed.status();
      Run(transaction, "UPDATE accounts SET password_hash = $2::text WHERE id = $1::integer", {std::to_string(id), *hashed});
      EndSessions(transaction, id, "password", act.at);
      return *FindAccount(transaction, id);
    });
  }

 private:
  // The sites as the text of an array; they are two capital letters each.
  static std::string Sites(const CreateAccountRequest& request) { return absl::StrCat("{", absl::StrJoin(request.sites(), ","), "}"); }

  static absl::Status CheckGaveur(pqxx::transaction_base& transaction, int32_t gaveur_id) {
    if (gaveur_id == 0) return absl::OkStatus();
    const std::string id = std::to_string(gaveur_id);
    if (Run(transaction, "SELECT 1 FROM gaveurs_euralis WHERE id = $1::integer", {id}).empty()) {
      return WithErrorInfo(absl::NotFoundError(absl::StrCat("gaveur ", id, " does not exist; the sites list theirs")), "GAVEUR_NOT_FOUND", {{"gaveur_id", id}});
    }
    if (!Run(transaction, "SELECT 1 FROM accounts WHERE gaveur_id = $1::integer", {id}).empty()) {
      return WithErrorInfo(absl::AlreadyExistsError(absl::StrCat("gaveur ", id, " has an account; set its password instead")), "GAVEUR_TAKEN", {{"gaveur_id", id}});
    }
    return absl::OkStatus();
  }

  // Runs `body(transaction, whether the asker is an admin, the account it is done to)` and its row of the audit in one transaction; a refusal gets its row in another.
  template <typename Body>
  absl::StatusOr<Account> Administer(const std::string& name, int32_t target, const Act& act, const Body& body, bool changes = true) {
    const int32_t actor = act.by.has_value() ? act.by->account_id : 0;
    absl::StatusOr<Account> answer;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      if (changes) LockAccounts(transaction);
      int32_t done_to = target;
      answer = body(transaction, CheckAdmin(transaction, act.by), &done_to);
      if (!answer.ok()) return answer.status();
      WriteAudit(transaction, {act.at, name, "", actor, done_to});
      return absl::OkStatus();
    });
    if (status.ok()) return answer;
    if (!IsRefusal(status)) return status;
    const absl::Status kept = pool_.Write([&](pqxx::transaction_base& transaction) {
      WriteAudit(transaction, {act.at, name, ReasonOf(status), actor, target});
      return absl::OkStatus();
    });
    return kept.ok() ? status : kept;
  }

  Pool& pool_;
};

}  // namespace

std::unique_ptr<AccountStore> NewPostgresAccountStore(Pool& pool) { return std::make_unique<PostgresAccountStore>(pool); }

}  // namespace egi::storage::write
