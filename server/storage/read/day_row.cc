#include "server/storage/read/day_row.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

namespace egi::storage::read {
namespace {

// A correction of a day changes its entry and its meals in one transaction, so at one time, and counts once.
// A meal is missed when it was not given although a later one was. Slots count half days.
constexpr char kColumns[] = R"sql(
  SELECT l.id, l.code_lot, l.gaveur_id, x.jour, to_char(coalesce(j.date_gavage, l.debut_lot + x.jour, (coalesce(m.time_matin, m.time_soir) AT TIME ZONE s.time_zone)::date), 'YYYY-MM-DD'),
         m.dose_matin, m.dose_soir, to_char(m.time_matin AT TIME ZONE s.time_zone, 'HH24:MI'), to_char(m.time_soir AT TIME ZONE s.time_zone, 'HH24:MI'),
         m.id_matin, m.id_soir, coalesce(m.id_matin, m.id_soir), m.theorique_matin, m.theorique_soir,
         coalesce(m.dose_matin, 0) + coalesce(m.dose_soir, 0), (m.followed - m.prescribed) / nullif(m.prescribed, 0) * 100,
         coalesce(m.poids, (SELECT avg(w) FROM unnest(j.poids_echantillon) w)), j.nb_canards_peses, array_to_json(j.poids_echantillon), m.vivants, greatest(j.mortalite_jour, m.morts), m.taux,
         coalesce(j.temperature_stabule, m.temperature), coalesce(j.humidite_stabule, m.humidite), j.suit_courbe_theorique,
         nullif(j.raison_ecart, ''), nullif(j.remarques, ''), nullif(j.cause_mortalite, ''), nullif(j.problemes_sante, ''),
         m.dose_matin IS NULL AND 2 * x.jour BETWEEN r.first AND r.last, m.dose_soir IS NULL AND 2 * x.jour + 1 BETWEEN r.first AND r.last,
         (SELECT count(*) FROM gavage_jours_history h WHERE h.lot_id = l.id AND h.jour = x.jour)
           + (SELECT count(*) FILTER (WHERE NOT c.with_day) + count(DISTINCT c.at) FILTER (WHERE c.at = j.created_at) FROM (
             SELECT k.corrected_at AS at, k.corrected_at IS NOT DISTINCT FROM j.created_at OR EXISTS (
               SELECT FROM gavage_jours_history h WHERE h.lot_id = l.id AND h.jour = x.jour AND h.changed_at = k.corrected_at) AS with_day
             FROM gavage_meal_corrections k WHERE k.code_lot = l.code_lot AND k.jour = x.jour) c),
         coalesce(j.saisi_par, nullif(m.by, '')), )sql" EGI_US("coalesce(least(j.created_at, m.created), j.created_at)") ", " EGI_US(
    "greatest(j.updated_at, m.updated)") R"sql(
  FROM ()sql";

constexpr char kTables[] = R"sql() x
  JOIN lots_gavage l ON l.id = x.lot_id
  JOIN sites_euralis s ON s.code = l.site_code
  LEFT JOIN gavage_jours j ON j.lot_id = l.id AND j.jour = x.jour
  LEFT JOIN LATERAL (
    SELECT min(2 * g.jour + CASE g.moment WHEN 'soir' THEN 1 ELSE 0 END) AS first, max(2 * g.jour + CASE g.moment WHEN 'soir' THEN 1 ELSE 0 END) AS last
    FROM gavage_meals g WHERE g.code_lot = l.code_lot AND g.jour >= 0) r ON true
  LEFT JOIN LATERAL (
    SELECT max(d.dose_reelle) FILTER (WHERE d.moment = 'matin') AS dose_matin, max(d.dose_reelle) FILTER (WHERE d.moment = 'soir') AS dose_soir,
      max(d.time) FILTER (WHERE d.moment = 'matin') AS time_matin, max(d.time) FILTER (WHERE d.moment = 'soir') AS time_soir,
      max(g.id) FILTER (WHERE d.moment = 'matin') AS id_matin, max(g.id) FILTER (WHERE d.moment = 'soir') AS id_soir,
      max(d.dose_theorique) FILTER (WHERE d.moment = 'matin') AS theorique_matin,
      max(d.dose_theorique) FILTER (WHERE d.moment = 'soir') AS theorique_soir,
      sum(d.dose_reelle) FILTER (WHERE d.dose_theorique > 0) AS followed, sum(d.dose_theorique) FILTER (WHERE d.dose_theorique > 0) AS prescribed,
      (array_agg(d.poids_moyen ORDER BY d.moment DESC) FILTER (WHERE d.poids_moyen IS NOT NULL))[1] AS poids,
      (array_agg(d.nb_vivants ORDER BY d.moment DESC) FILTER (WHERE d.nb_vivants IS NOT NULL))[1] AS vivants,
      (array_agg(d.taux_mortalite ORDER BY d.moment DESC) FILTER (WHERE d.taux_mortalite IS NOT NULL))[1] AS taux,
      (array_agg(d.temperature ORDER BY d.moment DESC) FILTER (WHERE d.temperature IS NOT NULL))[1] AS temperature,
      (array_agg(d.humidite ORDER BY d.moment DESC) FILTER (WHERE d.humidite IS NOT NULL))[1] AS humidite,
      sum(d.nb_morts)::integer AS morts, max(g.recorded_by) AS by,
      min(d.received_at) AS created, max(d.received_at) AS updated
    FROM gavage_meals g JOIN doses_journalieres d ON d.code_lot = g.code_lot AND d.time = g.time AND d.jour = g.jour AND d.moment = g.moment
    WHERE g.code_lot = l.code_lot AND g.jour = x.jour) m ON true)sql";

}  // namespace

std::string DaySql(const std::string& days) { return absl::StrCat(kColumns, days, kTables); }

feeding::v1::LotDay ToDay(RowCursor row) {
  using feeding::v1::LotDay;
  LotDay day;
  day.set_lot_id(row.Int());
  day.set_code_lot(row.Text());
  row.Set(&day, &LotDay::mutable_gaveur_id);
  day.set_jour(row.Int());
  day.set_jour_gavage(day.jour());
  day.set_date_gavage(row.Text());
  row.Set(&day, &LotDay::mutable_dose_matin);
  row.Set(&day, &LotDay::mutable_dose_soir);
  row.Set(&day, &LotDay::mutable_heure_gavage_matin);
  row.Set(&day, &LotDay::mutable_heure_gavage_soir);
  row.Set(&day, &LotDay::mutable_gavage_id_matin);
  row.Set(&day, &LotDay::mutable_gavage_id_soir);
  row.Set(&day, &LotDay::mutable_gavage_id);
  row.Set(&day, &LotDay::mutable_dose_theorique_matin);
  row.Set(&day, &LotDay::mutable_dose_theorique_soir);
  day.set_dose_totale(row.Double());
  row.Set(&day, &LotDay::mutable_ecart_courbe_theorique);
  row.Set(&day, &LotDay::mutable_poids_moyen);
  row.Set(&day, &LotDay::mutable_nb_canards_peses);
  if (row.IsNull()) {
    row.Skip();
  } else {
    google::protobuf::Value weights;
    if (!google::protobuf::util::JsonStringToMessage(row.Text(), &weights).ok()) throw pqxx::conversion_error("poids_echantillon is not a list");
    for (const auto& weight : weights.list_value().values()) day.add_poids_echantillon(weight.number_value());
  }
  row.Set(&day, &LotDay::mutable_nb_canards_vivants);
  row.Set(&day, &LotDay::mutable_mortalite_jour);
  row.Set(&day, &LotDay::mutable_taux_mortalite);
  row.Set(&day, &LotDay::mutable_temperature_stabule);
  row.Set(&day, &LotDay::mutable_humidite_stabule);
  row.Set(&day, &LotDay::mutable_suit_courbe_theorique);
  row.Set(&day, &LotDay::mutable_raison_ecart);
  row.Set(&day, &LotDay::mutable_remarques);
  row.Set(&day, &LotDay::mutable_cause_mortalite);
  row.Set(&day, &LotDay::mutable_problemes_sante);
  if (row.Bool()) day.add_repas_manques("matin");
  if (row.Bool()) day.add_repas_manques("soir");
  day.set_corrections(row.Int());
  row.Set(&day, &LotDay::mutable_saisi_par);
  row.Set(&day, &LotDay::mutable_created_at);
  row.Set(&day, &LotDay::mutable_updated_at);
  return day;
}

}  // namespace egi::storage::read
