// The simulators of a host: which there are, which shall run, and what becomes of them. Kept in a file over restarts.
#ifndef EGI_SIMULATORS_HOST_REGISTRY_H_
#define EGI_SIMULATORS_HOST_REGISTRY_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "egi/simulation/v1/control.pb.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "simulators/host/runner.h"

namespace egi::simulator_host {

// Thread-safe. Changes are made one after the other; reading waits for none of them. Every error carries google.rpc details.
class Registry {
 public:
  struct Options {
    std::string file;       // of the simulators and which of them run
    const Clock* clock;     // outlives the registry
    RunnerFactory start;
    // Removes what a simulator that is to be forgotten, or to begin anew, has kept; it does not run then.
    std::function<void(const simulation::v1::Simulator&)> erase;
  };
  using Simulator = simulation::v1::Simulator;

  // Takes up what the file tells; a simulator that ran is started again, one that cannot be is `failed`. Errors: PERMISSION_DENIED, DATA_LOSS (the file cannot be
  // read; the message names it).
  static absl::StatusOr<std::unique_ptr<Registry>> Create(Options options);
  // Stops all; they are started again by the next Create.
  ~Registry();

  bool empty() const;
  // By name.
  std::vector<Simulator> List() const;
  absl::StatusOr<Simulator> Get(const std::string& name) const;

  // Makes complete simulators and starts them, all or none; see SimulatorService.CreateSimulator. Errors: ALREADY_EXISTS (other settings; a station of the same
  // device), FAILED_PRECONDITION (messages wait in the spool of a finished one), those of the start.
  // `begun` gets the names of those that did not run before.
  absl::StatusOr<std::vector<Simulator>> Make(const std::vector<Simulator>& wanted, std::vector<std::string>* begun = nullptr);

  // These errors: NOT_FOUND, and what the service tells.
  // `begun` is set when it did not run before.
  absl::StatusOr<Simulator> Start(const std::string& name, bool* begun = nullptr);
  // `why` becomes the message of the stopped one.
  absl::StatusOr<Simulator> Stop(const std::string& name, const std::string& why = "");
  absl::StatusOr<Simulator> Delete(const std::string& name, bool force);
  absl::StatusOr<Simulator> SetSpeed(const std::string& name, double acceleration, double rate);
  absl::StatusOr<Simulator> Inject(const std::string& name, const simulation::v1::Incident& incident);
  absl::StatusOr<std::vector<Simulator>> StopScenario(const std::string& scenario);

 private:
  // `simulator.state` is what is wanted (running or stopped); runners tell the rest.
  struct Entry {
    Simulator simulator;
    std::shared_ptr<Runner> runner;  // null = stopped, or it could not be started (simulator.message)
  };

  explicit Registry(Options options) : options_(std::move(options)) {}
  static Simulator Describe(const Entry& entry);
  absl::StatusOr<Entry> Find(const std::string& name) const;
  void Put(Entry entry);
  // Starts the runner of an entry that has none.
  absl::Status Begin(Entry* entry);
  // Before a change is begun, because it may take seconds: no other change waits for it, and one that waits for this runner is released.
  void StopRunner(const std::string& name) const;
  // Ends the runner; progress stays readable.
  void End(Entry* entry);
  // Ends the runner of an entry that is known and starts another.
  absl::Status BeginAgain(Entry* entry);
  // How `wanted` is to be had.
  struct Plan {
    Entry entry;         // the one that is known, or a new one
    bool ended = false;  // its runner has ended by itself; it begins again
    bool anew = false;   // ... without what it kept
  };
  // `simulator` at another pace. Errors as SetSpeed.
  static absl::StatusOr<Simulator> Paced(Simulator simulator, double acceleration, double rate);
  // Changes nothing; errors as Make.
  absl::StatusOr<Plan> Check(const Simulator& wanted) const;
  absl::Status Save();
  absl::StatusOr<Simulator> Change(const std::string& name, const std::function<absl::Status(Entry*)>& change);

  const Options options_;
  Mutex changing_;  // held over a whole change, for changes only
  mutable Mutex mutex_;
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace egi::simulator_host

#endif  // EGI_SIMULATORS_HOST_REGISTRY_H_
