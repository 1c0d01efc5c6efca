-- Plain PostgreSQL has no background jobs: the server's daily care does all.
CREATE OR REPLACE PROCEDURE egi_settle_stats(job_id integer DEFAULT NULL, config jsonb DEFAULT NULL) LANGUAGE plpgsql AS $$ BEGIN END $$;
COMMENT ON PROCEDURE egi_settle_stats(integer, jsonb) IS 'Nothing to do: the statistics are written in the transaction of the samples.';

CREATE OR REPLACE FUNCTION egi_failing_jobs() RETURNS TABLE (job text, failures bigint, last_error text) LANGUAGE sql STABLE AS $$
  SELECT NULL::text, NULL::bigint, NULL::text WHERE false
$$;
COMMENT ON FUNCTION egi_failing_jobs() IS 'Nothing: plain PostgreSQL has no background jobs.';
