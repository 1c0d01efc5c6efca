#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/read/conditions.h"
#include "server/storage/read/curve_row.h"
#include "server/storage/read/lot_course.h"
#include "server/storage/read/postgres_readers.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"

namespace egi::storage::read {
namespace {

constexpr char kLot[] = R"sql(
  SELECT l.id, l.code_lot, l.site_code, l.gaveur_id, l.souche, l.genetique, to_char(l.debut_lot, 'YYYY-MM-DD'), l.itm, l.sigma,
         l.duree_gavage_reelle, l.pctg_perte_gavage, l.statut, coalesce(l.nb_canards_meg, l.nb_canards_initial),
         l.nb_canards_accroches, l.total_corn_real, l.jour_actuel, l.poids_moyen_actuel, l.taux_mortalite, l.pret_abattage,
         l.origine, )sql" EGI_US("l.created_at") ", " EGI_US("l.updated_at") R"sql(,
         n.meals, )sql" EGI_US("l.dernier_repas_time") R"sql(,
         CASE l.site_code WHEN 'LL' THEN 'Bretagne' WHEN 'LS' THEN 'Pays de Loire' ELSE 'Maubourguet' END,
         to_char(l.debut_lot + l.duree_gavage_prevue - 1, 'YYYY-MM-DD'),
         CASE WHEN l.statut IN ('termine', 'abattu') THEN to_char(coalesce(l.debut_lot + l.duree_gavage_reelle - 1, l.debut_lot + l.jour_actuel),
                                                                  'YYYY-MM-DD') END,
         l.poids_moyen_initial, CASE WHEN l.statut IN ('termine', 'abattu') THEN l.poids_moyen_actuel END, l.objectif_quantite_mais,
         l.objectif_poids_final, n.days,
         coalesce(coalesce(l.nb_canards_meg, l.nb_canards_initial) - coalesce(l.nb_canards_accroches, l.nb_canards_vivants),
                  round(l.taux_mortalite * coalesce(l.nb_canards_meg, l.nb_canards_initial) / 100)::integer),
         l.duree_gavage_prevue, l.poids_foie_moyen, l.nb_canards_enleves, to_char(l.date_abattage, 'YYYY-MM-DD'),
         CASE WHEN l.itm <= 12.5 THEN 'A' WHEN l.itm <= 14 THEN 'B' WHEN l.itm <= 15.5 THEN 'C' WHEN l.itm <= 17 THEN 'D' WHEN l.itm > 17 THEN 'E' END,
         l.poids_foie_estime, l.itm_estime, l.nb_foies_mesures, l.lot_mais_id, l.age_animaux,
         k.doses, k.weights, k.pysr_equation, k.pysr_r2_score, f.conforming
  FROM lots_gavage l
  LEFT JOIN LATERAL (SELECT count(*) AS meals, count(DISTINCT m.jour) AS days FROM gavage_meals m WHERE m.code_lot = l.code_lot) n ON true
  LEFT JOIN LATERAL (
    SELECT array_to_string(coalesce(c.doses_modifiees_g, c.doses_g), ' ') AS doses, array_to_string(c.poids_g, ' ') AS weights, c.pysr_equation, c.pysr_r2_score
    FROM courbes_theoriques c WHERE c.lot_id = l.id AND c.statut <> 'REJETEE' ORDER BY coalesce(c.id = l.courbe_id, false) DESC, c.id DESC LIMIT 1) k ON true
  LEFT JOIN LATERAL (
    SELECT 100.0 * count(*) FILTER (WHERE abs(d.dose_reelle - d.dose_theorique) < 0.1 * d.dose_theorique - 1e-9) / nullif(count(*), 0) AS conforming
    FROM gavage_meals m JOIN doses_journalieres d ON d.code_lot = m.code_lot AND d.time = m.time AND d.jour = m.jour AND d.moment = m.moment
    WHERE m.code_lot = l.code_lot AND d.dose_theorique > 0) f ON true)sql";

feeding::v1::Lot ToLot(RowCursor row) {
  using feeding::v1::Lot;
  Lot lot;
  lot.set_id(row.Int());
  lot.set_code_lot(row.Text());
  lot.set_site_code(row.Text());
  row.Set(&lot, &Lot::mutable_gaveur_id);
  row.Set(&lot, &Lot::mutable_souche);
  row.Set(&lot, &Lot::mutable_genetique);
  row.Set(&lot, &Lot::mutable_debut_lot);
  row.Set(&lot, &Lot::mutable_itm);
  row.Set(&lot, &Lot::mutable_sigma);
  row.Set(&lot, &Lot::mutable_duree_gavage_reelle);
  row.Set(&lot, &Lot::mutable_pctg_perte_gavage);
  lot.set_statut(row.Text());
  row.Set(&lot, &Lot::mutable_nb_canards_meg);
  row.Set(&lot, &Lot::mutable_nb_canards_accroches);
  row.Set(&lot, &Lot::mutable_total_corn_real);
  lot.set_jour_actuel(row.Int());
  row.Set(&lot, &Lot::mutable_poids_moyen_actuel);
  row.Set(&lot, &Lot::mutable_taux_mortalite);
  lot.set_pret_abattage(row.Bool());
  lot.set_origine(row.Text());
  row.Set(&lot, &Lot::mutable_created_at);
  row.Set(&lot, &Lot::mutable_updated_at);
  lot.set_nb_repas(row.Int());
  row.Set(&lot, &Lot::mutable_dernier_repas);
  lot.set_site_origine(row.Text());
  row.Set(&lot, &Lot::mutable_date_fin_gavage_prevue);
  row.Set(&lot, &Lot::mutable_date_fin_gavage_reelle);
  row.Set(&lot, &Lot::mutable_poids_moyen_initial);
  row.Set(&lot, &Lot::mutable_poids_moyen_final);
  row.Set(&lot, &Lot::mutable_objectif_quantite_mais);
  row.Set(&lot, &Lot::mutable_objectif_poids_final);
  lot.set_nombre_jours_gavage_ecoules(row.Int());
  row.Set(&lot, &Lot::mutable_nombre_mortalite);
  row.Set(&lot, &Lot::mutable_duree_prevue);
  row.Set(&lot, &Lot::mutable_poids_foie_moyen);
  row.Set(&lot, &Lot::mutable_nb_canards_enleves);
  row.Set(&lot, &Lot::mutable_date_abattage);
  row.Set(&lot, &Lot::mutable_classe_itm);
  row.Set(&lot, &Lot::mutable_poids_foie_estime);
  row.Set(&lot, &Lot::mutable_itm_estime);
  row.Set(&lot, &Lot::mutable_nb_foies_mesures);
  row.Set(&lot, &Lot::mutable_lot_mais_id);
  row.Set(&lot, &Lot::mutable_age_animaux);
  const std::vector<double> doses = NumbersOf(row.Text()), weights = NumbersOf(row.Text());
  *lot.mutable_courbe_theorique() = PointsOf(doses, weights);
  row.Set(&lot, &Lot::mutable_formule_pysr);
  row.Set(&lot, &Lot::mutable_r2_score_theorique);
  row.Set(&lot, &Lot::mutable_taux_conformite);
  if (lot.has_nb_canards_meg()) *lot.mutable_nombre_canards() = lot.nb_canards_meg();
  if (lot.has_debut_lot()) *lot.mutable_date_debut_gavage() = lot.debut_lot();
  return lot;
}

// The meals of a lot; a lot without meals is one row of nulls. `slot` counts half days: a jump of more than one is a gap.
constexpr char kDoses[] = R"sql(
  SELECT l.code_lot, d.jour, coalesce(d.repas, row_number() OVER w), d.moment, to_char(d.time AT TIME ZONE s.time_zone, 'YYYY-MM-DD'),
         d.dose_theorique, d.dose_reelle, d.dose_reelle - d.dose_theorique, sum(d.dose_reelle) OVER w,
         coalesce(d.dose_reelle - lag(d.dose_reelle) OVER w, 0), coalesce(d.slot - lag(d.slot) OVER w > 1, false),
         d.poids_moyen, d.nb_vivants, )sql" EGI_US("d.time") R"sql(
  FROM lots_gavage l JOIN sites_euralis s ON s.code = l.site_code
  LEFT JOIN (SELECT *, 2 * jour + CASE moment WHEN 'soir' THEN 1 ELSE 0 END AS slot FROM doses_journalieres) d
    ON d.code_lot = l.code_lot)sql";

// Orders and sums within each lot.
constexpr char kDosesWindow[] = " WINDOW w AS (PARTITION BY l.code_lot ORDER BY d.slot) ORDER BY l.code_lot, d.slot";

using DoseOf = std::pair<std::string, feeding::v1::Dose>;  // code of the lot, dose

DoseOf ToDose(RowCursor row) {
  using feeding::v1::Dose;
  DoseOf entry;
  entry.first = row.Text();
  Dose& dose = entry.second;
  dose.set_jour_gavage(row.Int());
  dose.set_repas(row.Int());
  dose.set_moment(row.Text());
  dose.set_date(row.Text());
  row.Set(&dose, &Dose::mutable_feed_target);
  dose.set_feed_real(row.Double());
  row.Set(&dose, &Dose::mutable_corn_variation);
  dose.set_cumul_corn(row.Double());
  dose.set_delta_feed(row.Double());
  dose.set_after_gap(row.Bool());
  row.Set(&dose, &Dose::mutable_poids_moyen);
  row.Set(&dose, &Dose::mutable_nb_vivants);
  row.Set(&dose, &Dose::mutable_time);
  return entry;
}

constexpr char kMeal[] =
    "d.code_lot, d.jour, d.moment, d.dose_reelle, d.dose_theorique, d.poids_moyen, d.nb_vivants, d.taux_mortalite, " EGI_US(
        "d.time") ", d.site_code, coalesce(d.genetique, l.genetique), coalesce(d.gaveur_id, l.gaveur_id), 'Gaveur ' || coalesce(d.gaveur_id, l.gaveur_id), l.id";

feeding::v1::RecentMeal ToMeal(RowCursor row) {
  using feeding::v1::RecentMeal;
  RecentMeal meal;
  meal.set_code_lot(row.Text());
  meal.set_jour(row.Int());
  meal.set_moment(row.Text());
  meal.set_dose_reelle(row.Double());
  row.Set(&meal, &RecentMeal::mutable_dose_theorique);
  row.Set(&meal, &RecentMeal::mutable_poids_moyen);
  row.Set(&meal, &RecentMeal::mutable_nb_canards_vivants);
  row.Set(&meal, &RecentMeal::mutable_taux_mortalite);
  row.Set(&meal, &RecentMeal::mutable_timestamp);
  meal.set_site(row.Text());
  row.Set(&meal, &RecentMeal::mutable_genetique);
  row.Set(&meal, &RecentMeal::mutable_gaveur_id);
  row.Set(&meal, &RecentMeal::mutable_gaveur_nom);
  meal.set_lot_id(row.Int());
  return meal;
}

class PostgresLotReader final : public LotReader {
 public:
  explicit PostgresLotReader(Pool& pool) : pool_(pool) {}

  absl::StatusOr<std::vector<feeding::v1::Lot>> ListLots(const LotQuery& query) override {
    Conditions where;
    if (!query.site_code.empty()) where.Add("l.site_code = $", query.site_code);
    if (query.statut == "actif") {
      where.Add("l.statut IN ('en_preparation', 'en_gavage')");
    } else {
      query.statut.empty() ? where.Add("l.statut <> 'annule'") : where.Add("l.statut = $", query.statut);
    }
    if (query.gaveur_id > 0) where.Add("l.gaveur_id = $::integer", std::to_string(query.gaveur_id));
    if (!query.after_code.empty()) where.Add("l.code_lot > $", query.after_code);
    if (!query.codes.empty()) where.Add("l.code_lot = ANY ($::text[])", TextArray(query.codes));
    const std::string limit = where.Bind(query.limit);
    const std::string offset = where.Bind(query.offset);
    return ReadRows<feeding::v1::Lot>(
        pool_, absl::StrCat(kLot, where.Sql(), " ORDER BY l.code_lot LIMIT ", limit, "::integer OFFSET ", offset, "::integer"),
        where.params(), ToLot);
  }

  absl::StatusOr<feeding::v1::Lot> FindLot(const LotKey& key) override {
    auto lots = ReadRows<feeding::v1::Lot>(pool_, absl::StrCat(kLot, " WHERE ", LotIs(key), " = $1"), {LotValue(key)}, ToLot);
    if (!lots.ok()) return lots.status();
    if (lots->empty()) return LotNotFound(key);
    return std::move(lots->front());
  }

  absl::StatusOr<std::vector<feeding::v1::Dose>> ListDoses(const LotKey& key) override {
    auto rows = ReadRows<DoseOf>(pool_, absl::StrCat(kDoses, " WHERE ", LotIs(key), " = $1", kDosesWindow), {LotValue(key)}, ToDose);
    if (!rows.ok()) return rows.status();
    if (rows->empty()) return LotNotFound(key);
    std::vector<feeding::v1::Dose> doses;
    for (auto& [code, dose] : *rows) {
      if (dose.has_time()) doses.push_back(std::move(dose));
    }
    return doses;
  }

  absl::StatusOr<std::map<std::string, std::vector<feeding::v1::Dose>>> ListDosesOf(const std::vector<std::string>& codes) override {
    std::map<std::string, std::vector<feeding::v1::Dose>> doses;
    if (codes.empty()) return doses;
    auto rows = ReadRows<DoseOf>(pool_, absl::StrCat(kDoses, " WHERE l.code_lot = ANY ($1::text[])", kDosesWindow), {TextArray(codes)}, ToDose);
    if (!rows.ok()) return rows.status();
    for (auto& [code, dose] : *rows) {
      if (dose.has_time()) doses[code].push_back(std::move(dose));
    }
    return doses;
  }

  absl::StatusOr<std::vector<feeding::v1::RecentMeal>> ListMeals(const MealQuery& query) override {
    Conditions outer;
    if (query.lot.has_value()) outer.Add(absl::StrCat(LotIs(*query.lot), " = $"), LotValue(*query.lot));
    const std::string lot_only = outer.Sql();
    Conditions where = outer.Continue();
    if (query.gaveur_id > 0) where.Add("l.gaveur_id = $", std::to_string(query.gaveur_id));
    if (!query.site_code.empty()) where.Add("d.site_code = $", query.site_code);
    if (query.from.has_value()) where.Add("d.time >= $::timestamptz", SqlTime(*query.from));
    if (query.to.has_value()) where.Add("d.time < $::timestamptz", SqlTime(*query.to));
    const std::string tail = absl::StrCat(" ORDER BY d.time DESC, d.batch_id DESC, d.ordinal DESC LIMIT ",
                                          where.Bind(query.limit), "::integer");
    if (!query.lot.has_value()) {
      return ReadRows<feeding::v1::RecentMeal>(
          pool_, absl::StrCat("SELECT ", kMeal, " FROM doses_journalieres d JOIN lots_gavage l ON l.code_lot = d.code_lot",
                              where.Sql(), tail),
          where.params(), ToMeal);
    }
    where.Add("d.code_lot = l.code_lot");
    auto meals = ReadRows<feeding::v1::RecentMeal>(
        pool_,
        absl::StrCat("SELECT ", kMeal, " FROM lots_gavage l LEFT JOIN LATERAL (SELECT * FROM doses_journalieres d", where.Sql(),
                     tail, ") d ON true", lot_only, " ORDER BY d.time DESC, d.batch_id DESC, d.ordinal DESC"),
        where.params(), ToMeal);
    if (!meals.ok()) return meals.status();
    if (meals->empty()) return LotNotFound(*query.lot);
    if (!meals->front().has_timestamp()) meals->clear();
    return meals;
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<LotReader> NewPostgresLotReader(Pool& pool) { return std::make_unique<PostgresLotReader>(pool); }

}  // namespace egi::storage::read
