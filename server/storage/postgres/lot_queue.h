// SQL: how lots enter the inspection queue.
#ifndef EGI_SERVER_STORAGE_POSTGRES_LOT_QUEUE_H_
#define EGI_SERVER_STORAGE_POSTGRES_LOT_QUEUE_H_

namespace egi::storage {

// $1 codes, text[]. Answers the codes that entered; those that wait already stay as they are. The feeder goes by number: names are personal (domain.md section 15.5).
inline constexpr char kEnqueueLots[] = R"(
INSERT INTO sqal_pending_lots (code_lot, gaveur_id, gaveur_nom, site, genetique, poids_moyen_final, nb_canards_final, taux_mortalite,
                               date_abattage)
SELECT l.code_lot, l.gaveur_id, 'Gaveur ' || l.gaveur_id, l.site_code, l.genetique, l.poids_moyen_actuel, l.nb_canards_vivants,
       l.taux_mortalite, coalesce(l.dernier_repas_time, now())
FROM lots_gavage l WHERE l.code_lot = ANY ($1::text[])
ORDER BY l.code_lot ON CONFLICT (code_lot) DO NOTHING RETURNING code_lot)";

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_LOT_QUEUE_H_
