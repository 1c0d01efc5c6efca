package migrate

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"math"
	"testing"
)

// addSample stores a graded sample; lot 0 = none.
func addSample(t *testing.T, db *sql.DB, id, device, site, at string, lot int, score float64, grade string, volume float64) {
	t.Helper()
	mustExec(t, db, `INSERT INTO sqal_samples (time, sample_id, device_id, site_code, lot_id, code_lot, fusion_final_score, fusion_final_grade,
		fusion_is_compliant, vl53l8ch_volume_mm3, as7341_freshness_index)
		VALUES ($1, $2, $3, $4, nullif($5, 0), (SELECT code_lot FROM lots_gavage WHERE id = $5), $6, $7, $8, $9, $6)`,
		at, id, device, site, lot, score, grade, grade == "A+" || grade == "A" || grade == "B", volume)
}

func addMeal(t *testing.T, db *sql.DB, code string, jour int, moment, at string, dose float64) {
	t.Helper()
	mustExec(t, db, `INSERT INTO doses_journalieres (time, lot_id, code_lot, site_code, jour, moment, dose_theorique, dose_reelle, poids_moyen)
		SELECT $1, id, code_lot, site_code, $3, $4, 343, $5, 5480.2 FROM lots_gavage WHERE code_lot = $2`, at, code, jour, moment, dose)
	mustExec(t, db, `INSERT INTO gavage_meals (code_lot, jour, moment, lot_id, time, body_hash)
		SELECT code_lot, $2, $3, id, $4, '\x0011223344556677' FROM lots_gavage WHERE code_lot = $1`, code, jour, moment, at)
}

func TestQueriesOfTheSeedsAnswer(t *testing.T) {
	db := migrated(t)
	mustExec(t, db, "INSERT INTO gaveurs_euralis (id, nom, site_code) VALUES (4, 'Gaveur 4', 'LL')")
	mustExec(t, db, `INSERT INTO lots_gavage (id, code_lot, gaveur_id, site_code, genetique, itm, statut, pret_abattage, nb_canards_initial,
		nb_canards_vivants, poids_moyen_actuel, taux_mortalite, jour_actuel) VALUES
		(1, 'LL2512001', 4, 'LL', 'Mulard', 14.2, 'termine', true, 50, 49, 6900, 2, 11),
		(2, 'LL2512002', 4, 'LL', 'Pékin', 15.5, 'en_gavage', false, 40, 30, 5000, 25, 5),
		(3, 'LL2512003', 4, 'LL', 'Mulard', NULL, 'en_gavage', false, 60, 60, 4600, 0, 0)`)
	addMeal(t, db, "LL2512001", 0, "matin", "2026-02-01 07:00+00", 205.3)
	addMeal(t, db, "LL2512001", 0, "soir", "2026-02-01 18:00+00", 210)
	addMeal(t, db, "LL2512002", 5, "matin", "2026-02-03 07:00+00", 338.6)
	mustExec(t, db, `INSERT INTO sqal_pending_lots (code_lot, gaveur_id, gaveur_nom, site, genetique, poids_moyen_final, date_abattage)
		VALUES ('LL2512001', 4, 'Gaveur 4', 'LL', 'Mulard', 6900, '2026-02-12 18:00+00')`)
	for i := range 11 {
		addSample(t, db, fmt.Sprintf("a%d", i), "ESP32_LL_01", "LL", "2026-02-13 08:00+00", 1, 0.8, "A", 500000)
		addSample(t, db, fmt.Sprintf("b%d", i), "ESP32_LL_01", "LL", "2026-02-13 09:00+00", 2, 0.5, "C", 400000)
	}
	for i := range 3 {
		addSample(t, db, fmt.Sprintf("c%d", i), "ESP32_LL_01", "LL", "2026-02-13 09:00+00", 3, 0.5, "C", 400000)
	}

	expect(t, "finished lots", query(t, db, `SELECT l.code_lot, l.pret_abattage, COUNT(DISTINCT d.time) AS doses, p.status,
		COUNT(DISTINCT s.sample_id) AS samples FROM lots_gavage l
		LEFT JOIN doses_journalieres d ON d.code_lot = l.code_lot
		LEFT JOIN sqal_pending_lots p ON p.code_lot = l.code_lot
		LEFT JOIN sqal_sensor_samples s ON s.lot_id = l.id
		GROUP BY l.code_lot, l.pret_abattage, p.status ORDER BY l.code_lot`),
		"LL2512001|true|2|pending|11\nLL2512002|false|1|∅|11\nLL2512003|false|0|∅|3")
	expect(t, "correlation", query(t, db, `SELECT l.code_lot, l.itm_moyen, ROUND(AVG(s.fusion_final_score)::numeric, 4), COUNT(*)
		FROM lots_gavage l JOIN sqal_sensor_samples s ON s.lot_id = l.id WHERE l.site_code = 'LL'
		GROUP BY l.code_lot, l.itm_moyen HAVING COUNT(*) > 10 ORDER BY l.itm_moyen DESC`),
		"LL2512002|15.5|0.5000|11\nLL2512001|14.2|0.8000|11")
	expect(t, "last doses", query(t, db, `SELECT code_lot, jour, moment, dose_theorique, dose_reelle, poids_moyen
		FROM doses_journalieres ORDER BY time DESC LIMIT 10`),
		"LL2512002|5|matin|343|338.6|5480.2\nLL2512001|0|soir|343|210|5480.2\nLL2512001|0|matin|343|205.3|5480.2")
	expect(t, "running lots", query(t, db, `SELECT code_lot, gaveur_nom, site_code, genetique, jour_actuel, nb_canards_vivants, poids_moyen_actuel,
		taux_mortalite, dernier_repas_jour, dernier_repas_moment, derniere_dose_reelle, nb_repas FROM v_lots_actifs_realtime ORDER BY code_lot`),
		"LL2512002|Gaveur 4|LL|Pékin|5|30|5000|25|5|matin|338.6|1\nLL2512003|Gaveur 4|LL|Mulard|0|60|4600|0|∅|∅|∅|0")
	// Weight (30 * 5000 + 60 * 4600) / 90, mortality (40 * 25 + 60 * 0) / 100.
	expect(t, "sites", query(t, db, `SELECT site_code, nb_lots_actifs, nb_canards, round(poids_moyen::numeric, 3), taux_mortalite
		FROM v_stats_realtime_sites ORDER BY site_code`), "LL|2|90|4733.333|10\nLS|0|0|∅|∅\nMT|0|0|∅|∅")
	expect(t, "waiting lots", query(t, db, "SELECT code_lot, status, poids_moyen_final FROM sqal_pending_lots"), "LL2512001|pending|6900")
}

func TestLatestSampleIsTheNewestByDeviceTime(t *testing.T) {
	db := migrated(t)
	expect(t, "empty", query(t, db, "SELECT sample_id FROM get_latest_sqal_sample()"), "")
	addSample(t, db, "new", "D1", "LL", "2026-02-13 09:00+00", 0, 0.9, "A+", 1)
	addSample(t, db, "other", "D2", "LL", "2026-02-13 08:00+00", 0, 0.9, "A+", 1)
	addSample(t, db, "late", "D1", "LL", "2024-01-13 08:00+00", 0, 0.9, "A+", 1)
	expect(t, "all devices", query(t, db, "SELECT sample_id FROM get_latest_sqal_sample()"), "new")
	expect(t, "one device", query(t, db, "SELECT sample_id FROM get_latest_sqal_sample('D2')"), "other")
	expect(t, "unknown device", query(t, db, "SELECT sample_id FROM get_latest_sqal_sample('D3')"), "")
}

func TestStatisticsEqualSumsByHand(t *testing.T) {
	db := migrated(t)
	addSample(t, db, "1", "D1", "LL", "2026-02-13 09:00:00+00", 0, 0.9, "A+", 600000)
	addSample(t, db, "2", "D1", "LL", "2026-02-13 09:59:59.9+00", 0, 0.75, "A", 500000)
	addSample(t, db, "3", "D1", "LL", "2026-02-13 10:00:00+00", 0, 0.25, "REJECT", 400000)
	addSample(t, db, "4", "D2", "LL", "2026-02-13 23:59:59+00", 0, 0.5, "C", 300000)
	addSample(t, db, "5", "D3", "MT", "2026-02-14 00:00:00+00", 0, 0.625, "B", 200000)
	const hour = `SELECT bucket AT TIME ZONE 'UTC', device_id, sample_count, avg_quality_score, avg_quality, count_a_plus, count_a, count_b, count_c,
		count_reject, avg_volume_mm3, avg_freshness_index, avg_freshness, compliance_rate_pct FROM sqal_hourly_stats ORDER BY 1, 2`
	expect(t, "hours", query(t, db, hour),
		"2026-02-13T09:00:00Z|D1|2|0.825|0.825|1|1|0|0|0|550000|0.825|0.825|100\n"+
			"2026-02-13T10:00:00Z|D1|1|0.25|0.25|0|0|0|0|1|400000|0.25|0.25|0\n"+
			"2026-02-13T23:00:00Z|D2|1|0.5|0.5|0|0|0|1|0|300000|0.5|0.5|0\n"+
			"2026-02-14T00:00:00Z|D3|1|0.625|0.625|0|0|1|0|0|200000|0.625|0.625|100")
	expect(t, "days", query(t, db, `SELECT bucket AT TIME ZONE 'UTC', site_code, total_samples, avg_quality_score, compliance_rate_pct, count_a_plus,
		count_a, count_b, count_c, count_reject FROM sqal_site_stats ORDER BY 1, 2`),
		"2026-02-13T00:00:00Z|LL|4|0.6|50|1|1|0|1|1\n2026-02-14T00:00:00Z|MT|1|0.625|100|0|0|1|0|0")
	expect(t, "period", query(t, db, `SELECT total_samples, avg_quality_score, compliance_rate_pct, count_a_plus, count_a, count_b, count_c, count_reject
		FROM get_sqal_stats_period('2026-02-13 09:00+00', '2026-02-14 00:00+00')`), "4|0.6|50|1|1|0|1|1")
	expect(t, "period of a site", query(t, db, `SELECT total_samples, avg_quality_score FROM get_sqal_stats_period('2026-02-13', '2026-02-15', 'MT')`), "1|0.625")
	expect(t, "empty period", query(t, db, `SELECT total_samples, avg_quality_score, compliance_rate_pct FROM get_sqal_stats_period('2020-01-01', '2020-01-02')`), "0|∅|∅")
	addSample(t, db, "6", "D1", "LL", "2026-02-13 10:30:00+00", 0, 0.75, "A", 600000)
	expect(t, "hour after a late sample", query(t, db, `SELECT sample_count, avg_quality_score, avg_volume_mm3, compliance_rate_pct
		FROM sqal_hourly_stats WHERE bucket = '2026-02-13 10:00+00'`), "2|0.5|500000|50")
}

func TestPerformanceOfASiteIsProductionWeighted(t *testing.T) {
	db := migrated(t)
	mustExec(t, db, `INSERT INTO lots_gavage (code_lot, site_code, debut_lot, nb_canards_meg, nb_canards_accroches, total_corn_real, itm,
		pctg_perte_gavage, statut) VALUES
		('LL4801601', 'LL', '2024-01-06', 1000, 900, 8000, 16, 0.1, 'abattu'),
		('LL4801602', 'LL', '2024-01-07', 500, 500, 7000, 14, 0, 'abattu'),
		('LL4801603', 'LL', '2024-01-07', 500, 1, 7000, 1, 0, 'annule')`)
	// Liver: 900 * 8 / 16 = 450 kg and 500 * 7 / 14 = 250 kg; corn of the birds hung: 7200 and 3500 kg.
	expect(t, "performance", query(t, db, `SELECT site_code, mois::text, nb_lots, itm_moyen, round(itm_pondere::numeric, 4), mortalite_moyenne,
		round(mortalite_ponderee, 4), mais_kg, production_foie_kg FROM performances_sites`),
		"LL|2024-01-01|2|15|15.2857|5|6.6667|11500|700")
}

func TestMatricesOfEveryEncodingAreDecoded(t *testing.T) {
	db := migrated(t)
	pack := func(encoding byte, width int, value func(i int) uint32) string {
		packed := []byte{encoding}
		for i := range 64 {
			for shift := 8 * (width - 1); shift >= 0; shift -= 8 {
				packed = append(packed, byte(value(i)>>shift))
			}
		}
		return `\x` + hex.EncodeToString(packed)
	}
	floats := []float32{0, 96.1, -3.25, 1e-45, 3.4e38, 1.17549435e-38, 4095.9375, 1.0 / 3}
	for _, c := range []struct {
		packed string
		want   func(i int) float32
	}{
		{pack(1, 1, func(i int) uint32 { return uint32(i * 4) }), func(i int) float32 { return float32(i * 4) }},
		{pack(2, 2, func(i int) uint32 { return uint32(i * 1000) }), func(i int) float32 { return float32(i * 1000) }},
		{pack(3, 2, func(i int) uint32 { return uint32(i * 1001) }), func(i int) float32 { return float32(i*1001) / 4 }},
		{pack(4, 2, func(i int) uint32 { return uint32(i * 611) }), func(i int) float32 { return float32(float64(i*611) / 10) }},
		{pack(5, 4, func(i int) uint32 { return math.Float32bits(floats[i%8]) }), func(i int) float32 { return floats[i%8] }},
	} {
		for _, i := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 31, 57, 63} {
			var got float32
			err := db.QueryRow("SELECT (egi_matrix($1::text::bytea))[$2][$3]", c.packed, i/8+1, i%8+1).Scan(&got)
			if err != nil || got != c.want(i) {
				t.Errorf("encoding %s cell %d: got %v (%v), want %v", c.packed[2:4], i, got, err, c.want(i))
			}
		}
		expect(t, "shape", query(t, db, "SELECT array_dims(egi_matrix($1::text::bytea))", c.packed), "[1:8][1:8]")
	}
	expect(t, "null", query(t, db, "SELECT egi_matrix(NULL)"), "∅")
	for _, bad := range []string{`\x`, `\x09`, `\x0100`, pack(2, 1, func(int) uint32 { return 0 })} {
		if _, err := db.Exec("SELECT egi_matrix($1::text::bytea)", bad); err == nil {
			t.Errorf("egi_matrix(%.12s) answered", bad)
		}
	}
}

func TestSampleViewShowsTheNamesOfTheSpecification(t *testing.T) {
	db := migrated(t)
	mustExec(t, db, `INSERT INTO sqal_samples (time, sample_id, device_id, fusion_final_score, fusion_final_grade, fusion_is_compliant,
		distance_cells, as7341_values, details) VALUES (now(), 's', 'd', 0.818, 'A', true, decode('04' || repeat('03c1', 64), 'hex'),
		'{402,596,511,1873,905,612,1139,744,6480,603.5}', '{"vl53l8ch_defects": [{"type": "edge_damage"}], "lot_abattage": "LS-260203-0007"}')`)
	expect(t, "view", query(t, db, `SELECT vl53l8ch_distance_matrix[8][8]::text, vl53l8ch_amplitude_matrix, as7341_channels ->> 'F1_415nm',
		as7341_channels ->> 'Clear', as7341_channels ->> 'NIR', vl53l8ch_defects -> 0 ->> 'type', as7341_defects, lot_abattage,
		fusion_final_score, lot_id FROM sqal_sensor_samples`), "96.1|∅|402|6480|603.5|edge_damage|[]|LS-260203-0007|0.818|∅")
	expect(t, "channel names", query(t, db, `SELECT string_agg(k, ' ' ORDER BY k COLLATE "C") FROM sqal_sensor_samples, jsonb_object_keys(as7341_channels) k`),
		"Clear F1_415nm F2_445nm F3_480nm F4_515nm F5_555nm F6_590nm F7_630nm F8_680nm NIR")
}
