package migrate

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestSamplesOfAnyTimeAreStoredAndFound(t *testing.T) {
	db := migrated(t)
	now := time.Now().UTC().Format(time.RFC3339)
	addSample(t, db, "old", "D", "LL", "2024-01-06 07:00+00", 0, 0.8, "A", 1)
	addSample(t, db, "today", "D", "LL", now, 0, 0.8, "A", 1)
	addSample(t, db, "future", "D", "LL", "2093-07-01 00:00+00", 0, 0.8, "A", 1)
	expect(t, "all", query(t, db, "SELECT sample_id FROM sqal_samples ORDER BY time"), "old\ntoday\nfuture")
	expect(t, "2024", query(t, db, "SELECT sample_id FROM sqal_sensor_samples WHERE time < '2025-01-01'"), "old")
	expect(t, "by device, newest first", query(t, db, "SELECT sample_id FROM sqal_samples WHERE device_id = 'D' ORDER BY time DESC LIMIT 1"), "future")
}

func TestRowsLandInTheirPartition(t *testing.T) {
	db := migrated(t)
	if isTimescale(t, db) {
		addSample(t, db, "old", "D", "LL", "2024-01-06 07:00+00", 0, 0.8, "A", 1)
		addSample(t, db, "late", "D", "LL", "2024-01-07 07:00+00", 0, 0.8, "A", 1)
		expect(t, "chunks", query(t, db, "SELECT count(*) FROM show_chunks('sqal_samples')"), "1")
		return
	}
	addSample(t, db, "today", "D", "LL", time.Now().UTC().Format(time.RFC3339), 0, 0.8, "A", 1)
	addSample(t, db, "old", "D", "LL", "2024-01-06 07:00+00", 0, 0.8, "A", 1)
	addSample(t, db, "future", "D", "LL", "2093-07-01 00:00+00", 0, 0.8, "A", 1)
	where := func(id string) string {
		return query(t, db, "SELECT tableoid::regclass FROM sqal_samples WHERE sample_id = $1", id)
	}
	if got := where("today"); got == "sqal_samples_default" {
		t.Error("today has no partition of its own")
	}
	expect(t, "old, before", where("old"), "sqal_samples_default")
	expect(t, "future", where("future"), "sqal_samples_default")

	mustExec(t, db, "SELECT egi_ensure_partitions('2024-01-01', '2024-01-31')")
	expect(t, "old, after", where("old"), "sqal_samples_p20240101")
	addSample(t, db, "late", "D", "LL", "2024-01-09 07:00+00", 0, 0.8, "A", 1)
	expect(t, "late row", where("late"), "sqal_samples_p20240108")
	expect(t, "rows", query(t, db, "SELECT count(*) FROM sqal_samples"), "4")
	expect(t, "made again", query(t, db, "SELECT egi_ensure_partitions('2024-01-01', '2024-01-31')"), "0")

	// A partition is a full citizen: indexes, constraints and comments of its parent.
	expect(t, "indexes of a partition without one of its parent's", query(t, db, `SELECT count(*) FROM pg_index p
		WHERE p.indrelid = 'sqal_samples'::regclass AND NOT EXISTS (SELECT FROM pg_inherits i JOIN pg_index c ON c.indexrelid = i.inhrelid
		WHERE i.inhparent = p.indexrelid AND c.indrelid = 'sqal_samples_p20240101'::regclass)`), "0")
	expect(t, "foreign keys of a partition of meals", query(t, db, `SELECT count(*) FROM pg_constraint
		WHERE conrelid = 'doses_journalieres_p20240101'::regclass AND contype = 'f' AND conparentid <> 0`), "1")
}

func TestPartitionsAreMadeBySeveralSessionsWhileRowsArrive(t *testing.T) {
	db := migrated(t)
	var wait sync.WaitGroup
	for i := range 4 {
		wait.Add(2)
		go func() {
			defer wait.Done()
			if _, err := db.Exec("SELECT egi_ensure_partitions('2024-01-01', '2024-06-30')"); err != nil {
				t.Errorf("ensure: %v", err)
			}
		}()
		go func() {
			defer wait.Done()
			for n := range 50 {
				_, err := db.Exec(`INSERT INTO sqal_samples (time, sample_id, device_id, fusion_final_score, fusion_final_grade, fusion_is_compliant)
					VALUES (timestamptz '2024-01-01' + $1 * interval '3 days', $2, 'D', 0.5, 'C', false)`, n, fmt.Sprint(i, " ", n))
				if err != nil {
					t.Errorf("insert: %v", err)
				}
			}
		}()
	}
	wait.Wait()
	expect(t, "rows", query(t, db, "SELECT count(*), count(DISTINCT sample_id) FROM sqal_samples"), "200|200")
}

func TestRetentionDropsOnlyWhatIsTooOld(t *testing.T) {
	db := migrated(t)
	mustExec(t, db, "SELECT egi_ensure_partitions('2024-01-01', '2024-12-31')")
	for id, at := range map[string]string{"jan": "2024-01-03", "apr": "2024-04-03", "jul": "2024-07-03"} {
		addSample(t, db, id, "D", "LL", at, 0, 0.8, "A", 1)
		mustExec(t, db, `INSERT INTO sqal_sample_index VALUES ('D', $1, $2, '\x0011223344556677')`, id, at)
		mustExec(t, db, "INSERT INTO sqal_alerts (time, alert_type, severity, message) VALUES ($1, 'quality_low', 'warning', $2)", at, id)
	}
	mustExec(t, db, "UPDATE sqal_samples SET created_at = time")
	mustExec(t, db, "UPDATE sqal_alerts SET created_at = time")
	mustExec(t, db, "INSERT INTO lots_gavage (code_lot, site_code) VALUES ('LL4800101', 'LL')")
	addMeal(t, db, "LL4800101", 1, "matin", "2024-01-03 07:00+00", 225)
	mustExec(t, db, "INSERT INTO event_batches (commit_seq, batch_id, kind, rows, committed_at) VALUES (1, 1, 'sample', 3, '2024-07-20'), (2, 2, 'sample', 3, '2024-07-31')")
	mustExec(t, db, "SELECT egi_apply_retention('2024-08-01')")
	expect(t, "samples (90 days)", query(t, db, "SELECT sample_id FROM sqal_samples ORDER BY time"), "jul")
	expect(t, "their ids", query(t, db, "SELECT sample_id FROM sqal_sample_index ORDER BY time"), "jul")
	expect(t, "alerts (180 days)", query(t, db, "SELECT message FROM sqal_alerts ORDER BY time"), "apr\njul")
	expect(t, "meals (kept)", query(t, db, "SELECT count(*) FROM doses_journalieres"), "1")
	expect(t, "batches (7 days)", query(t, db, "SELECT commit_seq FROM event_batches"), "2")
}

func TestFilesOfImportsGoAfterAWeekAndReportsAfterAYear(t *testing.T) {
	db := migrated(t)
	for _, each := range []struct{ name, state, created, finished string }{
		{"stuck", "running", "2026-07-20", ""}, {"fresh", "queued", "2026-07-31", ""}, {"old", "done", "2025-06-01", "2025-06-01"}, {"known", "done", "2026-01-01", "2026-01-01"},
	} {
		mustExec(t, db, `INSERT INTO imports (file_name, size_bytes, sha256, policy, dry_run, state, created_at, updated_at, finished_at)
			VALUES ($1::text, 1, encode(sha256(convert_to($1::text, 'UTF8')), 'hex'), 'all', false, $2, $3, $3, nullif($4::text, '')::timestamptz)`, each.name, each.state, each.created, each.finished)
	}
	mustExec(t, db, "INSERT INTO import_files SELECT import_id, '\\x00' FROM imports WHERE finished_at IS NULL")
	mustExec(t, db, "SELECT egi_apply_retention('2026-08-01')")
	expect(t, "imports", query(t, db, "SELECT file_name, state FROM imports ORDER BY import_id"), "stuck|failed\nfresh|queued\nknown|done")
	expect(t, "files", query(t, db, "SELECT i.file_name FROM import_files f JOIN imports i ON i.import_id = f.import_id"), "fresh")
}

func TestSessionsAndTheirAuditAreForgotten(t *testing.T) {
	db := migrated(t)
	mustExec(t, db, `INSERT INTO accounts (username, role, password_hash, created_at) VALUES ('chef', 'admin', '$argon2id$x', '2020-01-01Z')`)
	mustExec(t, db, `INSERT INTO account_sessions (account_id, created_at) SELECT 1, day::timestamptz FROM unnest(ARRAY['2026-01-01Z', '2026-03-01Z']) day`)
	mustExec(t, db, `INSERT INTO refresh_tokens (token_hash, session_id, issued_at, expires_at) SELECT sha256(id::text::bytea), id, created_at, created_at + interval '30 days' FROM account_sessions`)
	mustExec(t, db, `INSERT INTO identity_audit (at, act, outcome) VALUES ('2025-01-01Z', 'login', 'done'), ('2026-01-01Z', 'login', 'done')`)
	mustExec(t, db, "SELECT egi_apply_retention('2026-03-10Z')")
	expect(t, "what is kept", query(t, db, `SELECT (SELECT count(*) FROM account_sessions), (SELECT count(*) FROM refresh_tokens), (SELECT count(*) FROM identity_audit),
		(SELECT count(*) FROM accounts)`), "1|1|1|1")
}

// A station that was cut off for months, or a lot replayed from an old campaign.
func TestOldSamplesAreKeptNinetyDaysAfterTheyWereStored(t *testing.T) {
	for _, partitions := range []bool{true, false} {
		db := migrated(t)
		if partitions {
			mustExec(t, db, "SELECT egi_ensure_partitions('2024-01-01', '2024-01-31')")
		}
		for _, sample := range [][2]string{{"early", "2024-01-03"}, {"late", "2024-07-03"}} {
			mustExec(t, db, `INSERT INTO sqal_samples (time, sample_id, device_id, fusion_final_score, fusion_final_grade, fusion_is_compliant, created_at)
				VALUES ('2024-01-03', $1, 'D', 0.5, 'C', false, $2)`, sample[0], sample[1])
			mustExec(t, db, `INSERT INTO sqal_sample_index VALUES ('D', $1, '2024-01-03', '\x0011223344556677')`, sample[0])
		}
		mustExec(t, db, "SELECT egi_apply_retention('2024-09-30')")
		expect(t, "89 days after", query(t, db, "SELECT count(*) FROM sqal_samples WHERE sample_id = 'late'"), "1")
		expect(t, "its id", query(t, db, "SELECT count(*) FROM sqal_sample_index WHERE sample_id = 'late'"), "1")
		mustExec(t, db, "SELECT egi_apply_retention('2024-10-02')")
		expect(t, "91 days after", query(t, db, "SELECT count(*) FROM sqal_samples"), "0")
		expect(t, "ids", query(t, db, "SELECT count(*) FROM sqal_sample_index"), "0")
		expect(t, "statistics", query(t, db, "SELECT sample_count FROM sqal_hourly_stats"), "2")
	}
}

func TestCommitOrderIsGapFreeOverConcurrentCommitters(t *testing.T) {
	db := migrated(t)
	var wait sync.WaitGroup
	for range 4 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for n := range 25 {
				tx, err := db.Begin()
				if err != nil {
					t.Error(err)
					return
				}
				var batch int64
				if err := tx.QueryRow("SELECT nextval('event_batch_id_seq')").Scan(&batch); err != nil {
					t.Error(err)
				}
				if _, err := tx.Exec(`WITH clock AS (UPDATE event_clock SET last_seq = last_seq + 1 RETURNING last_seq)
					INSERT INTO event_batches (commit_seq, batch_id, kind, rows) SELECT last_seq, $1, 'sample', 1 FROM clock`, batch); err != nil {
					t.Error(err)
				}
				if n%5 == 4 {
					tx.Rollback()
				} else if err := tx.Commit(); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wait.Wait()
	expect(t, "batches", query(t, db, "SELECT min(commit_seq), max(commit_seq), count(*) FROM event_batches"), "1|80|80")
	expect(t, "clock", query(t, db, "SELECT last_seq FROM event_clock"), "80")
}

func TestCompressedSamplesReadAsBeforeAndTakeLateRows(t *testing.T) {
	db := migrated(t)
	if !compresses(t, db) {
		t.Skip("only TimescaleDB's community edition compresses; TestRowsLandInTheirPartition covers late rows elsewhere")
	}
	for i := range 20 {
		addSample(t, db, fmt.Sprint("s", i), "D", "LL", "2024-01-06 07:00+00", 0, 0.25, "REJECT", 1)
	}
	mustExec(t, db, "SELECT compress_chunk(c, if_not_compressed => true) FROM show_chunks('sqal_samples') c")
	addSample(t, db, "late", "D", "LL", "2024-01-06 07:30+00", 0, 0.25, "REJECT", 1)
	const hour = "SELECT sample_count, avg_quality_score, count_reject FROM sqal_hourly_stats"
	expect(t, "hour", query(t, db, hour), "21|0.25|21")
	mustExec(t, db, "CALL egi_settle_stats()")
	expect(t, "hour, settled", query(t, db, hour), "21|0.25|21")
	expect(t, "newest", query(t, db, "SELECT sample_id FROM get_latest_sqal_sample()"), "late")
}
