-- TimescaleDB, community edition: compression by background jobs. An Apache-only build keeps its chunks uncompressed.
-- Retention is egi_apply_retention() on both layouts and in every edition: it drops samples and their ledger together, and
-- only when the server asks, so an import of old data is not dropped while it runs.
DO $policies$
DECLARE
  community boolean := coalesce(current_setting('timescaledb.license', true), '') = 'timescale';
BEGIN
  IF NOT community THEN
    RAISE NOTICE USING MESSAGE = 'TimescaleDB without its community licence: samples are not compressed', ERRCODE = 'EGI01';
    RETURN;
  END IF;
  IF NOT EXISTS (SELECT FROM timescaledb_information.compression_settings WHERE hypertable_name = 'sqal_samples') THEN
    ALTER TABLE sqal_samples SET (timescaledb.compress, timescaledb.compress_segmentby = 'device_id',
      timescaledb.compress_orderby = 'time DESC, batch_id, ordinal');
  END IF;
  IF NOT EXISTS (SELECT FROM timescaledb_information.compression_settings WHERE hypertable_name = 'sqal_alerts') THEN
    ALTER TABLE sqal_alerts SET (timescaledb.compress, timescaledb.compress_segmentby = 'device_id, severity',
      timescaledb.compress_orderby = 'time DESC, alert_id');
  END IF;
  PERFORM add_compression_policy('sqal_samples', interval '7 days', if_not_exists => true);
  PERFORM add_compression_policy('sqal_alerts', interval '30 days', if_not_exists => true);
END
$policies$;
