#include "simulators/feeding/simulation.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "simulators/feeding/simulation_state.h"

namespace egi::feeding_simulator {
namespace {

// An accelerated lot starts one simulated hour before its first meal.
constexpr absl::Duration kStartOfDay = absl::Hours(7);
// A lot that could not be opened is tried again after this.
constexpr absl::Duration kOpenAgain = absl::Seconds(1);
constexpr double kSlowest = 1, kFastest = 86400;

absl::Time Midnight(absl::Time time) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  return absl::FromCivil(absl::ToCivilDay(time, utc), utc);
}

// Every lot has its own stream of numbers, so that it can be rebuilt alone. Multiplier of Knuth's MMIX generator.
Random RandomOf(uint64_t seed, int index) {
  return Random(seed + static_cast<uint64_t>(index + 1) * 6364136223846793005ULL);
}

bool IsPace(double acceleration) { return acceleration >= kSlowest && acceleration <= kFastest; }

}  // namespace

absl::Status SimulationOptions::Validate() const {
  std::vector<std::string> bad;
  if (lots < 1 || lots > 500) bad.push_back(absl::StrCat("--lots is ", lots, "; give 1 to 500"));
  if (!IsPace(acceleration)) {
    bad.push_back(absl::StrCat("--acceleration is ", acceleration, "; give 1 (real time) to 86400 (a day per second)"));
  }
  for (size_t i = 0; i < incidents.size(); ++i) {
    if (const absl::Status status = incidents[i].Validate(); !status.ok()) bad.push_back(absl::StrCat("incident ", i + 1, ": ", std::string(status.message())));
  }
  return bad.empty() ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrJoin(bad, "; "));
}

absl::StatusOr<std::unique_ptr<Simulation>> Simulation::Create(SimulationOptions options, CodeSource codes, absl::Time now) {
  if (absl::Status status = options.Validate(); !status.ok()) return status;
  auto simulation = std::unique_ptr<Simulation>(new Simulation(std::move(options), std::move(codes)));
  const int lots = simulation->options_.lots;
  for (int i = 0; i < lots; ++i) {
    absl::StatusOr<Running> running = simulation->Open(i, now);
    if (!running.ok()) return running.status();
    simulation->running_.push_back(*std::move(running));
  }
  simulation->next_index_ = lots;
  return simulation;
}

absl::StatusOr<std::unique_ptr<Simulation>> Simulation::Restore(SimulationOptions options, CodeSource codes, const std::string& state, absl::Time now) {
  if (absl::Status status = options.Validate(); !status.ok()) return status;
  absl::StatusOr<SavedSimulation> saved = ReadState(state);
  if (!saved.ok()) return saved.status();
  if (saved->seed != options.seed || saved->curve != options.curve) {
    return absl::InvalidArgumentError("the saved simulation has another seed or curve; start with the same ones or another --spool");
  }
  const double wanted = std::exchange(options.acceleration, saved->acceleration);
  auto simulation = std::unique_ptr<Simulation>(new Simulation(std::move(options), std::move(codes)));
  simulation->next_index_ = saved->next_index;
  simulation->finished_ = saved->finished;
  for (const SavedLot& lot : saved->lots) {
    if (lot.state == LotState::kVacant) {
      simulation->running_.emplace_back().wall = lot.wall;
      continue;
    }
    Running running = simulation->Build(lot.index, lot.code, lot.wall, lot.first_day);
    if (lot.simulated.has_value()) running.simulated = *lot.simulated;
    for (const LotIncident& incident : lot.incidents) running.lot->Suffer(incident);
    while (running.generated < lot.generated && !(running.generated > 0 && running.lot->finished())) simulation->Generate(&running);
    running.delivered = std::clamp<int>(lot.delivered, 0, running.waiting.size());
    running.waiting.erase(running.waiting.begin(), running.waiting.begin() + running.delivered);
    if (lot.state == LotState::kRunning) {
      simulation->running_.push_back(std::move(running));
    } else if (simulation->options_.keep_finished) {
      simulation->Keep(&running);
    }
  }
  if (wanted != saved->acceleration) {
    if (absl::Status status = simulation->SetAcceleration(wanted, now); !status.ok()) return status;
  }
  return simulation;
}

std::string Simulation::Save() const {
  SavedSimulation saved{options_.seed, options_.acceleration, options_.curve, next_index_, finished_, {}};
  for (const FinishedLot& lot : kept_) {
    SavedLot& one = saved.lots.emplace_back();
    one.state = LotState::kFinished;
    one.index = lot.number - 1;
    one.code = lot.code;
    one.first_day = lot.plan.first_day;
    one.generated = 1 + 2 * lot.plan.days;
    one.incidents = lot.incidents;
  }
  for (const Running& running : running_) {
    SavedLot& one = saved.lots.emplace_back();
    one.wall = running.wall;
    if (running.lot == nullptr) {
      one.state = LotState::kVacant;
      continue;
    }
    one.index = running.index;
    one.code = running.lot->code();
    one.first_day = running.lot->plan().first_day;
    one.simulated = running.simulated;
    one.generated = running.generated;
    one.delivered = running.delivered;
    one.incidents = running.lot->incidents();
  }
  return WriteState(saved);
}

std::optional<absl::Time> Simulation::NextDue() const {
  std::optional<absl::Time> due;
  for (const Running& running : running_) due = std::min(due.value_or(absl::InfiniteFuture()), DueOf(running));
  return due;
}

absl::StatusOr<std::vector<feeding::v1::Meal>> Simulation::Step(absl::Time now) {
  const auto next = std::min_element(running_.begin(), running_.end(), [this](const Running& a, const Running& b) { return DueOf(a) < DueOf(b); });
  if (next->lot == nullptr) {
    absl::StatusOr<Running> opened = Open(next_index_, now);
    if (!opened.ok()) {
      next->wall = now + kOpenAgain;
      return opened.status();
    }
    *next = *std::move(opened);
    ++next_index_;
  }
  if (next->generated == 0) {
    next->generated = 1;
    return std::vector<feeding::v1::Meal>{next->lot->Announce()};
  }
  // What waits comes before a meal of the same moment: it is older.
  const bool waited = !next->waiting.empty() && (next->lot->finished() || next->waiting.front().time <= next->lot->next_meal_time());
  const absl::Time reached = waited ? next->waiting.front().time : next->lot->next_meal_time();
  if (!waited) Generate(&*next);
  std::vector<feeding::v1::Meal> messages;
  while (!next->waiting.empty() && next->waiting.front().time <= reached) {
    messages.push_back(std::move(next->waiting.front().meal));
    next->waiting.pop_front();
    ++next->delivered;
  }
  if (next->lot->finished() && next->waiting.empty()) Retire(next, now);
  return messages;
}

void Simulation::Generate(Running* running) const {
  if (running->generated++ == 0) return;
  Serving serving = running->lot->Serve();
  for (const absl::Time time : serving.deliveries) {
    const auto place = std::upper_bound(running->waiting.begin(), running->waiting.end(), time,
                                        [](absl::Time at, const Delivery& delivery) { return at < delivery.time; });
    running->waiting.insert(place, {time, serving.meal});
  }
  if (options_.keep_finished) running->servings.push_back(std::move(serving));
}

void Simulation::Keep(Running* running) {
  FinishedLot& lot = kept_.emplace_back();
  lot.number = running->index + 1;
  lot.code = running->lot->code();
  lot.plan = running->lot->plan();
  lot.incidents = running->lot->incidents();
  lot.servings = std::move(running->servings);
}

void Simulation::Retire(std::vector<Running>::iterator running, absl::Time now) {
  ++finished_;
  if (options_.keep_finished) Keep(&*running);
  if (!options_.continuous) {
    running_.erase(running);
    return;
  }
  *running = Running();
  running->wall = now;
}

absl::Status Simulation::SetAcceleration(double acceleration, absl::Time now) {
  if (!IsPace(acceleration)) {
    return absl::InvalidArgumentError(absl::StrCat("acceleration is ", acceleration, "; give 1 (real time) to 86400 (a day per second)"));
  }
  for (Running& running : running_) {
    if (running.lot == nullptr || now <= running.wall) continue;
    const absl::Time reached = running.simulated + (now - running.wall) * options_.acceleration;
    running.simulated = std::min(reached, std::max(now, running.simulated));
    running.wall = now;
  }
  options_.acceleration = acceleration;
  return absl::OkStatus();
}

absl::StatusOr<int> Simulation::Inject(const Incident& incident) {
  if (absl::Status status = incident.Validate(); !status.ok()) return status;
  int concerned = 0, affected = 0;
  for (Running& running : running_) {
    if (running.lot == nullptr || running.lot->finished()) continue;
    if (!Concerns(incident, running.lot->code(), running.lot->plan().site, running.index + 1)) continue;
    ++concerned;
    const int from = incident.from_meal.value_or(running.lot->next_meal());
    const int last = 2 * running.lot->plan().days - 1;
    if (from < running.lot->next_meal() || from > last || (from == last && incident.type == IncidentType::kMissedMeal)) continue;
    running.lot->Suffer({incident.type, from, incident.duration, incident.intensity, incident.measure});
    ++affected;
  }
  if (concerned == 0) return absl::NotFoundError(absl::StrCat("no running lot is concerned by ", incident.Describe(), "; list the simulators to see their lots"));
  if (affected == 0) return absl::FailedPreconditionError(absl::StrCat("for every lot concerned that meal is past, after its end, or a last meal that cannot be missed: ", incident.Describe()));
  return affected;
}

std::vector<LotStatus> Simulation::Lots() const {
  std::vector<LotStatus> lots;
  for (const Running& running : running_) {
    if (running.lot == nullptr) continue;
    LotStatus& lot = lots.emplace_back();
    lot.code = running.lot->code();
    lot.plan = running.lot->plan();
    lot.meals_given = running.lot->next_meal();
    lot.birds_alive = running.lot->alive();
    lot.mean_weight_g = running.lot->mean_weight_g();
    if (lot.meals_given > 0) lot.incidents = ActiveAt(running.lot->incidents(), lot.meals_given - 1);
    lot.held = static_cast<int>(running.waiting.size());
  }
  return lots;
}

absl::StatusOr<Simulation::Running> Simulation::Open(int index, absl::Time now) const {
  Running running = Build(index, "", now, std::nullopt);
  absl::StatusOr<std::string> code = codes_(index, running.lot->plan());
  if (!code.ok()) return code.status();
  running = Build(index, *code, now, std::nullopt);
  for (const Incident& incident : options_.incidents) {
    if (!Concerns(incident, *code, running.lot->plan().site, index + 1)) continue;
    running.lot->Suffer({incident.type, incident.from_meal.value_or(0), incident.duration, incident.intensity, incident.measure});
  }
  return running;
}

Simulation::Running Simulation::Build(int index, const std::string& code, absl::Time wall_start, std::optional<absl::Time> first_day) const {
  Random random = RandomOf(options_.seed, index);
  LotPlan plan = DrawLotPlan(index, random);
  const absl::Duration span = plan.days * absl::Hours(24);
  Running running;
  running.index = index;
  running.wall = wall_start;
  if (first_day.has_value()) {
    plan.first_day = *first_day;
  } else if (options_.start.has_value() && index < options_.lots) {
    plan.first_day = Midnight(*options_.start);
  } else {
    // The last meal must not lie in the future of the wall clock when it is given.
    plan.first_day = Midnight(wall_start - span * (1 - 1 / options_.acceleration));
  }
  running.simulated = options_.acceleration > 1 ? plan.first_day + kStartOfDay : wall_start;
  running.lot = std::make_unique<SimulatedLot>(code, std::move(plan), options_.curve, random);
  return running;
}

absl::Time Simulation::WallTime(const Running& running, absl::Time simulated) const {
  const absl::Time paced = running.wall + (simulated - running.simulated) / options_.acceleration;
  return std::max(paced, simulated);
}

absl::Time Simulation::GenerationDue(const Running& running) const {
  if (running.lot->finished()) return absl::InfiniteFuture();
  return WallTime(running, running.lot->next_meal_time());
}

absl::Time Simulation::DueOf(const Running& running) const {
  if (running.lot == nullptr || running.generated == 0) return running.wall;
  const absl::Time meal = GenerationDue(running);
  return running.waiting.empty() ? meal : std::min(meal, WallTime(running, running.waiting.front().time));
}

}  // namespace egi::feeding_simulator
