-- Retention of plain tables. egi_apply_retention() (one for each layout) calls this.
-- Campaign files hold personal data: none outlives a week, even when nothing carries its import to an end.
CREATE OR REPLACE FUNCTION egi_trim_imports(now_time timestamptz) RETURNS void LANGUAGE sql AS $$
  UPDATE imports SET state = 'failed', phase = 'finished', finished_at = now_time, updated_at = now_time, lease_owner = NULL, lease_until = NULL,
    error = 'was not carried to its end within 7 days, so the file was dropped; import it again'
    WHERE state IN ('queued', 'running') AND created_at < now_time - interval '7 days';
  DELETE FROM import_files f USING imports i WHERE i.import_id = f.import_id AND (i.state IN ('done', 'failed') OR i.created_at < now_time - interval '7 days');
  DELETE FROM imports WHERE finished_at < now_time - interval '400 days';
$$;
COMMENT ON FUNCTION egi_trim_imports(timestamptz) IS
  'Fails imports that did not end within 7 days and drops their files; forgets ended imports and their anomalies after 400 days.';

-- A refresh token that expired long ago is as good as unknown; a session without tokens is over.
CREATE OR REPLACE FUNCTION egi_trim_identity(now_time timestamptz) RETURNS void LANGUAGE sql AS $$
  DELETE FROM refresh_tokens WHERE expires_at < now_time - interval '7 days';
  DELETE FROM account_sessions s WHERE created_at < now_time - interval '40 days' AND NOT EXISTS (SELECT FROM refresh_tokens t WHERE t.session_id = s.id);
  DELETE FROM identity_audit WHERE at < now_time - interval '400 days';
$$;
COMMENT ON FUNCTION egi_trim_identity(timestamptz) IS
  'Forgets refresh tokens 7 days after they expired, sessions without tokens, and the audit of logins and accounts after 400 days.';

CREATE OR REPLACE FUNCTION egi_trim_ledgers(now_time timestamptz) RETURNS void LANGUAGE sql AS $$
  DELETE FROM event_batches WHERE committed_at < now_time - interval '7 days';
  DELETE FROM event_payloads p WHERE NOT EXISTS (SELECT FROM event_batches b WHERE b.batch_id = p.batch_id);
  DELETE FROM sqal_device_presence WHERE time < now_time - interval '90 days';
  DELETE FROM sqal_device_counters WHERE time < now_time - interval '90 days';
  DELETE FROM gavage_requests WHERE created_at < now_time - interval '7 days';
  DELETE FROM rejected_messages WHERE received_at < now_time - interval '90 days';
  SELECT egi_trim_imports(now_time);
  SELECT egi_trim_identity(now_time);
  DELETE FROM sqal_sample_index WHERE time < now_time - interval '97 days'
    AND NOT EXISTS (SELECT FROM sqal_samples s WHERE s.device_id = sqal_sample_index.device_id
                    AND s.time = sqal_sample_index.time AND s.sample_id = sqal_sample_index.sample_id);
$$;
COMMENT ON FUNCTION egi_trim_ledgers(timestamptz) IS
  'Forgets batches after 7 days (resumption is promised for 24 h), requests that were carried out after 7 days, rejections, presence and counters of devices after 90 days, files and reports of imports (egi_trim_imports), sessions and audit (egi_trim_identity), and ids of samples that retention removed.';
