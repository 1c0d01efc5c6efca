-- The inspection of lots: every attempt, and what the sensors tell of the livers.
-- +goose Up

ALTER TABLE lots_gavage
  ADD COLUMN poids_foie_estime double precision CHECK (poids_foie_estime > 0 AND poids_foie_estime < 10000),
  ADD COLUMN itm_estime double precision CHECK (itm_estime > 0 AND itm_estime < 10000),
  ADD COLUMN nb_foies_mesures integer CHECK (nb_foies_mesures > 0);
COMMENT ON COLUMN lots_gavage.poids_foie_estime IS
  'Mean liver mass by the stations: mean volume of the inspected livers x density, g. Written when the inspection is completed; poids_foie_moyen is weighed.';
COMMENT ON COLUMN lots_gavage.itm_estime IS 'Corn per duck / poids_foie_estime, kg/kg. An estimate; itm is final.';
COMMENT ON COLUMN lots_gavage.nb_foies_mesures IS 'Livers behind poids_foie_estime.';

CREATE TABLE sqal_inspection_attempts (
  code_lot varchar(20) NOT NULL REFERENCES sqal_pending_lots (code_lot) ON DELETE CASCADE,
  attempt integer NOT NULL CHECK (attempt >= 1),
  owner text NOT NULL CHECK (length(owner) BETWEEN 1 AND 200),
  started_at timestamptz NOT NULL,
  ended_at timestamptz CHECK (ended_at >= started_at),
  outcome text NOT NULL DEFAULT 'running' CHECK (outcome IN ('running', 'completed', 'failed', 'lapsed', 'requeued')),
  reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
  PRIMARY KEY (code_lot, attempt),
  CONSTRAINT sqal_inspection_attempts_end CHECK ((outcome = 'running') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX sqal_inspection_attempts_running_idx ON sqal_inspection_attempts (code_lot) WHERE ended_at IS NULL;
COMMENT ON TABLE sqal_inspection_attempts IS
  'What was tried with each lot of the queue, one row a claim: completed, failed, lapsed (the inspector was gone when another came), and requeued: a person gave a lot in error back.';
COMMENT ON COLUMN sqal_inspection_attempts.owner IS 'Who inspected, or who gave the lot back.';
COMMENT ON COLUMN sqal_pending_lots.attempts IS 'Failed attempts since the lot came, or was given back: a failure reported, or a lease that lapsed.';
