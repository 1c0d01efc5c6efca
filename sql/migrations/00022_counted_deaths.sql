-- Deaths of a day that were not counted are told apart from none; the alerts of a feeder are found by an index.
-- +goose Up

ALTER TABLE gavage_jours ALTER COLUMN mortalite_jour DROP NOT NULL, ALTER COLUMN mortalite_jour DROP DEFAULT;
COMMENT ON COLUMN gavage_jours.mortalite_jour IS 'Birds that died this day; null = not counted. Rows older than migration 22 say 0 for both.';

CREATE INDEX alertes_euralis_gaveur_idx ON alertes_euralis (gaveur_id, time DESC);
