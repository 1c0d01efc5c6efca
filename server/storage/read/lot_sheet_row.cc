#include "server/storage/read/lot_sheet_row.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "server/performance/itm.h"

namespace egi::storage::read {
namespace {

using performance::LotFacts;
using performance::Spread;

// Mean liver weights of the final lots of every strain (breed where no strain is told), per site and over all sites (site_code null), weighted by birds hung.
constexpr char kHistory[] = R"sql(
  WITH h AS (
    SELECT strain, site_code, count(*) AS lots, sum(liver_g * birds) / sum(birds) AS mean, stddev_samp(liver_g) AS deviation
    FROM (SELECT coalesce(souche, genetique) AS strain, site_code, greatest(coalesce(nb_canards_accroches, 1), 1)::float8 AS birds,
                 coalesce(poids_foie_moyen, nullif(total_corn_real, 0) / itm) AS liver_g
          FROM lots_gavage WHERE itm IS NOT NULL AND statut <> 'annule') f
    WHERE liver_g IS NOT NULL AND strain IS NOT NULL GROUP BY GROUPING SETS ((strain, site_code), (strain))))sql";

// `slot` counts half days from the first; a skipped meal is no meal.
constexpr char kSheet[] = R"sql(
  SELECT l.id, l.code_lot, l.site_code, l.gaveur_id, l.statut, coalesce(100 * l.pctg_perte_gavage, l.taux_mortalite), l.source ->> 'ProdIgpFR',
         l.genetique, l.souche, l.itm, l.sigma, l.poids_foie_moyen, l.total_corn_real, l.objectif_quantite_mais, l.nb_canards_accroches,
         coalesce(l.nb_canards_vivants, l.nb_canards_initial, l.nb_canards_meg), l.age_animaux, l.duree_gavage_prevue, l.duree_gavage_reelle,
         m.days, m.given, m.last_slot, q.livers, q.mean_mm3, q.deviation_mm3, hs.lots, hs.mean, hs.deviation, ha.lots, ha.mean, ha.deviation,
         coalesce(l.poids_moyen_initial, m.first_weight), l.poids_moyen_actuel, l.objectif_poids_final, m.prescribed, m.gap_pct, m.days_off, m.held_pct,
         coalesce(coalesce(l.nb_canards_meg, l.nb_canards_initial) - coalesce(l.nb_canards_accroches, l.nb_canards_vivants),
                  round(l.taux_mortalite * coalesce(l.nb_canards_meg, l.nb_canards_initial) / 100)::integer),
         a.alerts, a.open_alerts, )sql" EGI_US("l.updated_at") R"sql(, l.nb_foies_mesures, l.poids_foie_estime, c.total, c.remaining
  FROM lots_gavage l
  LEFT JOIN LATERAL (
    SELECT count(DISTINCT jour) FILTER (WHERE dose_reelle > 0) AS days, count(*) FILTER (WHERE dose_reelle > 0) AS given,
           max(2 * jour + CASE moment WHEN 'soir' THEN 1 ELSE 0 END) AS last_slot,
           (array_agg(poids_moyen ORDER BY time) FILTER (WHERE poids_moyen IS NOT NULL))[1] AS first_weight, sum(dose_theorique) AS prescribed,
           avg(100 * abs(dose_reelle - dose_theorique) / dose_theorique) FILTER (WHERE dose_theorique > 0) AS gap_pct,
           count(DISTINCT jour) FILTER (WHERE dose_theorique > 0 AND abs(dose_reelle - dose_theorique) >= 0.1 * dose_theorique - 1e-9) AS days_off,
           100.0::float8 * count(*) FILTER (WHERE dose_theorique > 0 AND abs(dose_reelle - dose_theorique) < 0.1 * dose_theorique - 1e-9)
             / nullif(count(*) FILTER (WHERE dose_theorique > 0), 0) AS held_pct
    FROM doses_journalieres d WHERE d.code_lot = l.code_lot) m ON true
  LEFT JOIN LATERAL (
    SELECT count(*) AS livers, avg(vl53l8ch_volume_mm3) AS mean_mm3, stddev_samp(vl53l8ch_volume_mm3) AS deviation_mm3
    FROM sqal_samples s WHERE s.lot_id = l.id AND s.vl53l8ch_volume_mm3 > 0) q ON true
  LEFT JOIN LATERAL (
    SELECT count(*) AS alerts, count(*) FILTER (WHERE closed_at IS NULL) AS open_alerts FROM alertes_euralis e WHERE e.lot_id = l.id) a ON true
  LEFT JOIN LATERAL (
    SELECT sum(dose) AS total, coalesce(sum(dose) FILTER (WHERE i > coalesce(m.last_slot, -1) + 1), 0) AS remaining
    FROM courbes_theoriques t, unnest(coalesce(t.doses_modifiees_g, t.doses_g)) WITH ORDINALITY u(dose, i) WHERE t.id = l.courbe_id) c ON true
  LEFT JOIN h hs ON hs.strain = coalesce(l.souche, l.genetique) AND hs.site_code = l.site_code
  LEFT JOIN h ha ON ha.strain = coalesce(l.souche, l.genetique) AND ha.site_code IS NULL)sql";

std::optional<double> MaybeDouble(RowCursor& row) {
  if (!row.IsNull()) return row.Double();
  row.Skip();
  return std::nullopt;
}

std::optional<int> MaybeInt(RowCursor& row) {
  if (!row.IsNull()) return row.Int();
  row.Skip();
  return std::nullopt;
}

Spread ToSpread(RowCursor& row, double factor) {
  Spread spread;
  spread.count = row.Int();
  spread.mean = row.Double() * factor;
  spread.deviation = MaybeDouble(row);
  if (spread.deviation.has_value()) *spread.deviation *= factor;
  return spread;
}

// The columns from genetique on; `statut` is known.
void SetFacts(RowCursor& row, double density, LotFacts& facts) {
  facts.genetique = row.Text();
  facts.souche = row.Text();
  facts.itm = MaybeDouble(row);
  facts.sigma = MaybeDouble(row);
  facts.liver_g = MaybeDouble(row);
  facts.corn_given_g = row.Double();
  facts.corn_goal_g = MaybeDouble(row);
  facts.birds_hung = MaybeInt(row);
  facts.birds_alive = MaybeInt(row);
  facts.age_days = MaybeInt(row);
  facts.planned_days = MaybeInt(row);
  facts.real_days = MaybeInt(row);
  facts.days_fed = row.Int();
  facts.meals_given = row.Int();
  const int last_slot = MaybeInt(row).value_or(-1);
  if (facts.planned_days.has_value() && !facts.Ended()) facts.meals_left = std::max(0, 2 * *facts.planned_days - 1 - last_slot);
  facts.sensed_liver_g = ToSpread(row, density / 1000);
  const Spread of_site = ToSpread(row, 1);
  const Spread of_all = ToSpread(row, 1);
  facts.earlier_liver_g = of_site.count >= performance::kEarlierLots ? of_site : of_all;
}

}  // namespace

const std::string& LotSheetSql() {
  static const std::string kSql = absl::StrCat(kHistory, kSheet);
  return kSql;
}

LotSheet ToLotSheet(RowCursor row, double density) {
  using feeding::v1::LotPerformance;
  using feeding::v1::LotCurveAdherence;
  using feeding::v1::LotHealth;
  using feeding::v1::LotStats;
  using feeding::v1::LotWeights;
  LotSheet sheet;
  LotPerformance& lot = sheet.lot;
  LotStats& stats = sheet.stats;
  lot.set_lot_id(row.Int());
  lot.set_code_lot(row.Text());
  lot.set_site_code(row.Text());
  row.Set(&lot, &LotPerformance::mutable_gaveur_id);
  lot.set_statut(row.Text());
  row.Set(&lot, &LotPerformance::mutable_mortalite_pct);
  row.Set(&lot, &LotPerformance::mutable_programme);
  stats.set_lot_id(lot.lot_id());
  stats.set_code_lot(lot.code_lot());
  stats.set_statut(lot.statut());
  sheet.facts.statut = lot.statut();
  SetFacts(row, density, sheet.facts);
  row.Set(stats.mutable_poids(), &LotWeights::mutable_initial);
  row.Set(stats.mutable_poids(), &LotWeights::mutable_actuel);
  row.Set(stats.mutable_poids(), &LotWeights::mutable_objectif);
  sheet.prescribed_g = row.Double();
  row.Set(stats.mutable_conformite(), &LotCurveAdherence::mutable_ecart_moyen_courbe);
  stats.mutable_conformite()->set_jours_hors_tolerance(row.Int());
  row.Set(stats.mutable_conformite(), &LotCurveAdherence::mutable_taux_conformite);
  row.Set(stats.mutable_sante(), &LotHealth::mutable_mortalite_totale);
  if (lot.has_mortalite_pct()) *stats.mutable_sante()->mutable_taux_mortalite() = lot.mortalite_pct();
  stats.mutable_sante()->set_nombre_alertes(row.Int());
  stats.mutable_sante()->set_nombre_alertes_ouvertes(row.Int());
  row.Set(&stats, &LotStats::mutable_derniere_mise_a_jour);
  // Of a lot whose samples retention has dropped, the inspection remembers the mean.
  Spread remembered;
  remembered.count = row.Int();
  remembered.mean = row.Double();
  if (sheet.facts.sensed_liver_g.count == 0) sheet.facts.sensed_liver_g = remembered;
  sheet.facts.curve_total_g = MaybeDouble(row);
  sheet.facts.curve_left_g = MaybeDouble(row);
  sheet.facts.own_curve = sheet.facts.curve_total_g.has_value();
  if (!sheet.facts.own_curve) sheet.facts.curve_left_g.reset();
  return sheet;
}

}  // namespace egi::storage::read
