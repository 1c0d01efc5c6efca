#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "server/base/rich_status.h"
#include "server/storage/read/session.h"
#include "server/storage/write/gaveur_store.h"

namespace egi::storage::write {
namespace {

using feeding::v1::CreateGaveurRequest;
using read::Run;

constexpr char kInsert[] = R"sql(
  INSERT INTO gaveurs_euralis (nom, site_code, certifications, request_id)
  VALUES ('Gaveur', nullif($1::text, ''), ARRAY(SELECT jsonb_array_elements_text($2::jsonb)), nullif($3::text, '')) RETURNING id)sql";

constexpr char kContact[] = R"sql(
  INSERT INTO gaveurs_contact (gaveur_id, nom_complet, nom_usage, adresse1, telephone1, email)
  VALUES ($1::integer, $2::text || ' ' || $3::text, $3::text, nullif($4::text, ''), nullif($5::text, ''), nullif($6::text, '')))sql";

// Of the request $1: its feeder, and whether the wish is what the feeder was registered with.
constexpr char kKnownWish[] = R"sql(
  SELECT g.id, (coalesce(g.site_code, '') = $2::text AND g.certifications = ARRAY(SELECT jsonb_array_elements_text($3::jsonb))
      AND c.nom_complet = $4::text || ' ' || $5::text AND (coalesce(c.adresse1, ''), coalesce(c.telephone1, ''), coalesce(c.email, ''))
        = ($6::text, $7::text, $8::text) AND $9::boolean = EXISTS (SELECT FROM accounts a WHERE a.gaveur_id = g.id AND a.created_by IS NULL)) IS TRUE
  FROM gaveurs_euralis g LEFT JOIN gaveurs_contact c ON c.gaveur_id = g.id WHERE g.request_id = $1::text)sql";

constexpr char kAccount[] = R"sql(
  WITH made AS (
    INSERT INTO accounts (email, nom, prenom, role, gaveur_id, password_hash, created_at)
    VALUES ($1::text, $2::text, $3::text, 'gaveur', $4::integer, $5::text, now()) ON CONFLICT DO NOTHING RETURNING id)
  INSERT INTO identity_audit (at, act, outcome, account_id) SELECT now(), 'create_account', 'done', id FROM made RETURNING account_id)sql";

absl::Status EmailTaken() {
  return WithErrorInfo(absl::AlreadyExistsError("a gaveur or an account with this email is registered; leave the email out or use that gaveur"), "EMAIL_TAKEN", {});
}

// The texts as a JSON array.
std::string List(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  google::protobuf::ListValue list;
  for (const std::string& text : texts) list.add_values()->set_string_value(text);
  std::string json;
  return google::protobuf::util::MessageToJsonString(list, &json).ok() ? json : "[]";
}

class PostgresGaveurStore final : public GaveurStore {
 public:
  explicit PostgresGaveurStore(Pool& pool) : pool_(pool) {}

  absl::StatusOr<int32_t> CreateGaveur(const CreateGaveurRequest& request, const std::string& password_hash) override {
    int32_t id = 0;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      // As imports do: feeders are numbered by one at a time, and two equal wishes wait for each other here.
      // An import under way is waited for first, so that meals with a new feeder do not queue behind the lock of the table.
      Run(transaction, "SELECT pg_advisory_xact_lock(hashtextextended('lot import', 0))", {});
      transaction.exec("LOCK TABLE gaveurs_euralis IN SHARE ROW EXCLUSIVE MODE");
      if (!request.request_id().empty()) {
        const pqxx::result known = Run(transaction, kKnownWish,
                                       {request.request_id(), request.site_code(), List(request.certifications()), request.prenom(), request.nom(),
                                        request.adresse(), request.telephone(), request.email(), password_hash.empty() ? "false" : "true"});
        if (!known.empty() && !known[0][1].as<bool>()) {
          return WithErrorInfo(absl::AlreadyExistsError(absl::StrCat("request_id ", request.request_id(),
                                                                     " registered another gaveur; choose another request_id")),
                               "REQUEST_ID_REUSED", {{"request_id", request.request_id()}});
        }
        if (!known.empty()) {
          id = known[0][0].as<int32_t>();
          return absl::OkStatus();
        }
      }
      if (!request.email().empty() &&
          !Run(transaction, "SELECT 1 FROM gaveurs_contact WHERE lower(email) = lower($1::text) LIMIT 1", {request.email()}).empty()) {
        return EmailTaken();
      }
      // Lots opened with a feeder's number made rows without moving the sequence; numbers up to 100 are for those who name their feeders themselves.
      transaction.exec(
          "SELECT setval(pg_get_serial_sequence('gaveurs_euralis', 'id'), greatest(max(id), 100)) FROM gaveurs_euralis");
      id = Run(transaction, kInsert, {request.site_code(), List(request.certifications()), request.request_id()})[0][0].as<int32_t>();
      Run(transaction, "UPDATE gaveurs_euralis SET nom = 'Gaveur ' || id WHERE id = $1::integer", {std::to_string(id)});
      Run(transaction, kContact,
          {std::to_string(id), request.prenom(), request.nom(), request.adresse(), request.telephone(), request.email()});
      if (!password_hash.empty() &&
          Run(transaction, kAccount, {request.email(), request.nom(), request.prenom(), std::to_string(id), password_hash}).empty()) {
        return EmailTaken();
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return id;
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<GaveurStore> NewPostgresGaveurStore(Pool& pool) { return std::make_unique<PostgresGaveurStore>(pool); }

}  // namespace egi::storage::write
