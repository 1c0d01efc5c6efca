-- Statistics by hour and by day: how they are kept up to date, and the views and functions that read them.
--
-- A cell holds sums and counts of the samples of one device at one site in one hour or day; cells of the same key add up. Plain layout (and TimescaleDB
-- without its community edition): cells are tables, written in the transaction of the samples. TimescaleDB: cells are continuous aggregates,
-- read from the samples where a bucket was marked since it was refreshed; the tables hold what retention dropped.
DROP VIEW IF EXISTS sqal_site_stats;
DROP VIEW IF EXISTS sqal_hourly_stats;
DROP FUNCTION IF EXISTS get_sqal_stats_period(timestamptz, timestamptz, varchar);
DROP FUNCTION IF EXISTS egi_sums_since(timestamptz);
DROP FUNCTION IF EXISTS egi_period_cells(timestamptz, timestamptz, text, text);
DROP FUNCTION IF EXISTS egi_period_hours(timestamptz, timestamptz, text, text);
DROP VIEW IF EXISTS sqal_day_cells;
DROP VIEW IF EXISTS sqal_hour_cells;
DROP VIEW IF EXISTS sqal_hour_live;

CREATE OR REPLACE FUNCTION egi_samples_by_hour(from_time timestamptz, to_time timestamptz) RETURNS SETOF sqal_hour_rollup LANGUAGE sql STABLE AS $$
  SELECT date_trunc('hour', time, 'UTC'), device_id, coalesce(site_code, ''),
         count(*), count(*) FILTER (WHERE fusion_is_compliant),
         count(*) FILTER (WHERE fusion_final_grade = 'A+'), count(*) FILTER (WHERE fusion_final_grade = 'A'),
         count(*) FILTER (WHERE fusion_final_grade = 'B'), count(*) FILTER (WHERE fusion_final_grade = 'C'),
         count(*) FILTER (WHERE fusion_final_grade = 'REJECT'),
         sum(fusion_final_score), min(fusion_final_score), max(fusion_final_score),
         count(vl53l8ch_volume_mm3), coalesce(sum(vl53l8ch_volume_mm3), 0),
         count(as7341_freshness_index), coalesce(sum(as7341_freshness_index), 0), min(time), max(time)
  FROM sqal_samples WHERE time >= from_time AND time < to_time GROUP BY 1, 2, 3
$$;
COMMENT ON FUNCTION egi_samples_by_hour(timestamptz, timestamptz) IS
  'Cells by hour worked out from the stored samples with from_time <= time < to_time: the reference for all others.';

-- Adds hours to the rollup tables: the cells of `hours`, in an order that is the same in every session, so that none waits in a circle.
CREATE OR REPLACE FUNCTION egi_add_cells(hours sqal_hour_rollup[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO sqal_hour_rollup AS r
  SELECT * FROM unnest(hours) AS c ORDER BY c.bucket, c.device_id, c.site_code
  ON CONFLICT (bucket, device_id, site_code) DO UPDATE SET
    samples = r.samples + excluded.samples, compliant = r.compliant + excluded.compliant,
    grade_a_plus = r.grade_a_plus + excluded.grade_a_plus, grade_a = r.grade_a + excluded.grade_a, grade_b = r.grade_b + excluded.grade_b,
    grade_c = r.grade_c + excluded.grade_c, grade_reject = r.grade_reject + excluded.grade_reject,
    score_sum = r.score_sum + excluded.score_sum, score_min = least(r.score_min, excluded.score_min),
    score_max = greatest(r.score_max, excluded.score_max),
    volume_count = r.volume_count + excluded.volume_count, volume_sum = r.volume_sum + excluded.volume_sum,
    freshness_count = r.freshness_count + excluded.freshness_count, freshness_sum = r.freshness_sum + excluded.freshness_sum,
    first_time = least(r.first_time, excluded.first_time), last_time = greatest(r.last_time, excluded.last_time);
  INSERT INTO sqal_day_rollup AS r
  SELECT date_trunc('day', c.bucket, 'UTC'), c.device_id, c.site_code, sum(c.samples)::bigint, sum(c.compliant)::bigint,
         sum(c.grade_a_plus)::bigint, sum(c.grade_a)::bigint, sum(c.grade_b)::bigint, sum(c.grade_c)::bigint, sum(c.grade_reject)::bigint,
         sum(c.score_sum), min(c.score_min), max(c.score_max), sum(c.volume_count)::bigint, sum(c.volume_sum),
         sum(c.freshness_count)::bigint, sum(c.freshness_sum), min(c.first_time), max(c.last_time)
  FROM unnest(hours) AS c GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (bucket, device_id, site_code) DO UPDATE SET
    samples = r.samples + excluded.samples, compliant = r.compliant + excluded.compliant,
    grade_a_plus = r.grade_a_plus + excluded.grade_a_plus, grade_a = r.grade_a + excluded.grade_a, grade_b = r.grade_b + excluded.grade_b,
    grade_c = r.grade_c + excluded.grade_c, grade_reject = r.grade_reject + excluded.grade_reject,
    score_sum = r.score_sum + excluded.score_sum, score_min = least(r.score_min, excluded.score_min),
    score_max = greatest(r.score_max, excluded.score_max),
    volume_count = r.volume_count + excluded.volume_count, volume_sum = r.volume_sum + excluded.volume_sum,
    freshness_count = r.freshness_count + excluded.freshness_count, freshness_sum = r.freshness_sum + excluded.freshness_sum,
    first_time = least(r.first_time, excluded.first_time), last_time = greatest(r.last_time, excluded.last_time);
END
$$;
COMMENT ON FUNCTION egi_add_cells(sqal_hour_rollup[]) IS 'Adds cells of hours, of different keys, to sqal_hour_rollup and sqal_day_rollup.';

CREATE OR REPLACE FUNCTION egi_mark_hours(hours timestamptz[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO sqal_stats_dirty (grain, bucket, mark)
  SELECT grain, bucket, nextval('sqal_stats_mark_seq') FROM (
    SELECT DISTINCT 'day' AS grain, date_trunc('day', h, 'UTC') AS bucket FROM unnest(hours) h
    UNION
    SELECT DISTINCT 'hour', h FROM unnest(hours) h ORDER BY 1, 2) touched
  ON CONFLICT (grain, bucket) DO UPDATE SET mark = excluded.mark;
END
$$;
COMMENT ON FUNCTION egi_mark_hours(timestamptz[]) IS 'Tells that hours and their days are to be read from the samples until they are aggregated again.';

-- What depends on the layout: cells that are aggregated, or tables.
DO $layout$
BEGIN
  IF to_regclass('sqal_hour_aggregate') IS NULL THEN
    CREATE OR REPLACE FUNCTION egi_count_samples(hours sqal_hour_rollup[]) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM egi_add_cells(hours);
    END $$;
    CREATE VIEW sqal_hour_live AS SELECT * FROM sqal_hour_rollup WHERE false;
    CREATE VIEW sqal_hour_cells AS SELECT * FROM sqal_hour_rollup;
    CREATE VIEW sqal_day_cells AS SELECT * FROM sqal_day_rollup;
  ELSE
    CREATE OR REPLACE FUNCTION egi_count_samples(hours sqal_hour_rollup[]) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM egi_mark_hours(ARRAY(SELECT bucket FROM unnest(hours)));
    END $$;
    CREATE VIEW sqal_hour_live AS
    SELECT a.* FROM sqal_hour_aggregate a
    WHERE NOT EXISTS (SELECT FROM sqal_stats_dirty d WHERE d.grain = 'hour' AND d.bucket = a.bucket)
    UNION ALL
    SELECT c.* FROM sqal_stats_dirty d CROSS JOIN LATERAL egi_samples_by_hour(d.bucket, d.bucket + interval '1 hour') c
    WHERE d.grain = 'hour';
    CREATE VIEW sqal_hour_cells AS SELECT * FROM sqal_hour_rollup UNION ALL SELECT * FROM sqal_hour_live;
    CREATE VIEW sqal_day_cells AS
    SELECT * FROM sqal_day_rollup
    UNION ALL
    SELECT a.* FROM sqal_day_aggregate a
    WHERE NOT EXISTS (SELECT FROM sqal_stats_dirty d WHERE d.grain = 'day' AND d.bucket = a.bucket)
    UNION ALL
    SELECT d.bucket, h.device_id, h.site_code, h.samples, h.compliant, h.grade_a_plus, h.grade_a, h.grade_b, h.grade_c, h.grade_reject,
           h.score_sum, h.score_min, h.score_max, h.volume_count, h.volume_sum, h.freshness_count, h.freshness_sum, h.first_time, h.last_time
    FROM sqal_stats_dirty d JOIN sqal_hour_live h ON h.bucket >= d.bucket AND h.bucket < d.bucket + interval '1 day'
    WHERE d.grain = 'day';
  END IF;
END
$layout$;
COMMENT ON FUNCTION egi_count_samples(sqal_hour_rollup[]) IS
  'Called once a transaction that stores samples, with their cells by hour: adds them up (plain) or marks their hours (TimescaleDB).';
COMMENT ON VIEW sqal_hour_live IS 'TimescaleDB: hours of the samples that are stored. Empty in the plain layout.';
COMMENT ON VIEW sqal_hour_cells IS 'Sums and counts by hour (UTC), device and site, of all samples ever stored. Cells of the same key add up.';
COMMENT ON VIEW sqal_day_cells IS 'Sums and counts by day (UTC), device and site, of all samples ever stored. Cells of the same key add up.';

CREATE OR REPLACE FUNCTION egi_archive_cells(from_time timestamptz, to_time timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF to_regclass('sqal_hour_aggregate') IS NULL THEN
    RETURN;
  END IF;
  PERFORM egi_add_cells(ARRAY(SELECT ROW(c.*)::sqal_hour_rollup FROM sqal_hour_live c WHERE bucket >= from_time AND bucket < to_time));
  PERFORM egi_mark_hours(ARRAY(SELECT DISTINCT bucket FROM sqal_hour_live WHERE bucket >= from_time AND bucket < to_time));
END
$$;
COMMENT ON FUNCTION egi_archive_cells(timestamptz, timestamptz) IS
  'Before retention drops the samples of whole days: keeps their statistics in the tables. The marks hide the aggregates until they are refreshed, which empties them.';

-- Rows written by anybody but the server, which counts a batch at once and says so by egi.samples_counted.
CREATE OR REPLACE FUNCTION egi_count_sample() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM egi_count_samples(ARRAY[ROW(
    date_trunc('hour', new.time, 'UTC'), new.device_id, coalesce(new.site_code, ''), 1, new.fusion_is_compliant::integer,
    (new.fusion_final_grade = 'A+')::integer, (new.fusion_final_grade = 'A')::integer, (new.fusion_final_grade = 'B')::integer,
    (new.fusion_final_grade = 'C')::integer, (new.fusion_final_grade = 'REJECT')::integer,
    new.fusion_final_score, new.fusion_final_score, new.fusion_final_score,
    (new.vl53l8ch_volume_mm3 IS NOT NULL)::integer, coalesce(new.vl53l8ch_volume_mm3, 0),
    (new.as7341_freshness_index IS NOT NULL)::integer, coalesce(new.as7341_freshness_index, 0), new.time, new.time)::sqal_hour_rollup]);
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION egi_count_sample() IS 'Counts a row that was inserted by hand.';

CREATE OR REPLACE FUNCTION egi_rebuild_stats(from_time timestamptz, to_time timestamptz) RETURNS void LANGUAGE plpgsql SET timezone = 'UTC' AS $$
BEGIN
  LOCK TABLE sqal_samples IN SHARE ROW EXCLUSIVE MODE;
  IF to_regclass('sqal_hour_aggregate') IS NOT NULL THEN
    PERFORM egi_mark_hours(ARRAY(
      SELECT DISTINCT date_trunc('hour', time, 'UTC') FROM sqal_samples WHERE time >= from_time AND time < to_time
      UNION
      SELECT bucket FROM sqal_hour_live WHERE bucket >= from_time AND bucket < to_time));
    RETURN;
  END IF;
  from_time := date_trunc('day', from_time);
  to_time := date_trunc('day', to_time - interval '1 microsecond') + interval '1 day';
  DELETE FROM sqal_hour_rollup WHERE bucket >= from_time AND bucket < to_time;
  DELETE FROM sqal_day_rollup WHERE bucket >= from_time AND bucket < to_time;
  PERFORM egi_add_cells(ARRAY(SELECT c FROM egi_samples_by_hour(from_time, to_time) c));
END
$$;
COMMENT ON FUNCTION egi_rebuild_stats(timestamptz, timestamptz) IS
  'Works the statistics of whole days (UTC) out again, after samples were changed or deleted by hand. Forgets what retention dropped: name only days whose samples are all there.';

-- The first time, the samples that are already there are counted; creating the trigger keeps others out until then.
DO $backfill$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'sqal_samples'::regclass AND tgname = 'sqal_samples_count') THEN
    CREATE TRIGGER sqal_samples_count AFTER INSERT ON sqal_samples FOR EACH ROW
      WHEN (current_setting('egi.samples_counted', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION egi_count_sample();
    PERFORM egi_rebuild_stats('-infinity', 'infinity');
  END IF;
END
$backfill$;

-- The functions below are not SQL functions, which would be taken into the statement that calls them: the planner would cost all partitions twice
-- and compile the statement for seconds.
CREATE FUNCTION egi_period_hours(p_start timestamptz, p_end timestamptz, p_device text DEFAULT NULL, p_site text DEFAULT NULL)
RETURNS SETOF sqal_hour_rollup LANGUAGE plpgsql STABLE SET timezone = 'UTC' SET jit = off AS $$
DECLARE
  inner_start timestamptz := date_trunc('hour', p_start - interval '1 microsecond') + interval '1 hour';
  inner_end timestamptz := date_trunc('hour', p_end);
  edge timestamptz;
BEGIN
  RETURN QUERY SELECT c.* FROM sqal_hour_cells c
    WHERE c.bucket >= inner_start AND c.bucket < inner_end
      AND (p_device IS NULL OR c.device_id = p_device) AND (p_site IS NULL OR c.site_code = p_site);
  -- An hour that the period cuts: cells whose samples are all inside are taken whole, the others are read from the samples.
  FOR edge IN
    SELECT DISTINCT e FROM unnest(ARRAY[inner_start - interval '1 hour', inner_end]) e
    WHERE p_start < p_end AND isfinite(e) AND e < p_end AND e + interval '1 hour' > p_start AND (e < inner_start OR e >= inner_end)
  LOOP
    RETURN QUERY
    WITH cells AS MATERIALIZED (
      SELECT c AS cell, min(c.first_time) OVER same >= p_start AND max(c.last_time) OVER same < p_end AS whole
      FROM sqal_hour_cells c
      WHERE c.bucket = edge AND (p_device IS NULL OR c.device_id = p_device) AND (p_site IS NULL OR c.site_code = p_site)
      WINDOW same AS (PARTITION BY c.device_id, c.site_code))
    SELECT (k.cell).* FROM cells k WHERE k.whole
    UNION ALL
    SELECT r.* FROM egi_samples_by_hour(greatest(p_start, edge), least(p_end, edge + interval '1 hour')) r
    WHERE (SELECT bool_or(NOT k.whole) FROM cells k)
      AND (p_device IS NULL OR r.device_id = p_device) AND (p_site IS NULL OR r.site_code = p_site)
      AND (r.device_id, r.site_code) IN (SELECT (k.cell).device_id, (k.cell).site_code FROM cells k WHERE NOT k.whole);
  END LOOP;
END
$$;
COMMENT ON FUNCTION egi_period_hours(timestamptz, timestamptz, text, text) IS
  'Cells by hour of the samples with p_start <= time < p_end, of one device, one site, or all; an hour that the period cuts is read from the samples.';

CREATE FUNCTION egi_period_cells(p_start timestamptz, p_end timestamptz, p_device text DEFAULT NULL, p_site text DEFAULT NULL)
RETURNS SETOF sqal_hour_rollup LANGUAGE plpgsql STABLE SET timezone = 'UTC' SET jit = off AS $$
DECLARE
  first_day timestamptz := date_trunc('day', p_start - interval '1 microsecond') + interval '1 day';
  end_day timestamptz := greatest(date_trunc('day', p_end), first_day);
BEGIN
  RETURN QUERY SELECT c.* FROM sqal_day_cells c
    WHERE c.bucket >= first_day AND c.bucket < end_day
      AND (p_device IS NULL OR c.device_id = p_device) AND (p_site IS NULL OR c.site_code = p_site);
  RETURN QUERY SELECT * FROM egi_period_hours(p_start, least(p_end, first_day), p_device, p_site);
  RETURN QUERY SELECT * FROM egi_period_hours(end_day, p_end, p_device, p_site);
END
$$;
COMMENT ON FUNCTION egi_period_cells(timestamptz, timestamptz, text, text) IS
  'Cells that add up to the samples with p_start <= time < p_end: whole days, the hours before and after them, and samples of hours that the period cuts.';

CREATE FUNCTION egi_sums_since(p_start timestamptz)
RETURNS TABLE (samples bigint, compliant bigint, grade_a_plus bigint, grade_a bigint, grade_b bigint, grade_c bigint, grade_reject bigint,
               score_sum double precision)
LANGUAGE plpgsql STABLE SET timezone = 'UTC' SET jit = off AS $$
DECLARE
  cut timestamptz := date_trunc('hour', p_start);
  sign integer := -1;
BEGIN
  -- The hour that the period cuts is taken whole less what lies before, or left out and its rest added: whichever reads fewer samples.
  IF p_start - cut > interval '30 minutes' THEN
    cut := cut + interval '1 hour';
    sign := 1;
  END IF;
  RETURN QUERY
  SELECT coalesce(sum(c.samples), 0)::bigint, coalesce(sum(c.compliant), 0)::bigint, coalesce(sum(c.grade_a_plus), 0)::bigint,
         coalesce(sum(c.grade_a), 0)::bigint, coalesce(sum(c.grade_b), 0)::bigint, coalesce(sum(c.grade_c), 0)::bigint,
         coalesce(sum(c.grade_reject), 0)::bigint, coalesce(sum(c.score_sum), 0)
  FROM (SELECT h.samples, h.compliant, h.grade_a_plus, h.grade_a, h.grade_b, h.grade_c, h.grade_reject, h.score_sum
        FROM egi_period_cells(cut, 'infinity') h
        UNION ALL
        SELECT sign * count(*), sign * count(*) FILTER (WHERE s.fusion_is_compliant), sign * count(*) FILTER (WHERE s.fusion_final_grade = 'A+'),
               sign * count(*) FILTER (WHERE s.fusion_final_grade = 'A'), sign * count(*) FILTER (WHERE s.fusion_final_grade = 'B'),
               sign * count(*) FILTER (WHERE s.fusion_final_grade = 'C'), sign * count(*) FILTER (WHERE s.fusion_final_grade = 'REJECT'),
               sign * sum(s.fusion_final_score)
        FROM sqal_samples s WHERE s.time >= least(cut, p_start) AND s.time < greatest(cut, p_start)) c;
END
$$;
COMMENT ON FUNCTION egi_sums_since(timestamptz) IS
  'Sums and counts of all samples from an instant on, one row; the samples of its hour must still be kept. Reads at most half an hour of samples: the figures of dashboards.';

CREATE VIEW sqal_hourly_stats AS
SELECT bucket, device_id, sum(samples)::integer AS sample_count,
       sum(score_sum) / sum(samples)::double precision AS avg_quality_score, sum(score_sum) / sum(samples)::double precision AS avg_quality,
       sum(grade_a_plus)::integer AS count_a_plus, sum(grade_a)::integer AS count_a, sum(grade_b)::integer AS count_b,
       sum(grade_c)::integer AS count_c, sum(grade_reject)::integer AS count_reject,
       sum(volume_sum) / nullif(sum(volume_count), 0)::double precision AS avg_volume_mm3,
       sum(freshness_sum) / nullif(sum(freshness_count), 0)::double precision AS avg_freshness_index,
       sum(freshness_sum) / nullif(sum(freshness_count), 0)::double precision AS avg_freshness,
       100.0::double precision * sum(compliant)::double precision / sum(samples)::double precision AS compliance_rate_pct
FROM sqal_hour_cells GROUP BY bucket, device_id;
COMMENT ON VIEW sqal_hourly_stats IS 'Samples by device and hour (UTC), of all samples ever stored. Scores 0..1, volume mm3, compliance percent.';

CREATE VIEW sqal_site_stats AS
SELECT bucket, site_code::varchar AS site_code, sum(samples)::integer AS total_samples,
       sum(score_sum) / sum(samples)::double precision AS avg_quality_score,
       100.0::double precision * sum(compliant)::double precision / sum(samples)::double precision AS compliance_rate_pct,
       sum(grade_a_plus)::integer AS count_a_plus, sum(grade_a)::integer AS count_a, sum(grade_b)::integer AS count_b,
       sum(grade_c)::integer AS count_c, sum(grade_reject)::integer AS count_reject
FROM sqal_day_cells WHERE site_code <> '' GROUP BY bucket, site_code;
COMMENT ON VIEW sqal_site_stats IS 'Samples by site and day (UTC), of all samples ever stored. Scores 0..1, compliance percent.';

CREATE FUNCTION get_sqal_stats_period(p_start timestamptz, p_end timestamptz, p_site_code varchar DEFAULT NULL)
RETURNS TABLE (
  total_samples bigint, avg_quality_score double precision, min_quality_score double precision, max_quality_score double precision,
  compliance_rate_pct double precision, count_a_plus bigint, count_a bigint, count_b bigint, count_c bigint, count_reject bigint,
  avg_volume_mm3 double precision, avg_freshness_index double precision, active_devices bigint)
LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(samples), 0)::bigint, sum(score_sum) / sum(samples)::double precision, min(score_min), max(score_max),
         100.0::double precision * sum(compliant)::double precision / sum(samples)::double precision,
         coalesce(sum(grade_a_plus), 0)::bigint, coalesce(sum(grade_a), 0)::bigint, coalesce(sum(grade_b), 0)::bigint,
         coalesce(sum(grade_c), 0)::bigint, coalesce(sum(grade_reject), 0)::bigint,
         sum(volume_sum) / nullif(sum(volume_count), 0)::double precision,
         sum(freshness_sum) / nullif(sum(freshness_count), 0)::double precision, count(DISTINCT device_id)
  FROM egi_period_cells(p_start, p_end, NULL, p_site_code)
$$;
COMMENT ON FUNCTION get_sqal_stats_period(timestamptz, timestamptz, varchar) IS
  'Statistics of samples with p_start <= time < p_end, all sites or one; always one row, averages null without samples. Exact to the microsecond while the samples of the first and last hour are kept, to the hour afterwards.';
