-- Retention of plain tables. egi_apply_retention() (one for each layout) calls this.
CREATE OR REPLACE FUNCTION egi_trim_ledgers(now_time timestamptz) RETURNS void LANGUAGE sql AS $$
  DELETE FROM event_batches WHERE committed_at < now_time - interval '7 days';
  DELETE FROM event_payloads p WHERE NOT EXISTS (SELECT FROM event_batches b WHERE b.batch_id = p.batch_id);
  DELETE FROM sqal_device_presence WHERE time < now_time - interval '90 days';
  DELETE FROM sqal_device_counters WHERE time < now_time - interval '90 days';
  DELETE FROM gavage_requests WHERE created_at < now_time - interval '7 days';
  DELETE FROM rejected_messages WHERE received_at < now_time - interval '90 days';
  DELETE FROM sqal_sample_index WHERE time < now_time - interval '97 days'
    AND NOT EXISTS (SELECT FROM sqal_samples s WHERE s.device_id = sqal_sample_index.device_id
                    AND s.time = sqal_sample_index.time AND s.sample_id = sqal_sample_index.sample_id);
$$;
COMMENT ON FUNCTION egi_trim_ledgers(timestamptz) IS
  'Forgets batches after 7 days (resumption is promised for 24 h), requests that were carried out after 7 days, rejections, presence and counters of devices after 90 days, and ids of samples that retention removed.';
