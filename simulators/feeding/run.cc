#include "simulators/feeding/run.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "server/base/proto_time.h"
#include "server/campaign/write.h"
#include "simulators/feeding/export.h"
#include "simulators/feeding/state_file.h"

namespace egi::feeding_simulator {
namespace {

constexpr absl::Duration kRetry = absl::Seconds(1);

bool IsAway(const absl::Status& status) { return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status); }

std::string StatePath(const std::string& spool) { return spool.empty() ? "" : spool + "/simulation.json"; }

}  // namespace

const char* RunPhaseName(RunPhase phase) {
  switch (phase) {
    case RunPhase::kStarting:
      return "starting";
    case RunPhase::kRunning:
      return "running";
    case RunPhase::kFinished:
      return "finished";
    case RunPhase::kStopped:
      return "stopped";
    case RunPhase::kFailed:
      return "failed";
  }
  return "";
}

absl::StatusOr<std::unique_ptr<FeedingRun>> FeedingRun::Start(RunOptions options, const Clock* clock, Callbacks callbacks) {
  if (absl::Status status = options.simulation.Validate(); !status.ok()) return status;
  if (options.codes == nullptr) return absl::InvalidArgumentError("a source of lot codes is missing");
  options.simulation.keep_finished = !options.export_csv.empty();
  if (options.producer_id.empty()) options.producer_id = absl::StrCat("feeding-simulator-", options.simulation.seed);
  client::MealProducer::Options sending;
  sending.server = options.server;
  sending.producer_id = options.producer_id;
  sending.when_full = client::WhenFull::kBlock;
  sending.buffer_limit_bytes = options.buffer_limit_bytes;
  if (!options.spool.empty()) {
    std::error_code error;
    std::filesystem::create_directories(options.spool, error);
    if (error) return absl::PermissionDeniedError(absl::StrCat("cannot create --spool ", options.spool, ": ", error.message()));
    sending.spool_dir = options.spool + "/meals";
  }
  auto run = std::unique_ptr<FeedingRun>(new FeedingRun(std::move(options), clock, std::move(callbacks)));
  // A spool of another simulation is told at once, not by the thread.
  if (absl::StatusOr<Saved> saved = run->ReadSaved(); !saved.ok()) return saved.status();
  client::MealProducer::Callbacks refused;
  refused.on_rejected = [run = run.get()](int64_t, const feeding::v1::Meal& meal, const absl::Status& why) {
    const std::string what = absl::StrCat(meal.code_lot(), " J", meal.jour(), " ", meal.moment());
    {
      MutexLock lock(&run->mutex_);
      run->state_.refused = absl::StrCat(what, ": ", std::string(why.message()));
    }
    if (run->callbacks_.on_notice) run->callbacks_.on_notice(absl::StrCat(what, " refused: ", why.ToString()));
  };
  auto producer = client::MealProducer::Create(sending, std::move(refused), std::move(run->options_.connection));
  if (!producer.ok()) return producer.status();
  run->producer_ = *std::move(producer);
  run->thread_ = std::thread([run = run.get()] { run->Run(); });
  return run;
}

FeedingRun::FeedingRun(RunOptions options, const Clock* clock, Callbacks callbacks)
    : options_(std::move(options)), clock_(clock), callbacks_(std::move(callbacks)) {
  state_.acceleration = options_.simulation.acceleration;
}

FeedingRun::~FeedingRun() { Stop(absl::ZeroDuration()).IgnoreError(); }

absl::Status FeedingRun::Stop(absl::Duration patience) {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  MutexLock one_at_a_time(&stop_mutex_);
  absl::Status closed = producer_ == nullptr ? absl::OkStatus() : producer_->Close(patience);  // also ends a Send that waits for room
  if (thread_.joinable()) thread_.join();
  return closed;
}

void FeedingRun::Run() {
  absl::Status status = Feed();
  if (status.ok()) status = DrainUnlessStopping();
  MutexLock lock(&mutex_);
  state_.phase = stopping_ ? RunPhase::kStopped : status.ok() ? RunPhase::kFinished : RunPhase::kFailed;
  state_.error = stopping_ ? absl::OkStatus() : status;
  ended_ = true;
  changed_.NotifyAll();
}

absl::Status FeedingRun::DrainUnlessStopping() {
  while (WaitFor(clock_->Now())) {
    const absl::Status flushed = producer_->Flush(options_.longest_wait);
    if (!absl::IsDeadlineExceeded(flushed)) return flushed;
  }
  return absl::OkStatus();
}

absl::Status FeedingRun::Feed() {
  absl::StatusOr<std::unique_ptr<Simulation>> simulation = Begin();
  if (!simulation.ok()) return simulation.status();
  if (*simulation == nullptr) return absl::OkStatus();
  simulation_ = *std::move(simulation);
  if (absl::Status status = Save(); !status.ok()) return status;
  if (absl::Status status = Export(); !status.ok()) return status;
  Publish(RunPhase::kRunning, absl::OkStatus());
  while (const std::optional<absl::Time> due = simulation_->NextDue()) {
    if (!WaitFor(*due)) return absl::OkStatus();
    if (*due != simulation_->NextDue() || *due > clock_->Now()) continue;
    absl::StatusOr<std::vector<feeding::v1::Meal>> messages = simulation_->Step(clock_->Now());
    if (IsAway(messages.status())) {
      Publish(RunPhase::kRunning, messages.status());
      if (callbacks_.on_notice) callbacks_.on_notice(absl::StrCat(messages.status().ToString(), "; trying again"));
      continue;
    }
    if (!messages.ok()) return messages.status();
    // What was sent and not noted is sent again after a restart and recognised, so the state may wait until nothing is due; but a new lot must begin
    // again on the day it began.
    const bool opened = std::any_of(messages->begin(), messages->end(), [](const feeding::v1::Meal& message) { return message.jour() < 0; });
    if (absl::Status status = Send(*std::move(messages)); !status.ok()) return status;
    const std::optional<absl::Time> next = simulation_->NextDue();
    if (opened || !next.has_value() || *next > clock_->Now()) {
      if (absl::Status status = Save(); !status.ok()) return status;
      if (absl::Status status = Export(); !status.ok()) return status;
    }
    Publish(RunPhase::kRunning, absl::OkStatus());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Simulation>> FeedingRun::Begin() {
  for (;;) {
    absl::StatusOr<std::unique_ptr<Simulation>> simulation = BeginOnce();
    if (!IsAway(simulation.status())) return simulation;
    const std::string waiting = absl::StrCat("waiting for the server at ", options_.server, ": ", std::string(simulation.status().message()));
    Publish(RunPhase::kStarting, simulation.status());
    if (callbacks_.on_notice) callbacks_.on_notice(waiting);
    if (!WaitFor(clock_->Now() + kRetry)) return std::unique_ptr<Simulation>();
  }
}

absl::StatusOr<FeedingRun::Saved> FeedingRun::ReadSaved() const {
  Saved saved;
  const std::string path = StatePath(options_.spool);
  if (path.empty()) return saved;
  absl::StatusOr<std::optional<std::string>> text = ReadStateFile(path);
  if (!text.ok()) return text.status();
  if (!text->has_value()) return saved;
  const nlohmann::json state = nlohmann::json::parse(**text, nullptr, /*allow_exceptions=*/false);
  const bool known = state.is_object() && state.contains("run") && state["run"].is_string() && state.contains("simulation") && state["simulation"].is_string();
  if (!known) return absl::InvalidArgumentError(absl::StrCat(path, " cannot be read; remove it to start new lots"));
  saved.run = state["run"];
  saved.simulation = state["simulation"];
  // The codes are known: restoring asks nobody.
  const CodeSource nobody = [](int, const LotPlan&) -> absl::StatusOr<std::string> { return absl::UnavailableError("not asked"); };
  if (auto restored = Simulation::Restore(options_.simulation, nobody, saved.simulation, clock_->Now()); !restored.ok()) return restored.status();
  return saved;
}

absl::StatusOr<std::unique_ptr<Simulation>> FeedingRun::BeginOnce() {
  absl::StatusOr<Saved> saved = ReadSaved();
  if (!saved.ok()) return saved.status();
  if (!saved->run.empty()) {
    run_ = saved->run;
    return Simulation::Restore(options_.simulation, options_.codes(run_), saved->simulation, clock_->Now());
  }
  if (run_.empty()) run_ = absl::StrCat(options_.producer_id, "/", absl::ToUnixMillis(clock_->Now()));
  return Simulation::Create(options_.simulation, options_.codes(run_), clock_->Now());
}

absl::Status FeedingRun::Send(std::vector<feeding::v1::Meal> messages) {
  for (feeding::v1::Meal& message : messages) {
    ToTimestamp(clock_->Now(), message.mutable_sent_at());
    if (absl::StatusOr<int64_t> sent = producer_->Send(message); !sent.ok()) return sent.status();
    if (callbacks_.on_message) callbacks_.on_message(message);
  }
  return absl::OkStatus();
}

absl::Status FeedingRun::Save() {
  const std::string path = StatePath(options_.spool);
  if (path.empty()) return absl::OkStatus();
  return WriteStateFile(path, nlohmann::json{{"run", run_}, {"simulation", simulation_->Save()}}.dump());
}

absl::Status FeedingRun::Export() {
  const auto finished = static_cast<int>(simulation_->Finished().size());
  if (options_.export_csv.empty() || finished == exported_) return absl::OkStatus();
  std::vector<std::string> left_out;
  const std::vector<campaign::CampaignLot> rows = CampaignOf(simulation_->Finished(), options_.simulation.seed, &left_out);
  if (absl::Status status = WriteStateFile(options_.export_csv, campaign::WriteCampaignFile(rows)); !status.ok()) return status;
  exported_ = finished;
  if (!left_out.empty() && left_out.back() == simulation_->Finished().back().code && callbacks_.on_notice) {
    callbacks_.on_notice(absl::StrCat(left_out.back(), " has 28 meals, the campaign file holds 27: it is left out of ", options_.export_csv));
  }
  return absl::OkStatus();
}

bool FeedingRun::WaitFor(absl::Time due) {
  for (;;) {
    std::deque<std::function<void(Simulation*)>> commands;
    {
      MutexLock lock(&mutex_);
      const absl::Duration left = std::min(due - clock_->Now(), options_.longest_wait);
      if (!stopping_ && commands_.empty() && left > absl::ZeroDuration()) changed_.WaitFor(&mutex_, absl::ToChronoNanoseconds(left));
      if (stopping_) return false;
      commands.swap(commands_);
    }
    for (const auto& command : commands) command(simulation_.get());
    if (!commands.empty() || clock_->Now() >= due) return true;
  }
}

void FeedingRun::Publish(RunPhase phase, const absl::Status& error) {
  std::vector<LotStatus> lots;
  double acceleration = options_.simulation.acceleration;
  int finished = 0;
  if (simulation_ != nullptr) {
    lots = simulation_->Lots();
    acceleration = simulation_->acceleration();
    finished = simulation_->finished_lots();
  }
  MutexLock lock(&mutex_);
  state_.phase = phase;
  state_.error = error;
  state_.acceleration = acceleration;
  state_.lots_finished = finished;
  state_.lots = std::move(lots);
}

absl::Status FeedingRun::Ask(Command command) {
  struct Answer {
    bool begun = false, given_up = false, given = false;
    absl::Status status;
  };
  const auto answer = std::make_shared<Answer>();
  MutexLock lock(&mutex_);
  if (ended_ || stopping_) return absl::FailedPreconditionError(absl::StrCat("the simulation has ended (", RunPhaseName(state_.phase), "); start it again"));
  commands_.push_back([this, answer, command = std::move(command)](Simulation* simulation) {
    {
      MutexLock lock(&mutex_);
      if (answer->given_up) return;
      answer->begun = true;
    }
    absl::Status status = simulation == nullptr ? absl::FailedPreconditionError("the simulation waits for the server and has no lots yet; try again when it runs")
                                                : command(simulation);
    if (status.ok()) status = Save();
    if (status.ok()) Publish(RunPhase::kRunning, absl::OkStatus());
    MutexLock lock(&mutex_);
    answer->given = true;
    answer->status = std::move(status);
    changed_.NotifyAll();
  });
  changed_.NotifyAll();
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(options_.answer_within);
  while (!answer->given && !ended_) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (answer->begun) {
      changed_.Wait(&mutex_);
    } else if (left > left.zero()) {
      changed_.WaitFor(&mutex_, left);
    } else {
      answer->given_up = true;
      return absl::UnavailableError("the simulation waits, its spool is full and the server is away: nothing was changed; try again when the server is back");
    }
  }
  return answer->given ? answer->status : absl::FailedPreconditionError("the simulation has ended meanwhile; start it again");
}

absl::Status FeedingRun::SetAcceleration(double acceleration) {
  return Ask([this, acceleration](Simulation* simulation) { return simulation->SetAcceleration(acceleration, clock_->Now()); });
}

absl::StatusOr<int> FeedingRun::Inject(const Incident& incident) {
  int affected = 0;
  const absl::Status status = Ask([&affected, &incident](Simulation* simulation) {
    absl::StatusOr<int> lots = simulation->Inject(incident);
    if (lots.ok()) affected = *lots;
    return lots.status();
  });
  if (!status.ok()) return status;
  MutexLock lock(&mutex_);
  state_.injected.push_back(incident.Describe());
  return affected;
}

RunState FeedingRun::State() const {
  client::ProducerStats messages = producer_->stats();
  MutexLock lock(&mutex_);
  RunState state = state_;
  state.messages = std::move(messages);
  return state;
}

bool FeedingRun::WaitUntilEnded(absl::Duration timeout) const {
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(timeout);
  MutexLock lock(&mutex_);
  while (!ended_) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= left.zero()) return false;
    changed_.WaitFor(&mutex_, left);
  }
  return true;
}

}  // namespace egi::feeding_simulator
