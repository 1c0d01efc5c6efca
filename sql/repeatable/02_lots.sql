-- Lots: history, protection, live views.
CREATE OR REPLACE FUNCTION egi_lots_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER lots_gavage_touch BEFORE UPDATE ON lots_gavage
  FOR EACH ROW EXECUTE FUNCTION egi_lots_touch();
CREATE OR REPLACE TRIGGER sqal_pending_lots_touch BEFORE UPDATE ON sqal_pending_lots
  FOR EACH ROW EXECUTE FUNCTION egi_lots_touch();

-- A change of state by meals needs no setting: it has only one meaning.
CREATE OR REPLACE FUNCTION egi_lots_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO lots_gavage_history (lot_id, code_lot, changed_by, transition, reason, before, after)
    VALUES (NEW.id, NEW.code_lot, coalesce(nullif(current_setting('egi.principal', true), ''), current_user),
            coalesce(nullif(current_setting('egi.transition', true), ''), 'create'),
            coalesce(current_setting('egi.reason', true), ''), '{}', jsonb_strip_nulls(to_jsonb(NEW) - 'source'));
    RETURN NULL;
  END IF;
  INSERT INTO lots_gavage_history (lot_id, code_lot, changed_by, transition, reason, before, after)
  VALUES (OLD.id, OLD.code_lot, coalesce(nullif(current_setting('egi.principal', true), ''), current_user),
          coalesce(nullif(current_setting('egi.transition', true), ''),
                   CASE WHEN OLD.statut = 'en_preparation' AND NEW.statut = 'en_gavage' THEN 'start'
                        WHEN OLD.statut IN ('en_preparation', 'en_gavage') AND NEW.statut = 'termine' THEN 'finish' ELSE '' END),
          coalesce(current_setting('egi.reason', true), ''), to_jsonb(OLD) - 'source', to_jsonb(NEW) - 'source');
  RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER lots_gavage_history AFTER UPDATE ON lots_gavage FOR EACH ROW
  WHEN ((OLD.gaveur_id, OLD.site_code, OLD.souche, OLD.genetique, OLD.debut_lot, OLD.duree_gavage_prevue,
         OLD.duree_gavage_reelle, OLD.itm, OLD.itm_estime, OLD.sigma, OLD.poids_foie_moyen, OLD.poids_foie_estime, OLD.nb_canards_initial, OLD.nb_canards_meg,
         OLD.nb_canards_enleves, OLD.nb_canards_accroches, OLD.poids_moyen_initial, OLD.objectif_quantite_mais,
         OLD.objectif_poids_final, OLD.lot_mais_id, OLD.age_animaux, OLD.date_abattage, OLD.pret_abattage, OLD.statut, OLD.origine)
        IS DISTINCT FROM
        (NEW.gaveur_id, NEW.site_code, NEW.souche, NEW.genetique, NEW.debut_lot, NEW.duree_gavage_prevue,
         NEW.duree_gavage_reelle, NEW.itm, NEW.itm_estime, NEW.sigma, NEW.poids_foie_moyen, NEW.poids_foie_estime, NEW.nb_canards_initial, NEW.nb_canards_meg,
         NEW.nb_canards_enleves, NEW.nb_canards_accroches, NEW.poids_moyen_initial, NEW.objectif_quantite_mais,
         NEW.objectif_poids_final, NEW.lot_mais_id, NEW.age_animaux, NEW.date_abattage, NEW.pret_abattage, NEW.statut, NEW.origine))
  EXECUTE FUNCTION egi_lots_keep_history();

CREATE OR REPLACE TRIGGER lots_gavage_creation AFTER INSERT ON lots_gavage
  FOR EACH ROW EXECUTE FUNCTION egi_lots_keep_history();

-- Samples carry no foreign key to lots (hot path); this keeps them from losing their lot.
CREATE OR REPLACE FUNCTION egi_lots_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM sqal_samples WHERE lot_id = OLD.id) THEN
    RAISE foreign_key_violation USING
      MESSAGE = format('lot %s has samples', OLD.code_lot), HINT = 'Set statut to annule instead of deleting the lot.';
  END IF;
  RETURN OLD;
END
$$;
CREATE OR REPLACE TRIGGER lots_gavage_refuse_delete BEFORE DELETE ON lots_gavage
  FOR EACH ROW EXECUTE FUNCTION egi_lots_refuse_delete();

DROP VIEW IF EXISTS v_lots_actifs_realtime;
CREATE VIEW v_lots_actifs_realtime AS
SELECT l.id, l.code_lot, l.gaveur_id, g.nom AS gaveur_nom, l.site_code, l.site_code AS site, l.genetique, l.souche, l.statut,
       l.jour_actuel, l.duree_gavage_prevue, l.nb_canards_initial, l.nb_canards_vivants, l.poids_moyen_actuel,
       l.taux_mortalite, l.pret_abattage, l.debut_lot, l.origine, d.time AS dernier_repas_time, d.jour AS dernier_repas_jour,
       d.moment AS dernier_repas_moment, d.dose_theorique AS derniere_dose_theorique, d.dose_reelle AS derniere_dose_reelle,
       n.nb_repas, l.updated_at
FROM lots_gavage l
LEFT JOIN gaveurs_euralis g ON g.id = l.gaveur_id
LEFT JOIN LATERAL (
  SELECT time, jour, moment, dose_theorique, dose_reelle FROM doses_journalieres
  WHERE code_lot = l.code_lot ORDER BY time DESC LIMIT 1) d ON true
LEFT JOIN LATERAL (SELECT count(*)::integer AS nb_repas FROM gavage_meals WHERE code_lot = l.code_lot) n ON true
WHERE l.statut IN ('en_preparation', 'en_gavage');
COMMENT ON VIEW v_lots_actifs_realtime IS
  'Running lots with their newest meal. Weights g, doses g per duck, mortality percent of the initial count.';

DROP VIEW IF EXISTS v_stats_realtime_sites;
CREATE VIEW v_stats_realtime_sites AS
SELECT s.code AS site_code, s.nom AS site_nom, count(l.id)::integer AS nb_lots_actifs,
       coalesce(sum(coalesce(l.nb_canards_vivants, l.nb_canards_initial)), 0)::integer AS nb_canards,
       coalesce(sum(l.nb_canards_initial), 0)::integer AS nb_canards_initial,
       sum(l.poids_moyen_actuel * l.nb_canards_vivants) / nullif(sum(l.nb_canards_vivants)
         FILTER (WHERE l.poids_moyen_actuel IS NOT NULL), 0) AS poids_moyen,
       sum(l.taux_mortalite * l.nb_canards_initial) / nullif(sum(l.nb_canards_initial)
         FILTER (WHERE l.taux_mortalite IS NOT NULL), 0) AS taux_mortalite,
       max(l.dernier_repas_time) AS dernier_repas_time
FROM sites_euralis s
LEFT JOIN lots_gavage l ON l.site_code = s.code AND l.statut IN ('en_preparation', 'en_gavage')
GROUP BY s.code, s.nom;
COMMENT ON VIEW v_stats_realtime_sites IS
  'Running lots by site. poids_moyen in g weighted by living birds; taux_mortalite in percent weighted by initial birds.';

DROP VIEW IF EXISTS performances_sites;
CREATE VIEW performances_sites AS
SELECT site_code, date_trunc('month', coalesce(debut_lot, (created_at AT TIME ZONE 'Europe/Paris')::date))::date AS mois,
       count(*)::integer AS nb_lots, count(DISTINCT gaveur_id)::integer AS nb_gaveurs,
       sum(nb_canards_meg)::bigint AS nb_canards_meg, sum(nb_canards_accroches)::bigint AS nb_canards_accroches,
       avg(itm) AS itm_moyen,
       sum(nb_canards_accroches * total_corn_real / 1000) FILTER (WHERE itm IS NOT NULL)
         / nullif(sum(nb_canards_accroches * total_corn_real / 1000 / itm), 0) AS itm_pondere,
       avg(pctg_perte_gavage) * 100 AS mortalite_moyenne,
       100.0 * sum(nb_canards_meg - nb_canards_accroches) / nullif(sum(nb_canards_meg)
         FILTER (WHERE nb_canards_accroches IS NOT NULL), 0) AS mortalite_ponderee,
       sum(nb_canards_meg * total_corn_real / 1000) AS mais_kg,
       sum(nb_canards_accroches * total_corn_real / 1000 / itm) AS production_foie_kg
FROM lots_gavage
WHERE statut <> 'annule'
GROUP BY 1, 2;
COMMENT ON VIEW performances_sites IS
  'Lots by site and month of their first day. itm_moyen = mean over lots, itm_pondere = corn / liver (kg/kg); mortality in percent; production = hung x corn per duck / ITM, kg.';
