// egictl: the command line of EGI.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>

#include "clients/cli/accounts_command.h"
#include "clients/cli/devices_command.h"
#include "clients/cli/export_lots.h"
#include "clients/cli/export_samples.h"
#include "clients/cli/import_file.h"
#include "clients/cli/import_lots.h"
#include "clients/cli/models.h"
#include "clients/cli/overview.h"
#include "clients/cli/replay.h"
#include "clients/cli/send.h"
#include "clients/cli/session.h"
#include "clients/cli/simulators_command.h"
#include "clients/cli/spc_command.h"
#include "clients/cli/station_commands.h"
#include "clients/cli/watch.h"

namespace egi::cli {
namespace {

// The options live as long as the program: a command line is parsed once.
void AddImportCommand(CLI::App& app, std::function<int(const Session&)>* run) {
  static ImportFileOptions file;
  static int limit = 20;
  static ShowImportOptions show;
  CLI::App* import = app.add_subcommand("import", "import a campaign file, lots and meals; importing again changes nothing, a cut import goes on");
  import->require_subcommand(0, 1);
  import->add_option("file", file.file, "the campaign file; - = standard input");
  import->add_option("--policy", file.policy, "all: one bad row and nothing is changed; per_row: bad rows are left out")
      ->capture_default_str()
      ->check(CLI::IsMember({"all", "per_row"}));
  import->add_flag("--dry-run", file.dry_run, "check, compare and count; change nothing");
  import->add_option("--by", file.by, "who imports, e.g. user:3; stands in the history of the lots");
  import->add_flag("--no-wait", file.no_wait, "only send it; import show tells how far it is");
  import->callback([import, run] {
    if (!import->get_subcommands().empty()) return;
    if (file.file.empty()) throw CLI::RequiredError("file");
    *run = [](const Session& session) { return RunImportFile(session, file); };
  });
  CLI::App* command = import->add_subcommand("list", "imports, newest first");
  command->add_option("--limit", limit, "at most so many")->capture_default_str()->check(CLI::Range(1, 500));
  command->callback([run] { *run = [](const Session& session) { return RunListImports(session, limit); }; });
  command = import->add_subcommand("show", "one import: figures, errors and warnings by row and column");
  command->add_option("id", show.import_id, "its number")->required()->check(CLI::PositiveNumber);
  command->add_option("--severity", show.severity, "only anomalies of this severity")->check(CLI::IsMember({"error", "warning", "info"}));
  command->callback([run] { *run = [](const Session& session) { return RunShowImport(session, show); }; });
}

int Main(int argc, char** argv) {
  std::string server = "127.0.0.1:50051";
  bool json = false;
  std::function<int(const Session&)> run;

  CLI::App app("egictl watches, feeds and questions an EGI server.\nExit codes: 0 done; 1 refused or unusable input; 2 wrong arguments; "
               "3 no answer from the server; 4 done, but some items were refused.");
  app.require_subcommand(1);
  app.fallthrough();  // --server and --json may follow the command.
  app.add_option("--server", server, "HOST:PORT of the server")->capture_default_str();
  app.add_flag("--json", json, "one JSON object a line instead of text");

  WatchOptions watch;
  CLI::App* command = app.add_subcommand("watch", "follow the live feed (first what is known now, then every event); Ctrl-C ends");
  command->add_option("--device", watch.device, "only this device");
  command->add_option("--site", watch.site, "only this site: LL, LS or MT");
  command->add_option("--lot", watch.lot, "only this lot, id or code");
  command->add_option("--gaveur", watch.gaveur, "only this feeder's lots");
  command->add_option("--min-grade", watch.min_grade, "only samples of this grade or better: A+ A B C REJECT");
  command->add_option("--kind", watch.kinds, "only these kinds: sample meal alert device lot (repeat or separate by commas)")->delimiter(',');
  command->add_option("--resume", watch.resume, "continue after this token (printed when a watch ends)");
  command->add_flag("--latest-only", watch.latest_only, "when too slow, skip to the newest instead of catching up");
  command->add_flag("--no-snapshot", watch.no_snapshot, "only what happens from now on");
  command->add_option("--count", watch.count, "end after so many events")->check(CLI::PositiveNumber);
  command->callback([&] { run = [&](const Session& session) { return RunWatch(session, watch); }; });

  SendOptions send;
  command = app.add_subcommand("send", "send samples or meals written as JSON (proto names); sending the same again changes nothing");
  command->add_option("kind", send.kind, "sample or meal")->required()->check(CLI::IsMember({"sample", "meal"}));
  command->add_option("file", send.file, "one JSON object, or one a line; - = standard input")->capture_default_str();
  command->callback([&] { run = [&](const Session& session) { return RunSend(session, send); }; });

  ImportLotsOptions import_lots;
  AddImportCommand(app, &run);
  command = app.get_subcommand("import")->add_subcommand("lots", "import the lots of a campaign file without their meals, all or none");
  command->add_option("file", import_lots.file, "the campaign file; - = standard input")->required();
  command->add_flag("--dry-run", import_lots.dry_run, "check and count, change nothing");
  command->callback([&] { run = [&](const Session& session) { return RunImportLots(session, import_lots); }; });

  ExportSamplesOptions export_samples;
  CLI::App* exports = app.add_subcommand("export", "write files");
  exports->require_subcommand(1);
  command = exports->add_subcommand("samples", "stored samples, oldest first; the file appears only when it is whole and its SHA-256 is right");
  command->add_option("--out", export_samples.out, "the file; - = standard output")->capture_default_str();
  command->add_option("--format", export_samples.format, "csv or ndjson")->capture_default_str()->check(CLI::IsMember({"csv", "ndjson"}));
  command->add_option("--from", export_samples.from, "start, 2026-02-03 or 2026-02-03T09:00:00Z; default 24 hours before --to");
  command->add_option("--to", export_samples.to, "end, exclusive; default now");
  command->add_option("--device", export_samples.device, "only this device");
  command->add_option("--lot", export_samples.lot, "only this lot, id or code");
  command->add_flag("--full", export_samples.full, "also the matrices");
  command->callback([&] { run = [&](const Session& session) { return RunExportSamples(session, export_samples); }; });

  ExportLotsOptions export_lots;
  command = exports->add_subcommand("lots", "lots and their meals, by code, in the columns of a campaign file and without personal data");
  command->add_option("--out", export_lots.out, "the file; - = standard output")->capture_default_str();
  command->add_option("--format", export_lots.format, "campaign174, campaign199, campaign100 or ndjson")
      ->capture_default_str()
      ->check(CLI::IsMember({"campaign174", "campaign199", "campaign100", "ndjson"}));
  command->add_option("--site", export_lots.site, "only this site: LL, LS or MT");
  command->add_option("--statut", export_lots.statut, "only this state; default all but annule");
  command->add_option("--gaveur", export_lots.gaveur, "only this feeder's lots")->check(CLI::PositiveNumber);
  command->add_option("--from", export_lots.from, "first day of the lots from, 2024-01-31");
  command->add_option("--to", export_lots.to, "first day of the lots to, inclusive");
  command->callback([&] { run = [&](const Session& session) { return RunExportLots(session, export_lots); }; });

  ReplayOptions replay;
  command = app.add_subcommand("replay", "stream the meals of a campaign file as the stations would have; import its lots first");
  command->add_option("file", replay.file, "the campaign file; - = standard input")->required();
  command->add_option("--speed", replay.speed, "times real time (86400 = a day a second); 0 = as fast as possible")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e9));
  command->callback([&] { run = [&](const Session& session) { return RunReplay(session, replay); }; });

  command = app.add_subcommand("status", "health, counters and running lots");
  command->callback([&] { run = RunStatus; });

  AlertsOptions alerts;
  command = app.add_subcommand("alerts", "open alerts, newest first");
  command->add_option("--origin", alerts.origin, "feeding or quality; default both")->check(CLI::IsMember({"feeding", "quality"}));
  command->add_option("--site", alerts.site, "only this site: LL, LS or MT");
  command->add_option("--severity", alerts.severity, "info, warning, important or critical")
      ->check(CLI::IsMember({"info", "warning", "important", "critical"}));
  command->add_flag("--all", alerts.all, "also acknowledged ones");
  command->add_option("--limit", alerts.limit, "at most so many of each origin")->capture_default_str()->check(CLI::Range(1, 200));
  command->callback([&] { run = [&](const Session& session) { return RunAlerts(session, alerts); }; });

  AddAccountsCommands(app, &run);
  AddDevicesCommand(app, &run);
  AddSimulatorsCommand(app, &run);
  AddSpcCommand(app, &run);
  AddGaugeCommands(app, run);
  AddFirmwareCommands(app, run);

  CLI::App* models = app.add_subcommand("models", "learned models; they never change an official grade");
  models->require_subcommand(1);
  command = models->add_subcommand("list", "registered versions; * is in use");
  command->callback([&] { run = RunListModels; });
  ActivateModelOptions activate;
  command = models->add_subcommand("activate", "take a version into use");
  command->add_option("id", activate.model_id, "number of the version, as models list shows it")->required();
  command->add_option("--by", activate.by, "who activates, e.g. user:3")->required();
  command->callback([&] { run = [&](const Session& session) { return RunActivateModel(session, activate); }; });
  PredictOptions predict;
  command = models->add_subcommand("predict", "grade and defects of a stored sample, beside the official grade");
  command->add_option("sample", predict.sample_id, "id of the sample")->required();
  command->add_option("--device", predict.device_id, "its device, when two devices used the id");
  command->callback([&] { run = [&](const Session& session) { return RunPredict(session, predict); }; });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  return run(Session{server, json, std::cin, std::cout, std::cerr, isatty(STDERR_FILENO) == 1});
}

}  // namespace
}  // namespace egi::cli

int main(int argc, char** argv) { return egi::cli::Main(argc, argv); }
