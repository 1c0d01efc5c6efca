#include "clients/cli/devices_command.h"

#include <cstdint>
#include <memory>
#include <string>

#include "clients/cli/devices.h"

namespace egi::cli {
namespace {

// What the arguments are parsed into; lives as long as the callbacks.
struct Arguments {
  std::string site;
  std::string device_id;
  int limit = 20;
  ApproveOptions approve;
  ConfigureOptions configure;
};

}  // namespace

void AddDevicesCommand(CLI::App& app, std::function<int(const Session&)>* run) {
  const auto args = std::make_shared<Arguments>();
  CLI::App* devices = app.add_subcommand("devices", "the registry of stations: list, show, approve, configure, commands");
  devices->require_subcommand(1);

  CLI::App* command = devices->add_subcommand("list", "stations with their presence and counters");
  command->add_option("--site", args->site, "only this site: LL, LS or MT")->check(CLI::IsMember({"LL", "LS", "MT"}));
  command->callback([args, run] { *run = [args](const Session& session) { return RunDevicesList(session, args->site); }; });

  command = devices->add_subcommand("show", "one station: presence, counters, configuration wanted and in force");
  command->add_option("device", args->device_id, "the station")->required();
  command->callback([args, run] { *run = [args](const Session& session) { return RunDevicesShow(session, args->device_id); }; });

  command = devices->add_subcommand("approve", "put a station that announced itself (or was retired) into service");
  command->add_option("device", args->approve.device_id, "the station")->required();
  command->add_option("--by", args->approve.by, "your name; kept in the history")->required();
  command->add_option("--reason", args->approve.reason, "why; kept in the history");
  command->callback([args, run] { *run = [args](const Session& session) { return RunDevicesApprove(session, args->approve); }; });

  command = devices->add_subcommand("configure", "change how a station measures; what is left out keeps its value");
  egi::quality::v1::DeviceConfiguration* configuration = &args->configure.configuration;
  command->add_option("device", args->configure.device_id, "the station")->required();
  command->add_option("--by", args->configure.by, "your name; kept in the history")->required();
  command->add_option_function<std::string>("--profile", [configuration](const std::string& v) { configuration->set_config_profile(v); },
                                            "quality profile");
  command->add_option_function<int32_t>("--interval-ms", [configuration](int32_t v) { configuration->set_measurement_interval_ms(v); },
                                        "time between two measurements, 100..3600000");
  command->add_option_function<int32_t>("--heartbeat-s", [configuration](int32_t v) { configuration->set_heartbeat_interval_s(v); },
                                        "time between two heartbeats, 5..3600");
  command->add_option_function<int32_t>("--frames", [configuration](int32_t v) { configuration->set_frames_averaged(v); },
                                        "frames averaged into a measurement, 1..256");
  command->add_option_function<int32_t>("--integration-ms", [configuration](int32_t v) { configuration->set_spectral_integration_time_ms(v); },
                                        "integration time of the spectral sensor, 50..500");
  command->add_option_function<float>("--gain", [configuration](float v) { configuration->set_spectral_gain(v); },
                                      "gain of the spectral sensor: 1, 4, 16 or 64");
  command->callback([args, run] { *run = [args](const Session& session) { return RunDevicesConfigure(session, args->configure); }; });

  command = devices->add_subcommand("commands", "what was asked of a station and what it answered, newest first");
  command->add_option("device", args->device_id, "the station")->required();
  command->add_option("--limit", args->limit, "at most so many")->capture_default_str()->check(CLI::Range(1, 500));
  command->callback([args, run] { *run = [args](const Session& session) { return RunDevicesCommands(session, args->device_id, args->limit); }; });
}

}  // namespace egi::cli
