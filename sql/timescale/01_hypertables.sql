-- TimescaleDB: hypertables. Works with the Apache edition too; what needs the community edition is in 02_policies.sql.
SELECT create_hypertable('sqal_samples', 'time', chunk_time_interval => interval '7 days', create_default_indexes => false, if_not_exists => true);
SELECT create_hypertable('sqal_alerts', 'time', chunk_time_interval => interval '30 days', create_default_indexes => false, if_not_exists => true);
SELECT create_hypertable('doses_journalieres', 'time', chunk_time_interval => interval '30 days', create_default_indexes => false, if_not_exists => true);
SELECT create_hypertable('alertes_euralis', 'time', chunk_time_interval => interval '30 days', create_default_indexes => false, if_not_exists => true);

CREATE OR REPLACE FUNCTION egi_ensure_partitions(from_time timestamptz, to_time timestamptz) RETURNS integer
LANGUAGE sql AS $$ SELECT 0 $$;
COMMENT ON FUNCTION egi_ensure_partitions(timestamptz, timestamptz) IS 'Nothing to do on TimescaleDB, which makes chunks as rows come; answers 0.';

CREATE OR REPLACE FUNCTION egi_apply_retention(now_time timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
  kept record;
  chunk record;
  newest timestamptz;
  dropped integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('egi_apply_retention'));
  FOR kept IN SELECT * FROM (VALUES ('sqal_samples', interval '90 days'), ('sqal_alerts', interval '180 days')) AS k (table_name, keep) LOOP
    FOR chunk IN
      SELECT chunk_schema, chunk_name, range_start, range_end FROM timescaledb_information.chunks
      WHERE hypertable_schema = 'public' AND hypertable_name = kept.table_name AND range_end <= now_time - kept.keep ORDER BY range_start
    LOOP
      -- Under the lock nobody adds a row. Batch ids grow with the time of storing.
      EXECUTE format('LOCK TABLE %I.%I IN ACCESS EXCLUSIVE MODE', chunk.chunk_schema, chunk.chunk_name);
      EXECUTE format('SELECT created_at FROM %I.%I ORDER BY batch_id DESC LIMIT 1', chunk.chunk_schema, chunk.chunk_name) INTO newest;
      CONTINUE WHEN newest > now_time - kept.keep;
      IF kept.table_name = 'sqal_samples' THEN
        PERFORM egi_archive_cells(chunk.range_start, chunk.range_end);
      END IF;
      PERFORM drop_chunks(kept.table_name::regclass, older_than => chunk.range_end, newer_than => chunk.range_start);
      dropped := dropped + 1;
    END LOOP;
  END LOOP;
  PERFORM egi_trim_ledgers(now_time);
  RETURN dropped;
END
$$;
COMMENT ON FUNCTION egi_apply_retention(timestamptz) IS
  'Drops chunks whose every row was measured and stored longer ago than its table keeps, and trims ledgers; answers how many chunks it dropped.';
