// SQL: the lots that count, with the figures that sites and feeders are judged by.
#ifndef EGI_SERVER_STORAGE_READ_LOT_FIGURES_H_
#define EGI_SERVER_STORAGE_READ_LOT_FIGURES_H_

namespace egi::storage::read {

// A SELECT of lots l with: placed (birds), conso (kg of corn per duck), liver (kg, null unless final), liver_g (mean weight: weighed, else implied), end_day (null
// while running). domain.md section 15.4: production = birds hung * conso / ITM; section 3.2: end day = first day + duration.
inline constexpr char kLotFigures[] = R"sql(
  SELECT l.id, l.code_lot, l.site_code, l.gaveur_id, l.itm, l.sigma, l.pctg_perte_gavage, l.taux_mortalite, l.statut, l.nb_canards_meg,
         l.nb_canards_accroches, l.nb_canards_vivants, l.souche, l.genetique, l.debut_lot, l.created_at, l.duree_gavage_reelle, l.poids_moyen_initial,
         l.poids_moyen_actuel, l.total_corn_real,
         coalesce(l.nb_canards_meg, l.nb_canards_initial) AS placed, l.total_corn_real / 1000 AS conso,
         l.nb_canards_accroches * l.total_corn_real / 1000 / l.itm AS liver,
         coalesce(l.poids_foie_moyen, nullif(l.total_corn_real, 0) / l.itm) AS liver_g,
         coalesce(l.debut_lot + l.duree_gavage_reelle,
                  CASE WHEN l.statut IN ('termine', 'abattu') THEN l.debut_lot + nullif(l.jour_actuel + 1, 0) END) AS end_day
  FROM lots_gavage l
  WHERE l.statut <> 'annule')sql";

// Of lots l as above: corn of the birds hung / liver, kg/kg. Null without a final lot.
inline constexpr char kWeightedItm[] =
    "sum(l.nb_canards_accroches * l.conso) FILTER (WHERE l.liver IS NOT NULL) / nullif(sum(l.liver), 0)";

// Of lots l as above: birds lost / birds placed, percent. Null without a lot whose birds were hung.
inline constexpr char kWeightedLoss[] =
    "100.0::float8 * sum(l.nb_canards_meg - l.nb_canards_accroches) "
    "/ nullif(sum(l.nb_canards_meg) FILTER (WHERE l.nb_canards_accroches IS NOT NULL), 0)";

// Of one lot l: birds lost, percent of those placed. Null when unknown.
inline constexpr char kLotLoss[] = "coalesce(100 * l.pctg_perte_gavage, l.taux_mortalite)";

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_LOT_FIGURES_H_
