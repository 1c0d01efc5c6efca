package migrate

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// good rows: column = SQL literal. A case changes one column and must be refused with the SQLSTATE.
var goodRows = map[string]map[string]string{
	"lots_gavage": {"code_lot": "'LL2512001'", "site_code": "'LL'", "itm": "14.2", "sigma": "0.15", "nb_canards_initial": "50"},
	"doses_journalieres": {"time": "'2026-02-03 18:00+00'", "lot_id": "(SELECT min(id) FROM lots_gavage)", "code_lot": "'MT4900101'",
		"jour": "5", "moment": "'soir'", "site_code": "'MT'", "dose_theorique": "343", "dose_reelle": "338.6", "poids_moyen": "5480.2",
		"nb_vivants": "49", "taux_mortalite": "2", "temperature": "20.8", "humidite": "63.1"},
	"gavage_meals": {"code_lot": "'MT4900101'", "jour": "5", "moment": "'soir'", "lot_id": "(SELECT min(id) FROM lots_gavage)",
		"time": "now()", "body_hash": `'\x0011223344556677'`},
	"sqal_samples": {"time": "now()", "device_id": "'ESP32_LS_01'", "sample_id": "'S-1'", "site_code": "'LS'",
		"fusion_final_score": "0.818", "fusion_final_grade": "'A'", "fusion_is_compliant": "true",
		"distance_cells": "decode('01' || repeat('0f', 64), 'hex')", "as7341_values": "'{1,2,3,4,5,6,7,8,9,10}'"},
	"sqal_alerts": {"time": "now()", "alert_type": "'quality_low'", "severity": "'warning'", "message": "'low'"},
	"alertes_euralis": {"time": "now()", "niveau": "'lot'", "type_alerte": "'mortalite_haute'", "severite": "'critique'",
		"message": "'haute'"},
	"alert_open":        {"alert_type": "'quality_low'", "object_key": "'device:X'", "origin": "'SQAL'", "alert_id": "1", "time": "now()", "last_time": "now()"},
	"sqal_pending_lots": {"code_lot": "'MT4900101'", "date_abattage": "now()", "status": "'pending'"},
	"sqal_sample_index": {"device_id": "'D'", "sample_id": "'S'", "time": "now()", "body_hash": `'\x0011223344556677'`},
	"rejected_messages": {"transport": "'grpc'", "kind": "'sample'", "reason": "'bad'"},
	"ingest_producers":  {"producer_id": "'p'", "kind": "'sample'"},
	"event_batches":     {"commit_seq": "1", "batch_id": "1", "kind": "'sample'", "rows": "1"},
	"sqal_devices":      {"device_id": "'ESP32_SIM_1234'", "status": "'active'"},
	"sqal_device_commands": {"device_id": "'ESP32_LL_01'", "kind": "'configuration'", "payload": "'{}'", "created_at": "now()",
		"created_by": "'marie'"},
	"sqal_device_presence": {"device_id": "'ESP32_LL_01'", "time": "now()", "status": "'online'"},
	"sqal_device_changes": {"device_id": "'ESP32_LL_01'", "changed_at": "now()", "changed_by": "'marie'", "action": "'approve'",
		"before": "'{}'", "after": "'{}'"},
	"gaveurs_euralis": {"nom": "'Gaveur 1'", "site_code": "'LL'"},
}

const (
	check      = "23514"
	foreign    = "23503"
	notNull    = "23502"
	textLength = "22001"
)

func TestConstraintsRefuseWhatTheSpecificationForbids(t *testing.T) {
	db := migrated(t)
	mustExec(t, db, "INSERT INTO lots_gavage (code_lot, site_code) VALUES ('MT4900101', 'MT')")
	for _, c := range []struct{ column, value, state string }{
		{"lots_gavage.code_lot", "'XX2512001'", check}, {"lots_gavage.code_lot", "'LL251200'", check},
		{"lots_gavage.site_code", "'ZZ'", foreign}, {"lots_gavage.site_code", "NULL", notNull},
		{"lots_gavage.genetique", "'Oie'", check}, {"lots_gavage.itm", "0", check}, {"lots_gavage.itm", "'NaN'", check},
		{"lots_gavage.sigma", "0", check}, {"lots_gavage.pctg_perte_gavage", "1.01", check}, {"lots_gavage.taux_mortalite", "101", check},
		{"lots_gavage.jour_actuel", "-2", check}, {"lots_gavage.statut", "'TERMINE'", check}, {"lots_gavage.origine", "'fax'", check},
		{"lots_gavage.nb_canards_meg", "-1", check}, {"lots_gavage.source", `'{"ITM": 1, "Telephone1": "0"}'`, check},
		{"lots_gavage.source", "'[]'", check}, {"lots_gavage.gaveur_id", "9", foreign},
		{"doses_journalieres.jour", "28", check}, {"doses_journalieres.jour", "-2", check}, {"doses_journalieres.moment", "'midi'", check},
		{"doses_journalieres.dose_reelle", "1000.5", check}, {"doses_journalieres.dose_reelle", "-1", check},
		{"doses_journalieres.dose_reelle", "'NaN'", check}, {"doses_journalieres.dose_reelle", "NULL", notNull},
		{"doses_journalieres.dose_theorique", "1001", check}, {"doses_journalieres.poids_moyen", "499", check},
		{"doses_journalieres.poids_moyen", "12001", check}, {"doses_journalieres.taux_mortalite", "100.1", check},
		{"doses_journalieres.temperature", "-21", check}, {"doses_journalieres.temperature", "51", check},
		{"doses_journalieres.humidite", "101", check}, {"doses_journalieres.repas", "55", check}, {"doses_journalieres.lot_id", "99", foreign},
		{"gavage_meals.moment", "'nuit'", check}, {"gavage_meals.body_hash", `'\x00'`, check},
		{"sqal_samples.fusion_final_score", "1.0001", check}, {"sqal_samples.fusion_final_score", "'NaN'", check},
		{"sqal_samples.fusion_final_grade", "'D'", check}, {"sqal_samples.declared_fusion_grade", "'REJET'", check},
		{"sqal_samples.vl53l8ch_quality_score", "-0.1", check}, {"sqal_samples.as7341_oxidation_index", "1.5", check},
		{"sqal_samples.fusion_confidence_level", "2", check}, {"sqal_samples.vl53l8ch_volume_mm3", "-1", check},
		{"sqal_samples.site_code", "'MG'", check}, {"sqal_samples.sample_id", "''", check}, {"sqal_samples.device_id", "repeat('x', 101)", check},
		{"sqal_samples.distance_cells", `'\x0100'`, check}, {"sqal_samples.as7341_values", "'{1,2,3}'", check},
		{"sqal_samples.meta_humidity_percent", "101", check}, {"sqal_samples.details", "'[]'", check},
		{"sqal_samples.fusion_is_compliant", "NULL", notNull},
		{"sqal_alerts.severity", "'high'", check}, {"sqal_alerts.is_acknowledged", "true", check},
		{"alertes_euralis.severite", "'high'", check}, {"alertes_euralis.niveau", "'pays'", check}, {"alertes_euralis.acquittee", "true", check},
		{"alert_open.origin", "'X'", check}, {"alert_open.occurrences", "0", check},
		{"sqal_pending_lots.code_lot", "'LL0000000'", foreign}, {"sqal_pending_lots.status", "'done'", check},
		{"sqal_pending_lots.status", "'inspecting'", check}, {"sqal_pending_lots.status", "'approved'", check},
		{"sqal_pending_lots.lease_token", "'t'", check}, {"sqal_pending_lots.date_abattage", "NULL", notNull},
		{"sqal_sample_index.body_hash", `'\x'`, check},
		{"rejected_messages.payload", "decode(repeat('00', 65537), 'hex')", check}, {"rejected_messages.violations", "'{}'", check},
		{"ingest_producers.kind", "'other'", check}, {"ingest_producers.last_sequence", "-1", check},
		{"event_batches.commit_seq", "0", check}, {"event_batches.rows", "-1", check},
		{"sqal_devices.status", "'asleep'", check}, {"sqal_devices.device_id", "''", check},
		{"sqal_devices.presence", "'asleep'", check}, {"sqal_devices.presence", "'online'", check}, {"sqal_devices.nack_count", "-1", check},
		{"sqal_device_commands.kind", "'dance'", check}, {"sqal_device_commands.outcome", "'lost'", check},
		{"sqal_device_commands.payload", "'[]'", check}, {"sqal_device_commands.device_id", "'nobody'", foreign},
		{"sqal_device_presence.status", "'asleep'", check}, {"sqal_device_changes.action", "'paint'", check},
		{"sqal_devices.device_id", "repeat('x', 101)", textLength}, {"gaveurs_euralis.site_code", "'ZZ'", foreign},
	} {
		table, column, _ := strings.Cut(c.column, ".")
		_, err := db.Exec(insertion(table, column, c.value))
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != c.state {
			t.Errorf("%s = %s: got %v, want SQLSTATE %s", c.column, c.value, err, c.state)
		}
	}
	for table := range goodRows {
		mustExec(t, db, insertion(table, "", ""))
	}
}

func insertion(table, changed, value string) string {
	var names, values []string
	for name, v := range goodRows[table] {
		if name != changed {
			names, values = append(names, name), append(values, v)
		}
	}
	if changed != "" {
		names, values = append(names, changed), append(values, value)
	}
	return "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"
}

func TestKeysAllowOneRowEach(t *testing.T) {
	db := migrated(t)
	mustExec(t, db, "INSERT INTO lots_gavage (code_lot, site_code) VALUES ('MT4900101', 'MT')")
	for _, table := range []string{"lots_gavage", "gavage_meals", "sqal_sample_index", "alert_open", "sqal_pending_lots", "ingest_producers",
		"event_batches", "sqal_devices", "sqal_device_commands"} {
		mustExec(t, db, insertion(table, "", ""))
		_, err := db.Exec(insertion(table, "", ""))
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "23505" {
			t.Errorf("second row of %s: %v", table, err)
		}
	}
	if _, err := db.Exec("INSERT INTO event_clock (one, last_seq) VALUES (true, 5)"); err == nil {
		t.Error("event_clock took a second row")
	}
}

func TestLotWithSamplesCannotBeDeletedAndChangesAreKept(t *testing.T) {
	db := migrated(t)
	mustExec(t, db, "INSERT INTO lots_gavage (code_lot, site_code, statut) VALUES ('LS2512001', 'LS', 'en_gavage')")
	mustExec(t, db, insertion("sqal_samples", "lot_id", "(SELECT id FROM lots_gavage)"))
	if _, err := db.Exec("DELETE FROM lots_gavage"); err == nil {
		t.Error("a lot with a sample was deleted")
	}
	mustExec(t, db, "UPDATE lots_gavage SET jour_actuel = 3, poids_moyen_actuel = 5000")
	expect(t, "history after a meal", query(t, db, "SELECT count(*) FROM lots_gavage_history WHERE transition <> 'create'"), "0")
	mustExec(t, db, "SELECT set_config('egi.principal', 'user:3', false); UPDATE lots_gavage SET statut = 'termine'")
	expect(t, "history after a change of state",
		query(t, db, "SELECT code_lot, changed_by, before ->> 'statut' FROM lots_gavage_history WHERE transition <> 'create'"), "LS2512001|user:3|en_gavage")
	mustExec(t, db, "TRUNCATE sqal_samples; DELETE FROM lots_gavage")
}
