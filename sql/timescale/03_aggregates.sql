-- TimescaleDB, community edition: statistics as continuous aggregates. They hold materialised buckets only; the views of repeatable/05_statistics.sql
-- read every bucket that changed since from the samples, so that a late sample counts at once. Without the community edition the statistics are those of the plain layout.
DO $aggregates$
BEGIN
  IF coalesce(current_setting('timescaledb.license', true), '') <> 'timescale' THEN
    RETURN;
  END IF;
  IF to_regclass('sqal_hour_aggregate') IS NULL THEN
    CREATE MATERIALIZED VIEW sqal_hour_aggregate WITH (timescaledb.continuous, timescaledb.materialized_only = true) AS
    SELECT time_bucket('1 hour', time) AS bucket, device_id, coalesce(site_code, '') AS site_code,
           count(*) AS samples, count(*) FILTER (WHERE fusion_is_compliant) AS compliant,
           count(*) FILTER (WHERE fusion_final_grade = 'A+') AS grade_a_plus, count(*) FILTER (WHERE fusion_final_grade = 'A') AS grade_a,
           count(*) FILTER (WHERE fusion_final_grade = 'B') AS grade_b, count(*) FILTER (WHERE fusion_final_grade = 'C') AS grade_c,
           count(*) FILTER (WHERE fusion_final_grade = 'REJECT') AS grade_reject,
           sum(fusion_final_score) AS score_sum, min(fusion_final_score) AS score_min, max(fusion_final_score) AS score_max,
           count(vl53l8ch_volume_mm3) AS volume_count, coalesce(sum(vl53l8ch_volume_mm3), 0) AS volume_sum,
           count(as7341_freshness_index) AS freshness_count, coalesce(sum(as7341_freshness_index), 0) AS freshness_sum,
           min(time) AS first_time, max(time) AS last_time
    FROM sqal_samples GROUP BY 1, 2, 3 WITH NO DATA;
    CREATE MATERIALIZED VIEW sqal_day_aggregate WITH (timescaledb.continuous, timescaledb.materialized_only = true) AS
    SELECT time_bucket('1 day', bucket) AS bucket, device_id, site_code,
           sum(samples)::bigint AS samples, sum(compliant)::bigint AS compliant, sum(grade_a_plus)::bigint AS grade_a_plus,
           sum(grade_a)::bigint AS grade_a, sum(grade_b)::bigint AS grade_b, sum(grade_c)::bigint AS grade_c,
           sum(grade_reject)::bigint AS grade_reject,
           sum(score_sum) AS score_sum, min(score_min) AS score_min, max(score_max) AS score_max,
           sum(volume_count)::bigint AS volume_count, sum(volume_sum) AS volume_sum,
           sum(freshness_count)::bigint AS freshness_count, sum(freshness_sum) AS freshness_sum,
           min(first_time) AS first_time, max(last_time) AS last_time
    FROM sqal_hour_aggregate GROUP BY 1, 2, 3 WITH NO DATA;
    COMMENT ON VIEW sqal_hour_aggregate IS 'Hours (UTC) of the stored samples as far as they were refreshed. Read sqal_hour_cells.';
    COMMENT ON VIEW sqal_day_aggregate IS 'Days (UTC) of the stored samples as far as they were refreshed. Read sqal_day_cells.';
  END IF;
  -- The jobs run at different minutes: one refresh of an aggregate cannot run beside another.
  PERFORM add_continuous_aggregate_policy('sqal_hour_aggregate', start_offset => interval '3 hours', end_offset => interval '1 hour',
    schedule_interval => interval '1 hour', initial_start => date_trunc('hour', now()) + interval '67 minutes', if_not_exists => true);
  PERFORM add_continuous_aggregate_policy('sqal_day_aggregate', start_offset => interval '3 days', end_offset => interval '1 day',
    schedule_interval => interval '1 day', initial_start => date_trunc('day', now()) + interval '24 hours 37 minutes', if_not_exists => true);
END
$aggregates$;

-- The policies see three hours and three days back. This does the rest, however late: it refreshes the closed hours and days that are marked and
-- takes the marks away, unless a bucket changed meanwhile. Must run outside a transaction. Beside another refresh it fails with 55P03 and leaves the marks.
CREATE OR REPLACE PROCEDURE egi_settle_stats(job_id integer DEFAULT NULL, config jsonb DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
  step record;
  buckets timestamptz[];
  marks bigint[];
  starts timestamptz[];
  ends timestamptz[];
BEGIN
  IF to_regclass('sqal_hour_aggregate') IS NULL THEN
    RETURN;
  END IF;
  FOR level IN 1..2 LOOP
    SELECT * INTO step FROM (VALUES (1, 'hour', 'sqal_hour_aggregate', interval '1 hour'), (2, 'day', 'sqal_day_aggregate', interval '1 day'))
      AS s (level_number, grain, aggregate, width) WHERE level_number = level;
    -- A day is added up from its aggregated hours: none of them may be waiting.
    SELECT array_agg(d.bucket ORDER BY d.bucket), array_agg(d.mark ORDER BY d.bucket) INTO buckets, marks
    FROM sqal_stats_dirty d
    WHERE d.grain = step.grain AND d.bucket + step.width <= now() AND (level = 1 OR NOT EXISTS (
      SELECT FROM sqal_stats_dirty h WHERE h.grain = 'hour' AND h.bucket >= d.bucket AND h.bucket < d.bucket + step.width));
    CONTINUE WHEN buckets IS NULL;
    SELECT array_agg(s ORDER BY s), array_agg(e ORDER BY s) INTO starts, ends FROM (
      SELECT min(b) AS s, max(b) + step.width AS e
      FROM (SELECT b, b - (row_number() OVER (ORDER BY b)) * step.width AS island FROM unnest(buckets) b) numbered GROUP BY island) islands;
    FOR i IN 1..array_length(starts, 1) LOOP
      CALL refresh_continuous_aggregate(step.aggregate::regclass, starts[i], ends[i]);
    END LOOP;
    DELETE FROM sqal_stats_dirty d USING unnest(buckets, marks) AS done (bucket, mark)
    WHERE d.grain = step.grain AND d.bucket = done.bucket AND d.mark = done.mark;
    COMMIT;
  END LOOP;
END
$$;
COMMENT ON PROCEDURE egi_settle_stats(integer, jsonb) IS
  'Brings the continuous aggregates up to date with samples of any age. A background job every 10 minutes; CALL egi_settle_stats() does it at once.';

DO $job$
BEGIN
  IF to_regclass('sqal_hour_aggregate') IS NOT NULL
     AND NOT EXISTS (SELECT FROM timescaledb_information.jobs WHERE proc_name = 'egi_settle_stats') THEN
    PERFORM add_job('egi_settle_stats', interval '10 minutes', initial_start => date_trunc('hour', now()) + interval '62 minutes');
  END IF;
END
$job$;

CREATE OR REPLACE FUNCTION egi_failing_jobs() RETURNS TABLE (job text, failures bigint, last_error text) LANGUAGE sql STABLE AS $$
  SELECT format('%s %s (%s)', j.proc_name, coalesce(j.hypertable_name, ''), j.job_id), s.total_failures,
         (SELECT e.err_message FROM timescaledb_information.job_errors e WHERE e.job_id = j.job_id ORDER BY e.start_time DESC LIMIT 1)
  FROM timescaledb_information.jobs j JOIN timescaledb_information.job_stats s USING (job_id)
  WHERE s.last_run_status = 'Failed' AND j.job_id >= 1000
$$;
COMMENT ON FUNCTION egi_failing_jobs() IS 'Background jobs of this database whose last run failed: compression, aggregates.';
