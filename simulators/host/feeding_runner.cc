#include "simulators/host/feeding_runner.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <limits>

#include "absl/strings/str_cat.h"
#include "simulators/feeding/lot_codes.h"
#include "simulators/host/settings.h"

namespace egi::simulator_host {
namespace {

using feeding_simulator::FeedingRun;
using feeding_simulator::RunPhase;
using feeding_simulator::RunState;

// What the server has not acknowledged by then stays in the spool.
constexpr absl::Duration kPatience = absl::Seconds(3);

int32_t Int32(int64_t value) { return static_cast<int32_t>(std::min<int64_t>(value, std::numeric_limits<int32_t>::max())); }

const char* StateOf(RunPhase phase) {
  switch (phase) {
    case RunPhase::kStarting:
    case RunPhase::kRunning:
      return "running";
    case RunPhase::kFinished:
      return "finished";
    case RunPhase::kStopped:
      return "stopped";
    case RunPhase::kFailed:
      break;
  }
  return "failed";
}

}  // namespace

absl::StatusOr<std::unique_ptr<FeedingRunner>> FeedingRunner::Start(const simulation::v1::Simulator& simulator, Options options, const Clock* clock) {
  feeding_simulator::RunOptions run;
  run.simulation = OptionsOf(simulator.feeding());
  run.producer_id = options.producer_id;
  run.spool = options.folder;
  run.server = options.server;
  run.codes = feeding_simulator::CodesFromServer(options.server);
  FeedingRun::Callbacks callbacks;
  callbacks.on_notice = [name = simulator.name()](const std::string& text) { fprintf(stderr, "%s: %s\n", name.c_str(), text.c_str()); };
  absl::StatusOr<std::unique_ptr<FeedingRun>> started = FeedingRun::Start(std::move(run), clock, std::move(callbacks));
  if (!started.ok()) return started.status();
  return std::unique_ptr<FeedingRunner>(new FeedingRunner(*std::move(started)));
}

void FeedingRunner::Stop() { run_->Stop(kPatience).IgnoreError(); }

void FeedingRunner::Describe(simulation::v1::Simulator* simulator) const {
  const RunState state = run_->State();
  simulator->set_state(StateOf(state.phase));
  simulator->set_message(state.error.ok() ? "" : std::string(state.error.message()));
  const bool nothing_taken = state.messages.rejected > 0 && state.messages.acked <= state.messages.rejected;
  if (state.error.ok() && nothing_taken) simulator->set_message(absl::StrCat("the server refuses every message, ", state.refused));
  simulation::v1::FeedingProgress& progress = *simulator->mutable_progress();
  progress.Clear();
  progress.set_lots_finished(state.lots_finished);
  progress.set_acknowledged(Int32(state.messages.acked));
  progress.set_waiting(Int32(state.messages.buffered_items));
  progress.set_rejected(Int32(state.messages.rejected));
  for (const auto& text : state.injected) progress.add_injected(text);
  for (const auto& each : state.lots) {
    simulation::v1::LotProgress& lot = *progress.add_lots();
    lot.set_code_lot(each.code);
    lot.set_site(each.plan.site);
    lot.set_meals(each.meals_given);
    lot.set_planned_meals(2 * each.plan.days);
    lot.set_birds_alive(each.birds_alive);
    lot.set_mean_weight_g(each.mean_weight_g);
    for (const auto& incident : each.incidents) lot.add_incidents(incident);
  }
}

}  // namespace egi::simulator_host
