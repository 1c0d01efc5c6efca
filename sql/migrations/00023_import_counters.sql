-- What an import changed and refused, and how many anomalies it has, beside its other counters.
-- +goose Up

ALTER TABLE imports
  ADD COLUMN anomalies integer NOT NULL DEFAULT 0 CHECK (anomalies >= 0),
  ADD COLUMN meals_refused integer NOT NULL DEFAULT 0 CHECK (meals_refused >= 0),
  ADD COLUMN columns_changed text[] NOT NULL DEFAULT '{}' CHECK (cardinality(columns_changed) <= 200);
COMMENT ON COLUMN imports.anomalies IS 'Rows of import_anomalies: written with them, so that nobody who watches an import counts them.';
COMMENT ON COLUMN imports.meals_refused IS 'Meals of rows that were left out, and single ones that contradict what is stored.';
COMMENT ON COLUMN imports.columns_changed IS 'Columns of the file, as it writes them and in its order, with which known lots were changed.';

UPDATE imports i SET anomalies = a.n FROM (SELECT import_id, count(*) AS n FROM import_anomalies GROUP BY import_id) a WHERE a.import_id = i.import_id;
