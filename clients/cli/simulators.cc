#include "clients/cli/simulators.h"

#include <chrono>
#include <future>
#include <memory>
#include <ostream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "clients/cli/unary.h"
#include "egi/simulation/v1/control.grpc.pb.h"

namespace egi::cli {
namespace {

namespace sv1 = egi::simulation::v1;
using Stub = sv1::SimulatorService::Stub;

std::unique_ptr<Stub> StubOf(const Session& session) { return sv1::SimulatorService::NewStub(client::MakeChannel(session.server)); }

// How it runs, in a few words.
std::string Settings(const sv1::Simulator& simulator) {
  if (simulator.has_feeding()) {
    const auto& feeding = simulator.feeding();
    return absl::StrFormat("%d lots at x%g, seed %d%s%s", feeding.lots(), feeding.acceleration(), feeding.seed(), feeding.continuous() ? ", continuous" : "",
                           feeding.incidents_size() > 0 ? absl::StrFormat(", %d incidents", feeding.incidents_size()) : "");
  }
  if (simulator.has_station()) return absl::StrFormat("%s, %g samples/s", simulator.station().device(), simulator.station().rate());
  const auto& monitor = simulator.monitor();
  if (monitor.samples_per_sqrt_bird() > 0) return absl::StrFormat("%g x sqrt(birds) livers a lot", monitor.samples_per_sqrt_bird());
  return absl::StrFormat("%d livers a lot", monitor.samples_per_lot());
}

std::string Progress(const sv1::Simulator& simulator) {
  if (!simulator.has_progress()) return "";
  const auto& progress = simulator.progress();
  return absl::StrFormat("; %d lots running, %d finished, %d messages acknowledged, %d waiting, %d refused", progress.lots_size(), progress.lots_finished(),
                         progress.acknowledged(), progress.waiting(), progress.rejected());
}

void Print(const Session& session, const sv1::Simulator& simulator) {
  if (session.json) {
    session.out << ToJsonLine(simulator) << "\n";
    return;
  }
  session.out << absl::StrFormat("%-22s %-8s %-10s %s%s%s%s\n", simulator.name(), simulator.kind(), simulator.state(), Settings(simulator), Progress(simulator),
                                 simulator.restarts() > 0 ? absl::StrFormat("; restarted %d x", simulator.restarts()) : "",
                                 simulator.message().empty() ? "" : absl::StrCat(" (", simulator.message(), ")"));
}

void Print(const Session& session, const sv1::ListSimulatorsResponse& simulators) {
  for (const auto& simulator : simulators.simulators()) Print(session, simulator);
}

// Calls, prints, and gives the exit code.
template <typename Request, typename Response>
int Do(const Session& session, const std::string& what, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request) {
  const std::unique_ptr<Stub> stub = StubOf(session);
  const absl::StatusOr<Response> answer = Call(*stub, method, request);
  if (!answer.ok()) return Fail(session, absl::StrCat("simulators ", what), answer.status());
  Print(session, *answer);
  return kOk;
}

// The same for what the host answers only when simulators work (8 s at most, and it may have to end others first): tells every two seconds that it waits.
template <typename Request, typename Response>
int DoAndWait(const Session& session, const std::string& what, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request) {
  const std::unique_ptr<Stub> stub = StubOf(session);
  auto answering = std::async(std::launch::async, [&] { return Call(*stub, method, request, std::chrono::seconds(60)); });
  for (int seconds = 2; answering.wait_for(std::chrono::seconds(2)) != std::future_status::ready; seconds += 2) {
    session.err << absl::StrFormat("simulators %s: waiting until the server has taken a first message, %d s\n", what, seconds) << std::flush;
  }
  const absl::StatusOr<Response> answer = answering.get();
  if (!answer.ok()) return Fail(session, absl::StrCat("simulators ", what), answer.status());
  Print(session, *answer);
  return kOk;
}

}  // namespace

int RunListSimulators(const Session& session, const sv1::ListSimulatorsRequest& request) {
  const std::unique_ptr<Stub> stub = StubOf(session);
  const auto answer = Call(*stub, &Stub::ListSimulators, request);
  if (!answer.ok()) return Fail(session, "simulators list", answer.status());
  Print(session, *answer);
  if (answer->simulators().empty() && !session.json) session.err << "no simulators; egictl simulators run demo starts some\n";
  return kOk;
}

int RunShowSimulator(const Session& session, const sv1::GetSimulatorRequest& request) {
  const std::unique_ptr<Stub> stub = StubOf(session);
  const auto answer = Call(*stub, &Stub::GetSimulator, request);
  if (!answer.ok()) return Fail(session, "simulators show", answer.status());
  Print(session, *answer);
  if (session.json) return kOk;
  for (const auto& lot : answer->progress().lots()) {
    session.out << absl::StrFormat("  %s  meal %2d of %d  %4d birds  %6.0f g%s\n", lot.code_lot(), lot.meals(), lot.planned_meals(), lot.birds_alive(),
                                   lot.mean_weight_g(), lot.incidents().empty() ? "" : absl::StrCat("  ", absl::StrJoin(lot.incidents(), ", ")));
  }
  for (const auto& incident : answer->progress().injected()) session.out << "  injected: " << incident << "\n";
  return kOk;
}

int RunAddSimulator(const Session& session, const sv1::CreateSimulatorRequest& request) { return DoAndWait(session, "add", &Stub::CreateSimulator, request); }
int RunStartSimulator(const Session& session, const sv1::StartSimulatorRequest& request) { return DoAndWait(session, "start", &Stub::StartSimulator, request); }
int RunStopSimulator(const Session& session, const sv1::StopSimulatorRequest& request) { return Do(session, "stop", &Stub::StopSimulator, request); }
int RunDeleteSimulator(const Session& session, const sv1::DeleteSimulatorRequest& request) { return Do(session, "delete", &Stub::DeleteSimulator, request); }
int RunSetSpeed(const Session& session, const sv1::SetSpeedRequest& request) { return Do(session, "speed", &Stub::SetSpeed, request); }
int RunInject(const Session& session, const sv1::InjectIncidentRequest& request) { return Do(session, "inject", &Stub::InjectIncident, request); }
int RunStartScenario(const Session& session, const sv1::StartScenarioRequest& request) { return DoAndWait(session, "run", &Stub::StartScenario, request); }
int RunStopScenario(const Session& session, const sv1::StopScenarioRequest& request) { return Do(session, "end", &Stub::StopScenario, request); }

int RunListScenarios(const Session& session) {
  const std::unique_ptr<Stub> stub = StubOf(session);
  const auto answer = Call(*stub, &Stub::ListScenarios, sv1::ListScenariosRequest());
  if (!answer.ok()) return Fail(session, "simulators scenarios", answer.status());
  for (const auto& scenario : answer->scenarios()) {
    if (session.json) {
      session.out << ToJsonLine(scenario) << "\n";
    } else {
      session.out << absl::StrFormat("%-12s %s\n", scenario.name(), scenario.description());
    }
  }
  return kOk;
}

absl::StatusOr<sv1::MealMoment> ParseMealMoment(const std::string& text) {
  const size_t begin = !text.empty() && text[0] == 'J' ? 1 : 0;
  const size_t colon = text.find(':');
  const std::string day = text.substr(begin, colon == std::string::npos ? colon : colon - begin);
  const std::string moment = colon == std::string::npos ? "matin" : text.substr(colon + 1);
  int jour = 0;
  if (!absl::SimpleAtoi(day, &jour) || jour < 0 || jour > 27 || (moment != "matin" && moment != "soir")) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no meal; give the day and matin or soir, e.g. J3:soir"));
  }
  sv1::MealMoment meal;
  meal.set_jour(jour);
  meal.set_moment(moment);
  return meal;
}

}  // namespace egi::cli
