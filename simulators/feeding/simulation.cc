#include "simulators/feeding/simulation.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"

namespace egi::feeding_simulator {
namespace {

// An accelerated lot starts one simulated hour before its first meal.
constexpr absl::Duration kStartOfDay = absl::Hours(7);

absl::Time Midnight(absl::Time time) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  return absl::FromCivil(absl::ToCivilDay(time, utc), utc);
}

// Every lot has its own stream of numbers, so that it can be rebuilt alone. Multiplier of Knuth's MMIX generator.
Random RandomOf(uint64_t seed, int index) {
  return Random(seed + static_cast<uint64_t>(index + 1) * 6364136223846793005ULL);
}

}  // namespace

absl::Status SimulationOptions::Validate() const {
  std::vector<std::string> bad;
  if (lots < 1 || lots > 500) bad.push_back(absl::StrCat("--lots is ", lots, "; give 1 to 500"));
  if (!(acceleration >= 1 && acceleration <= 86400)) {
    bad.push_back(absl::StrCat("--acceleration is ", acceleration, "; give 1 (real time) to 86400 (a day per second)"));
  }
  return bad.empty() ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrJoin(bad, "; "));
}

absl::StatusOr<std::unique_ptr<Simulation>> Simulation::Create(SimulationOptions options, CodeSource codes, absl::Time now) {
  if (absl::Status status = options.Validate(); !status.ok()) return status;
  auto simulation = std::unique_ptr<Simulation>(new Simulation(options, std::move(codes)));
  for (int i = 0; i < options.lots; ++i) {
    absl::StatusOr<Running> running = simulation->Open(i, now);
    if (!running.ok()) return running.status();
    simulation->running_.push_back(*std::move(running));
  }
  simulation->next_index_ = options.lots;
  return simulation;
}

absl::StatusOr<std::unique_ptr<Simulation>> Simulation::Restore(SimulationOptions options, CodeSource codes, const std::string& state) {
  if (absl::Status status = options.Validate(); !status.ok()) return status;
  const nlohmann::json json = nlohmann::json::parse(state, nullptr, /*allow_exceptions=*/false);
  auto simulation = std::unique_ptr<Simulation>(new Simulation(options, std::move(codes)));
  try {
    if (json.at("seed") != options.seed || json.at("acceleration") != options.acceleration || json.at("curve") != static_cast<int>(options.curve)) {
      return absl::InvalidArgumentError("the saved simulation has another seed, curve or acceleration; start with the same ones or another --spool");
    }
    simulation->next_index_ = json.at("next_index");
    for (const nlohmann::json& saved : json.at("lots")) {
      Running running = simulation->Build(saved.at("index"), saved.at("code"), absl::FromUnixMillis(saved.at("wall_start_ms")));
      const int messages = saved.at("messages");
      for (int i = 1; i < messages && !running.lot->finished(); ++i) running.lot->Feed();
      running.messages = messages;
      simulation->running_.push_back(std::move(running));
    }
  } catch (const nlohmann::json::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("the saved simulation cannot be read: ", error.what()));
  }
  return simulation;
}

std::string Simulation::Save() const {
  nlohmann::json json = {{"seed", options_.seed},
                         {"acceleration", options_.acceleration},
                         {"curve", static_cast<int>(options_.curve)},
                         {"next_index", next_index_},
                         {"lots", nlohmann::json::array()}};
  for (const Running& running : running_) {
    json["lots"].push_back({{"index", running.index},
                            {"code", running.lot->code()},
                            {"wall_start_ms", absl::ToUnixMillis(running.wall_start)},
                            {"messages", running.messages}});
  }
  return json.dump();
}

std::optional<absl::Time> Simulation::NextDue() const {
  std::optional<absl::Time> due;
  for (const Running& running : running_) due = std::min(due.value_or(absl::InfiniteFuture()), DueOf(running));
  return due;
}

absl::StatusOr<feeding::v1::Meal> Simulation::Step(absl::Time now) {
  const auto next = std::min_element(running_.begin(), running_.end(),
                                     [this](const Running& a, const Running& b) { return DueOf(a) < DueOf(b); });
  if (next->messages == 0) {
    ++next->messages;
    return next->lot->Announce();
  }
  const bool last = next->messages == 2 * next->lot->plan().days;
  std::optional<Running> successor;
  if (last && options_.continuous) {
    absl::StatusOr<Running> opened = Open(next_index_, now);
    if (!opened.ok()) return opened.status();
    successor = *std::move(opened);
  }
  feeding::v1::Meal meal = next->lot->Feed();
  ++next->messages;
  if (successor.has_value()) {
    *next = *std::move(successor);
    ++next_index_;
  } else if (last) {
    running_.erase(next);
  }
  return meal;
}

absl::StatusOr<Simulation::Running> Simulation::Open(int index, absl::Time now) const {
  Running running = Build(index, "", now);
  absl::StatusOr<std::string> code = codes_(index, running.lot->plan());
  if (!code.ok()) return code.status();
  return Build(index, *code, now);
}

Simulation::Running Simulation::Build(int index, const std::string& code, absl::Time wall_start) const {
  Random random = RandomOf(options_.seed, index);
  LotPlan plan = DrawLotPlan(index, random);
  const absl::Duration span = plan.days * absl::Hours(24);
  Running running;
  running.index = index;
  running.wall_start = wall_start;
  if (options_.start.has_value() && index < options_.lots) {
    plan.first_day = Midnight(*options_.start);
  } else {
    // The last meal must not lie in the future of the wall clock when it is given.
    plan.first_day = Midnight(wall_start - span * (1 - 1 / options_.acceleration));
  }
  running.simulated_start = options_.acceleration > 1 ? plan.first_day + kStartOfDay : wall_start;
  running.lot = std::make_unique<SimulatedLot>(code, std::move(plan), options_.curve, random);
  return running;
}

absl::Time Simulation::DueOf(const Running& running) const {
  if (running.messages == 0) return running.wall_start;
  return running.wall_start + (running.lot->next_meal_time() - running.simulated_start) / options_.acceleration;
}

}  // namespace egi::feeding_simulator
