// SQL: what a lot l of lots_gavage means to the plan of slaughter.
#ifndef EGI_SERVER_STORAGE_SUPERVISION_PLAN_SQL_H_
#define EGI_SERVER_STORAGE_SUPERVISION_PLAN_SQL_H_

// The day its gavage ends: the first on which it may be slaughtered, as the codes of lots count it (first day + duration, domain.md section 3.2). As planned while it runs; null when unknown.
#define EGI_LOT_END                                                                                                                             \
  "coalesce(l.debut_lot + l.duree_gavage_reelle, CASE WHEN l.statut IN ('termine', 'abattu') "                                                  \
  "THEN coalesce(l.debut_lot + nullif(l.jour_actuel + 1, 0), (l.dernier_repas_time AT TIME ZONE 'Europe/Paris')::date + 1) "                     \
  "ELSE l.debut_lot + l.duree_gavage_prevue END)"

// Its birds now, null when unknown.
#define EGI_LOT_BIRDS "coalesce(l.nb_canards_enleves, l.nb_canards_vivants, l.nb_canards_initial, l.nb_canards_meg)"

// Its birds were hung already: imported lots are `termine` and slaughtered long ago.
#define EGI_LOT_HUNG "(l.itm IS NOT NULL OR l.nb_canards_accroches IS NOT NULL)"

namespace egi::storage {

// A `reason` of errors about slots that do not exist.
inline constexpr char kSlotNotFound[] = "SLOT_NOT_FOUND";

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_SUPERVISION_PLAN_SQL_H_
