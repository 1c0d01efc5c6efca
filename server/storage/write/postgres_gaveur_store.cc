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

// Whether somebody has the email $1; accounts count for who wants one ($2).
constexpr char kEmail[] = R"sql(
  SELECT FROM gaveurs_contact WHERE lower(email) = lower($1::text)
  UNION ALL SELECT FROM accounts WHERE $2::boolean AND lower(email) = lower($1::text) LIMIT 1)sql";

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

  absl::StatusOr<RegisteredGaveur> CreateGaveur(const CreateGaveurRequest& request, const std::function<absl::StatusOr<std::string>()>& hash) override {
    RegisteredGaveur gaveur;
    std::string password_hash;
    if (!request.password().empty()) {
      // Looked at before the slow hash, which is made outside the lock; under the lock it is looked at again.
      const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) { return FindKnown(transaction, request, &gaveur.id); });
      if (!status.ok()) return status;
      if (gaveur.id != 0) return gaveur;
      auto hashed = hash();
      if (!hashed.ok()) return hashed.status();
      password_hash = *std::move(hashed);
    }
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      gaveur = {};
      // As imports do: feeders are numbered by one at a time, and two equal wishes wait for each other here.
      // An import under way is waited for first, so that meals with a new feeder do not queue behind the lock of the table.
      Run(transaction, "SELECT pg_advisory_xact_lock(hashtextextended('lot import', 0))", {});
      transaction.exec("LOCK TABLE gaveurs_euralis IN SHARE ROW EXCLUSIVE MODE");
      if (absl::Status refused = FindKnown(transaction, request, &gaveur.id); !refused.ok() || gaveur.id != 0) return refused;
      // Lots opened with a feeder's number made rows without moving the sequence; numbers up to 100 are for those who name their feeders themselves.
      transaction.exec(
          "SELECT setval(pg_get_serial_sequence('gaveurs_euralis', 'id'), greatest(max(id), 100)) FROM gaveurs_euralis");
      gaveur.id = Run(transaction, kInsert, {request.site_code(), List(request.certifications()), request.request_id()})[0][0].as<int32_t>();
      gaveur.is_new = true;
      const std::string id = std::to_string(gaveur.id);
      Run(transaction, "UPDATE gaveurs_euralis SET nom = 'Gaveur ' || id WHERE id = $1::integer", {id});
      Run(transaction, kContact, {id, request.prenom(), request.nom(), request.adresse(), request.telephone(), request.email()});
      if (!password_hash.empty() && Run(transaction, kAccount, {request.email(), request.nom(), request.prenom(), id, password_hash}).empty()) {
        return EmailTaken();
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return gaveur;
  }

 private:
  // Sets `id` when the wish is known. Errors: ALREADY_EXISTS (another wish with this request_id; the email is taken).
  static absl::Status FindKnown(pqxx::transaction_base& transaction, const CreateGaveurRequest& request, int32_t* id) {
    if (!request.request_id().empty()) {
      const pqxx::result known = Run(transaction, kKnownWish,
                                     {request.request_id(), request.site_code(), List(request.certifications()), request.prenom(), request.nom(),
                                      request.adresse(), request.telephone(), request.email(), request.password().empty() ? "false" : "true"});
      if (!known.empty() && !known[0][1].as<bool>()) {
        return WithErrorInfo(absl::AlreadyExistsError(absl::StrCat("request_id ", request.request_id(),
                                                                   " registered another gaveur; choose another request_id")),
                             "REQUEST_ID_REUSED", {{"request_id", request.request_id()}});
      }
      if (!known.empty()) {
        *id = known[0][0].as<int32_t>();
        return absl::OkStatus();
      }
    }
    const bool taken = !request.email().empty() && !Run(transaction, kEmail, {request.email(), request.password().empty() ? "false" : "true"}).empty();
    return taken ? EmailTaken() : absl::OkStatus();
  }

  Pool& pool_;
};

}  // namespace

std::unique_ptr<GaveurStore> NewPostgresGaveurStore(Pool& pool) { return std::make_unique<PostgresGaveurStore>(pool); }

}  // namespace egi::storage::write
