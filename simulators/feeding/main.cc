// feeding-simulator: lots of ducks fed on an accelerated clock, sent through StreamMeals as a feeder's device would send them. With --spool it
// continues after any interruption, without losing or repeating a meal.
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"
#include "server/base/system_clock.h"
#include "server/campaign/write.h"
#include "simulators/feeding/config_file.h"
#include "simulators/feeding/export.h"
#include "simulators/feeding/incident_file.h"
#include "simulators/feeding/lot_codes.h"
#include "simulators/feeding/run.h"
#include "simulators/feeding/state_file.h"
#include "simulators/program/program.h"

ABSL_FLAG(std::string, server, "127.0.0.1:50051", "HOST:PORT of the server");
ABSL_FLAG(std::string, config, "", "YAML file with any of these options; those of the command line win");
ABSL_FLAG(int, lots, 3, "lots running at once, 1 to 500");
ABSL_FLAG(double, acceleration, 1440, "simulated seconds per second, 1 to 86400; 1440 = a day a minute");
ABSL_FLAG(uint64_t, seed, 1, "seed of all randomness: the same seed gives the same lots");
ABSL_FLAG(std::string, curve, "strain", "prescribed doses: strain (medians of a real campaign) or seed (linear, the same for every breed)");
ABSL_FLAG(bool, continuous, false, "replace a finished lot by a new one, for ever");
ABSL_FLAG(std::string, start_date, "",
          "first day of the first lots, YYYY-MM-DD; default: such that the last meal falls on the present. A meal of the future waits for its time");
ABSL_FLAG(std::string, incidents, "", "YAML file of what goes wrong: power_failure, disease, heat_wave, overdose, missed_meal, sensor_drift, duplicate, out_of_order");
ABSL_FLAG(std::string, spool, "", "folder that keeps unsent meals and the state of the lots over restarts; empty = memory only");
ABSL_FLAG(std::string, producer_id, "", "identity of this simulator at the server; default: feeding-simulator-SEED");
ABSL_FLAG(std::string, export_csv, "", "campaign file of the finished lots (174 columns), written anew whenever one has finished; their slaughter is drawn");
ABSL_FLAG(bool, offline, false, "feed the lots without a server, at once, only to write --export-csv");
ABSL_FLAG(bool, quiet, false, "do not print a line for each meal");
ABSL_FLAG(bool, log_json, false, "one JSON object a line instead of text");

namespace egi::feeding_simulator {
namespace {

constexpr absl::Duration kLastWords = absl::Seconds(10);
constexpr absl::Duration kLook = absl::Milliseconds(100);

absl::StatusOr<SimulationOptions> ReadOptions() {
  SimulationOptions options;
  options.lots = absl::GetFlag(FLAGS_lots);
  options.acceleration = absl::GetFlag(FLAGS_acceleration);
  options.seed = absl::GetFlag(FLAGS_seed);
  options.continuous = absl::GetFlag(FLAGS_continuous);
  absl::StatusOr<CurveMode> curve = ParseCurveMode(absl::GetFlag(FLAGS_curve));
  if (!curve.ok()) return curve.status();
  options.curve = *curve;
  if (const std::string date = absl::GetFlag(FLAGS_start_date); !date.empty()) {
    absl::CivilDay day;
    if (!absl::ParseCivilTime(date, &day)) return absl::InvalidArgumentError(absl::StrCat("--start-date is \"", date, "\"; give YYYY-MM-DD"));
    options.start = absl::FromCivil(day, absl::UTCTimeZone());
  }
  if (const std::string path = absl::GetFlag(FLAGS_incidents); !path.empty()) {
    absl::StatusOr<std::vector<Incident>> incidents = ReadIncidentFile(path);
    if (!incidents.ok()) return incidents.status();
    options.incidents = *std::move(incidents);
  }
  return options;
}

void PrintMeal(const feeding::v1::Meal& meal) {
  if (absl::GetFlag(FLAGS_quiet)) return;
  if (absl::GetFlag(FLAGS_log_json)) {
    google::protobuf::util::JsonPrintOptions style;
    style.preserve_proto_field_names = true;
    std::string json;
    if (google::protobuf::util::MessageToJsonString(meal, &json, style).ok()) puts(json.c_str());
  } else if (meal.jour() < 0) {
    printf("%s announced: %s, %d birds\n", meal.code_lot().c_str(), meal.genetique().c_str(), meal.nb_canards_initial());
  } else {
    printf("%s J%d %s: %.1f g of %.1f, %.0f g, %d alive%s\n", meal.code_lot().c_str(), meal.jour(), meal.moment().c_str(), meal.dose_reelle(),
           meal.dose_theorique(), meal.poids_moyen(), meal.nb_canards_vivants(), meal.pret_abattage() ? ", ready" : "");
  }
  fflush(stdout);
}

void PrintNotice(const std::string& text) {
  if (absl::GetFlag(FLAGS_log_json)) {
    fprintf(stderr, "%s\n", nlohmann::json{{"notice", text}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  } else {
    fprintf(stderr, "feeding-simulator: %s\n", text.c_str());
  }
}

}  // namespace

absl::Status WriteOffline(const SimulationOptions& options, absl::Time now) {
  const std::string path = absl::GetFlag(FLAGS_export_csv);
  if (path.empty()) return absl::InvalidArgumentError("--offline only writes a file; name it with --export-csv");
  absl::StatusOr<std::vector<FinishedLot>> lots = FeedOffline(options, now);
  if (!lots.ok()) return lots.status();
  std::vector<std::string> left_out;
  const std::vector<campaign::CampaignLot> rows = CampaignOf(*lots, options.seed, &left_out);
  if (absl::Status status = WriteStateFile(path, campaign::WriteCampaignFile(rows)); !status.ok()) return status;
  PrintNotice(absl::StrCat(rows.size(), " lots in ", path));
  if (!left_out.empty()) PrintNotice(absl::StrCat("left out, because they have 28 meals and the file holds 27: ", absl::StrJoin(left_out, ", ")));
  return absl::OkStatus();
}

absl::Status Run(program::StopSignal& stop) {
  const SystemClock clock;
  absl::StatusOr<SimulationOptions> simulation = ReadOptions();
  if (!simulation.ok()) return simulation.status();
  if (absl::GetFlag(FLAGS_offline)) return WriteOffline(*simulation, clock.Now());
  RunOptions options;
  options.simulation = *std::move(simulation);
  options.server = absl::GetFlag(FLAGS_server);
  options.codes = CodesFromServer(options.server);
  options.producer_id = absl::GetFlag(FLAGS_producer_id);
  options.spool = absl::GetFlag(FLAGS_spool);
  options.export_csv = absl::GetFlag(FLAGS_export_csv);
  absl::StatusOr<std::unique_ptr<FeedingRun>> run = FeedingRun::Start(std::move(options), &clock, {PrintMeal, PrintNotice});
  if (!run.ok()) return run.status();
  while (!(*run)->WaitUntilEnded(absl::ZeroDuration())) {
    if (stop.WaitFor(kLook)) break;
  }
  const RunState state = (*run)->State();
  const absl::Status stopped = (*run)->Stop(kLastWords);
  return state.phase == RunPhase::kFailed ? state.error : stopped;
}

}  // namespace egi::feeding_simulator

int main(int argc, char** argv) {
  const absl::StatusOr<std::vector<std::string>> arguments = egi::feeding_simulator::WithConfig(std::vector<std::string>(argv, argv + argc));
  if (!arguments.ok()) {
    fprintf(stderr, "feeding-simulator: %s\n", std::string(arguments.status().message()).c_str());
    return 2;
  }
  std::vector<std::string> texts = *arguments;
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  return egi::program::Main("feeding-simulator", "Simulates lots of ducks and sends their meals to the server. --help lists the options.",
                            static_cast<int>(pointers.size()), pointers.data(), egi::feeding_simulator::Run);
}
