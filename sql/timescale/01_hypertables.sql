-- TimescaleDB: hypertables. Works with the Apache edition too; what needs the community edition is in 02_policies.sql.
SELECT create_hypertable('sqal_samples', 'time', chunk_time_interval => interval '7 days', create_default_indexes => false, if_not_exists => true);
SELECT create_hypertable('sqal_alerts', 'time', chunk_time_interval => interval '30 days', create_default_indexes => false, if_not_exists => true);
SELECT create_hypertable('doses_journalieres', 'time', chunk_time_interval => interval '30 days', create_default_indexes => false, if_not_exists => true);
SELECT create_hypertable('alertes_euralis', 'time', chunk_time_interval => interval '30 days', create_default_indexes => false, if_not_exists => true);

CREATE OR REPLACE FUNCTION egi_ensure_partitions(from_time timestamptz, to_time timestamptz) RETURNS integer
LANGUAGE sql AS $$ SELECT 0 $$;
COMMENT ON FUNCTION egi_ensure_partitions(timestamptz, timestamptz) IS 'Nothing to do on TimescaleDB, which makes chunks as rows come; answers 0.';

CREATE OR REPLACE FUNCTION egi_apply_retention(now_time timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  dropped integer;
BEGIN
  SELECT count(*) INTO dropped FROM (
    SELECT drop_chunks('sqal_samples', older_than => now_time - interval '90 days')
    UNION ALL
    SELECT drop_chunks('sqal_alerts', older_than => now_time - interval '180 days')) chunks;
  PERFORM egi_trim_ledgers(now_time);
  RETURN dropped;
END
$$;
COMMENT ON FUNCTION egi_apply_retention(timestamptz) IS
  'Drops chunks whose every row is older than its table keeps, and trims ledgers; answers how many chunks it dropped.';
