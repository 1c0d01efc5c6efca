#include "server/storage/write/account_rows.h"

#include "google/protobuf/struct.pb.h"
#include "server/storage/postgres/sql_time.h"
#include "server/storage/read/session.h"

namespace egi::storage::write {

using identity::v1::Account;
using read::Run;

const char kAccountRow[] =
    "SELECT a.id, a.username, a.email, a.nom, a.prenom, a.role, to_json(CASE WHEN g.site_code IS NOT NULL THEN ARRAY[g.site_code::text] ELSE a.sites END), a.gaveur_id, "
    "a.disabled_at IS NULL, " EGI_US("a.created_at") ", " EGI_US("a.last_login_at") " FROM accounts a LEFT JOIN gaveurs_euralis g ON g.id = a.gaveur_id";

Account ToAccount(read::RowCursor row) {
  Account account;
  account.set_id(row.Int());
  row.Set(&account, &Account::mutable_username);
  row.Set(&account, &Account::mutable_email);
  row.Set(&account, &Account::mutable_nom);
  row.Set(&account, &Account::mutable_prenom);
  account.set_role(row.Text());
  google::protobuf::ListValue sites;
  row.Json(&sites);
  for (const auto& site : sites.values()) account.add_sites(site.string_value());
  row.Set(&account, &Account::mutable_gaveur_id);
  account.set_enabled(row.Bool());
  row.Set(&account, &Account::mutable_created_at);
  row.Set(&account, &Account::mutable_last_login_at);
  return account;
}

std::optional<Account> FindAccount(pqxx::transaction_base& transaction, int32_t id) {
  static const std::string kSql = std::string(kAccountRow) + " WHERE a.id = $1::integer";
  const pqxx::result rows = Run(transaction, kSql, {std::to_string(id)});
  if (rows.empty()) return std::nullopt;
  return ToAccount(read::RowCursor(rows[0]));
}

void WriteAudit(pqxx::transaction_base& transaction, const AuditRow& row) {
  Run(transaction,
      "INSERT INTO identity_audit (at, act, outcome, reason, actor_id, account_id) VALUES ($1::timestamptz, $2::text, CASE $3::text WHEN '' THEN 'done' ELSE 'refused' END, "
      "left($3::text, 100), (SELECT id FROM accounts WHERE id = $4::integer), (SELECT id FROM accounts WHERE id = $5::integer))",
      {SqlTime(row.at), row.act, row.reason, std::to_string(row.actor_id), std::to_string(row.account_id)});
}

void EndSessions(pqxx::transaction_base& transaction, int32_t account_id, const std::string& why, absl::Time now) {
  Run(transaction,
      "UPDATE account_sessions SET revoked_at = greatest(created_at, $2::timestamptz), revoked_why = $3::text WHERE account_id = $1::integer AND revoked_at IS NULL",
      {std::to_string(account_id), SqlTime(now), why});
}

}  // namespace egi::storage::write
