#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "google/protobuf/util/json_util.h"
#include "server/analyse/judge.h"
#include "server/base/rich_status.h"
#include "server/lots/feeder_site.h"
#include "server/storage/postgres/event_append.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/write/lot_alerts.h"
#include "server/storage/write/lot_comparison.h"
#include "server/storage/write/lot_events.h"
#include "server/storage/write/self_registered.h"
#include "server/storage/write/unknown_feeder.h"
#include "server/storage/write/lot_store.h"

namespace egi::storage::write {
namespace {

using feeding::v1::CreateLotRequest;
using feeding::v1::ImportedLot;
using feeding::v1::ImportLotsRequest;
using feeding::v1::ImportLotsResponse;
using read::Run;

constexpr int kMaxNumber = 999;
constexpr char kSimulated[] = "simulator";  // origin of lots whose feeders need no registration

// A feeder that is named by number only gets a display name.
constexpr char kEnsureFeeder[] =
    "INSERT INTO gaveurs_euralis (id, nom, site_code) VALUES ($1::integer, 'Gaveur ' || $1::text, $2::text) "
    "ON CONFLICT (id) DO NOTHING";

constexpr char kFirstSite[] = "UPDATE gaveurs_euralis SET site_code = $2::text WHERE id = $1::integer AND site_code IS NULL";

constexpr char kNextNumber[] =
    "INSERT INTO lot_numbers AS n (site_code, yymm, last_number) VALUES ($1::text, $2::text, 1) "
    "ON CONFLICT (site_code, yymm) DO UPDATE SET last_number = n.last_number + 1 WHERE n.last_number < 999 RETURNING last_number";

// $4 and on: ColumnsOf.
constexpr char kCreate[] = R"sql(
  INSERT INTO lots_gavage (code_lot, origine, request_id, site_code, gaveur_id, genetique, debut_lot, duree_gavage_prevue, nb_canards_initial,
    poids_moyen_initial, objectif_quantite_mais, objectif_poids_final, lot_mais_id, age_animaux)
  VALUES ($1::text, $2::text, nullif($3::text, ''), $4::text, $5::integer, $6::text, $7::date, $8::integer, $9::integer, nullif($10::text, '')::float8,
    nullif($11::text, '')::float8, nullif($12::text, '')::float8, nullif($13::text, '')::integer, nullif($14::text, '')::integer)
  ON CONFLICT (code_lot) DO NOTHING RETURNING id)sql";

// A lot that is what the wish asks for: opening it again changes nothing. What the wish does not tell may be anything. $2 and on: ColumnsOf.
constexpr char kSameLot[] = R"sql(
  SELECT FROM lots_gavage WHERE code_lot = $1::text AND site_code = $2::text AND gaveur_id = $3::integer AND genetique = $4::text AND debut_lot = $5::date
    AND duree_gavage_prevue = $6::integer AND nb_canards_initial = $7::integer AND ($8::text = '' OR poids_moyen_initial = nullif($8::text, '')::float8)
    AND ($9::text = '' OR objectif_quantite_mais = nullif($9::text, '')::float8) AND ($10::text = '' OR objectif_poids_final = nullif($10::text, '')::float8)
    AND ($11::text = '' OR lot_mais_id = nullif($11::text, '')::integer) AND ($12::text = '' OR age_animaux = nullif($12::text, '')::integer))sql";

// Of the request $1: its lot, and whether the wish is what the lot was opened with (lots older than their history: what they are now). $3 and on: ColumnsOf.
// The first day of a simulated lot depends on the moment of the wish, which is repeated after an outage.
constexpr char kKnownWish[] = R"sql(
  SELECT l.code_lot, ($2::text IN ('', l.code_lot) AND c.lot->>'site_code' = $3::text AND (c.lot->>'gaveur_id')::integer = $4::integer
      AND c.lot->>'genetique' = $5::text AND (l.origine = 'simulator' OR (c.lot->>'debut_lot')::date = $6::date)
      AND (c.lot->>'duree_gavage_prevue')::integer = $7::integer AND (c.lot->>'nb_canards_initial')::integer = $8::integer
      AND ((c.lot->>'poids_moyen_initial')::float8, (c.lot->>'objectif_quantite_mais')::float8, (c.lot->>'objectif_poids_final')::float8,
           (c.lot->>'lot_mais_id')::integer, (c.lot->>'age_animaux')::integer)
        IS NOT DISTINCT FROM (nullif($9::text, '')::float8, nullif($10::text, '')::float8, nullif($11::text, '')::float8,
           nullif($12::text, '')::integer, nullif($13::text, '')::integer)) IS TRUE
  FROM lots_gavage l CROSS JOIN LATERAL (SELECT coalesce(
    (SELECT h.after FROM lots_gavage_history h WHERE h.lot_id = l.id AND h.transition = 'create' ORDER BY h.id LIMIT 1), to_jsonb(l)) AS lot) c
  WHERE l.request_id = $1::text)sql";

// Columns in the order of LotColumn, and the cells the lot was imported with; null cells for a lot that came another way.
constexpr char kStoredLot[] = R"sql(
  SELECT gaveur_id, eleveur_id, lot_pag, souche, age_animaux, to_char(debut_lot, 'YYYY-MM-DD'), duree_gavage_reelle, itm, sigma,
    coalesce(nb_canards_meg, nb_canards_initial), nb_canards_enleves, nb_canards_accroches, total_corn_real, pctg_perte_gavage, poids_foie_moyen,
    total_corn_target, CASE WHEN origine = 'import' THEN coalesce(source, '{}') END
  FROM lots_gavage WHERE code_lot = $1::text FOR NO KEY UPDATE)sql";

// $2 to $17 in the order of LotColumn, $18 cells; null for a column whose cell is empty.
constexpr char kImport[] = R"sql(
  INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, eleveur_id, lot_pag, souche, age_animaux, debut_lot, duree_gavage_reelle, itm, sigma,
    nb_canards_initial, nb_canards_meg, nb_canards_enleves, nb_canards_accroches, total_corn_real, pctg_perte_gavage, poids_foie_moyen, total_corn_target,
    source, statut, pret_abattage, origine)
  VALUES ($1::text, left($1::text, 2), $2::integer, nullif($3::text, '')::integer, nullif($4::text, ''), nullif($5::text, ''),
    nullif($6::text, '')::integer, $7::date, $8::integer, nullif($9::text, '')::float8, nullif($10::text, '')::float8, $11::integer, $11::integer,
    $12::integer, $13::integer, $14::float8, nullif($15::text, '')::float8, nullif($16::text, '')::float8, nullif($17::text, '')::float8,
    jsonb_strip_nulls($18::jsonb), 'termine', true, 'import')
  ON CONFLICT (code_lot) DO NOTHING RETURNING 1)sql";

// The same parameters. Cells of columns that the file does not have stay.
constexpr char kImportKnown[] = R"sql(
  UPDATE lots_gavage SET gaveur_id = $2::integer, eleveur_id = nullif($3::text, '')::integer, lot_pag = nullif($4::text, ''),
    souche = nullif($5::text, ''), age_animaux = nullif($6::text, '')::integer, debut_lot = $7::date, duree_gavage_reelle = $8::integer,
    itm = nullif($9::text, '')::float8, sigma = nullif($10::text, '')::float8, nb_canards_initial = $11::integer, nb_canards_meg = $11::integer,
    nb_canards_enleves = $12::integer, nb_canards_accroches = $13::integer, total_corn_real = $14::float8,
    pctg_perte_gavage = nullif($15::text, '')::float8, poids_foie_moyen = nullif($16::text, '')::float8,
    total_corn_target = nullif($17::text, '')::float8, source = jsonb_strip_nulls(coalesce(source, '{}') || $18::jsonb),
    statut = CASE statut WHEN 'abattu' THEN statut ELSE 'termine' END, pret_abattage = true, origine = 'import'
  WHERE code_lot = $1::text)sql";

// What is known of a lot: site, cancelled, the feeder it keeps (none when an earlier import gave it), and whether that one is somebody already, by a contact or an account.
constexpr char kKnownLot[] = R"sql(
  SELECT l.site_code, l.statut = 'annule', CASE WHEN l.origine <> 'import' THEN l.gaveur_id::text END,
    c.gaveur_id IS NOT NULL OR )sql" EGI_SELF_REGISTERED("l.gaveur_id") R"sql(
  FROM lots_gavage l LEFT JOIN gaveurs_contact c ON c.gaveur_id = l.gaveur_id WHERE l.code_lot = $1::text)sql";

constexpr char kByName[] =
    "SELECT gaveur_id FROM gaveurs_contact c WHERE nom_complet = $1 AND NOT " EGI_SELF_REGISTERED("c.gaveur_id") " ORDER BY gaveur_id LIMIT 1";

// Personal columns of the file that gaveurs_contact keeps, in its order.
constexpr const char* kContactColumns[] = {"Civilite",   "RaisonSociale", "NomUsage",   "Adresse1", "Adresse2",
                                           "CodePostal", "Commune",       "Telephone1", "Email"};

// $12: the columns that the file has, as ",A,B,"; the others stay as they are.
constexpr char kContact[] = R"sql(
  INSERT INTO gaveurs_contact AS c (gaveur_id, nom_complet, civilite, raison_sociale, nom_usage, adresse1, adresse2, code_postal,
    commune, telephone1, email)
  VALUES ($1::integer, $2::text, nullif($3::text, ''), nullif($4::text, ''), nullif($5::text, ''), nullif($6::text, ''),
    nullif($7::text, ''), nullif($8::text, ''), nullif($9::text, ''), nullif($10::text, ''), nullif($11::text, ''))
  ON CONFLICT (gaveur_id) DO UPDATE SET
    civilite = CASE WHEN $12::text LIKE '%,Civilite,%' THEN excluded.civilite ELSE c.civilite END,
    raison_sociale = CASE WHEN $12::text LIKE '%,RaisonSociale,%' THEN excluded.raison_sociale ELSE c.raison_sociale END,
    nom_usage = CASE WHEN $12::text LIKE '%,NomUsage,%' THEN excluded.nom_usage ELSE c.nom_usage END,
    adresse1 = CASE WHEN $12::text LIKE '%,Adresse1,%' THEN excluded.adresse1 ELSE c.adresse1 END,
    adresse2 = CASE WHEN $12::text LIKE '%,Adresse2,%' THEN excluded.adresse2 ELSE c.adresse2 END,
    code_postal = CASE WHEN $12::text LIKE '%,CodePostal,%' THEN excluded.code_postal ELSE c.code_postal END,
    commune = CASE WHEN $12::text LIKE '%,Commune,%' THEN excluded.commune ELSE c.commune END,
    telephone1 = CASE WHEN $12::text LIKE '%,Telephone1,%' THEN excluded.telephone1 ELSE c.telephone1 END,
    email = CASE WHEN $12::text LIKE '%,Email,%' THEN excluded.email ELSE c.email END, updated_at = now())sql";

std::string Optional(bool present, double value) { return present ? absl::StrFormat("%.17g", value) : std::string(); }

std::string Column(const feeding::v1::GaveurContact& contact, const std::string& name) {
  const auto found = contact.columns().find(name);
  return found == contact.columns().end() ? std::string() : found->second;
}

// What a wish tells of its lot: the parameters of kCreate, kSameLot and kKnownWish.
std::vector<std::string> ColumnsOf(const CreateLotRequest& request) {
  return {request.site_code(),
          std::to_string(request.gaveur_id()),
          request.genetique(),
          request.debut_lot(),
          std::to_string(request.duree_prevue()),
          std::to_string(request.nb_canards_initial()),
          Optional(request.has_poids_moyen_initial(), request.poids_moyen_initial().value()),
          Optional(request.has_objectif_quantite_mais(), request.objectif_quantite_mais().value()),
          Optional(request.has_objectif_poids_final(), request.objectif_poids_final().value()),
          request.has_lot_mais_id() ? std::to_string(request.lot_mais_id().value()) : "",
          request.has_age_animaux() ? std::to_string(request.age_animaux().value()) : ""};
}

std::vector<std::string> With(std::vector<std::string> first, const std::vector<std::string>& rest) {
  first.insert(first.end(), rest.begin(), rest.end());
  return first;
}

class PostgresLotStore final : public LotStore {
 public:
  explicit PostgresLotStore(Pool& pool) : pool_(pool) {}

  absl::StatusOr<OpenedLot> CreateLot(const CreateLotRequest& request) override {
    OpenedLot lot;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      lot = {};
      // Two equal wishes at once: the second waits here for the first.
      const std::string& wish = request.request_id();
      Run(transaction, "SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0)), set_config('egi.principal', $2::text, true)",
          {wish.empty() ? "lot code " + request.code_lot() : "lot request " + wish, request.by()});
      if (!wish.empty()) {
        const pqxx::result known = Run(transaction, kKnownWish, With({wish, request.code_lot()}, ColumnsOf(request)));
        if (!known.empty()) {
          lot.code = known[0][0].c_str();
          return known[0][1].as<bool>() ? absl::OkStatus() : RequestReused(wish);
        }
      }
      if (absl::Status refused = CheckFeeder(transaction, request); !refused.ok()) return refused;
      if (!request.code_lot().empty()) {
        lot.code = request.code_lot();
        if (!InsertAs(transaction, request, lot.code)) return SameOrTaken(transaction, request);
      } else if (absl::Status full = Insert(transaction, request, lot.code); !full.ok()) {
        return full;
      }
      lot.is_new = true;
      AppendLotEvent(transaction, lot.code, "en_preparation");
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return lot;
  }

  absl::StatusOr<ImportedLots> ImportLots(const ImportLotsRequest& request) override {
    ImportedLots done;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      done = {};
      Run(transaction, "SELECT set_config('egi.principal', $1, true), set_config('egi.transition', 'import', true)", {request.imported_by()});
      // One import at a time; meals that name a new feeder do not wait for it.
      Run(transaction, "SELECT pg_advisory_xact_lock(hashtextextended('lot import', 0))", {});
      // Numbers up to 100 are for those who name their feeders themselves, as the simulators do.
      transaction.exec(
          "SELECT setval(pg_get_serial_sequence('gaveurs_euralis', 'id'), greatest(max(id), 100)) FROM gaveurs_euralis");
      std::vector<realtime::v1::Event> alerts;
      for (const ImportedLot& lot : request.lots()) {
        if (absl::Status failed = Import(transaction, lot, done, alerts); !failed.ok()) return failed;
      }
      AppendEvents(transaction, "alert", alerts);
      return request.dry_run() ? absl::CancelledError("dry run") : absl::OkStatus();
    });
    if (request.dry_run() && absl::IsCancelled(status)) return done;
    if (!status.ok()) return status;
    return done;
  }

 private:
  // A feeder that a simulator names gets a display name; one that nobody registered is refused in the lot of a person, and one of another site in any.
  static absl::Status CheckFeeder(pqxx::transaction_base& transaction, const CreateLotRequest& request) {
    const std::string id = std::to_string(request.gaveur_id());
    if (request.origine() == kSimulated) Run(transaction, kEnsureFeeder, {id, request.site_code()});
    return CheckSite(transaction, id, request.code_lot(), request.site_code());
  }

  // Whether the feeder may have a new lot at `site`; one without a site takes this. `lot`: its code, empty when it has none yet.
  static absl::Status CheckSite(pqxx::transaction_base& transaction, const std::string& id, const std::string& lot, const std::string& site) {
    const pqxx::result home = Run(transaction, "SELECT id, coalesce(site_code, '') FROM gaveurs_euralis WHERE id = $1::integer", {id});
    if (home.empty()) return InvalidFields({{"gaveur_id", UnknownFeeder(id)}});
    if (absl::Status refused = lots::CheckFeederSite(home[0][0].as<int32_t>(), home[0][1].c_str(), lot, site); !refused.ok()) return refused;
    Run(transaction, kFirstSite, {id, site});
    return absl::OkStatus();
  }

  static absl::Status RequestReused(const std::string& id) {
    return WithErrorInfo(absl::AlreadyExistsError(absl::StrCat("request_id ", id, " opened another lot; choose another request_id")), "REQUEST_ID_REUSED",
                         {{"request_id", id}});
  }

  // False when the code is taken.
  bool InsertAs(pqxx::transaction_base& transaction, const CreateLotRequest& request, const std::string& code) {
    return !Run(transaction, kCreate, With({code, request.origine(), request.request_id()}, ColumnsOf(request))).empty();
  }

  // OK when the lot of that code is what the wish asks for.
  absl::Status SameOrTaken(pqxx::transaction_base& transaction, const CreateLotRequest& request) {
    const bool same = !Run(transaction, kSameLot, With({request.code_lot()}, ColumnsOf(request))).empty();
    if (same) return absl::OkStatus();
    return WithErrorInfo(absl::AlreadyExistsError(absl::StrCat("lot ", request.code_lot(), " is another lot; leave code_lot empty to get a free one")),
                         "LOT_CODE_TAKEN", {{"code_lot", request.code_lot()}});
  }

  // Numbers that lots of other origin already have are stepped over.
  absl::Status Insert(pqxx::transaction_base& transaction, const CreateLotRequest& request, std::string& code) {
    const std::string yymm = request.debut_lot().substr(2, 2) + request.debut_lot().substr(5, 2);
    for (int i = 0; i < kMaxNumber; ++i) {
      const pqxx::result number = Run(transaction, kNextNumber, {request.site_code(), yymm});
      if (number.empty()) break;
      code = absl::StrFormat("%s%s%03d", request.site_code(), yymm, number[0][0].as<int>());
      if (InsertAs(transaction, request, code)) return absl::OkStatus();
    }
    return WithErrorInfo(
        absl::ResourceExhaustedError(absl::StrCat("site ", request.site_code(), " has ", kMaxNumber, " lots in month ", yymm,
                                                  "; open the lot with a first day in another month")),
        "LOT_NUMBERS_EXHAUSTED", {{"site_code", request.site_code()}, {"month", yymm}});
  }

  absl::Status Import(pqxx::transaction_base& transaction, const ImportedLot& lot, ImportedLots& done, std::vector<realtime::v1::Event>& alerts) {
    const auto feeder = FeederOf(transaction, lot, done.counts);
    if (!feeder.ok()) return feeder.status();
    LotValues values = ValuesOf(lot, *feeder, FarmerOf(transaction, Column(lot.gaveur(), "Eleveur")));
    std::string cells;
    if (!google::protobuf::util::MessageToJsonString(lot.source(), &cells).ok()) cells = "{}";
    const auto parameters = [&] {
      std::vector<std::string> all = With({lot.code_lot()}, std::vector<std::string>(values.begin(), values.end()));
      all.push_back(cells);
      return all;
    };
    pqxx::result stored = Run(transaction, kStoredLot, {lot.code_lot()});
    if (stored.empty() && !Run(transaction, kImport, parameters()).empty()) {
      done.counts.set_created(done.counts.created() + 1);
      Judge(transaction, lot.code_lot(), values, alerts);
      return absl::OkStatus();
    }
    if (stored.empty()) stored = Run(transaction, kStoredLot, {lot.code_lot()});  // a meal made it known just now
    const LotComparison comparison = Compare(lot, values, read::RowCursor(stored[0]));
    if (comparison.changed.empty()) {
      done.counts.set_unchanged(done.counts.unchanged() + 1);
      return absl::OkStatus();
    }
    values = comparison.values;
    Run(transaction, kImportKnown, parameters());
    done.counts.set_updated(done.counts.updated() + 1);
    done.changed_columns.insert(comparison.changed.begin(), comparison.changed.end());
    Judge(transaction, lot.code_lot(), values, alerts);
    return absl::OkStatus();
  }

  static LotComparison Compare(const ImportedLot& lot, const LotValues& told, read::RowCursor row) {
    LotValues stored;
    for (std::string& value : stored) value = row.Text();
    std::optional<std::map<std::string, std::string>> source;
    if (!row.IsNull()) {
      google::protobuf::Struct kept;
      row.Json(&kept);
      source.emplace();
      for (const auto& [column, cell] : kept.fields()) (*source)[column] = cell.string_value();
    }
    return CompareLot(lot, told, stored, source);
  }

  static void Judge(pqxx::transaction_base& transaction, const std::string& code, const LotValues& values, std::vector<realtime::v1::Event>& alerts) {
    double figure = 0;
    const auto itm = absl::SimpleAtod(values[kItm], &figure) ? analyse::JudgeItm(figure) : std::nullopt;
    for (auto& alert : SetLotAlert(transaction, code, analyse::kItmAlert, itm)) alerts.push_back(std::move(alert));
    if (!absl::SimpleAtod(values[kLoss], &figure)) return;
    for (auto& alert : SetLotAlert(transaction, code, analyse::kMortalityAlert, analyse::JudgeLoss(100 * figure))) alerts.push_back(std::move(alert));
  }

  // Id of the feeder, by the platform's own number (#17) or by the name in the restricted table. The open table gets a pseudonym, never the name.
  // Who made an account without an admin is met by number only: anybody may register under a feeder's name, and would be given that feeder's contact and lots.
  // A lot that another way made known keeps its feeder; when that feeder has no contact yet, the file tells who it is.
  absl::StatusOr<std::string> FeederOf(pqxx::transaction_base& transaction, const ImportedLot& lot, ImportLotsResponse& response) {
    const std::string& name = lot.gaveur().nom();
    int32_t number = 0;
    const bool numbered = name.size() > 1 && name[0] == '#' && absl::SimpleAtoi(name.substr(1), &number);
    const pqxx::result known_as =
        numbered ? Run(transaction, "SELECT id FROM gaveurs_euralis WHERE id = $1::integer", {std::to_string(number)})
                 : Run(transaction, kByName, {name});
    if (numbered && known_as.empty()) {
      return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", lot.code_lot(), ": feeder ", name, " is not known here")), "GAVEUR_UNKNOWN",
                           {{"code_lot", lot.code_lot()}});
    }
    std::string id = known_as.empty() ? "" : known_as[0][0].c_str();
    const pqxx::result known_lot = Run(transaction, kKnownLot, {lot.code_lot()});
    if (!known_lot.empty()) {
      const std::string site = known_lot[0][0].c_str(), keeper = known_lot[0][2].c_str();
      const bool named = known_lot[0][3].as<bool>();
      if (lot.code_lot().compare(0, 2, site) != 0) {
        return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", lot.code_lot(), " is known at site ", site)), "LOT_OF_ANOTHER_SITE",
                             {{"code_lot", lot.code_lot()}});
      }
      if (known_lot[0][1].as<bool>()) {
        return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", lot.code_lot(), " is annule; restore it before it is imported")), "LOT_STATE",
                             {{"lot", lot.code_lot()}, {"state", "annule"}});
      }
      if (!keeper.empty() && id.empty() && !named) id = keeper;
      if (!keeper.empty() && id != keeper) {
        return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", lot.code_lot(), " is fed by gaveur ", keeper,
                                                                        ", another one than the file says; correct the file or the lot")),
                             "LOT_OF_OTHER_GAVEUR", {{"lot", lot.code_lot()}});
      }
    }
    if (!id.empty() && known_lot.empty()) {
      if (absl::Status refused = CheckSite(transaction, id, lot.code_lot(), lot.code_lot().substr(0, 2)); !refused.ok()) return refused;
    }
    if (id.empty()) {
      // A number that a meal or a lot took meanwhile is stepped over.
      pqxx::result made;
      while (made.empty()) {
        made = Run(transaction, "INSERT INTO gaveurs_euralis (nom, site_code) VALUES ('Gaveur', left($1::text, 2)) ON CONFLICT (id) DO NOTHING RETURNING id",
                   {lot.code_lot()});
      }
      id = made[0][0].c_str();
      Run(transaction, "UPDATE gaveurs_euralis SET nom = 'Gaveur ' || id WHERE id = $1::integer", {id});
      response.set_gaveurs_created(response.gaveurs_created() + 1);
    }
    if (numbered) return id;  // an export, whose personal columns are empty
    std::vector<std::string> contact = {id, name};
    std::string told = ",";
    for (const char* column : kContactColumns) {
      contact.push_back(Column(lot.gaveur(), column));
      if (lot.gaveur().columns().contains(column)) absl::StrAppend(&told, column, ",");
    }
    contact.push_back(told);
    Run(transaction, kContact, contact);
    return id;
  }

  // Id of the rearing farmer, empty when the file names none.
  std::string FarmerOf(pqxx::transaction_base& transaction, const std::string& name) {
    if (name.empty()) return "";
    const pqxx::result known =
        Run(transaction, "SELECT id FROM eleveurs_contact WHERE nom = $1 ORDER BY id LIMIT 1", {name});
    if (!known.empty()) return known[0][0].c_str();
    return Run(transaction, "INSERT INTO eleveurs_contact (nom) VALUES ($1::text) RETURNING id", {name})[0][0].c_str();
  }

  Pool& pool_;
};

}  // namespace

std::unique_ptr<LotStore> NewPostgresLotStore(Pool& pool) { return std::make_unique<PostgresLotStore>(pool); }

}  // namespace egi::storage::write
