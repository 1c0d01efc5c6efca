-- Imports of campaign files: how far they are, what their review noticed, and the files until they are imported.
-- +goose Up

CREATE TABLE imports (
  import_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  file_name varchar(200) NOT NULL DEFAULT '',
  size_bytes integer NOT NULL CHECK (size_bytes BETWEEN 1 AND 8388608),
  sha256 varchar(64) NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  policy text NOT NULL CHECK (policy IN ('all', 'per_row')),
  dry_run boolean NOT NULL,
  imported_by varchar(200) NOT NULL DEFAULT '',
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed')),
  phase text NOT NULL DEFAULT 'waiting' CHECK (phase IN ('waiting', 'reading', 'lots', 'meals', 'finished')),
  rows_total integer NOT NULL DEFAULT 0 CHECK (rows_total >= 0),
  rows_done integer NOT NULL DEFAULT 0 CHECK (rows_done >= 0),
  rows_refused integer NOT NULL DEFAULT 0 CHECK (rows_refused >= 0),
  done_row integer NOT NULL DEFAULT 0 CHECK (done_row >= 0),
  lots_created integer NOT NULL DEFAULT 0,
  lots_updated integer NOT NULL DEFAULT 0,
  lots_unchanged integer NOT NULL DEFAULT 0,
  meals_saved integer NOT NULL DEFAULT 0,
  meals_duplicate integer NOT NULL DEFAULT 0,
  meals_corrected integer NOT NULL DEFAULT 0,
  gaveurs_created integer NOT NULL DEFAULT 0,
  attempts integer NOT NULL DEFAULT 0,
  error text NOT NULL DEFAULT '',
  report jsonb CHECK (jsonb_typeof(report) = 'object'),
  lease_owner text,
  lease_until timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  finished_at timestamptz,
  CHECK ((state IN ('done', 'failed')) = (finished_at IS NOT NULL))
);
-- Sending a file again while it is not finished finds the import under way.
CREATE UNIQUE INDEX imports_unfinished_idx ON imports (sha256, dry_run) WHERE state IN ('queued', 'running');
CREATE INDEX imports_open_idx ON imports (import_id) WHERE state IN ('queued', 'running');
COMMENT ON TABLE imports IS 'Imports of campaign files, one row an upload.';
COMMENT ON COLUMN imports.policy IS 'all: one bad row and nothing is changed; per_row: bad rows are left out.';
COMMENT ON COLUMN imports.rows_done IS 'Rows of the file dealt with, of rows_total; rows_refused of the file are left out.';
COMMENT ON COLUMN imports.done_row IS 'Line of the file up to which all lots and meals are stored: a resumed import goes on behind it.';
COMMENT ON COLUMN imports.report IS 'Figures of the file (ImportReport as JSON); no personal data.';
COMMENT ON COLUMN imports.lease_owner IS 'Server that works on it, until lease_until; another one takes over then.';

CREATE TABLE import_files (
  import_id integer PRIMARY KEY REFERENCES imports (import_id) ON DELETE CASCADE,
  content bytea NOT NULL
);
REVOKE ALL ON import_files FROM PUBLIC;
COMMENT ON TABLE import_files IS
  'Files that are not imported yet. They hold personal data: readable by the owner alone, deleted when their import ends.';

CREATE TABLE import_anomalies (
  import_id integer NOT NULL REFERENCES imports (import_id) ON DELETE CASCADE,
  ordinal integer NOT NULL CHECK (ordinal >= 1),
  row_number integer NOT NULL CHECK (row_number >= 0),
  code_lot text NOT NULL DEFAULT '' CHECK (code_lot ~ '^((LL|LS|MT)[0-9]{7})?$'),
  column_name text NOT NULL DEFAULT '',
  repas integer NOT NULL DEFAULT 0 CHECK (repas BETWEEN 0 AND 27),
  kind text NOT NULL CHECK (kind ~ '^[a-z_]{1,40}$'),
  severity text NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
  in_file text NOT NULL DEFAULT '',
  expected text NOT NULL DEFAULT '',
  message text NOT NULL,
  PRIMARY KEY (import_id, ordinal),
  CONSTRAINT import_anomalies_hold_no_personal_data CHECK (
    in_file = '' OR column_name NOT IN ('Eleveur', 'Gaveur', 'Civilite', 'RaisonSociale', 'NomUsage', 'Adresse1', 'Adresse2',
                                        'CodePostal', 'Commune', 'Telephone1', 'Email'))
);
COMMENT ON TABLE import_anomalies IS 'What the review of an imported file noticed, by row and column of the file.';
COMMENT ON COLUMN import_anomalies.row_number IS 'Line of the file, the header is 1.';
COMMENT ON COLUMN import_anomalies.severity IS 'error: the row was left out; warning: imported as it is; info: a known habit of the files.';
COMMENT ON COLUMN import_anomalies.expected IS 'What the formula of a derived column gives.';
