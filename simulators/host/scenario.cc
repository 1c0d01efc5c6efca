#include "simulators/host/scenario.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/analyse/yaml_section.h"
#include "simulators/feeding/incident_file.h"
#include "simulators/host/builtin_scenarios.h"
#include "simulators/host/settings.h"

namespace egi::simulator_host {
namespace {

using analyse::Faults;
using analyse::YamlSection;
using simulation::v1::Scenario;
using simulation::v1::Simulator;

constexpr double kAny = 1e9;  // ranges are checked by Complete, which names the field

double ReadNumber(YamlSection& section, const char* key) {
  double value = 0;
  section.Number(key, &value, -kAny, kAny);
  return value;
}

int ReadInteger(YamlSection& section, const char* key) {
  int value = 0;
  section.Integer(key, &value, -2147483647, 2147483647);
  return value;
}

std::string ReadText(YamlSection& section, const char* key) {
  std::string value;
  section.Text(key, &value);
  return value;
}

void ReadFeeding(YamlSection& section, simulation::v1::FeedingSettings* feeding, Faults* faults) {
  feeding->set_lots(ReadInteger(section, "lots"));
  feeding->set_acceleration(ReadNumber(section, "acceleration"));
  feeding->set_seed(ReadInteger(section, "seed"));
  feeding->set_curve(ReadText(section, "curve"));
  feeding->set_start_date(ReadText(section, "start_date"));
  bool continuous = false;
  section.Flag("continuous", &continuous);
  feeding->set_continuous(continuous);
  for (const auto& incident : feeding_simulator::ReadIncidents(section.Child("incidents"), section.path() + ".incidents", faults)) {
    *feeding->add_incidents() = FromIncident(incident);
  }
}

void ReadStation(YamlSection& section, simulation::v1::StationSettings* station) {
  station->set_device(ReadText(section, "device"));
  station->set_rate(ReadNumber(section, "rate"));
  station->set_config_profile(ReadText(section, "config_profile"));
  station->set_lot(ReadText(section, "lot"));
  station->set_seed(ReadInteger(section, "seed"));
}

void ReadMonitor(YamlSection& section, simulation::v1::MonitorSettings* monitor) {
  monitor->set_polling_interval_s(ReadNumber(section, "polling_interval_s"));
  monitor->set_samples_per_lot(ReadInteger(section, "samples_per_lot"));
  monitor->set_samples_per_sqrt_bird(ReadNumber(section, "samples_per_sqrt_bird"));
  monitor->set_lease_s(ReadInteger(section, "lease_s"));
}

Simulator ReadSimulator(YamlSection section, const std::string& scenario, Faults* faults) {
  Simulator simulator;
  simulator.set_name(ReadText(section, "name"));
  simulator.set_scenario(scenario);
  const size_t before = faults->size();
  const std::string kind = ReadText(section, "kind");
  if (kind == "feeding") {
    ReadFeeding(section, simulator.mutable_feeding(), faults);
  } else if (kind == "station") {
    ReadStation(section, simulator.mutable_station());
  } else if (kind == "monitor") {
    ReadMonitor(section, simulator.mutable_monitor());
  } else {
    section.Fault("kind", absl::StrCat("is \"", kind, "\", expected feeding, station or monitor"));
    return simulator;
  }
  section.RefuseUnknownKeys();
  if (faults->size() > before) return simulator;
  if (const absl::Status status = Complete(&simulator); !status.ok()) section.Fault("", std::string(status.message()));
  return simulator;
}

void ReadSimulators(const YAML::Node& list, Scenario* scenario, Faults* faults) {
  if (!list.IsDefined() || !list.IsSequence() || list.size() == 0) {
    faults->push_back("simulators: is missing, expected a list of simulators");
    return;
  }
  std::set<std::string> names;
  for (size_t i = 0; i < list.size(); ++i) {
    YamlSection section(list[i], absl::StrCat("simulators[", i, "]"), faults, true);
    if (!section.present()) continue;
    Simulator simulator = ReadSimulator(section, scenario->name(), faults);
    if (!names.insert(simulator.name()).second) section.Fault("name", absl::StrCat("\"", simulator.name(), "\" is there twice"));
    *scenario->add_simulators() = std::move(simulator);
  }
}

}  // namespace

absl::StatusOr<Scenario> ParseScenario(const std::string& name, const std::string& yaml) {
  Scenario scenario;
  scenario.set_name(name);
  Faults faults;
  try {
    YamlSection root(YAML::Load(yaml), "", &faults, true);
    if (root.present()) {
      scenario.set_description(ReadText(root, "description"));
      if (scenario.description().empty()) root.Fault("description", "is missing, expected one sentence");
      ReadSimulators(root.Child("simulators"), &scenario, &faults);
      root.RefuseUnknownKeys();
    }
  } catch (const YAML::Exception& error) {
    faults.push_back(absl::StrCat("line ", error.mark.line + 1, ": ", error.msg));
  }
  if (faults.empty()) return scenario;
  return absl::InvalidArgumentError(absl::StrCat("scenario ", name, ": ", absl::StrJoin(faults, absl::StrCat("\nscenario ", name, ": "))));
}

absl::StatusOr<Scenarios> BuiltInScenarios() {
  Scenarios scenarios;
  for (const auto& [name, yaml] : BuiltInScenarioFiles()) {
    absl::StatusOr<Scenario> scenario = ParseScenario(name, yaml);
    if (!scenario.ok()) return scenario.status();
    scenarios[name] = *std::move(scenario);
  }
  return scenarios;
}

absl::StatusOr<Scenarios> LoadScenarios(const std::string& folder) {
  absl::StatusOr<Scenarios> scenarios = BuiltInScenarios();
  if (!scenarios.ok()) return scenarios.status();
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".yaml") continue;
    std::ifstream file(entry.path());
    std::ostringstream text;
    text << file.rdbuf();
    const std::string name = entry.path().stem().string();
    absl::StatusOr<Scenario> scenario = ParseScenario(name, text.str());
    if (!scenario.ok()) return scenario.status();
    (*scenarios)[name] = *std::move(scenario);
  }
  if (error) return absl::NotFoundError(absl::StrCat("cannot read the folder of scenarios ", folder, ": ", error.message()));
  return scenarios;
}

}  // namespace egi::simulator_host
