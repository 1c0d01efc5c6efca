#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/storage/read/contact_reader.h"
#include "server/storage/read/session.h"

namespace egi::storage::read {
namespace {

// $1 feeders, $2 all of them, $3 one of them, $4 sites. The whole name ends with the family name where both are known apart.
constexpr char kContacts[] = R"sql(
  SELECT c.gaveur_id, CASE WHEN apart THEN c.nom_usage ELSE coalesce(c.nom_complet, c.raison_sociale, c.nom_usage) END,
    CASE WHEN apart THEN nullif(left(c.nom_complet, -length(c.nom_usage) - 1), '') END, c.email, c.telephone1
  FROM gaveurs_contact c JOIN gaveurs_euralis g ON g.id = c.gaveur_id,
    LATERAL (SELECT coalesce(right(c.nom_complet, length(c.nom_usage) + 1) = ' ' || c.nom_usage, false) AS apart) p
  WHERE c.gaveur_id = ANY ($1::integer[]) AND ($2::boolean OR g.id = $3::integer OR g.site_code = ANY ($4::text[]) OR EXISTS (
    SELECT FROM lots_gavage o WHERE o.gaveur_id = g.id AND o.site_code = ANY ($4::text[]) AND o.statut <> 'annule')))sql";

std::optional<std::string> Text(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return field.as<std::string>();
}

template <typename List>
std::string Array(const List& list) {
  return absl::StrCat("{", absl::StrJoin(list, ","), "}");
}

class PostgresContactReader final : public ContactReader {
 public:
  explicit PostgresContactReader(Pool& pool) : pool_(pool) {}

  absl::StatusOr<std::map<int32_t, Contact>> ReadContacts(const auth::ContactScope& scope, const std::vector<int32_t>& gaveur_ids) override {
    std::map<int32_t, Contact> contacts;
    if (scope.empty() || gaveur_ids.empty()) return contacts;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) {
      contacts.clear();
      for (const pqxx::row& row :
           Run(transaction, kContacts, {Array(gaveur_ids), scope.all ? "true" : "false", absl::StrCat(scope.gaveur_id), Array(scope.sites)})) {
        contacts[row[0].as<int32_t>()] = {Text(row[1]), Text(row[2]), Text(row[3]), Text(row[4])};
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return contacts;
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<ContactReader> NewPostgresContactReader(Pool& pool) { return std::make_unique<PostgresContactReader>(pool); }

}  // namespace egi::storage::read
