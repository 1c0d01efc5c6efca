package migrate

import (
	"testing"
	"time"
)

// The background jobs of TimescaleDB, run by its scheduler: CALL run_job() may work where the scheduler does not.

func skipWithoutJobs(t *testing.T, reason string) {
	t.Helper()
	t.Skip("only TimescaleDB's community edition has background jobs; " + reason)
}

func TestPoliciesAreThoseOfTheSpecification(t *testing.T) {
	db := migrated(t)
	if !compresses(t, db) {
		skipWithoutJobs(t, "TestRetentionDropsOnlyWhatIsTooOld covers what the others do instead")
	}
	expect(t, "compression", query(t, db, `SELECT hypertable_name, config ->> 'compress_after' FROM timescaledb_information.jobs
		WHERE proc_name LIKE 'policy_compression%' ORDER BY 1`), "sqal_alerts|30 days\nsqal_samples|7 days")
	expect(t, "aggregates", query(t, db, `SELECT v.view_name, j.schedule_interval, j.config ->> 'start_offset', j.config ->> 'end_offset'
		FROM timescaledb_information.jobs j JOIN timescaledb_information.continuous_aggregates v
		ON v.materialization_hypertable_name = j.hypertable_name OR v.view_name = j.hypertable_name
		WHERE j.proc_name = 'policy_refresh_continuous_aggregate' ORDER BY 1 DESC`),
		"sqal_hour_aggregate|01:00:00|03:00:00|01:00:00\nsqal_day_aggregate|1 day|3 days|1 day")
	expect(t, "segments", query(t, db, `SELECT hypertable_name, attname, segmentby_column_index IS NOT NULL, orderby_asc FROM timescaledb_information.compression_settings
		WHERE hypertable_name IN ('sqal_samples', 'sqal_alerts') AND (segmentby_column_index IS NOT NULL OR orderby_column_index = 1)
		ORDER BY 1, segmentby_column_index`),
		"sqal_alerts|device_id|true|∅\nsqal_alerts|severity|true|∅\nsqal_alerts|time|false|false\nsqal_samples|device_id|true|∅\nsqal_samples|time|false|false")
}

func TestSchedulerCompressesAggregatesAndSettles(t *testing.T) {
	db := migrated(t)
	if !compresses(t, db) {
		skipWithoutJobs(t, "rollups are tested on every layout")
	}
	addSample(t, db, "old", "D", "LL", "2024-01-06 07:00+00", 0, 0.8, "A", 1)
	// In the windows of the policies: two hours and two days ago.
	addSample(t, db, "hour", "D", "LL", time.Now().Add(-2*time.Hour).UTC().Format(time.RFC3339), 0, 0.6, "B", 1)
	addSample(t, db, "day", "D", "LL", time.Now().Add(-48*time.Hour).UTC().Format(time.RFC3339), 0, 0.6, "B", 1)
	mustExec(t, db, "INSERT INTO sqal_alerts (time, device_id, alert_type, severity, message) VALUES ('2024-01-06', 'D', 'quality_low', 'warning', 'm')")
	until := func(what, condition string) {
		t.Helper()
		for deadline := time.Now().Add(2 * time.Minute); query(t, db, condition) != "true"; {
			if time.Now().After(deadline) {
				t.Fatalf("%s: not done by the scheduler; errors: %s", what, query(t, db, "SELECT job_id, err_message FROM timescaledb_information.job_errors"))
			}
			mustExec(t, db, "SELECT pg_sleep(0.1)") // a condition of the server, which has no way to wait for it
		}
	}
	mustExec(t, db, "SELECT alter_job(job_id, next_start => now()) FROM timescaledb_information.jobs WHERE proc_name LIKE 'policy_%' AND job_id >= 1000")
	until("compression", "SELECT count(*) = 2 FROM timescaledb_information.chunks WHERE is_compressed AND hypertable_name IN ('sqal_samples', 'sqal_alerts')")
	until("hourly aggregate", "SELECT count(*) = 1 FROM sqal_hour_aggregate")
	mustExec(t, db, "SELECT alter_job(job_id, next_start => now()) FROM timescaledb_information.jobs WHERE proc_name = 'egi_settle_stats'")
	until("settling", "SELECT count(*) = 3 FROM sqal_hour_aggregate")
	until("marks", "SELECT count(*) FILTER (WHERE grain = 'hour') = 0 AND count(*) <= 1 FROM sqal_stats_dirty") // today's stays until tomorrow
	expectCellsOfSamples(t, db, "settled by the scheduler")
	// A late sample into a compressed chunk counts at once, and is taken in by the next job.
	addSample(t, db, "late", "D", "LL", "2024-01-06 07:30+00", 0, 0.4, "REJECT", 1)
	expect(t, "late", query(t, db, "SELECT sample_count, round(avg_quality_score::numeric, 3) FROM sqal_hourly_stats WHERE bucket = '2024-01-06 07:00+00'"), "2|0.600")
	mustExec(t, db, "SELECT alter_job(job_id, next_start => now()) FROM timescaledb_information.jobs WHERE proc_name = 'egi_settle_stats'")
	until("late sample", "SELECT samples = 2 FROM sqal_hour_aggregate WHERE bucket = '2024-01-06 07:00+00'")
	expect(t, "errors", query(t, db, "SELECT err_message FROM timescaledb_information.job_errors"), "")
	expect(t, "failing jobs", query(t, db, "SELECT job FROM egi_failing_jobs()"), "")
}

func TestFailingJobIsNamed(t *testing.T) {
	db := migrated(t)
	expect(t, "none", query(t, db, "SELECT job FROM egi_failing_jobs()"), "")
	if !compresses(t, db) {
		skipWithoutJobs(t, "egi_failing_jobs() is empty elsewhere")
	}
	mustExec(t, db, "CREATE PROCEDURE broken(job_id integer, config jsonb) LANGUAGE plpgsql AS $$ BEGIN RAISE 'on purpose'; END $$")
	mustExec(t, db, "SELECT add_job('broken', '1 hour', initial_start => now())")
	for deadline := time.Now().Add(2 * time.Minute); ; {
		got := query(t, db, "SELECT split_part(job, ' ', 1), last_error FROM egi_failing_jobs()")
		if got == "broken|on purpose" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("failing jobs: %s", got)
		}
		mustExec(t, db, "SELECT pg_sleep(0.1)") // a condition of the server, which has no way to wait for it
	}
}
