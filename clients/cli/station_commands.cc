#include "clients/cli/station_commands.h"

#include <memory>
#include <string>

#include "clients/cli/firmware.h"
#include "clients/cli/gauge.h"

namespace egi::cli {

void AddGaugeCommands(CLI::App& app, std::function<int(const Session&)>& run) {
  CLI::App* gauge = app.add_subcommand("gauge", "is a station still a measuring instrument: calibrations, checks, drift, studies");
  gauge->require_subcommand(1);

  const auto calibrate = std::make_shared<GaugeCalibrateOptions>();
  CLI::App* command = gauge->add_subcommand("calibrate", "give a station a calibration and push it; the first one enrols the station");
  command->add_option("device", calibrate->device, "the station")->required();
  command->add_option("file", calibrate->file, "JSON with white_reference or readings of it, and distance_offset_mm; - = standard input")->required();
  command->add_option("--by", calibrate->by, "who calibrated")->required();
  command->add_option("--reason", calibrate->reason, "why");
  command->add_option("--valid-until", calibrate->valid_until, "2026-02-03 or 2026-02-03T09:00:00Z; default 30 days");
  command->callback([&run, calibrate] { run = [calibrate](const Session& session) { return RunGaugeCalibrate(session, *calibrate); }; });

  const auto check = std::make_shared<GaugeCheckOptions>();
  command = gauge->add_subcommand("check", "have readings of a reference judged; ends with 1 when they fail");
  command->add_option("device", check->device, "the station")->required();
  command->add_option("file", check->file, "JSON with kind, reference and readings, frames or volumes_mm3; - = standard input")->required();
  command->add_option("--by", check->by, "who checked");
  command->callback([&run, check] { run = [check](const Session& session) { return RunGaugeCheck(session, *check); }; });

  const auto measure = std::make_shared<GaugeMeasureOptions>();
  command = gauge->add_subcommand("measure", "have a station measure the reference that lies under its sensors, as a check or for a calibration");
  command->add_option("device", measure->device, "the station")->required();
  command->add_option("--kind", measure->kind, "white_reference or golden_sample")
      ->check(CLI::IsMember({"white_reference", "golden_sample"}))
      ->capture_default_str();
  command->add_option("--reference", measure->reference, "which tile or sample, e.g. its serial number")->required();
  command->add_option("--by", measure->by, "who measures")->required();
  command->add_option("--readings", measure->readings, "readings to take")->capture_default_str()->check(CLI::Range(3, 20));
  command->add_option("--volume-mm3", measure->volume_mm3, "golden sample: its true volume")->check(CLI::PositiveNumber);
  CLI::Option* calibrate_flag = command->add_flag("--calibrate", measure->calibrate, "make a calibration of the readings, valid for 30 days");
  command->add_option("--distance-offset-mm", measure->distance_offset_mm, "with --calibrate: subtracted from every distance; default as before")
      ->needs(calibrate_flag);
  command->add_option("--timeout", measure->timeout_s, "wait so many seconds for the station")->capture_default_str()->check(CLI::Range(1, 3600));
  command->callback([&run, measure] { run = [measure](const Session& session) { return RunGaugeMeasure(session, *measure); }; });

  const auto status = std::make_shared<GaugeStatusOptions>();
  command = gauge->add_subcommand("status", "which stations may grade, and why not; ends with 1 when one must not");
  command->add_option("device", status->device, "only this station; default all enrolled ones");
  command->callback([&run, status] { run = [status](const Session& session) { return RunGaugeStatus(session, *status); }; });

  const auto drift = std::make_shared<GaugeDriftOptions>();
  command = gauge->add_subcommand("drift", "the drift chart (EWMA) of a station since its calibration");
  command->add_option("device", drift->device, "the station")->required();
  command->add_option("--kind", drift->kind, "white_reference (default) or golden_sample")->check(CLI::IsMember({"white_reference", "golden_sample"}));
  command->callback([&run, drift] { run = [drift](const Session& session) { return RunGaugeDrift(session, *drift); }; });

  const auto study = std::make_shared<GaugeStudyOptions>();
  command = gauge->add_subcommand("study", "repeatability and reproducibility (gauge R&R, AIAG) of measurements; ends with 1 when unacceptable");
  command->add_option("file", study->file, "CSV with a line of names, then part,appraiser,value; - = standard input")->required();
  command->add_option("--name", study->name, "name of the study")->required();
  command->add_option("--characteristic", study->characteristic, "what was measured, e.g. volume_mm3")->required();
  command->add_option("--unit", study->unit, "unit of the values");
  command->add_option("--by", study->by, "who made the study")->required();
  command->add_option("--tolerance", study->tolerance, "width of the tolerance, unit of the values")->check(CLI::PositiveNumber);
  command->callback([&run, study] { run = [study](const Session& session) { return RunGaugeStudy(session, *study); }; });
}

void AddFirmwareCommands(CLI::App& app, std::function<int(const Session&)>& run) {
  CLI::App* firmware = app.add_subcommand("firmware", "versions of the stations' firmware and their staged installation");
  firmware->require_subcommand(1);

  CLI::App* command = firmware->add_subcommand("list", "stored versions, newest first");
  command->callback([&run] { run = RunFirmwareList; });

  const auto upload = std::make_shared<FirmwareUploadOptions>();
  command = firmware->add_subcommand("upload", "store a version; its SHA-256 is checked by the server; uploading again changes nothing");
  command->add_option("file", upload->file, "the image, at most 16 MiB; - = standard input")->required();
  command->add_option("--version", upload->version, "version, 1..20 letters, digits, '.', '-', '_', '+'")->required();
  command->add_option("--by", upload->by, "who uploads")->required();
  command->add_option("--notes", upload->notes, "what changed");
  command->callback([&run, upload] { run = [upload](const Session& session) { return RunFirmwareUpload(session, *upload); }; });

  const auto status = std::make_shared<FirmwareStatusOptions>();
  command = firmware->add_subcommand("status", "rollouts, newest first, or one with its devices");
  command->add_option("rollout", status->rollout_id, "number of a rollout")->check(CLI::PositiveNumber);
  command->callback([&run, status] { run = [status](const Session& session) { return RunFirmwareStatus(session, *status); }; });

  CLI::App* rollout = firmware->add_subcommand("rollout", "install a version stage by stage");
  rollout->require_subcommand(1);
  const auto start = std::make_shared<RolloutStartOptions>();
  command = rollout->add_subcommand("start", "begin with the first stage; the next one follows when every device of it has installed the version");
  command->add_option("version", start->version, "a stored version")->required();
  command->add_option("--by", start->by, "who starts it")->required();
  command->add_option("--site", start->site, "only this site: LL, LS or MT");
  command->add_option("--profile", start->profile, "only devices of this profile");
  command->add_option("--stages", start->stages, "rising shares of the devices, %; default 10,50,100")->delimiter(',');
  command->add_option("--max-failed", start->max_failed_pct, "pause above this share of failures, %")->capture_default_str()->check(CLI::Range(0, 100));
  command->callback([&run, start] { run = [start](const Session& session) { return RunRolloutStart(session, *start); }; });
  const struct {
    const char* verb;
    const char* help;
  } verbs[] = {{"pause", "offer the version to nobody else until resumed"},
               {"resume", "go on; the failures so far are accepted"},
               {"abort", "end it for good and withdraw the offers nobody answered"}};
  for (const auto& each : verbs) {
    const auto change = std::make_shared<RolloutChangeOptions>();
    change->verb = each.verb;
    command = rollout->add_subcommand(each.verb, each.help);
    command->add_option("rollout", change->rollout_id, "number of the rollout")->required()->check(CLI::PositiveNumber);
    command->add_option("--by", change->by, "who does it")->required();
    command->add_option("--reason", change->reason, "why");
    command->callback([&run, change] { run = [change](const Session& session) { return RunRolloutChange(session, *change); }; });
  }
}

}  // namespace egi::cli
