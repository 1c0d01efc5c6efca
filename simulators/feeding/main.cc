// feeding-simulator: lots of ducks fed on an accelerated clock, sent through StreamMeals as a feeder's device would send them. With --spool it
// continues after any interruption, without losing or repeating a meal.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cpp/producer.h"
#include "egi/feeding/v1/lot.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "nlohmann/json.hpp"
#include "simulators/feeding/simulation.h"
#include "simulators/feeding/state_file.h"
#include "simulators/program/program.h"

ABSL_FLAG(std::string, server, "127.0.0.1:50051", "HOST:PORT of the server");
ABSL_FLAG(int, lots, 3, "lots running at once, 1 to 500");
ABSL_FLAG(double, acceleration, 1440, "simulated seconds per second, 1 to 86400; 1440 = a day a minute");
ABSL_FLAG(uint64_t, seed, 1, "seed of all randomness: the same seed gives the same lots");
ABSL_FLAG(std::string, curve, "strain", "prescribed doses: strain (medians of a real campaign) or linear");
ABSL_FLAG(bool, continuous, false, "replace a finished lot by a new one, for ever");
ABSL_FLAG(std::string, start_date, "", "first day of the first lots, YYYY-MM-DD; default: such that the last meal falls on the present");
ABSL_FLAG(std::string, spool, "", "folder that keeps unsent meals and the state of the lots over restarts; empty = memory only");
ABSL_FLAG(std::string, producer_id, "", "identity of this simulator at the server; default: feeding-simulator-SEED");
ABSL_FLAG(bool, quiet, false, "do not print a line for each meal");

namespace egi::feeding_simulator {
namespace {

constexpr absl::Duration kLastWords = absl::Seconds(10);
constexpr absl::Duration kRetry = absl::Seconds(1);

absl::StatusOr<SimulationOptions> ReadOptions() {
  SimulationOptions options;
  options.lots = absl::GetFlag(FLAGS_lots);
  options.acceleration = absl::GetFlag(FLAGS_acceleration);
  options.seed = absl::GetFlag(FLAGS_seed);
  options.continuous = absl::GetFlag(FLAGS_continuous);
  absl::StatusOr<CurveMode> curve = ParseCurveMode(absl::GetFlag(FLAGS_curve));
  if (!curve.ok()) return curve.status();
  options.curve = *curve;
  if (const std::string date = absl::GetFlag(FLAGS_start_date); !date.empty()) {
    absl::CivilDay day;
    if (!absl::ParseCivilTime(date, &day)) return absl::InvalidArgumentError(absl::StrCat("--start_date is \"", date, "\"; give YYYY-MM-DD"));
    options.start = absl::FromCivil(day, absl::UTCTimeZone());
  }
  if (absl::Status status = options.Validate(); !status.ok()) return status;
  return options;
}

// Asks the server for the codes of the lots. The request id makes asking twice harmless.
class CodesFromServer {
 public:
  CodesFromServer(std::string run, const std::string& server)
      : run_(std::move(run)), stub_(feeding::v1::LotService::NewStub(grpc::CreateChannel(server, grpc::InsecureChannelCredentials()))) {}

  absl::StatusOr<std::string> operator()(int index, const LotPlan& plan) const {
    feeding::v1::CreateLotRequest request;
    request.set_request_id(absl::StrCat(run_, "/", index));
    request.set_site_code(plan.site);
    request.set_gaveur_id(plan.gaveur_id);
    request.set_genetique(BreedName(plan.breed));
    request.set_nb_canards_initial(plan.birds);
    request.set_debut_lot(absl::FormatTime("%Y-%m-%d", plan.first_day, absl::UTCTimeZone()));
    request.set_duree_prevue(plan.days);
    request.set_origine("simulator");
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
    feeding::v1::Lot lot;
    const grpc::Status status = stub_->CreateLot(&context, request, &lot);
    if (!status.ok()) return absl::Status(static_cast<absl::StatusCode>(status.error_code()), absl::StrCat("no code for a new lot: ", status.error_message()));
    return lot.code_lot();
  }

 private:
  const std::string run_;
  const std::shared_ptr<feeding::v1::LotService::Stub> stub_;
};

// The simulation and the file that lets it continue.
class Session {
 public:
  static absl::StatusOr<std::unique_ptr<Session>> Create(const SimulationOptions& options, const std::string& producer_id) {
    auto session = std::unique_ptr<Session>(new Session);
    if (const std::string spool = absl::GetFlag(FLAGS_spool); !spool.empty()) session->path_ = spool + "/simulation.json";
    std::optional<std::string> saved;
    if (!session->path_.empty()) {
      absl::StatusOr<std::optional<std::string>> read = ReadStateFile(session->path_);
      if (!read.ok()) return read.status();
      saved = *std::move(read);
    }
    const nlohmann::json state = nlohmann::json::parse(saved.value_or("{}"), nullptr, false);
    const bool known = state.is_object() && state.contains("run") && state.contains("simulation");
    if (saved.has_value() && !known) return absl::InvalidArgumentError(absl::StrCat(session->path_, " cannot be read; remove it to start new lots"));
    session->run_ = known ? state["run"].get<std::string>() : absl::StrCat(producer_id, "/", absl::ToUnixMillis(absl::Now()));
    const CodesFromServer codes(session->run_, absl::GetFlag(FLAGS_server));
    absl::StatusOr<std::unique_ptr<Simulation>> simulation =
        known ? Simulation::Restore(options, codes, state["simulation"].get<std::string>()) : Simulation::Create(options, codes, absl::Now());
    if (!simulation.ok()) return simulation.status();
    session->simulation_ = *std::move(simulation);
    return session;
  }

  Simulation& simulation() { return *simulation_; }

  absl::Status Save() const {
    if (path_.empty()) return absl::OkStatus();
    return WriteStateFile(path_, nlohmann::json{{"run", run_}, {"simulation", simulation_->Save()}}.dump());
  }

 private:
  Session() = default;
  std::string path_;
  std::string run_;
  std::unique_ptr<Simulation> simulation_;
};

void Print(const feeding::v1::Meal& meal) {
  if (absl::GetFlag(FLAGS_quiet)) return;
  if (meal.jour() < 0) {
    printf("%s announced: %s, %d birds\n", meal.code_lot().c_str(), meal.genetique().c_str(), meal.nb_canards_initial());
  } else {
    printf("%s J%d %s: %.1f g of %.1f, %.0f g, %d alive%s\n", meal.code_lot().c_str(), meal.jour(), meal.moment().c_str(), meal.dose_reelle(),
           meal.dose_theorique(), meal.poids_moyen(), meal.nb_canards_vivants(), meal.pret_abattage() ? ", ready" : "");
  }
  fflush(stdout);
}

// Feeds until every lot has finished or a signal comes.
absl::Status Feed(Session& session, client::MealProducer& producer, program::StopSignal& stop) {
  while (const std::optional<absl::Time> due = session.simulation().NextDue()) {
    if (stop.WaitFor(*due - absl::Now())) return absl::OkStatus();
    absl::StatusOr<feeding::v1::Meal> meal = session.simulation().Step(absl::Now());
    if (absl::IsUnavailable(meal.status()) || absl::IsDeadlineExceeded(meal.status())) {
      fprintf(stderr, "feeding-simulator: %s; trying again\n", meal.status().ToString().c_str());
      if (stop.WaitFor(kRetry)) return absl::OkStatus();
      continue;
    }
    if (!meal.ok()) return meal.status();
    if (absl::StatusOr<int64_t> sent = producer.Send(*meal); !sent.ok()) return sent.status();
    if (absl::Status saved = session.Save(); !saved.ok()) return saved;
    Print(*meal);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Run(program::StopSignal& stop) {
  absl::StatusOr<SimulationOptions> options = ReadOptions();
  if (!options.ok()) return options.status();
  client::MealProducer::Options connection;
  connection.server = absl::GetFlag(FLAGS_server);
  connection.producer_id = absl::GetFlag(FLAGS_producer_id);
  if (connection.producer_id.empty()) connection.producer_id = absl::StrCat("feeding-simulator-", options->seed);
  if (const std::string spool = absl::GetFlag(FLAGS_spool); !spool.empty()) {
    std::error_code error;
    std::filesystem::create_directories(spool, error);
    if (error) return absl::PermissionDeniedError(absl::StrCat("cannot create --spool ", spool, ": ", error.message()));
    connection.spool_dir = spool + "/meals";
  }
  connection.when_full = client::WhenFull::kBlock;

  std::unique_ptr<Session> session;
  while (session == nullptr) {
    absl::StatusOr<std::unique_ptr<Session>> created = Session::Create(*options, connection.producer_id);
    if (created.ok()) {
      session = *std::move(created);
    } else if (absl::IsUnavailable(created.status()) || absl::IsDeadlineExceeded(created.status())) {
      fprintf(stderr, "feeding-simulator: waiting for the server at %s: %s\n", connection.server.c_str(), std::string(created.status().message()).c_str());
      if (stop.WaitFor(kRetry)) return absl::OkStatus();
    } else {
      return created.status();
    }
  }
  client::MealProducer::Callbacks callbacks;
  callbacks.on_rejected = [](int64_t, const feeding::v1::Meal& meal, const absl::Status& why) {
    fprintf(stderr, "feeding-simulator: %s J%d %s refused: %s\n", meal.code_lot().c_str(), meal.jour(), meal.moment().c_str(), why.ToString().c_str());
  };
  absl::StatusOr<std::unique_ptr<client::MealProducer>> producer = client::MealProducer::Create(connection, std::move(callbacks));
  if (!producer.ok()) return producer.status();
  const absl::Status fed = Feed(*session, **producer, stop);
  const absl::Status closed = (*producer)->Close(kLastWords);
  return fed.ok() ? closed : fed;
}

}  // namespace egi::feeding_simulator

int main(int argc, char** argv) {
  return egi::program::Main("feeding-simulator", "Simulates lots of ducks and sends their meals to the server. --help lists the options.", argc, argv,
                            egi::feeding_simulator::Run);
}
