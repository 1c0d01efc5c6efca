package migrate

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
)

// Cells as the views show them and as the samples themselves say, by hour and by day, device and site.
const (
	cellSums = `sum(samples), sum(compliant), sum(grade_a_plus), sum(grade_a), sum(grade_b), sum(grade_c), sum(grade_reject), round(sum(score_sum)::numeric, 9),
		min(score_min), max(score_max), sum(volume_count), round(sum(volume_sum)::numeric, 3), sum(freshness_count), round(sum(freshness_sum)::numeric, 9),
		min(first_time), max(last_time)`
	hoursRead    = "SELECT bucket, device_id, site_code, " + cellSums + " FROM sqal_hour_cells GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
	hoursWorked  = "SELECT bucket, device_id, site_code, " + cellSums + " FROM egi_samples_by_hour('-infinity', 'infinity') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
	daysRead     = "SELECT bucket, device_id, site_code, " + cellSums + " FROM sqal_day_cells GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
	daysWorked   = "SELECT date_trunc('day', bucket, 'UTC'), device_id, site_code, " + cellSums + " FROM egi_samples_by_hour('-infinity', 'infinity') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
	hundredDraws = `INSERT INTO sqal_samples (time, sample_id, device_id, site_code, fusion_final_score, fusion_final_grade, fusion_is_compliant, vl53l8ch_volume_mm3)
		SELECT timestamptz '2026-02-10 00:00+00' - x * interval '1 minute', $1 || i, 'D' || x % 3, (ARRAY['LL', 'LS', NULL])[1 + x % 3], (x % 1001) / 1000.0,
		(ARRAY['A+', 'A', 'B', 'C', 'REJECT'])[1 + x % 5], x % 5 < 3, nullif(x % 7, 0) FROM (SELECT i, (random() * 20000)::integer AS x FROM generate_series(1, 100) i) g`
)

func expectCellsOfSamples(t *testing.T, db *sql.DB, when string) {
	t.Helper()
	expect(t, "hours "+when, query(t, db, hoursRead), query(t, db, hoursWorked))
	expect(t, "days "+when, query(t, db, daysRead), query(t, db, daysWorked))
}

func TestStatisticsFollowTheSamplesWhateverIsSettledWhen(t *testing.T) {
	db := migrated(t)
	for round := range 6 {
		mustExec(t, db, hundredDraws, fmt.Sprint("r", round, "-"))
		expectCellsOfSamples(t, db, "at once")
		if round%2 == 1 {
			mustExec(t, db, "CALL egi_settle_stats()")
			expectCellsOfSamples(t, db, "settled")
			expect(t, "waiting", query(t, db, "SELECT count(*) FROM sqal_stats_dirty"), "0")
		}
	}
}

// The same figures by any way on every layout: periods that cut hours, of samples older than what TimescaleDB has compressed.
func TestAnyPeriodEqualsItsSamplesAlsoWhenTheyComeLate(t *testing.T) {
	db := migrated(t)
	random := rand.New(rand.NewPCG(2026, 2))
	const read = `SELECT total_samples, round(avg_quality_score::numeric, 9), min_quality_score, max_quality_score, round(compliance_rate_pct::numeric, 7), count_a_plus,
		count_a, count_b, count_c, count_reject, round(avg_volume_mm3::numeric, 6), active_devices FROM get_sqal_stats_period($1, $2, $3)`
	const worked = `SELECT count(*), round(avg(fusion_final_score)::numeric, 9), min(fusion_final_score), max(fusion_final_score),
		round((100.0 * count(*) FILTER (WHERE fusion_is_compliant) / nullif(count(*), 0))::numeric, 7), count(*) FILTER (WHERE fusion_final_grade = 'A+'),
		count(*) FILTER (WHERE fusion_final_grade = 'A'), count(*) FILTER (WHERE fusion_final_grade = 'B'), count(*) FILTER (WHERE fusion_final_grade = 'C'),
		count(*) FILTER (WHERE fusion_final_grade = 'REJECT'), round(avg(vl53l8ch_volume_mm3)::numeric, 6), count(DISTINCT device_id)
		FROM sqal_samples WHERE time >= $1 AND time < $2 AND ($3::text IS NULL OR site_code = $3::text)`
	const sums = `SELECT samples, compliant, grade_a_plus, grade_a, grade_b, grade_c, grade_reject, round(score_sum::numeric, 9) FROM egi_sums_since($1)`
	const sumsWorked = `SELECT count(*), count(*) FILTER (WHERE fusion_is_compliant), count(*) FILTER (WHERE fusion_final_grade = 'A+'),
		count(*) FILTER (WHERE fusion_final_grade = 'A'), count(*) FILTER (WHERE fusion_final_grade = 'B'), count(*) FILTER (WHERE fusion_final_grade = 'C'),
		count(*) FILTER (WHERE fusion_final_grade = 'REJECT'), round(coalesce(sum(fusion_final_score), 0)::numeric, 9) FROM sqal_samples WHERE time >= $1`
	for round := range 4 {
		mustExec(t, db, hundredDraws, fmt.Sprint("r", round, "-"))
		if round%2 == 0 {
			mustExec(t, db, "CALL egi_settle_stats()")
			if compresses(t, db) {
				mustExec(t, db, "SELECT compress_chunk(c, if_not_compressed => true) FROM show_chunks('sqal_samples') c")
			}
		}
		for range 25 {
			// Minutes, so that an end often falls on a sample.
			start := time.Date(2026, 1, 27, 0, 0, 0, 0, time.UTC).Add(time.Duration(random.IntN(14*24*60)) * time.Minute)
			end := start.Add(time.Duration(random.IntN(6*24*60)) * time.Minute)
			var site any
			if random.IntN(2) == 0 {
				site = "LS"
			}
			expect(t, fmt.Sprint(start, " to ", end, " ", site), query(t, db, read, start, end, site), query(t, db, worked, start, end, site))
			expect(t, fmt.Sprint("since ", start), query(t, db, sums, start), query(t, db, sumsWorked, start))
		}
		expectCellsOfSamples(t, db, "by hour and day")
	}
}

func TestStatisticsOutliveTheirSamples(t *testing.T) {
	db := migrated(t)
	mustExec(t, db, "SELECT egi_ensure_partitions('2026-01-01', '2026-03-01')")
	const year = "SELECT total_samples, round(avg_quality_score::numeric, 9), count_b, active_devices FROM get_sqal_stats_period('2026-01-01', '2027-01-01')"
	const days = "SELECT bucket, site_code, total_samples, round(avg_quality_score::numeric, 9) FROM sqal_site_stats ORDER BY 1, 2"
	const hours = "SELECT bucket, device_id, sample_count, round(avg_quality_score::numeric, 9) FROM sqal_hourly_stats ORDER BY 1, 2"
	mustExec(t, db, hundredDraws, "a")
	mustExec(t, db, "CALL egi_settle_stats()")
	mustExec(t, db, hundredDraws, "b")
	mustExec(t, db, "UPDATE sqal_samples SET created_at = time")
	yearBefore, daysBefore, hoursBefore := query(t, db, year), query(t, db, days), query(t, db, hours)
	mustExec(t, db, "SELECT egi_apply_retention('2026-08-01')")
	expect(t, "samples", query(t, db, "SELECT count(*) FROM sqal_samples"), "0")
	for _, when := range []string{"dropped", "settled"} {
		expect(t, "year, "+when, query(t, db, year), yearBefore)
		expect(t, "days, "+when, query(t, db, days), daysBefore)
		expect(t, "hours, "+when, query(t, db, hours), hoursBefore)
		mustExec(t, db, "CALL egi_settle_stats()")
	}
	// An old sample that comes after all adds to what is left of its hour.
	addSample(t, db, "straggler", "D0", "LL", query(t, db, "SELECT min(bucket) FROM sqal_hourly_stats"), 0, 0.5, "C", 1)
	for range 2 {
		expect(t, "with a straggler", query(t, db, "SELECT sum(sample_count) FROM sqal_hourly_stats"), "201")
		mustExec(t, db, "CALL egi_settle_stats()")
	}
}

// A database as it was before there were aggregates, on TimescaleDB with chunks that are compressed.
func TestSamplesOfAnOlderSchemaAreCounted(t *testing.T) {
	url, older := emptyDatabase(t), copyFiles(t)
	for path := range older {
		if path > "migrations/00007" && path < "migrations/CHECKSUMS" || strings.HasPrefix(path, "repeatable/") || path == "timescale/03_aggregates.sql" {
			delete(older, path)
		}
	}
	before := with(t, url, older)
	if err := before.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustExec(t, before.db, hundredDraws, "old")
	mustExec(t, before.db, `INSERT INTO sqal_alerts (time, device_id, alert_type, severity, message, alert_id, is_acknowledged, acknowledged_at, acknowledged_by)
		VALUES ('2026-02-03', 'D1', 'quality_critical', 'critical', 'm', 1, true, '2026-02-04', 'marie')`)
	mustExec(t, before.db, `INSERT INTO alert_open (alert_type, object_key, origin, alert_id, time, last_time)
		VALUES ('quality_critical', 'device:D1', 'SQAL', 1, '2026-02-03', '2026-02-03')`)
	if compresses(t, before.db) {
		// The policy, which runs as soon as it is made, may be at the same chunk: then the one of the two fails, and the chunk is compressed.
		for deadline := time.Now().Add(time.Minute); query(t, before.db, "SELECT count(*) FROM timescaledb_information.chunks WHERE NOT is_compressed") != "0"; {
			_, err := before.db.Exec("SELECT compress_chunk(c) FROM (SELECT show_chunks('sqal_samples') UNION ALL SELECT show_chunks('sqal_alerts')) AS chunks (c)")
			if time.Now().After(deadline) {
				t.Fatalf("not compressed: %v", err)
			}
		}
	}
	m := open(t, url)
	if err := m.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect(t, "samples", query(t, m.db, "SELECT sum(sample_count) FROM sqal_hourly_stats"), "100")
	expectCellsOfSamples(t, m.db, "after the upgrade")
	expect(t, "open alert", query(t, m.db, "SELECT severity, acknowledged FROM alert_open"), "3|true")
	mustExec(t, m.db, hundredDraws, "new")
	expectCellsOfSamples(t, m.db, "afterwards")
	mustExec(t, m.db, "CALL egi_settle_stats()")
	expectCellsOfSamples(t, m.db, "settled")
}

func TestRebuiltStatisticsFollowChangesMadeByHand(t *testing.T) {
	db := migrated(t)
	mustExec(t, db, hundredDraws, "a")
	mustExec(t, db, "CALL egi_settle_stats()")
	mustExec(t, db, "DELETE FROM sqal_samples WHERE device_id = 'D1'")
	mustExec(t, db, "UPDATE sqal_samples SET fusion_final_score = 1 WHERE sample_id = 'a7'")
	mustExec(t, db, "SELECT egi_rebuild_stats('2026-01-01', '2026-03-01')")
	expectCellsOfSamples(t, db, "rebuilt")
	mustExec(t, db, "CALL egi_settle_stats()")
	expectCellsOfSamples(t, db, "settled")
}

// Sessions that store samples while others settle, and some that change their mind.
func TestConcurrentSamplesAreCountedOnce(t *testing.T) {
	db := migrated(t)
	var writers, settler sync.WaitGroup
	done := make(chan struct{})
	settler.Add(1)
	go func() {
		defer settler.Done()
		for {
			select {
			case <-done:
				return
			default:
				if _, err := db.Exec("CALL egi_settle_stats()"); err != nil {
					t.Errorf("settle: %v", err)
					return
				}
			}
		}
	}()
	for writer := range 3 {
		writers.Add(1)
		go func() {
			defer writers.Done()
			for n := range 20 {
				tx, err := db.Begin()
				if err != nil {
					t.Error(err)
					return
				}
				// One hour a transaction: rows of hand-written samples are counted one by one, in no common order.
				if _, err := tx.Exec(`INSERT INTO sqal_samples (time, sample_id, device_id, site_code, fusion_final_score, fusion_final_grade, fusion_is_compliant)
					SELECT timestamptz '2026-02-03 00:00+00' + $1 * interval '1 hour', $2::text || i, 'D', 'LL', 0.5, 'C', false FROM generate_series(1, 5) i`,
					rand.IntN(4), fmt.Sprint(writer, "-", n, "-")); err != nil {
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
	writers.Wait()
	close(done)
	settler.Wait()
	expect(t, "samples", query(t, db, "SELECT sum(sample_count) FROM sqal_hourly_stats"), "240")
	expectCellsOfSamples(t, db, "at the end")
	mustExec(t, db, "CALL egi_settle_stats()")
	expectCellsOfSamples(t, db, "settled")
}
