#include "simulators/feeding/incident_file.h"

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/analyse/yaml_section.h"

namespace egi::feeding_simulator {
namespace {

using analyse::YamlSection;

void ReadFrom(YamlSection section, Incident* incident) {
  if (!section.present()) return;
  int jour = 0;
  std::string moment = "matin";
  if (!section.Child("jour").IsDefined()) section.Fault("jour", "is missing, expected the day, 0 to 27");
  section.Integer("jour", &jour, 0, kMaxMeals / 2 - 1);
  section.Text("moment", &moment);
  if (moment != "matin" && moment != "soir") section.Fault("moment", absl::StrCat("is \"", moment, "\", expected matin or soir"));
  section.RefuseUnknownKeys();
  incident->from_meal = 2 * jour + (moment == "soir" ? 1 : 0);
}

void ReadScope(YamlSection& section, Incident* incident) {
  bool all = false;
  section.Text("lot", &incident->lot);
  section.Text("site", &incident->site);
  section.Flag("all", &all);
  const int told = !incident->lot.empty() + !incident->site.empty() + all;
  if (told != 1) section.Fault("", "expected exactly one of lot, site and all: true");
  if (told != 1) incident->lot = incident->site = "";
}

void ReadMeasure(YamlSection& section, Incident* incident) {
  if (incident->type != IncidentType::kSensorDrift) return;  // else an unknown key
  std::string measure;
  section.Text("measure", &measure);
  if (measure == "humidity") {
    incident->measure = Measure::kHumidity;
  } else if (measure != "temperature") {
    section.Fault("measure", absl::StrCat("is \"", measure, "\", expected temperature or humidity"));
  }
}

// The faults of an incident that is read as a whole, told at the key they begin with.
void AddFaults(const absl::Status& status, YamlSection& section) {
  if (status.ok()) return;
  const std::string message(status.message());
  for (const char* key : {"lot", "site", "duration", "intensity"}) {
    if (message.rfind(key, 0) == 0) return section.Fault(key, message);
  }
  section.Fault("", message);
}

Incident ReadIncident(YamlSection section) {
  Incident incident;
  incident.from_meal = 0;
  std::string type;
  section.Text("type", &type);
  const absl::StatusOr<IncidentType> known = ParseIncidentType(type);
  if (!known.ok()) {
    section.Fault("type", std::string(known.status().message()));
    section.Leave({"lot", "site", "all", "from", "duration", "intensity", "measure"});
    section.RefuseUnknownKeys();
    return incident;
  }
  incident.type = *known;
  ReadScope(section, &incident);
  ReadFrom(section.Section("from"), &incident);
  ReadMeasure(section, &incident);
  if (section.Child("duration").IsDefined()) {
    std::string text;
    section.Text("duration", &text);
    const absl::StatusOr<absl::Duration> duration = ParseIncidentDuration(text);
    if (duration.ok()) incident.duration = *duration;
    if (!duration.ok()) section.Fault("duration", std::string(duration.status().message()));
  }
  const IntensityRange range = IntensityOf(incident.type, incident.measure);
  incident.intensity = range.usual;
  if (range.used) {
    section.Number("intensity", &incident.intensity, range.low, range.high);
  } else if (section.Child("intensity").IsDefined()) {
    section.Fault("intensity", absl::StrCat("has no meaning for ", type, "; leave it out"));
  }
  section.RefuseUnknownKeys();
  AddFaults(incident.Validate(), section);
  return incident;
}

}  // namespace

absl::StatusOr<absl::Duration> ParseIncidentDuration(const std::string& text) {
  const size_t end = text.find_first_not_of("0123456789.");
  const std::string unit(absl::StripAsciiWhitespace(end == std::string::npos ? "" : text.substr(end)));
  double number = 0;
  const bool read = end != 0 && absl::SimpleAtod(text.substr(0, end), &number) && number > 0 && number <= 10'000;
  if (read && unit == "h") return number * absl::Hours(1);
  if (read && unit == "d") return number * absl::Hours(24);
  if (read && (unit == "meal" || unit == "meals")) return number * kMealInterval;
  return absl::InvalidArgumentError(absl::StrCat("is \"", text, "\", expected a number with h, d or meals, such as 36h, 2d or 3 meals"));
}

std::vector<Incident> ReadIncidents(const YAML::Node& list, const std::string& key, std::vector<std::string>* faults) {
  std::vector<Incident> incidents;
  if (!list.IsDefined() || list.IsNull()) return incidents;
  if (!list.IsSequence()) {
    faults->push_back(absl::StrCat("line ", list.Mark().line + 1, ": ", key, ": expected a list of incidents"));
    return incidents;
  }
  for (size_t i = 0; i < list.size(); ++i) {
    const size_t before = faults->size();
    YamlSection section(list[i], absl::StrCat(key, "[", i, "]"), faults, true);
    Incident incident = section.present() ? ReadIncident(std::move(section)) : Incident();
    if (faults->size() == before) incidents.push_back(std::move(incident));
  }
  return incidents;
}

absl::StatusOr<std::vector<Incident>> ParseIncidents(const std::string& yaml, const std::string& name) {
  std::vector<std::string> faults;
  std::vector<Incident> incidents;
  try {
    const YAML::Node root = YAML::Load(yaml);
    const YAML::Node list = root.IsMap() ? root["incidents"] : root;
    if (!list.IsDefined() || list.IsNull()) {
      faults.push_back("line 1: incidents: is missing, expected a list of incidents");
    } else {
      incidents = ReadIncidents(list, "incidents", &faults);
    }
  } catch (const YAML::Exception& error) {
    faults.push_back(absl::StrCat("line ", error.mark.line + 1, ": ", error.msg));
  }
  if (faults.empty()) return incidents;
  return absl::InvalidArgumentError(absl::StrCat(name, ": ", absl::StrJoin(faults, absl::StrCat("\n", name, ": "))));
}

absl::StatusOr<std::vector<Incident>> ReadIncidentFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read the incidents in ", path));
  return ParseIncidents(text.str(), path);
}

}  // namespace egi::feeding_simulator
