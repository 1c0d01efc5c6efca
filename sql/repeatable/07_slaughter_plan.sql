-- The plan of slaughter follows its lots, and keeps its history.
CREATE OR REPLACE TRIGGER planning_abattages_touch BEFORE UPDATE ON planning_abattages
  FOR EACH ROW EXECUTE FUNCTION egi_lots_touch();

-- The slot is locked by a statement of its own: the next one then sees what earlier holders of the lock committed.
CREATE OR REPLACE FUNCTION egi_plan_settle(slot integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM planning_abattages WHERE id = slot FOR UPDATE;
  UPDATE planning_abattages p SET
    nb_lots = n.lots, nb_canards = n.birds, lots_ids = n.ids,
    statut = CASE WHEN p.statut IN ('planifie', 'confirme') AND n.lots > 0 AND n.slaughtered = n.lots THEN 'realise'
                  WHEN p.statut = 'confirme' AND n.lots = 0 THEN 'planifie' ELSE p.statut END
  FROM (SELECT count(*)::integer AS lots, coalesce(sum(a.nb_canards), 0)::integer AS birds,
               count(*) FILTER (WHERE l.statut = 'abattu' OR l.nb_canards_accroches IS NOT NULL OR l.itm IS NOT NULL) AS slaughtered, coalesce(array_agg(a.lot_id ORDER BY a.lot_id), '{}') AS ids
        FROM planning_abattages_lots a JOIN lots_gavage l ON l.id = a.lot_id WHERE a.creneau_id = slot) n
  WHERE p.id = slot;
END
$$;
COMMENT ON FUNCTION egi_plan_settle(integer) IS 'Locks a slot and brings its counts and its state in line with its lots. Lock a lot before the slot, never after.';

CREATE OR REPLACE FUNCTION egi_plan_lots_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    PERFORM egi_plan_settle(OLD.creneau_id);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM egi_plan_settle(NEW.creneau_id);
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.distance_km IS DISTINCT FROM NEW.distance_km THEN
    INSERT INTO planning_abattages_history (creneau_id, changed_by, action, raison, before, after)
    SELECT NEW.creneau_id, coalesce(nullif(current_setting('egi.principal', true), ''), current_user), coalesce(current_setting('egi.transition', true), ''),
           coalesce(current_setting('egi.reason', true), ''), jsonb_build_object(field, OLD.distance_km), jsonb_build_object(field, NEW.distance_km)
    FROM (SELECT 'lots.' || code_lot || '.distance_km' AS field FROM lots_gavage WHERE id = NEW.lot_id) l;
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION egi_plan_lots_changed() IS 'A lot came into a slot, left it, or changed in it; another distance stands in the history of the slot.';
CREATE OR REPLACE TRIGGER planning_abattages_lots_settle AFTER INSERT OR UPDATE OR DELETE ON planning_abattages_lots
  FOR EACH ROW EXECUTE FUNCTION egi_plan_lots_changed();

CREATE OR REPLACE FUNCTION egi_plan_follow_lot() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  slot integer := (SELECT creneau_id FROM planning_abattages_lots WHERE lot_id = NEW.id);
BEGIN
  IF slot IS NULL THEN
    RETURN NULL;
  END IF;
  IF NEW.statut = 'annule' THEN
    PERFORM FROM planning_abattages WHERE id = slot FOR UPDATE;
    DELETE FROM planning_abattages_lots WHERE lot_id = NEW.id;
  ELSE
    PERFORM egi_plan_settle(slot);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION egi_plan_follow_lot() IS 'A slot whose last lot is slaughtered, or imported with its results, is done; a lot that is cancelled leaves its slot.';
CREATE OR REPLACE TRIGGER lots_gavage_plan AFTER UPDATE OF statut, nb_canards_accroches, itm ON lots_gavage FOR EACH ROW
  WHEN ((OLD.statut IS DISTINCT FROM NEW.statut AND NEW.statut IN ('abattu', 'annule'))
        OR (OLD.nb_canards_accroches IS NULL AND NEW.nb_canards_accroches IS NOT NULL) OR (OLD.itm IS NULL AND NEW.itm IS NOT NULL))
  EXECUTE FUNCTION egi_plan_follow_lot();

CREATE OR REPLACE FUNCTION egi_plan_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN
    RETURN NULL;
  END IF;
  INSERT INTO planning_abattages_history (creneau_id, changed_by, action, raison, before, after)
  VALUES (NEW.id, coalesce(nullif(current_setting('egi.principal', true), ''), current_user), coalesce(current_setting('egi.transition', true), ''),
          coalesce(current_setting('egi.reason', true), ''), CASE TG_OP WHEN 'UPDATE' THEN to_jsonb(OLD) ELSE '{}' END, to_jsonb(NEW));
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION egi_plan_keep_history() IS 'Keeps every change of a slot, whoever makes it.';
CREATE OR REPLACE TRIGGER planning_abattages_history AFTER INSERT OR UPDATE ON planning_abattages
  FOR EACH ROW EXECUTE FUNCTION egi_plan_keep_history();
