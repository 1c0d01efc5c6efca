-- Feeding curves: touch and history.
CREATE OR REPLACE TRIGGER courbes_theoriques_touch BEFORE UPDATE ON courbes_theoriques
  FOR EACH ROW EXECUTE FUNCTION egi_lots_touch();

CREATE OR REPLACE FUNCTION egi_curves_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO courbes_theoriques_history (courbe_id, changed_by, statut_avant, statut, commentaire, doses_avant_g, doses_g)
  VALUES (NEW.id, coalesce(nullif(current_setting('egi.principal', true), ''), current_user),
          CASE TG_OP WHEN 'UPDATE' THEN OLD.statut END, NEW.statut, NEW.commentaire_superviseur,
          CASE TG_OP WHEN 'UPDATE' THEN coalesce(OLD.doses_modifiees_g, OLD.doses_g) END, coalesce(NEW.doses_modifiees_g, NEW.doses_g));
  RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER courbes_theoriques_history_insert AFTER INSERT ON courbes_theoriques
  FOR EACH ROW EXECUTE FUNCTION egi_curves_keep_history();
CREATE OR REPLACE TRIGGER courbes_theoriques_history_update AFTER UPDATE ON courbes_theoriques FOR EACH ROW
  WHEN ((OLD.statut, OLD.doses_g, OLD.doses_modifiees_g, OLD.commentaire_superviseur)
        IS DISTINCT FROM (NEW.statut, NEW.doses_g, NEW.doses_modifiees_g, NEW.commentaire_superviseur))
  EXECUTE FUNCTION egi_curves_keep_history();
