-- Plain PostgreSQL: native range partitions by time. Rows outside every partition go to the default partition and are
-- moved when their partition is made, so no row is ever refused for its time.

CREATE TABLE IF NOT EXISTS egi_partitioned_tables (
  table_name text PRIMARY KEY,
  step interval NOT NULL,
  keep interval
);
COMMENT ON TABLE egi_partitioned_tables IS 'Tables partitioned by time: width of a partition, and how long rows are kept (null = for ever).';
INSERT INTO egi_partitioned_tables (table_name, step, keep) VALUES
  ('sqal_samples', '7 days', '90 days'),
  ('sqal_alerts', '1 month', '180 days'),
  ('doses_journalieres', '1 month', NULL),
  ('alertes_euralis', '1 month', NULL)
ON CONFLICT (table_name) DO NOTHING;

CREATE TABLE IF NOT EXISTS sqal_samples_default PARTITION OF sqal_samples DEFAULT;
CREATE TABLE IF NOT EXISTS sqal_alerts_default PARTITION OF sqal_alerts DEFAULT;
CREATE TABLE IF NOT EXISTS doses_journalieres_default PARTITION OF doses_journalieres DEFAULT;
CREATE TABLE IF NOT EXISTS alertes_euralis_default PARTITION OF alertes_euralis DEFAULT;

CREATE OR REPLACE FUNCTION egi_partition_start(step interval, at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN step = interval '1 month' THEN date_trunc('month', at, 'UTC')
              ELSE date_bin(step, at, timestamptz '2001-01-01 00:00+00') END
$$;
COMMENT ON FUNCTION egi_partition_start(interval, timestamptz) IS 'Start of the partition of width step that holds an instant (weeks begin on Monday, UTC).';

CREATE OR REPLACE FUNCTION egi_ensure_partitions(from_time timestamptz, to_time timestamptz) RETURNS integer
LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
  parent record;
  lower_bound timestamptz;
  upper_bound timestamptz;
  part text;
  made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('egi_ensure_partitions'));
  FOR parent IN SELECT table_name, step FROM egi_partitioned_tables ORDER BY table_name LOOP
    lower_bound := egi_partition_start(parent.step, from_time);
    WHILE lower_bound <= to_time LOOP
      upper_bound := lower_bound + parent.step;
      part := format('%s_p%s', parent.table_name, to_char(lower_bound, 'YYYYMMDD'));
      IF to_regclass(part) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', part, parent.table_name);
        EXECUTE format(
          'WITH moved AS (DELETE FROM %I WHERE time >= %L AND time < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
          parent.table_name || '_default', lower_bound, upper_bound, part);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       parent.table_name, part, lower_bound, upper_bound);
        made := made + 1;
      END IF;
      lower_bound := upper_bound;
    END LOOP;
  END LOOP;
  RETURN made;
END
$$;
COMMENT ON FUNCTION egi_ensure_partitions(timestamptz, timestamptz) IS
  'Makes the partitions of every time table for [from_time, to_time], moving rows that waited in the default partition; answers how many it made. Safe to call at any time and from several sessions.';

CREATE OR REPLACE FUNCTION egi_apply_retention(now_time timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
  parent record;
  part record;
  newest timestamptz;
  dropped integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('egi_ensure_partitions'));
  FOR parent IN SELECT table_name, step, keep FROM egi_partitioned_tables WHERE keep IS NOT NULL LOOP
    FOR part IN
      SELECT c.relname, to_timestamp(right(c.relname, 8), 'YYYYMMDD') AS starts
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = parent.table_name::regclass AND c.relname ~ '_p[0-9]{8}$'
    LOOP
      CONTINUE WHEN part.starts + parent.step > now_time - parent.keep;
      -- Under the lock nobody adds a row. Batch ids grow with the time of storing.
      EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', part.relname);
      EXECUTE format('SELECT created_at FROM %I ORDER BY batch_id DESC LIMIT 1', part.relname) INTO newest;
      IF newest IS NULL OR newest <= now_time - parent.keep THEN
        EXECUTE format('DROP TABLE %I', part.relname);
        dropped := dropped + 1;
      END IF;
    END LOOP;
    EXECUTE format('DELETE FROM %I WHERE time < %L AND created_at <= %L', parent.table_name || '_default',
                   now_time - parent.keep - parent.step, now_time - parent.keep);
  END LOOP;
  PERFORM egi_trim_ledgers(now_time);
  RETURN dropped;
END
$$;
COMMENT ON FUNCTION egi_apply_retention(timestamptz) IS
  'Drops partitions whose every row was measured and stored longer ago than its table keeps, and trims ledgers; answers how many partitions it dropped.';
