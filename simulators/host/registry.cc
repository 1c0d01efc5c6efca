#include "simulators/host/registry.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "server/base/proto_time.h"
#include "server/base/rich_status.h"
#include "simulators/feeding/state_file.h"
#include "simulators/host/settings.h"

namespace egi::simulator_host {
namespace {

using simulation::v1::ListSimulatorsResponse;
using simulation::v1::Simulator;

constexpr char kRunning[] = "running";
constexpr char kStopped[] = "stopped";

absl::Status Unknown(const std::string& name) {
  return WithErrorInfo(absl::NotFoundError(absl::StrCat("there is no simulator \"", name, "\"; GET /api/simulators (ListSimulators) names those there are")), "SIMULATOR_NOT_FOUND",
                       {{"name", name}});
}

absl::Status MessagesWait(const Simulator& simulator) {
  return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat(simulator.progress().waiting(), " messages of \"", simulator.name(),
                                                                  "\" wait for the server; start it until they are sent, or delete it with force")),
                       "MESSAGES_WAIT", {{"name", simulator.name()}});
}

absl::Status DeviceTaken(const Simulator& by) {
  return WithErrorInfo(absl::AlreadyExistsError(absl::StrCat("\"", by.name(), "\" is the station ", by.station().device(), "; give another device")),
                       "DEVICE_TAKEN", {{"name", by.name()}, {"device", by.station().device()}});
}

absl::Status NamedTwice(const Simulator& simulator) {
  return WithErrorInfo(absl::AlreadyExistsError(absl::StrCat("\"", simulator.name(), "\" is asked for twice; give each simulator a name of its own")),
                       "SIMULATOR_EXISTS", {{"name", simulator.name()}});
}

bool AreOneStation(const Simulator& a, const Simulator& b) { return a.has_station() && b.has_station() && a.station().device() == b.station().device(); }

bool HasEnded(const Simulator& simulator) { return simulator.state() == "finished" || simulator.state() == "failed"; }

}  // namespace

absl::StatusOr<std::unique_ptr<Registry>> Registry::Create(Options options) {
  auto registry = std::unique_ptr<Registry>(new Registry(std::move(options)));
  const auto saved = feeding_simulator::ReadStateFile(registry->options_.file);
  if (!saved.ok()) return saved.status();
  ListSimulatorsResponse known;
  if (saved->has_value() && !google::protobuf::util::JsonStringToMessage(**saved, &known).ok()) {
    return absl::DataLossError(absl::StrCat(registry->options_.file, " cannot be read; remove it to begin without simulators"));
  }
  for (const Simulator& simulator : known.simulators()) {
    Entry entry{simulator, nullptr};
    if (simulator.state() == kRunning) registry->Begin(&entry).IgnoreError();  // told by its state
    registry->Put(std::move(entry));
  }
  return registry;
}

Registry::~Registry() {
  std::vector<std::shared_ptr<Runner>> runners;
  {
    MutexLock lock(&mutex_);
    for (const auto& [name, entry] : entries_) {
      if (entry.runner != nullptr) runners.push_back(entry.runner);
    }
  }
  std::vector<std::thread> stops;  // side by side: each may take seconds
  for (const auto& runner : runners) stops.emplace_back([&runner] { runner->Stop(); });
  for (std::thread& stop : stops) stop.join();
}

bool Registry::empty() const {
  MutexLock lock(&mutex_);
  return entries_.empty();
}

Simulator Registry::Describe(const Entry& entry) {
  Simulator simulator = entry.simulator;
  if (entry.runner != nullptr) {
    entry.runner->Describe(&simulator);
  } else if (simulator.state() == kRunning) {
    simulator.set_state("failed");
  }
  return simulator;
}

std::vector<Simulator> Registry::List() const {
  std::vector<Entry> entries;
  {
    MutexLock lock(&mutex_);
    for (const auto& [name, entry] : entries_) entries.push_back(entry);
  }
  std::vector<Simulator> simulators;
  for (const Entry& entry : entries) simulators.push_back(Describe(entry));
  return simulators;
}

absl::StatusOr<Registry::Entry> Registry::Find(const std::string& name) const {
  MutexLock lock(&mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return Unknown(name);
  return found->second;
}

void Registry::Put(Entry entry) {
  MutexLock lock(&mutex_);
  entries_[entry.simulator.name()] = std::move(entry);
}

absl::StatusOr<Simulator> Registry::Get(const std::string& name) const {
  absl::StatusOr<Entry> entry = Find(name);
  if (!entry.ok()) return entry.status();
  return Describe(*entry);
}

absl::Status Registry::Begin(Entry* entry) {
  entry->simulator.set_state(kRunning);
  entry->simulator.clear_message();
  absl::StatusOr<std::unique_ptr<Runner>> runner = options_.start(entry->simulator);
  if (!runner.ok()) {
    entry->simulator.set_message(std::string(runner.status().message()));
    return runner.status();
  }
  entry->runner = *std::move(runner);
  ToTimestamp(options_.clock->Now(), entry->simulator.mutable_started_at());
  return absl::OkStatus();
}

void Registry::End(Entry* entry) {
  if (entry->runner == nullptr) return;
  entry->runner->Stop();
  Simulator last = Describe(*entry);
  if (last.has_progress()) *entry->simulator.mutable_progress() = last.progress();
  entry->runner = nullptr;
}

absl::Status Registry::BeginAgain(Entry* entry) {
  End(entry);
  Put(*entry);  // nobody keeps the old runner: what it held, such as the lock of its spool, is free
  const absl::Status begun = Begin(entry);
  if (!begun.ok()) Put(*entry);  // it says why
  return begun;
}

absl::Status Registry::Save() {
  ListSimulatorsResponse known;
  {
    MutexLock lock(&mutex_);
    for (const auto& [name, entry] : entries_) *known.add_simulators() = entry.simulator;
  }
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  if (!google::protobuf::util::MessageToJsonString(known, &json, options).ok()) return absl::InternalError("the simulators cannot be written as JSON");
  return feeding_simulator::WriteStateFile(options_.file, json);
}

absl::StatusOr<Registry::Plan> Registry::Check(const Simulator& wanted) const {
  for (const Simulator& other : List()) {
    if (other.name() != wanted.name() && AreOneStation(wanted, other)) return DeviceTaken(other);
  }
  absl::StatusOr<Entry> entry = Find(wanted.name());
  if (!entry.ok()) return Plan{{wanted, nullptr}};
  if (!SameButForPace(entry->simulator, wanted)) {
    return WithErrorInfo(absl::AlreadyExistsError(absl::StrCat("there is a simulator \"", wanted.name(), "\" with other settings; delete it or take another name")),
                         "SIMULATOR_EXISTS", {{"name", wanted.name()}});
  }
  const Simulator now = Describe(*entry);
  const bool ended = HasEnded(now), anew = ended && now.has_feeding();
  if (anew && now.progress().waiting() > 0) return MessagesWait(now);
  return Plan{*std::move(entry), ended, anew};
}

absl::StatusOr<std::vector<Simulator>> Registry::Make(const std::vector<Simulator>& wanted, std::vector<std::string>* begun_names) {
  MutexLock changing(&changing_);
  std::vector<Plan> plans;
  for (const Simulator& each : wanted) {
    for (size_t i = 0; i < plans.size(); ++i) {
      if (wanted[i].name() == each.name()) return NamedTwice(each);
      if (AreOneStation(wanted[i], each)) return DeviceTaken(wanted[i]);
    }
    absl::StatusOr<Plan> plan = Check(each);
    if (!plan.ok()) return plan.status();
    plans.push_back(*std::move(plan));
  }
  // What loses what it kept comes last, when the others have begun.
  std::vector<Entry*> begun;
  for (const bool anew : {false, true}) {
    for (size_t i = 0; i < plans.size(); ++i) {
      Plan& plan = plans[i];
      if (plan.anew != anew) continue;
      if (plan.ended) End(&plan.entry);
      if (plan.anew) {
        options_.erase(plan.entry.simulator);
        plan.entry = {wanted[i], nullptr};
      }
      if (plan.entry.runner != nullptr) continue;
      if (!plan.entry.simulator.has_created_at()) ToTimestamp(options_.clock->Now(), plan.entry.simulator.mutable_created_at());
      if (const absl::Status status = Begin(&plan.entry); !status.ok()) {
        for (Entry* each : begun) End(each);
        return status;
      }
      begun.push_back(&plan.entry);
    }
  }
  std::vector<Simulator> made;
  for (size_t i = 0; i < plans.size() && begun_names != nullptr; ++i) {
    if (std::find(begun.begin(), begun.end(), &plans[i].entry) != begun.end()) begun_names->push_back(wanted[i].name());
  }
  for (Plan& plan : plans) {
    made.push_back(Describe(plan.entry));
    Put(std::move(plan.entry));
  }
  if (absl::Status saved = Save(); !saved.ok()) return saved;
  return made;
}

absl::StatusOr<Simulator> Registry::Change(const std::string& name, const std::function<absl::Status(Entry*)>& change) {
  MutexLock changing(&changing_);
  absl::StatusOr<Entry> entry = Find(name);
  if (!entry.ok()) return entry.status();
  if (absl::Status status = change(&*entry); !status.ok()) return status;
  Simulator changed = Describe(*entry);
  Put(*std::move(entry));
  if (absl::Status saved = Save(); !saved.ok()) return saved;
  return changed;
}

absl::StatusOr<Simulator> Registry::Start(const std::string& name, bool* begun) {
  return Change(name, [this, begun](Entry* entry) {
    if (entry->runner != nullptr && !HasEnded(Describe(*entry))) return absl::OkStatus();
    if (begun != nullptr) *begun = true;
    return BeginAgain(entry);
  });
}

void Registry::StopRunner(const std::string& name) const {
  const absl::StatusOr<Entry> entry = Find(name);
  if (entry.ok() && entry->runner != nullptr) entry->runner->Stop();
}

absl::StatusOr<Simulator> Registry::Stop(const std::string& name, const std::string& why) {
  StopRunner(name);
  return Change(name, [this, &why](Entry* entry) {
    End(entry);
    entry->simulator.set_state(kStopped);
    entry->simulator.set_message(why);
    return absl::OkStatus();
  });
}

absl::StatusOr<Simulator> Registry::Delete(const std::string& name, bool force) {
  StopRunner(name);
  MutexLock changing(&changing_);
  absl::StatusOr<Entry> entry = Find(name);
  if (!entry.ok()) return entry.status();
  End(&*entry);
  entry->simulator.set_state(kStopped);
  if (!force && entry->simulator.progress().waiting() > 0) {
    Put(*entry);
    if (absl::Status saved = Save(); !saved.ok()) return saved;
    return MessagesWait(entry->simulator);
  }
  {
    MutexLock lock(&mutex_);
    entries_.erase(name);
  }
  if (absl::Status saved = Save(); !saved.ok()) return saved;
  options_.erase(entry->simulator);
  return entry->simulator;
}

absl::StatusOr<Simulator> Registry::Paced(Simulator simulator, double acceleration, double rate) {
  if (simulator.has_feeding()) {
    if (acceleration == 0 || rate != 0) return InvalidFields({{"acceleration", "is needed (and no rate): simulated seconds per second, 1 to 86400"}});
    simulator.mutable_feeding()->set_acceleration(acceleration);
  } else if (simulator.has_station()) {
    if (rate == 0 || acceleration != 0) return InvalidFields({{"rate", "is needed (and no acceleration): samples per second, above 0 and at most 500"}});
    simulator.mutable_station()->set_rate(rate);
  } else {
    return WithErrorInfo(absl::FailedPreconditionError("a monitor has no pace"), "NO_PACE", {{"name", simulator.name()}});
  }
  if (absl::Status status = Complete(&simulator); !status.ok()) return status;
  return simulator;
}

absl::StatusOr<Simulator> Registry::SetSpeed(const std::string& name, double acceleration, double rate) {
  absl::StatusOr<Entry> before = Find(name);
  if (!before.ok()) return before.status();
  if (const auto paced = Paced(before->simulator, acceleration, rate); !paced.ok()) return paced.status();
  const bool restarts = before->simulator.has_station() && before->runner != nullptr && !HasEnded(Describe(*before));
  if (restarts) before->runner->Stop();  // a station is told its rate when it starts; its numbering goes on
  const Runner* const was = before->runner.get();
  before->runner = nullptr;
  return Change(name, [&](Entry* entry) -> absl::Status {
    absl::StatusOr<Simulator> paced = Paced(entry->simulator, acceleration, rate);
    if (!paced.ok()) return paced.status();
    if (paced->has_feeding() && entry->runner != nullptr && !HasEnded(Describe(*entry))) {
      if (absl::Status status = entry->runner->SetAcceleration(acceleration); !status.ok()) return status;
    }
    const bool again = restarts && entry->runner.get() == was;  // else somebody stopped or started it meanwhile
    entry->simulator = *std::move(paced);
    return again ? BeginAgain(entry) : absl::OkStatus();
  });
}

absl::StatusOr<Simulator> Registry::Inject(const std::string& name, const simulation::v1::Incident& incident) {
  const auto checked = ToIncident(incident, std::nullopt);
  if (!checked.ok()) return checked.status();
  return Change(name, [&](Entry* entry) -> absl::Status {
    if (entry->runner != nullptr) return entry->runner->Inject(*checked);
    return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("\"", name, "\" does not run; start it first")), "NOT_RUNNING", {{"name", name}});
  });
}

absl::StatusOr<std::vector<Simulator>> Registry::StopScenario(const std::string& scenario) {
  std::vector<Simulator> stopped;
  for (const Simulator& each : List()) {
    if (each.scenario() != scenario) continue;
    absl::StatusOr<Simulator> simulator = Stop(each.name());
    if (!simulator.ok()) return simulator.status();
    stopped.push_back(*std::move(simulator));
  }
  if (!stopped.empty()) return stopped;
  return WithErrorInfo(absl::NotFoundError(absl::StrCat("no simulator of the scenario \"", scenario, "\" is known here; start it first")), "SCENARIO_NOT_STARTED",
                       {{"scenario", scenario}});
}

}  // namespace egi::simulator_host
