// A simulation of feeding that runs: it feeds lots in a thread of its own, sends their meals to the server, and can be paced and harmed while it does.
#ifndef EGI_SIMULATORS_FEEDING_RUN_H_
#define EGI_SIMULATORS_FEEDING_RUN_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "clients/cpp/producer.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "simulators/feeding/simulation.h"

namespace egi::feeding_simulator {

struct RunOptions {
  SimulationOptions simulation;
  // Identity at the server, one per running simulation; empty = feeding-simulator-SEED.
  std::string producer_id;
  // Folder that keeps unsent meals and the state of the lots over restarts; empty = memory only.
  std::string spool;
  // Campaign file that is written anew whenever a lot has finished; empty = none.
  std::string export_csv;
  // Makes the codes of lots; see CodesFromServer. `run` names this life of the simulation and stays the same over restarts.
  std::function<CodeSource(const std::string& run)> codes;
  // Where meals go; null = gRPC to `server`.
  std::string server;
  std::unique_ptr<client::IngestConnection> connection = nullptr;
  // Longest wait before the clock is read again: it may have been set.
  absl::Duration longest_wait = absl::Seconds(1);
  // Of unsent meals; when they are as many, the simulation waits until the server has taken some.
  int64_t buffer_limit_bytes = 256 << 20;
  // How long a command waits for a simulation that waits for the server.
  absl::Duration answer_within = absl::Seconds(5);
};

enum class RunPhase {
  kStarting,  // waits for the server to name the lots
  kRunning,
  kFinished,  // every lot has finished and every message is acknowledged
  kStopped,
  kFailed,
};

// "starting", "running", "finished", "stopped", "failed".
const char* RunPhaseName(RunPhase phase);

// How a run stands.
struct RunState {
  RunPhase phase = RunPhase::kStarting;
  absl::Status error;               // why it failed, or what it waits for; OK when nothing is wrong
  double acceleration = 0;          // simulated seconds per second
  int lots_finished = 0;
  std::vector<LotStatus> lots;      // running
  std::string refused;              // the newest refusal, in words; empty when there was none
  std::vector<std::string> injected;  // incidents injected while running, in words
  client::ProducerStats messages;   // buffered_items is the length of the spool
};

// Thread-safe. The clock outlives it.
class FeedingRun {
 public:
  // Called by the run's own threads, some at the same time; they must not call the run.
  struct Callbacks {
    std::function<void(const feeding::v1::Meal& message)> on_message;  // handed to the spool
    std::function<void(const std::string& text)> on_notice;            // for people: waiting, refused messages
  };

  // Starts feeding. A server that is away is waited for. Errors: INVALID_ARGUMENT (options, or a spool of another simulation), PERMISSION_DENIED, those of
  // MealProducer::Create.
  static absl::StatusOr<std::unique_ptr<FeedingRun>> Start(RunOptions options, const Clock* clock, Callbacks callbacks = {});
  ~FeedingRun();

  // Ends in order: waits at most `patience` until the messages sent are acknowledged; a spool keeps the rest. OK, or why something is left. Repeating it is
  // harmless.
  absl::Status Stop(absl::Duration patience);

  // Simulated seconds per second from now on; it never gets ahead of the wall clock. Errors: INVALID_ARGUMENT outside 1..86400, FAILED_PRECONDITION (ended),
  // UNAVAILABLE (the spool is full and the server away; nothing has changed).
  absl::Status SetAcceleration(double acceleration);

  // Running lots suffer this from now on; returns how many do. Errors: those of Simulation::Inject, FAILED_PRECONDITION (not running), UNAVAILABLE as above.
  absl::StatusOr<int> Inject(const Incident& incident);

  RunState State() const;

  // Waits until it has ended by itself (finished or failed); false when `timeout` has passed.
  bool WaitUntilEnded(absl::Duration timeout) const;

 private:
  using Command = std::function<absl::Status(Simulation*)>;
  // What the spool holds of an earlier life; empty when there was none.
  struct Saved {
    std::string run, simulation;
  };

  FeedingRun(RunOptions options, const Clock* clock, Callbacks callbacks);
  void Run();
  absl::Status Feed();
  absl::Status DrainUnlessStopping();
  // Makes or restores the simulation; null when stopped before the server came.
  absl::StatusOr<std::unique_ptr<Simulation>> Begin();
  absl::StatusOr<std::unique_ptr<Simulation>> BeginOnce();
  absl::StatusOr<Saved> ReadSaved() const;
  absl::Status Send(std::vector<feeding::v1::Meal> messages);
  absl::Status Save();
  absl::Status Export();
  // Runs what other threads asked for, then waits until `due`; false when the run is to end.
  bool WaitFor(absl::Time due);
  void Publish(RunPhase phase, const absl::Status& error);
  // Has the run's thread do something between two messages, and waits until it is done.
  absl::Status Ask(Command command);

  RunOptions options_;
  const Clock* const clock_;
  const Callbacks callbacks_;
  std::string run_;                         // run thread only, as simulation_
  std::unique_ptr<Simulation> simulation_;
  int exported_ = -1;                       // lots in the campaign file
  std::unique_ptr<client::MealProducer> producer_;

  Mutex stop_mutex_;
  mutable Mutex mutex_;
  mutable CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<std::function<void(Simulation*)>> commands_ ABSL_GUARDED_BY(mutex_);
  RunState state_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace egi::feeding_simulator

#endif  // EGI_SIMULATORS_FEEDING_RUN_H_
