-- When a meal was handed over, and the birds that died since the meal before.
-- +goose Up

ALTER TABLE doses_journalieres
  ADD COLUMN sent_at timestamptz,
  ADD COLUMN nb_morts integer CHECK (nb_morts >= 0);
COMMENT ON COLUMN doses_journalieres.sent_at IS 'When the sender handed the meal over, by its own clock; null = not told.';
COMMENT ON COLUMN doses_journalieres.nb_morts IS 'Birds that died since the meal before; null = not counted.';

ALTER TABLE gavage_meal_corrections
  ADD COLUMN old_sent_at timestamptz,
  ADD COLUMN old_nb_morts integer;
