#include "simulators/host/settings.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/protobuf/util/message_differencer.h"
#include "server/base/rich_status.h"
#include "simulators/feeding/incident_file.h"

namespace egi::simulator_host {
namespace {

using simulation::v1::CreateSimulatorRequest;
using simulation::v1::FeedingSettings;
using simulation::v1::MonitorSettings;
using simulation::v1::Simulator;
using simulation::v1::StationSettings;

constexpr char kDefaultDevice[] = "ESP32_LL_01";
constexpr size_t kLongestName = 40;

bool IsName(const std::string& name) {
  const auto allowed = [](unsigned char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-'; };
  return !name.empty() && name.size() <= kLongestName && absl::ascii_islower(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), allowed) && name != "scenarios";
}

// Collects what is wrong with a group of fields.
class Checks {
 public:
  explicit Checks(std::string prefix) : prefix_(std::move(prefix)) {}

  void Bad(const std::string& field, const std::string& what) { violations_.emplace_back(prefix_ + field, what); }
  // Zero becomes `usual`; then the value must lie in [low, high].
  template <typename Number>
  Number Within(const std::string& field, Number value, Number usual, Number low, Number high) {
    const Number number = value == 0 ? usual : value;
    if (!(number >= low && number <= high)) Bad(field, absl::StrCat("must be ", low, " to ", high, ", is ", number));
    return number;
  }
  absl::Status status() const { return violations_.empty() ? absl::OkStatus() : InvalidFields(violations_); }

 private:
  const std::string prefix_;
  std::vector<FieldViolation> violations_;
};

void CompleteFeeding(FeedingSettings* feeding, Checks& checks) {
  feeding->set_lots(checks.Within("feeding.lots", feeding->lots(), 3, 1, 500));
  feeding->set_acceleration(checks.Within("feeding.acceleration", feeding->acceleration(), 1440.0, 1.0, 86400.0));
  feeding->set_seed(checks.Within("feeding.seed", feeding->seed(), 1, 1, 2147483647));
  if (feeding->curve().empty()) feeding->set_curve("strain");
  if (feeding->curve() != "strain" && feeding->curve() != "seed") checks.Bad("feeding.curve", "must be strain or seed");
  absl::CivilDay day;
  if (!feeding->start_date().empty() && !absl::ParseCivilTime(feeding->start_date(), &day)) checks.Bad("feeding.start_date", "must be a date, YYYY-MM-DD");
  for (int i = 0; i < feeding->incidents_size(); ++i) {
    const auto incident = ToIncident(feeding->incidents(i), 0);
    if (!incident.ok()) checks.Bad(absl::StrCat("feeding.incidents[", i, "]"), std::string(incident.status().message()));
  }
}

void CompleteStation(StationSettings* station, Checks& checks) {
  if (station->device().empty()) station->set_device(kDefaultDevice);
  // It names a folder too.
  const auto allowed = [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_' || c == '-'; };
  if (station->device().size() > 100 || !std::all_of(station->device().begin(), station->device().end(), allowed)) {
    checks.Bad("station.device", "must be at most 100 letters, digits, '_' and '-'");
  }
  if (station->rate() == 0) station->set_rate(1);
  if (!(station->rate() > 0 && station->rate() <= 500)) checks.Bad("station.rate", "must be above 0 and at most 500");
  station->set_seed(checks.Within("station.seed", station->seed(), 1, 1, 2147483647));
  if (station->lot().size() > 20) checks.Bad("station.lot", "must be a lot code");
}

void CompleteMonitor(MonitorSettings* monitor, Checks& checks) {
  monitor->set_polling_interval_s(checks.Within("monitor.polling_interval_s", monitor->polling_interval_s(), 5.0, 0.1, 3600.0));
  monitor->set_samples_per_lot(checks.Within("monitor.samples_per_lot", monitor->samples_per_lot(), 5, 1, 1000));
  monitor->set_lease_s(checks.Within("monitor.lease_s", monitor->lease_s(), 60, 5, 3600));
  const double per_sqrt_bird = monitor->samples_per_sqrt_bird();
  if (!(per_sqrt_bird >= 0 && per_sqrt_bird <= 100)) checks.Bad("monitor.samples_per_sqrt_bird", "must be 0 to 100");
}

Simulator WithoutPace(const Simulator& simulator) {
  Simulator settings;
  if (simulator.has_feeding()) *settings.mutable_feeding() = simulator.feeding();
  if (simulator.has_station()) *settings.mutable_station() = simulator.station();
  if (simulator.has_monitor()) *settings.mutable_monitor() = simulator.monitor();
  if (settings.has_feeding()) settings.mutable_feeding()->clear_acceleration();
  if (settings.has_station()) settings.mutable_station()->clear_rate();
  return settings;
}

}  // namespace

absl::StatusOr<Simulator> Requested(const CreateSimulatorRequest& request) {
  Checks checks("");
  if (!IsName(request.name())) checks.Bad("name", "must be a lower-case letter and up to 39 letters, digits or '-', and not \"scenarios\"");
  Simulator simulator;
  simulator.set_name(request.name());
  switch (request.settings_case()) {
    case CreateSimulatorRequest::kFeeding:
      *simulator.mutable_feeding() = request.feeding();
      break;
    case CreateSimulatorRequest::kStation:
      *simulator.mutable_station() = request.station();
      break;
    case CreateSimulatorRequest::kMonitor:
      *simulator.mutable_monitor() = request.monitor();
      break;
    case CreateSimulatorRequest::SETTINGS_NOT_SET:
      checks.Bad("settings", "one of feeding, station and monitor is needed, e.g. \"monitor\": {}");
  }
  if (absl::Status status = checks.status(); !status.ok()) return status;
  if (absl::Status status = Complete(&simulator); !status.ok()) return status;
  return simulator;
}

absl::Status Complete(Simulator* simulator, const std::string& prefix) {
  Checks checks(prefix);
  if (!IsName(simulator->name())) checks.Bad("name", "must be a lower-case letter and up to 39 letters, digits or '-', and not \"scenarios\"");
  if (simulator->has_feeding()) {
    simulator->set_kind("feeding");
    CompleteFeeding(simulator->mutable_feeding(), checks);
  } else if (simulator->has_station()) {
    simulator->set_kind("station");
    CompleteStation(simulator->mutable_station(), checks);
  } else {
    simulator->set_kind("monitor");
    CompleteMonitor(simulator->mutable_monitor(), checks);
  }
  return checks.status();
}

bool SameButForPace(const Simulator& a, const Simulator& b) {
  return google::protobuf::util::MessageDifferencer::Equals(WithoutPace(a), WithoutPace(b));
}

absl::StatusOr<feeding_simulator::Incident> ToIncident(const simulation::v1::Incident& incident, std::optional<int> first) {
  Checks checks("");
  feeding_simulator::Incident result;
  const auto type = feeding_simulator::ParseIncidentType(incident.type());
  if (!type.ok()) {
    checks.Bad("type", std::string(type.status().message()));
    return checks.status();
  }
  result.type = *type;
  result.lot = incident.lot();
  result.site = incident.site();
  result.from_meal = first;
  if (incident.has_from()) {
    const std::string& moment = incident.from().moment();
    if (moment != "matin" && moment != "soir") checks.Bad("from.moment", "must be matin or soir");
    if (incident.from().jour() < 0 || incident.from().jour() >= feeding_simulator::kMaxMeals / 2) checks.Bad("from.jour", "must be 0 to 27");
    result.from_meal = 2 * incident.from().jour() + (moment == "soir" ? 1 : 0);
  }
  if (!incident.duration().empty()) {
    const auto duration = feeding_simulator::ParseIncidentDuration(incident.duration());
    if (duration.ok()) result.duration = *duration;
    if (!duration.ok()) checks.Bad("duration", std::string(duration.status().message()));
  }
  if (incident.measure() == "humidity") {
    result.measure = feeding_simulator::Measure::kHumidity;
  } else if (!incident.measure().empty() && incident.measure() != "temperature") {
    checks.Bad("measure", "must be temperature or humidity");
  }
  result.intensity = incident.has_intensity() ? incident.intensity().value() : feeding_simulator::IntensityOf(result.type, result.measure).usual;
  if (absl::Status status = checks.status(); !status.ok()) return status;
  if (const absl::Status status = result.Validate(); !status.ok()) {
    checks.Bad("incident", std::string(status.message()));
    return checks.status();
  }
  return result;
}

simulation::v1::Incident FromIncident(const feeding_simulator::Incident& incident) {
  simulation::v1::Incident result;
  result.set_type(feeding_simulator::IncidentTypeName(incident.type));
  result.set_lot(incident.lot);
  result.set_site(incident.site);
  if (incident.from_meal.has_value()) {
    result.mutable_from()->set_jour(*incident.from_meal / 2);
    result.mutable_from()->set_moment(*incident.from_meal % 2 == 0 ? "matin" : "soir");
  }
  result.set_duration(absl::StrCat(absl::ToDoubleHours(incident.duration), "h"));
  if (feeding_simulator::IntensityOf(incident.type, incident.measure).used) result.mutable_intensity()->set_value(incident.intensity);
  if (incident.type == feeding_simulator::IncidentType::kSensorDrift) {
    result.set_measure(incident.measure == feeding_simulator::Measure::kHumidity ? "humidity" : "temperature");
  }
  return result;
}

feeding_simulator::SimulationOptions OptionsOf(const FeedingSettings& feeding) {
  feeding_simulator::SimulationOptions options;
  options.lots = feeding.lots();
  options.acceleration = feeding.acceleration();
  options.seed = static_cast<uint64_t>(feeding.seed());
  options.curve = feeding.curve() == "seed" ? feeding_simulator::CurveMode::kLinear : feeding_simulator::CurveMode::kStrain;
  options.continuous = feeding.continuous();
  absl::CivilDay day;
  if (absl::ParseCivilTime(feeding.start_date(), &day)) options.start = absl::FromCivil(day, absl::UTCTimeZone());
  for (const auto& each : feeding.incidents()) {
    if (auto incident = ToIncident(each, 0); incident.ok()) options.incidents.push_back(*std::move(incident));
  }
  return options;
}

}  // namespace egi::simulator_host
