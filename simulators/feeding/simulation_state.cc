#include "simulators/feeding/simulation_state.h"

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace egi::feeding_simulator {
namespace {

using nlohmann::json;

constexpr const char* kStateNames[] = {"running", "vacant", "finished"};

json WriteIncident(const LotIncident& incident) {
  return {{"type", IncidentTypeName(incident.type)},
          {"from_meal", incident.from_meal},
          {"duration_s", absl::ToInt64Seconds(incident.duration)},
          {"intensity", incident.intensity},
          {"humidity", incident.measure == Measure::kHumidity}};
}

LotIncident ReadIncident(const json& saved) {
  const absl::StatusOr<IncidentType> type = ParseIncidentType(saved.at("type"));
  if (!type.ok()) throw json::other_error::create(500, std::string(type.status().message()), nullptr);
  return {*type, saved.at("from_meal"), absl::Seconds(saved.at("duration_s").get<int64_t>()), saved.at("intensity"),
          saved.at("humidity").get<bool>() ? Measure::kHumidity : Measure::kTemperature};
}

SavedLot ReadLot(const json& saved) {
  SavedLot lot;
  const std::string state = saved.value("state", kStateNames[0]);
  lot.state = state == kStateNames[1] ? LotState::kVacant : state == kStateNames[2] ? LotState::kFinished : LotState::kRunning;
  lot.wall = absl::FromUnixMillis(saved.at("wall_start_ms"));
  if (lot.state == LotState::kVacant) return lot;
  lot.index = saved.at("index");
  lot.code = saved.at("code");
  if (saved.contains("simulated_ms")) lot.simulated = absl::FromUnixMillis(saved["simulated_ms"]);
  if (saved.contains("first_day_s")) lot.first_day = absl::FromUnixSeconds(saved["first_day_s"]);
  lot.generated = saved.at("messages");
  lot.delivered = saved.value("delivered", lot.generated - 1);
  for (const json& incident : saved.value("incidents", json::array())) lot.incidents.push_back(ReadIncident(incident));
  return lot;
}

}  // namespace

std::string WriteState(const SavedSimulation& simulation) {
  json root = {{"seed", simulation.seed},
               {"acceleration", simulation.acceleration},
               {"curve", static_cast<int>(simulation.curve)},
               {"next_index", simulation.next_index},
               {"finished", simulation.finished},
               {"lots", json::array()}};
  for (const SavedLot& lot : simulation.lots) {
    json one = {{"state", kStateNames[static_cast<int>(lot.state)]}, {"wall_start_ms", absl::ToUnixMillis(lot.wall)}};
    if (lot.state != LotState::kVacant) {
      one["index"] = lot.index;
      one["code"] = lot.code;
      one["messages"] = lot.generated;
      one["delivered"] = lot.delivered;
      if (lot.simulated.has_value()) one["simulated_ms"] = absl::ToUnixMillis(*lot.simulated);
      if (lot.first_day.has_value()) one["first_day_s"] = absl::ToUnixSeconds(*lot.first_day);
      for (const LotIncident& incident : lot.incidents) one["incidents"].push_back(WriteIncident(incident));
    }
    root["lots"].push_back(std::move(one));
  }
  return root.dump();
}

absl::StatusOr<SavedSimulation> ReadState(const std::string& text) {
  const json root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  SavedSimulation simulation;
  try {
    simulation.seed = root.at("seed");
    simulation.acceleration = root.at("acceleration");
    simulation.curve = static_cast<CurveMode>(root.at("curve").get<int>());
    simulation.next_index = root.at("next_index");
    for (const json& lot : root.at("lots")) simulation.lots.push_back(ReadLot(lot));
    simulation.finished = root.value("finished", simulation.next_index - static_cast<int>(simulation.lots.size()));
  } catch (const json::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("the saved simulation cannot be read: ", error.what()));
  }
  return simulation;
}

}  // namespace egi::feeding_simulator
