-- The life of a lot: what was agreed, its slaughter, and who changed what and why.
-- +goose Up

ALTER TABLE lots_gavage
  ADD COLUMN poids_moyen_initial double precision CHECK (poids_moyen_initial BETWEEN 500 AND 12000),
  ADD COLUMN objectif_quantite_mais double precision CHECK (objectif_quantite_mais > 0 AND objectif_quantite_mais <= 30000),
  ADD COLUMN objectif_poids_final double precision CHECK (objectif_poids_final BETWEEN 500 AND 12000),
  ADD COLUMN date_abattage date,
  ADD COLUMN lot_mais_id integer CHECK (lot_mais_id > 0);
COMMENT ON COLUMN lots_gavage.poids_moyen_initial IS 'Mean weight at placement, g.';
COMMENT ON COLUMN lots_gavage.objectif_quantite_mais IS 'Corn aimed at, g per duck over the gavage.';
COMMENT ON COLUMN lots_gavage.objectif_poids_final IS 'Mean weight aimed at, g.';
COMMENT ON COLUMN lots_gavage.lot_mais_id IS 'Lot of corn the birds get, as the feeder numbers them.';
COMMENT ON COLUMN lots_gavage.date_abattage IS 'Day of slaughter, in the zone of the site.';

ALTER TABLE lots_gavage_history
  ADD COLUMN transition text NOT NULL DEFAULT '' CHECK (transition ~ '^[a-z_]{0,20}$'),
  ADD COLUMN reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
  ADD COLUMN after jsonb;
COMMENT ON COLUMN lots_gavage_history.transition IS
  'create, start, finish, slaughter, cancel, restore, update or import (setting egi.transition of the session); empty for a change by SQL.';
COMMENT ON COLUMN lots_gavage_history.reason IS 'As told (setting egi.reason of the session).';
COMMENT ON COLUMN lots_gavage_history.after IS 'The row after the change, without source; null for changes before this column was there.';
