-- Days of feeding: history and touch.
CREATE OR REPLACE FUNCTION egi_jours_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO gavage_jours_history (lot_id, jour, changed_by, reason, before, after)
  VALUES (OLD.lot_id, OLD.jour, NEW.saisi_par, NEW.raison, to_jsonb(OLD), to_jsonb(NEW));
  RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER gavage_jours_history AFTER UPDATE ON gavage_jours
  FOR EACH ROW EXECUTE FUNCTION egi_jours_keep_history();
CREATE OR REPLACE TRIGGER gavage_jours_touch BEFORE UPDATE ON gavage_jours
  FOR EACH ROW EXECUTE FUNCTION egi_lots_touch();
