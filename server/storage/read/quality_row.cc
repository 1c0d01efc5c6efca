#include "server/storage/read/quality_row.h"

#include "absl/strings/str_cat.h"

namespace egi::storage::read {

using quality::v1::Device;
using quality::v1::PendingLot;

const char kDeviceSql[] =
    "SELECT d.device_id, d.device_name, d.firmware_version, d.site_code, d.status, d.config_profile, " EGI_US("d.created_at")
    ", " EGI_US("d.last_seen") ", d.buffer_size, d.location, d.presence, " EGI_US("d.presence_since") ", " EGI_US("d.heartbeat_at")
    ", least(coalesce(d.uptime_s, 0), 2147483647), d.measurements_sent, d.nack_count, d.acquisition_failures, d.measurements_dropped, d.boot_count, "
    "d.configuration_revision, (SELECT (c.payload -> 'configuration' ->> 'revision')::integer FROM sqal_device_commands c "
    "WHERE c.device_id = d.device_id AND c.kind = 'configuration' AND c.outcome NOT IN ('refused', 'withdrawn') "
    "ORDER BY c.command_id DESC LIMIT 1), d.calibration_id, d.refuses_to_grade, (SELECT count(*) FROM sqal_device_commands c "
    "WHERE c.device_id = d.device_id AND c.outcome IN ('open', 'in_progress')), "
    "(SELECT count(*) FROM sqal_samples s WHERE s.device_id = d.device_id AND s.score_disagrees AND s.time > d.last_seen - interval '24 hours') "
    "FROM sqal_devices d";

std::string PendingLotSql(const std::string& now) {
  return absl::StrCat(
      "SELECT p.id, p.code_lot, p.gaveur_id, p.site, p.genetique, p.poids_moyen_final, p.nb_canards_final, p.taux_mortalite, ",
      EGI_US("p.date_abattage"), ", ", EGI_US("p.date_inspection_sqal"), ", p.status, p.attempts, ",
      "CASE WHEN p.status = 'pending' AND p.next_attempt_at > ", now, "::timestamptz THEN ", EGI_US("p.next_attempt_at"), " END, ",
      EGI_US("p.lease_until"), ", p.last_error, (SELECT count(*) FROM sqal_samples s WHERE s.lot_id = l.id), l.total_corn_real, ",
      "p.proposed_decision, p.decision_by, ", EGI_US("p.decision_at"), ", p.decision_reason, p.lease_owner, l.poids_foie_estime, l.itm_estime, l.id ",
      "FROM sqal_pending_lots p JOIN lots_gavage l ON l.code_lot = p.code_lot");
}

Device ToDevice(RowCursor row) {
  Device device;
  device.set_device_id(row.Text());
  device.set_device_name(row.Text());
  device.set_firmware_version(row.Text());
  device.set_site_code(row.Text());
  device.set_status(row.Text());
  device.set_config_profile(row.Text());
  row.Set(&device, &Device::mutable_created_at);
  row.Set(&device, &Device::mutable_last_seen);
  device.set_buffer_size(row.Int());
  device.set_location(row.Text());
  device.set_presence(row.Text());
  row.Set(&device, &Device::mutable_presence_since);
  row.Set(&device, &Device::mutable_heartbeat_time);
  device.set_uptime_s(row.Int());
  device.set_measurements_sent(row.Int());
  device.set_nack_count(row.Int());
  device.set_acquisition_failures(row.Int());
  device.set_measurements_dropped(row.Int());
  device.set_boot_count(row.Int());
  device.set_configuration_revision(row.Int());
  device.set_desired_configuration_revision(row.Int());
  device.set_calibration_id(row.Int());
  device.set_refuses_to_grade(row.Text());
  device.set_open_commands(row.Int());
  device.set_score_disagreements_24h(row.Int());
  return device;
}

PendingLot ToPendingLot(RowCursor row) {
  PendingLot lot;
  lot.set_id(row.Int());
  lot.set_code_lot(row.Text());
  lot.set_gaveur_id(row.Int());
  lot.set_site(row.Text());
  lot.set_genetique(row.Text());
  row.Set(&lot, &PendingLot::mutable_poids_moyen_final);
  row.Set(&lot, &PendingLot::mutable_nb_canards_final);
  row.Set(&lot, &PendingLot::mutable_taux_mortalite);
  row.Set(&lot, &PendingLot::mutable_date_abattage);
  row.Set(&lot, &PendingLot::mutable_date_inspection_sqal);
  lot.set_status(row.Text());
  lot.set_attempts(row.Int());
  row.Set(&lot, &PendingLot::mutable_next_attempt_at);
  row.Set(&lot, &PendingLot::mutable_lease_until);
  row.Set(&lot, &PendingLot::mutable_last_error);
  lot.set_nb_echantillons(row.Int());
  row.Set(&lot, &PendingLot::mutable_total_corn_g);
  row.Set(&lot, &PendingLot::mutable_proposed_decision);
  row.Set(&lot, &PendingLot::mutable_decision_by);
  row.Set(&lot, &PendingLot::mutable_decision_at);
  row.Set(&lot, &PendingLot::mutable_decision_reason);
  row.Set(&lot, &PendingLot::mutable_lease_owner);
  row.Set(&lot, &PendingLot::mutable_poids_foie_estime);
  row.Set(&lot, &PendingLot::mutable_itm_estime);
  lot.set_lot_id(row.Int());
  return lot;
}

}  // namespace egi::storage::read
