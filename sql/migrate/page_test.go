package migrate

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Every query of docs/sql.md, on a small installation, answers rows.
func TestQueriesOfThePageAnswer(t *testing.T) {
	path := "../../docs/sql.md"
	if root := os.Getenv("EGI_RUNFILES"); root != "" {
		path = filepath.Join(root, "docs/sql.md")
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 10 {
		t.Fatalf("docs/sql.md has %d queries", len(blocks))
	}
	db := migrated(t)
	mustExec(t, db, "INSERT INTO gaveurs_euralis (id, nom, site_code) VALUES (4, 'Gaveur 4', 'LL')")
	mustExec(t, db, `INSERT INTO lots_gavage (id, code_lot, gaveur_id, site_code, itm, statut, pret_abattage) VALUES
		(1, 'LL2512001', 4, 'LL', 14.2, 'termine', true), (2, 'LL2512002', 4, 'LL', 15.5, 'en_gavage', false)`)
	addMeal(t, db, "LL2512001", 1, "matin", "2026-02-01 07:00+00", 205.3)
	mustExec(t, db, `INSERT INTO sqal_pending_lots (code_lot, gaveur_id, gaveur_nom, site, poids_moyen_final, date_abattage)
		VALUES ('LL2512001', 4, 'Gaveur 4', 'LL', 6900, now())`)
	mustExec(t, db, `INSERT INTO sqal_samples (time, sample_id, device_id, site_code, lot_id, fusion_final_score, fusion_final_grade, fusion_is_compliant)
		SELECT now() - i * interval '3 hours', i::text, 'ESP32_LL_01', 'LL', 1, 0.8, 'A', true FROM generate_series(1, 20) i`)
	mustExec(t, db, "INSERT INTO sqal_alerts (time, device_id, alert_type, severity, message) VALUES (now(), 'ESP32_LL_01', 'quality_low', 'warning', 'm')")
	for _, block := range blocks {
		if query(t, db, block[1]) == "" {
			t.Errorf("no row:\n%s", block[1])
		}
	}
}
