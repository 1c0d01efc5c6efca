-- Feeders that are registered by hand: their certificates, and the wish that registered them.
-- +goose Up

ALTER TABLE gaveurs_euralis
  ADD COLUMN certifications text[] NOT NULL DEFAULT '{}' CHECK (cardinality(certifications) <= 20),
  ADD COLUMN request_id text UNIQUE CHECK (length(request_id) BETWEEN 1 AND 100);
COMMENT ON COLUMN gaveurs_euralis.certifications IS 'Certificates the feeder holds, as told; nothing that names a person.';
COMMENT ON COLUMN gaveurs_euralis.request_id IS 'Wish that registered the feeder: repeating it answers the same feeder.';
