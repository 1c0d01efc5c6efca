-- Additive statistics of samples: sums and counts by hour, and by day, of a device at a site. Filled by sql/repeatable/05_statistics.sql.
-- +goose Up

CREATE TABLE sqal_hour_rollup (
  bucket timestamptz NOT NULL,
  device_id text NOT NULL,
  site_code text NOT NULL,
  samples bigint NOT NULL CHECK (samples > 0),
  compliant bigint NOT NULL CHECK (compliant BETWEEN 0 AND samples),
  grade_a_plus bigint NOT NULL,
  grade_a bigint NOT NULL,
  grade_b bigint NOT NULL,
  grade_c bigint NOT NULL,
  grade_reject bigint NOT NULL,
  score_sum double precision NOT NULL,
  score_min double precision NOT NULL,
  score_max double precision NOT NULL,
  volume_count bigint NOT NULL,
  volume_sum double precision NOT NULL,
  freshness_count bigint NOT NULL,
  freshness_sum double precision NOT NULL,
  first_time timestamptz NOT NULL,
  last_time timestamptz NOT NULL,
  PRIMARY KEY (bucket, device_id, site_code),
  CHECK (grade_a_plus + grade_a + grade_b + grade_c + grade_reject = samples)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
COMMENT ON TABLE sqal_hour_rollup IS
  'Sums and counts of samples by hour (UTC), device and site; kept for ever. Plain layout: of all samples, added in the transaction that stores them. TimescaleDB: of samples that retention dropped; the others are in sqal_hour_aggregate. Read sqal_hour_cells.';
COMMENT ON COLUMN sqal_hour_rollup.bucket IS 'Start of the hour, UTC.';
COMMENT ON COLUMN sqal_hour_rollup.site_code IS 'LL, LS or MT; empty for samples of no site.';
COMMENT ON COLUMN sqal_hour_rollup.score_sum IS 'Sum of fusion_final_score (0..1 each).';
COMMENT ON COLUMN sqal_hour_rollup.volume_sum IS 'Sum of the volume_count volumes that are known, mm3.';
COMMENT ON COLUMN sqal_hour_rollup.freshness_sum IS 'Sum of the freshness_count freshness indices that are known (0..1 each).';
COMMENT ON COLUMN sqal_hour_rollup.first_time IS 'Oldest sample of the cell; with last_time it tells whether a period holds all of it.';

CREATE TABLE sqal_day_rollup (LIKE sqal_hour_rollup INCLUDING ALL)
  WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
COMMENT ON TABLE sqal_day_rollup IS 'The cells of sqal_hour_rollup added up by day (UTC). Read sqal_day_cells.';
COMMENT ON COLUMN sqal_day_rollup.bucket IS 'Start of the day, UTC.';

CREATE SEQUENCE sqal_stats_mark_seq AS bigint CACHE 1;
COMMENT ON SEQUENCE sqal_stats_mark_seq IS 'Values of sqal_stats_dirty.mark.';

CREATE TABLE sqal_stats_dirty (
  grain text NOT NULL CHECK (grain IN ('hour', 'day')),
  bucket timestamptz NOT NULL,
  mark bigint NOT NULL,
  PRIMARY KEY (grain, bucket)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
COMMENT ON TABLE sqal_stats_dirty IS
  'TimescaleDB: hours and days (UTC) that changed after they were last aggregated; they are read from the samples until egi_settle_stats() has refreshed them. Empty in the plain layout.';
COMMENT ON COLUMN sqal_stats_dirty.mark IS 'Grows with every change: a mark is deleted only if it did not change during the refresh.';
