#include "clients/cli/simulators_command.h"

#include <memory>
#include <string>

#include "clients/cli/simulators.h"

namespace egi::cli {
namespace {

namespace sv1 = egi::simulation::v1;

// What the arguments are parsed into; lives as long as the callbacks.
struct Arguments {
  std::string host = "127.0.0.1:50061";
  sv1::ListSimulatorsRequest list;
  sv1::GetSimulatorRequest show;
  sv1::CreateSimulatorRequest feeding, station, monitor;
  sv1::StartSimulatorRequest start;
  sv1::StopSimulatorRequest stop;
  sv1::DeleteSimulatorRequest remove;
  sv1::SetSpeedRequest speed;
  sv1::InjectIncidentRequest inject;
  sv1::StartScenarioRequest run;
  sv1::StopScenarioRequest end;
};

using Command = int (*)(const Session& session, const Arguments& arguments);

class Builder {
 public:
  Builder(CLI::App* app, std::function<int(const Session&)>* run) : app_(app), run_(run), args_(std::make_shared<Arguments>()) {}

  Arguments& args() { return *args_; }
  CLI::App* Add(CLI::App* parent, const char* name, const char* help, Command command) {
    CLI::App* added = (parent == nullptr ? app_ : parent)->add_subcommand(name, help);
    added->callback([args = args_, run = run_, command] {
      *run = [args, command](const Session& session) {
        const Session to_host{args->host, session.json, session.in, session.out, session.err, session.err_is_terminal};
        return command(to_host, *args);
      };
    });
    return added;
  }

 private:
  CLI::App* const app_;
  std::function<int(const Session&)>* const run_;
  const std::shared_ptr<Arguments> args_;
};

template <typename Message>
void Name(CLI::App* command, Message* message) {
  command->add_option("name", *message->mutable_name(), "name of the simulator")->required();
}

template <typename Number, typename Message>
void Option(CLI::App* command, const char* name, Message* message, void (Message::*set)(Number), const char* help) {
  command->add_option_function<Number>(name, [=](const Number& value) { (message->*set)(value); }, help);
}

void AddKinds(Builder& builder, CLI::App* add) {
  Arguments& args = builder.args();
  sv1::FeedingSettings* feeding = args.feeding.mutable_feeding();
  CLI::App* command = builder.Add(add, "feeding", "feeders: lots of ducks fed on an accelerated clock", [](const Session& s, const Arguments& a) { return RunAddSimulator(s, a.feeding); });
  Name(command, &args.feeding);
  Option<int32_t>(command, "--lots", feeding, &sv1::FeedingSettings::set_lots, "lots at once, 1 to 500; default 3");
  Option<double>(command, "--acceleration", feeding, &sv1::FeedingSettings::set_acceleration, "simulated seconds per second, 1 to 86400; default 1440");
  Option<int32_t>(command, "--seed", feeding, &sv1::FeedingSettings::set_seed, "the same seed gives the same lots; default 1");
  command->add_option("--curve", *feeding->mutable_curve(), "strain (default) or seed");
  command->add_option("--start-date", *feeding->mutable_start_date(), "first day of the first lots, YYYY-MM-DD");
  command->add_flag_callback("--continuous", [=] { feeding->set_continuous(true); }, "replace a finished lot by a new one");

  sv1::StationSettings* station = args.station.mutable_station();
  command = builder.Add(add, "station", "a measuring station", [](const Session& s, const Arguments& a) { return RunAddSimulator(s, a.station); });
  Name(command, &args.station);
  command->add_option("--device", *station->mutable_device(), "its identity; default ESP32_LL_01");
  Option<double>(command, "--rate", station, &sv1::StationSettings::set_rate, "samples per second, at most 500; default 1");
  command->add_option("--profile", *station->mutable_config_profile(), "quality profile");
  command->add_option("--lot", *station->mutable_lot(), "the lot the livers come from, by code");
  Option<int32_t>(command, "--seed", station, &sv1::StationSettings::set_seed, "the same seed gives the same measurements; default 1");

  sv1::MonitorSettings* monitor = args.monitor.mutable_monitor();
  command = builder.Add(add, "monitor", "an inspector of finished lots", [](const Session& s, const Arguments& a) { return RunAddSimulator(s, a.monitor); });
  Name(command, &args.monitor);
  Option<double>(command, "--polling-interval", monitor, &sv1::MonitorSettings::set_polling_interval_s, "seconds between two looks at the queue; default 5");
  Option<int32_t>(command, "--samples", monitor, &sv1::MonitorSettings::set_samples_per_lot, "livers per lot, 1 to 1000; default 5");
  Option<double>(command, "--samples-per-sqrt-bird", monitor, &sv1::MonitorSettings::set_samples_per_sqrt_bird, "livers per square root of the birds, instead of --samples");
  Option<int32_t>(command, "--lease", monitor, &sv1::MonitorSettings::set_lease_s, "seconds a lot is reserved, renewed while it is inspected; default 60");
}

void AddInject(Builder& builder) {
  Arguments& args = builder.args();
  sv1::Incident* incident = args.inject.mutable_incident();
  CLI::App* command = builder.Add(nullptr, "inject", "let something go wrong in a running feeding simulator", [](const Session& s, const Arguments& a) { return RunInject(s, a.inject); });
  Name(command, &args.inject);
  command->add_option("type", *incident->mutable_type(), "power_failure, disease, heat_wave, overdose, missed_meal, sensor_drift, duplicate or out_of_order")->required();
  CLI::Option* lot = command->add_option("--lot", *incident->mutable_lot(), "only this lot: its code, or its number in the simulator");
  command->add_option("--site", *incident->mutable_site(), "only the lots of LL, LS or MT")->excludes(lot);
  command->add_option_function<std::string>(
      "--from",
      [incident](const std::string& text) {
        const auto meal = ParseMealMoment(text);
        if (!meal.ok()) throw CLI::ValidationError("--from", std::string(meal.status().message()));
        *incident->mutable_from() = *meal;
      },
      "first meal, e.g. J3:soir; default the next of each lot");
  command->add_option("--duration", *incident->mutable_duration(), "36h, 2d, \"3 meals\" ...; default 1 meal");
  command->add_option_function<double>("--intensity", [incident](const double& value) { incident->mutable_intensity()->set_value(value); }, "how much; default the usual of the type");
  command->add_option("--measure", *incident->mutable_measure(), "of sensor_drift: temperature (default) or humidity");
}

}  // namespace

void AddSimulatorsCommand(CLI::App& app, std::function<int(const Session&)>* run) {
  CLI::App* simulators = app.add_subcommand("simulators", "feeders, stations and lot monitors of the simulator host: what runs, how fast, what goes wrong");
  simulators->require_subcommand(1);
  simulators->fallthrough();
  Builder builder(simulators, run);
  Arguments& args = builder.args();
  simulators->add_option("--host", args.host, "HOST:PORT of the simulator host")->capture_default_str();

  CLI::App* command = builder.Add(nullptr, "list", "every simulator with its state", [](const Session& s, const Arguments& a) { return RunListSimulators(s, a.list); });
  command->add_option("--kind", *args.list.mutable_kind(), "only feeding, station or monitor");
  command->add_option("--state", *args.list.mutable_state(), "only running, finished, stopped, restarting or failed");
  Name(builder.Add(nullptr, "show", "one simulator with its lots", [](const Session& s, const Arguments& a) { return RunShowSimulator(s, a.show); }), &args.show);
  CLI::App* add = simulators->add_subcommand("add", "make a simulator and start it: feeding, station or monitor");
  add->require_subcommand(1);
  add->fallthrough();
  AddKinds(builder, add);
  Name(builder.Add(nullptr, "start", "start a stopped one; it goes on where it was", [](const Session& s, const Arguments& a) { return RunStartSimulator(s, a.start); }), &args.start);
  Name(builder.Add(nullptr, "stop", "stop one; what it could not send waits for its next start", [](const Session& s, const Arguments& a) { return RunStopSimulator(s, a.stop); }), &args.stop);
  command = builder.Add(nullptr, "delete", "stop one and forget it", [](const Session& s, const Arguments& a) { return RunDeleteSimulator(s, a.remove); });
  Name(command, &args.remove);
  command->add_flag_callback("--force", [request = &args.remove] { request->set_force(true); }, "also when messages wait in its spool; they are lost");
  command = builder.Add(nullptr, "speed", "change the pace of a feeding simulator or a station", [](const Session& s, const Arguments& a) { return RunSetSpeed(s, a.speed); });
  Name(command, &args.speed);
  Option<double>(command, "--acceleration", &args.speed, &sv1::SetSpeedRequest::set_acceleration, "feeding: simulated seconds per second, 1 to 86400");
  Option<double>(command, "--rate", &args.speed, &sv1::SetSpeedRequest::set_rate, "station: samples per second, at most 500");
  AddInject(builder);
  builder.Add(nullptr, "scenarios", "the named scenarios", [](const Session& s, const Arguments&) { return RunListScenarios(s); });
  command = builder.Add(nullptr, "run", "start the simulators of a scenario", [](const Session& s, const Arguments& a) { return RunStartScenario(s, a.run); });
  command->add_option("scenario", *args.run.mutable_scenario(), "name of the scenario")->required();
  Option<double>(command, "--acceleration", &args.run, &sv1::StartScenarioRequest::set_acceleration, "instead of that of the scenario, 1 to 86400");
  command = builder.Add(nullptr, "end", "stop the simulators of a scenario", [](const Session& s, const Arguments& a) { return RunStopScenario(s, a.end); });
  command->add_option("scenario", *args.end.mutable_scenario(), "name of the scenario")->required();
}

}  // namespace egi::cli
