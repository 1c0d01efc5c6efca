package migrate

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
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

func TestSamplesOfAnOlderSchemaAreCounted(t *testing.T) {
	db := migrated(t)
	mustExec(t, db, "DROP TRIGGER sqal_samples_count ON sqal_samples")
	mustExec(t, db, hundredDraws, "old")
	mustExec(t, db, "DELETE FROM egi_schema_files WHERE path LIKE 'repeatable/%'")
	m := open(t, databaseOf(t, db))
	if err := m.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	expectCellsOfSamples(t, db, "after the upgrade")
	mustExec(t, db, hundredDraws, "new")
	expectCellsOfSamples(t, db, "afterwards")
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
