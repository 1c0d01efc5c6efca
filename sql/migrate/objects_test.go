package migrate

import (
	"strings"
	"testing"
)

// Columns that the specification of the database and of the sample object names, and those the ingestion relies on.
var specified = map[string]string{
	"sites_euralis":   "id code nom region zone capacite_gavage_max",
	"gaveurs_euralis": "id nom prenom site_code actif created_at",
	"lots_gavage": "id code_lot gaveur_id site_code souche genetique debut_lot itm itm_moyen sigma duree_gavage_reelle " +
		"nb_canards_initial nb_canards_meg nb_canards_accroches total_corn_real poids_moyen_actuel taux_mortalite " +
		"pctg_perte_gavage jour_actuel pret_abattage statut origine source created_at updated_at",
	"doses_journalieres": "time lot_id code_lot jour moment repas dose_theorique dose_reelle poids_moyen nb_vivants taux_mortalite " +
		"temperature humidite gaveur_id site_code genetique device_time received_at created_at correction batch_id " +
		"ordinal pret_abattage sent_at nb_morts",
	"performances_sites": "site_code mois nb_lots nb_gaveurs itm_moyen itm_pondere mortalite_moyenne mortalite_ponderee " +
		"production_foie_kg",
	"alertes_euralis": "time id niveau site_code lot_id gaveur_id type_alerte severite message valeur_observee valeur_attendue " +
		"ecart_pct acquittee acquittee_par acquittee_le",
	"sqal_devices": "device_id device_name firmware_version site_code status config_profile created_at last_seen " +
		"heartbeat_at measurements_sent nack_count acquisition_failures measurements_dropped boot_count configuration_revision " +
		"calibration_id refuses_to_grade presence presence_since silent_alert_at",
	"sqal_device_presence": "presence_id device_id time status",
	"sqal_device_counters": "device_id time buffer_size nack_count acquisition_failures measurements_dropped boot_count " +
		"configuration_revision calibration_id refuses_to_grade measurements_sent",
	"sqal_device_changes": "change_id device_id changed_at changed_by action reason before after",
	"sqal_device_commands": "command_id device_id kind payload created_at created_by sent_at outcome message answered_at " +
		"bytes_received",
	"sqal_sensor_samples": "time sample_id device_id lot_id vl53l8ch_distance_matrix vl53l8ch_reflectance_matrix " +
		"vl53l8ch_amplitude_matrix vl53l8ch_integration_time vl53l8ch_temperature_c vl53l8ch_volume_mm3 " +
		"vl53l8ch_avg_height_mm vl53l8ch_max_height_mm vl53l8ch_min_height_mm vl53l8ch_surface_uniformity " +
		"vl53l8ch_bins_analysis vl53l8ch_reflectance_analysis vl53l8ch_amplitude_consistency " +
		"vl53l8ch_quality_score vl53l8ch_grade vl53l8ch_score_breakdown vl53l8ch_defects as7341_channels " +
		"as7341_integration_time as7341_gain as7341_freshness_index as7341_fat_quality_index " +
		"as7341_oxidation_index as7341_spectral_analysis as7341_color_analysis as7341_quality_score as7341_grade " +
		"as7341_score_breakdown as7341_defects fusion_final_score fusion_final_grade fusion_vl53l8ch_score " +
		"fusion_as7341_score fusion_defects fusion_is_compliant meta_firmware_version meta_temperature_c " +
		"meta_humidity_percent meta_config_profile created_at declared_fusion_score declared_fusion_grade " +
		"declared_compliant site_code code_lot",
	"sqal_sample_index": "device_id sample_id time body_hash",
	"sqal_hourly_stats": "bucket device_id sample_count avg_quality_score avg_quality count_a_plus count_a count_b count_c " +
		"count_reject avg_volume_mm3 avg_freshness_index avg_freshness compliance_rate_pct",
	"sqal_site_stats": "bucket site_code total_samples avg_quality_score compliance_rate_pct count_a_plus count_a count_b count_c " +
		"count_reject",
	"sqal_hour_cells": "bucket device_id site_code samples compliant score_sum volume_sum volume_count freshness_sum freshness_count first_time last_time",
	"sqal_day_cells":  "bucket device_id site_code samples compliant score_sum volume_sum volume_count freshness_sum freshness_count first_time last_time",
	"sqal_alerts": "time alert_id device_id sample_id alert_type severity message data_context is_acknowledged " +
		"acknowledged_at acknowledged_by",
	"sqal_pending_lots": "id code_lot gaveur_id gaveur_nom site genetique poids_moyen_final nb_canards_final taux_mortalite " +
		"date_abattage date_inspection_sqal status created_at updated_at lease_owner lease_token lease_until " +
		"attempts next_attempt_at last_error",
	"alert_open":       "alert_type object_key origin alert_id time occurrences last_time",
	"gavage_meals":     "code_lot jour moment time body_hash recorded_by",
	"gavage_jours":     "lot_id jour code_lot date_gavage nb_canards_peses poids_echantillon mortalite_jour saisi_par created_at updated_at",
	"gavage_requests":  "request_id body_hash answer created_at",
	"event_clock":      "last_seq",
	"event_batches":    "commit_seq batch_id kind rows min_time max_time committed_at",
	"event_payloads":   "batch_id ordinal payload",
	"ingest_producers": "producer_id kind epoch last_sequence",
	"rejected_messages": "id received_at transport kind producer_id device_id sample_id code_lot jour moment sequence reason " +
		"violations payload",
	"courbes_theoriques": "id lot_id gaveur_id statut source methode duree_gavage_jours doses_g doses_modifiees_g poids_g pysr_equation " +
		"pysr_r2_score pysr_complexity cree_par superviseur_nom date_validation commentaire_superviseur created_at updated_at",
	"courbes_theoriques_history": "courbe_id changed_at changed_by statut_avant statut commentaire doses_avant_g doses_g",
	"courbe_reelle_jours":        "lot_id jour correction date_gavage gaveur_id dose_reelle_g commentaire_gaveur created_at",
	"corrections_dose":           "gavage_id lot_id slot_cible dose_prevue_g dose_proposee_g raison acceptee dose_finale_g repondu_par repondu_le",
	"finance_prix":               "id type_prix grade prix valide_du saisi_par raison saisi_le request_id",
	"planning_abattages": "id site_code abattoir date heure_debut heure_fin capacite_max nb_lots nb_canards lots_ids statut raison_annulation " +
		"created_at updated_at",
	"planning_abattages_lots":    "lot_id creneau_id nb_canards distance_km affecte_par affecte_le",
	"planning_abattages_history": "creneau_id changed_at changed_by action raison before after",
	"v_lots_actifs_realtime": "code_lot gaveur_id gaveur_nom site_code genetique jour_actuel nb_canards_vivants poids_moyen_actuel " +
		"taux_mortalite dernier_repas_time",
	"v_stats_realtime_sites": "site_code nb_lots_actifs nb_canards poids_moyen taux_mortalite",
}

func TestEveryNamedObjectHasItsColumns(t *testing.T) {
	db := migrated(t)
	for object, columns := range specified {
		have := map[string]bool{}
		for _, column := range strings.Split(query(t, db,
			"SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1", object), "\n") {
			have[column] = true
		}
		for _, column := range strings.Fields(columns) {
			if !have[column] {
				t.Errorf("%s has no column %s", object, column)
			}
		}
	}
}

func TestTypesThatTheSpecificationFixes(t *testing.T) {
	db := migrated(t)
	for column, want := range map[string]string{
		"lots_gavage.id": "integer", "lots_gavage.code_lot": "character varying(20)", "lots_gavage.source": "jsonb",
		"lots_gavage.jour_actuel": "integer", "lots_gavage.pret_abattage": "boolean", "sqal_devices.device_id": "character varying(100)",
		"sqal_sensor_samples.time": "timestamp with time zone", "sqal_sensor_samples.lot_id": "integer",
		"sqal_sensor_samples.vl53l8ch_distance_matrix": "real[]", "sqal_sensor_samples.as7341_channels": "jsonb",
		"sqal_sensor_samples.vl53l8ch_defects": "jsonb", "sqal_alerts.data_context": "jsonb",
		"doses_journalieres.time": "timestamp with time zone", "sqal_pending_lots.date_abattage": "timestamp with time zone",
	} {
		table, name, _ := strings.Cut(column, ".")
		expect(t, column, query(t, db, `SELECT format_type(atttypid, atttypmod) FROM pg_attribute
			WHERE attrelid = $1::regclass AND attname = $2`, table, name), want)
	}
}

func TestSeedRows(t *testing.T) {
	db := migrated(t)
	expect(t, "sites", query(t, db, "SELECT code, region FROM sites_euralis ORDER BY code"),
		"LL|Bretagne\nLS|Pays de Loire\nMT|Maubourguet")
	expect(t, "devices", query(t, db,
		"SELECT device_id, device_name, firmware_version, site_code, status, config_profile FROM sqal_devices ORDER BY device_id"),
		"ESP32_LL_01|Capteur Site Bretagne (LL)|v1.2.3|LL|active|standard\n"+
			"ESP32_LS_01|Capteur Site Pays de Loire (LS)|v1.2.3|LS|active|standard\n"+
			"ESP32_MT_01|Capteur Site Maubourguet (MT)|v1.2.3|MT|active|standard")
}

func TestEveryTableViewAndFunctionIsExplained(t *testing.T) {
	db := migrated(t)
	expect(t, "tables and views without a comment", query(t, db, `SELECT relname FROM pg_class
		WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND NOT relispartition
		AND relname NOT LIKE 'goose%' AND obj_description(oid, 'pg_class') IS NULL ORDER BY 1`), "")
	expect(t, "functions without a comment", query(t, db, `SELECT p.oid::regprocedure FROM pg_proc p
		WHERE pronamespace = 'public'::regnamespace AND prorettype <> 'trigger'::regtype
		AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
		AND obj_description(p.oid, 'pg_proc') IS NULL ORDER BY 1`), "")
}

func TestContactDataIsClosedToOrdinaryRoles(t *testing.T) {
	db := migrated(t)
	expect(t, "grants to everybody", query(t, db, `SELECT table_name, grantee, privilege_type FROM information_schema.role_table_grants
		WHERE table_name IN ('gaveurs_contact', 'eleveurs_contact', 'accounts', 'account_sessions', 'refresh_tokens', 'identity_audit') AND grantee NOT IN (current_user, 'egi_contact_reader')`), "")
	expect(t, "contact columns of open tables", query(t, db, `SELECT table_name, column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND column_name IN ('civilite', 'raison_sociale', 'nom_usage', 'adresse1', 'adresse2', 'code_postal',
		'commune', 'telephone1', 'email', 'eleveur') AND table_name NOT IN ('gaveurs_contact', 'accounts')`), "")
}
