#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/storage/read/conditions.h"
#include "server/storage/read/day_row.h"
#include "server/storage/read/postgres_readers.h"

namespace egi::storage::read {
namespace {

using feeding::v1::LotDay;
using feeding::v1::MealHistory;

// The days of one lot, gaps included; the lot is parameter 1.
std::string DaysOfLot(const LotKey& key) {
  return absl::StrCat("SELECT l.id AS lot_id, generate_series(r.first, r.last) AS jour FROM lots_gavage l, LATERAL (SELECT min(jour) AS first, ",
                      "max(jour) AS last FROM gavage_meals g WHERE g.code_lot = l.code_lot AND g.jour >= 0) r WHERE ", LotIs(key), " = $1");
}

// The meal as it stands, from gavage_meals AS g, doses_journalieres AS d and lots_gavage AS l. Versions follow the same order of columns.
constexpr char kMeal[] = R"sql(
  SELECT g.id, g.lot_id, g.code_lot, g.jour, g.moment, g.recorded_by, coalesce(d.gaveur_id, l.gaveur_id), d.site_code, coalesce(d.genetique, l.genetique),
         d.repas, )sql" EGI_US("d.time") ", " EGI_US("d.received_at") R"sql(, d.correction,
         d.dose_theorique::text, d.dose_reelle::text, d.poids_moyen::text, d.nb_vivants::text, d.taux_mortalite::text, d.temperature::text,
         d.humidite::text, d.nb_morts::text, to_char(d.time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), d.pret_abattage::text, )sql" EGI_US("d.sent_at") R"sql(
  FROM gavage_meals g
  JOIN doses_journalieres d ON d.code_lot = g.code_lot AND d.time = g.time AND d.jour = g.jour AND d.moment = g.moment
  JOIN lots_gavage l ON l.id = g.lot_id WHERE )sql";

constexpr char kReplaced[] = R"sql(
  SELECT correction, )sql" EGI_US("corrected_at") R"sql(, corrected_by, reason, )sql" EGI_US("old_received_at") R"sql(,
         old_dose_theorique::text, old_dose_reelle::text, old_poids_moyen::text, old_nb_vivants::text, old_taux_mortalite::text, old_temperature::text,
         old_humidite::text, old_nb_morts::text, to_char(old_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), old_pret_abattage::text
  FROM gavage_meal_corrections WHERE code_lot = $1 AND jour = $2::integer AND moment = $3 ORDER BY correction)sql";

constexpr const char* kFields[] = {"dose_theorique",     "dose_reelle",     "poids_moyen", "nb_canards_vivants", "taux_mortalite",
                                   "temperature_stabule", "humidite_stabule", "nb_morts",    "timestamp",          "pret_abattage"};
using Version = std::vector<std::optional<std::string>>;

Version ToVersion(RowCursor* row) {
  Version version;
  for (size_t i = 0; i < std::size(kFields); ++i) {
    if (row->IsNull()) {
      row->Skip();
      version.push_back(std::nullopt);
    } else {
      version.push_back(row->Text());
    }
  }
  return version;
}

void AddChanges(const Version& before, const Version& after, feeding::v1::MealChange* change) {
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i] == after[i]) continue;
    feeding::v1::ChangedField* field = change->add_fields();
    field->set_field(kFields[i]);
    if (before[i].has_value()) field->mutable_before()->set_value(*before[i]);
    if (after[i].has_value()) field->mutable_after()->set_value(*after[i]);
  }
}

double Figure(const std::optional<std::string>& text) { return std::stod(*text); }

// What the texts of the present version say, as the meal.
void SetFigures(const Version& now, feeding::v1::Meal* meal) {
  if (now[0].has_value()) meal->set_dose_theorique(Figure(now[0]));
  meal->set_dose_reelle(Figure(now[1]));
  if (now[2].has_value()) meal->set_poids_moyen(Figure(now[2]));
  if (now[3].has_value()) meal->set_nb_canards_vivants(static_cast<int32_t>(Figure(now[3])));
  if (now[4].has_value()) meal->set_taux_mortalite(Figure(now[4]));
  if (now[5].has_value()) meal->set_temperature_stabule(Figure(now[5]));
  if (now[6].has_value()) meal->set_humidite_stabule(Figure(now[6]));
  if (now[7].has_value()) meal->set_nb_morts(static_cast<int32_t>(Figure(now[7])));
  meal->set_pret_abattage(*now[9] == "true");
}

class PostgresMealReader final : public MealReader {
 public:
  explicit PostgresMealReader(Pool& pool) : pool_(pool) {}

  absl::StatusOr<std::vector<LotDay>> ListLotDays(const LotKey& key) override {
    auto days = ReadRows<LotDay>(pool_, absl::StrCat(DaySql(DaysOfLot(key)), " ORDER BY x.jour"), {LotValue(key)}, ToDay);
    if (!days.ok() || !days->empty()) return days;
    if (absl::Status unknown = CheckLot(key); !unknown.ok()) return unknown;
    return days;
  }

  absl::StatusOr<LotDay> FindDay(const LotKey& key, int32_t jour) override {
    auto days = ReadRows<LotDay>(pool_, absl::StrCat(DaySql(DaysOfLot(key)), " WHERE x.jour = $2::integer"), {LotValue(key), absl::StrCat(jour)}, ToDay);
    if (!days.ok()) return days.status();
    if (!days->empty()) return std::move(days->front());
    if (absl::Status unknown = CheckLot(key); !unknown.ok()) return unknown;
    return absl::NotFoundError(absl::StrCat("nothing is known of day ", jour, " of lot ", LotValue(key)));
  }

  absl::StatusOr<std::vector<LotDay>> ListDays(const DayQuery& query) override {
    // One probe of the index finds the newest day of each lot that is asked for. The days of a page belong to as many lots as it has days at most, namely to those
    // whose newest days come first.
    Conditions where;
    if (query.gaveur_id > 0) where.Add("l.gaveur_id = $::integer", std::to_string(query.gaveur_id));
    if (!query.site_code.empty()) where.Add("l.site_code = $", query.site_code);
    std::string asked = "g.code_lot = l.code_lot AND g.jour >= 0";
    if (!query.after_date.empty()) {
      const std::string date = where.Bind(query.after_date), code = where.Bind(query.after_code);
      absl::StrAppend(&asked, " AND g.jour <= ", date, "::date - l.debut_lot - CASE WHEN l.code_lot > ", code, "::text THEN 0 ELSE 1 END");
    }
    const std::string limit = absl::StrCat(" LIMIT ", where.Bind(query.limit), "::integer");
    const std::string days = absl::StrCat(
        "SELECT l.id AS lot_id, d.jour, l.debut_lot + d.jour AS date, l.code_lot FROM (SELECT l.id, l.code_lot, l.debut_lot FROM lots_gavage l CROSS JOIN LATERAL ",
        "(SELECT g.jour FROM gavage_meals g WHERE ", asked, " ORDER BY g.jour DESC LIMIT 1) newest", where.Sql(),
        " ORDER BY l.debut_lot + newest.jour DESC, l.code_lot", limit, ") l CROSS JOIN LATERAL (SELECT DISTINCT g.jour FROM gavage_meals g WHERE ", asked,
        ") d ORDER BY 3 DESC, 4", limit);
    return ReadRows<LotDay>(pool_, absl::StrCat(DaySql(days), " ORDER BY x.date DESC, l.code_lot"), where.params(), ToDay);
  }

  absl::StatusOr<MealHistory> FindHistory(const MealKey& key) override {
    MealHistory history;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      history.Clear();
      const pqxx::result found =
          key.gavage_id > 0 ? Run(transaction, absl::StrCat(kMeal, "g.id = $1::integer"), {absl::StrCat(key.gavage_id)})
                            : Run(transaction, absl::StrCat(kMeal, LotIs(*key.lot), " = $1 AND g.jour = $2::integer AND g.moment = $3"),
                                  {LotValue(*key.lot), absl::StrCat(key.jour), key.moment});
      if (found.empty()) return absl::NotFoundError("there is no such meal; GET /api/lots/{lot}/historique lists those of a lot");
      Fill(transaction, RowCursor(found[0]), &history);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return history;
  }

 private:
  absl::Status CheckLot(const LotKey& key) {
    auto lots = ReadRows<int32_t>(pool_, absl::StrCat("SELECT l.id FROM lots_gavage l WHERE ", LotIs(key), " = $1"), {LotValue(key)},
                                  [](RowCursor row) { return row.Int(); });
    if (!lots.ok()) return lots.status();
    return lots->empty() ? LotNotFound(key) : absl::OkStatus();
  }

  static void Fill(pqxx::transaction_base& transaction, RowCursor row, MealHistory* history) {
    feeding::v1::RecordedMeal& recorded = *history->mutable_meal();
    feeding::v1::Meal& meal = *recorded.mutable_meal();
    recorded.set_gavage_id(row.Int());
    recorded.set_lot_id(row.Int());
    meal.set_code_lot(row.Text());
    meal.set_jour(row.Int());
    meal.set_moment(row.Text());
    history->set_first_recorded_by(row.Text());
    meal.set_gaveur_id(row.Int());
    meal.set_site(row.Text());
    meal.set_genetique(row.Text());
    meal.set_repas(row.Int());
    ToTimestamp(row.Time(), meal.mutable_timestamp());
    std::optional<absl::Time> received;
    if (row.IsNull()) {
      row.Skip();
    } else {
      received = row.Time();
    }
    recorded.set_corrected(row.Int() > 0);
    if (received.has_value()) ToTimestamp(*received, recorded.mutable_received_time());
    const Version now = ToVersion(&row);
    SetFigures(now, &meal);
    if (!row.IsNull()) ToTimestamp(row.Time(), meal.mutable_sent_at());
    std::vector<feeding::v1::MealChange> changes;
    std::vector<Version> versions;
    for (const pqxx::row& each : Run(transaction, kReplaced, {meal.code_lot(), absl::StrCat(meal.jour()), meal.moment()})) {
      RowCursor replaced(each);
      feeding::v1::MealChange& change = changes.emplace_back();
      change.set_correction(replaced.Int());
      ToTimestamp(replaced.Time(), change.mutable_changed_at());
      change.set_changed_by(replaced.Text());
      change.set_reason(replaced.Text());
      const bool first = versions.empty();
      if (replaced.IsNull()) {
        replaced.Skip();
        if (first) received.reset();
      } else if (const absl::Time time = replaced.Time(); first) {
        received = time;
      }
      versions.push_back(ToVersion(&replaced));
    }
    if (received.has_value()) ToTimestamp(*received, history->mutable_first_received_time());
    versions.push_back(now);
    for (size_t i = changes.size(); i > 0; --i) {
      AddChanges(versions[i - 1], versions[i], &changes[i - 1]);
      *history->add_changes() = std::move(changes[i - 1]);
    }
  }

  Pool& pool_;
};

}  // namespace

std::unique_ptr<MealReader> NewPostgresMealReader(Pool& pool) { return std::make_unique<PostgresMealReader>(pool); }

}  // namespace egi::storage::read
