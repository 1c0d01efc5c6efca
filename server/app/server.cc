#include "server/app/server.h"

#include <chrono>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/resource_quota.h"
#include "prometheus/exposer.h"
#include "server/analyse/judge.h"
#include "server/analyse/profile_book.h"
#include "server/api/quality/model_catalog.h"
#include "server/api/services.h"
#include "server/app/config.h"
#include "server/app/health_monitor.h"
#include "server/app/import_desk.h"
#include "server/app/maintenance.h"
#include "server/app/meal_care.h"
#include "server/app/rules.h"
#include "server/app/schema.h"
#include "server/app/service_names.h"
#include "server/app/station_care.h"
#include "server/app/timed_committer.h"
#include "server/auth/door.h"
#include "server/auth/password_hasher.h"
#include "server/ingest/ingest_services.h"
#include "server/persist/batcher.h"
#include "server/publish/hub.h"
#include "server/publish/realtime_service.h"
#include "server/storage/postgres/meal_committer.h"
#include "server/storage/postgres/postgres_event_store.h"
#include "server/storage/postgres/postgres_producer_store.h"
#include "server/storage/postgres/sample_committer.h"
#include "server/telemetry/metrics.h"

namespace egi::app {
namespace {

constexpr int kMaxMessageBytes = 4 << 20;
constexpr int kQueuedOpens = 1000;
constexpr int kQueuedCalls = 500;

absl::StatusOr<std::unique_ptr<storage::Pool>> Connect(const Server::Options& options) {
  storage::Pool::Options pool;
  pool.url = options.database_url;
  pool.max_connections = options.config.database().max_connections();
  pool.statement_timeout = absl::Seconds(options.config.database().statement_timeout_s());
  const absl::Time deadline = options.clock->Now() + absl::Seconds(options.config.database().start_timeout_s());
  bool told = false;
  while (true) {
    auto connected = storage::Pool::Create(pool);
    if (connected.ok() || !absl::IsUnavailable(connected.status()) || options.clock->Now() >= deadline) return connected;
    if (!told) options.log->Info("waiting for the database");
    told = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

}  // namespace

// In the order of construction; destroyed in the opposite order.
struct Server::Parts {
  explicit Parts(const Options& given)
      : options(given),
        gate(int64_t{given.config.ingest().admission_mib()} << 20),
        blocking(2, kQueuedOpens),
        catch_up(2, kQueuedOpens),
        calls(given.config.database().max_connections(), kQueuedCalls) {}

  ingest::StreamEnvironment Environment(ingest::Lane* lane) {
    ingest::StreamEnvironment environment;
    environment.lane = lane;
    environment.producers = producers.get();
    environment.pool = &blocking;
    environment.gate = &gate;
    environment.clock = options.clock;
    environment.metrics = &metrics;
    environment.log = options.log;
    environment.max_outstanding = options.config.ingest().max_outstanding_items();
    if (lane == sample_lane.get()) environment.commands = care->dispatcher();
    return environment;
  }

  template <typename Committer, typename Write>
  absl::StatusOr<std::unique_ptr<persist::Batcher<Write>>> MakeBatcher(const std::string& kind,
                                                                      typename Committer::Options committer_options) {
    committer_options.url = options.database_url;
    persist::BatcherOptions batcher_options;
    batcher_options.max_rows = options.config.persist().max_rows();
    batcher_options.on_committed = [this](std::shared_ptr<const persist::CommittedBatch> batch) { hub->Committed(std::move(batch)); };
    auto committer = std::make_unique<Committer>(std::move(committer_options), options.clock);
    return persist::Batcher<Write>::Create(std::make_unique<TimedCommitter<Write>>(std::move(committer), kind, &metrics),
                                           std::move(batcher_options));
  }

  absl::Status MakeIdentity();
  absl::Status MakeHub();
  absl::Status LoadProfiles();
  absl::Status MakeCare();
  absl::Status MakeSampleStages();
  absl::Status MakeMealStages();
  void MakeUnaryServices();
  void SetServing(bool serving);

  const Options options;
  telemetry::Metrics metrics;
  ingest::AdmissionGate gate;
  std::unique_ptr<storage::Pool> pool;
  std::unique_ptr<storage::PostgresProducerStore> producers;
  std::unique_ptr<StationCare> care;
  std::unique_ptr<MealCare> meal_care;
  std::unique_ptr<storage::PostgresEventStore> events;
  std::unique_ptr<publish::Hub> hub;
  std::unique_ptr<publish::RealtimeService> realtime_service;
  WorkerPool blocking;  // opening of producers, heartbeats
  WorkerPool catch_up;  // snapshots and catch-up of subscribers
  WorkerPool calls;     // unary services
  analyse::AnalysisBook book;
  ingest::DeviceProfiles device_profiles;
  std::unique_ptr<persist::SampleBatcher> sample_batcher;
  std::unique_ptr<ingest::SampleLane> sample_lane;
  std::unique_ptr<ingest::StreamHost> sample_host;
  std::unique_ptr<ingest::SampleIngestService> sample_service;
  std::unique_ptr<persist::MealBatcher> meal_batcher;
  std::unique_ptr<ingest::MealLane> meal_lane;
  std::unique_ptr<ingest::StreamHost> meal_host;
  std::unique_ptr<ingest::MealIngestService> meal_service;
  std::unique_ptr<auth::AccessTokens> tokens;
  std::unique_ptr<auth::PasswordHasher> hasher;
  std::unique_ptr<api::Services> unary;
  std::unique_ptr<prometheus::Exposer> exposer;
  std::unique_ptr<grpc::Server> grpc_server;
  std::unique_ptr<HealthMonitor> health;
  std::unique_ptr<Maintenance> maintenance;
  std::unique_ptr<ImportDesk> imports;
  int port = 0;
  bool stopped = false;
};

absl::Status Server::Parts::MakeIdentity() {
  auto made = auth::AccessTokens::Create({.key_file = options.token_key, .clock = options.clock});
  if (!made.ok()) return made.status();
  tokens = *std::move(made);
  auto passwords = auth::PasswordHasher::Create();
  if (!passwords.ok()) return passwords.status();
  hasher = *std::move(passwords);
  if (options.token_key.empty()) options.log->Info("no --token_key: access tokens end with this process");
  return absl::OkStatus();
}

absl::Status Server::Parts::MakeHub() {
  const PublishConfig& config = options.config.publish();
  events = std::make_unique<storage::PostgresEventStore>(options.database_url, options.clock);
  publish::Hub::Options hub_options;
  hub_options.store = events.get();
  hub_options.pool = &catch_up;
  hub_options.clock = options.clock;
  hub_options.metrics = &metrics;
  hub_options.log = options.log;
  hub_options.max_subscribers = config.max_subscribers();
  hub_options.log_events = config.log_events();
  hub_options.log_bytes = int64_t{config.log_mib()} << 20;
  hub_options.poll_interval = absl::Milliseconds(config.poll_interval_ms());
  hub_options.subscription.resume_window = absl::Hours(config.resume_window_hours());
  auto made = publish::Hub::Create(std::move(hub_options));
  if (!made.ok()) return made.status();
  hub = std::move(*made);
  realtime_service = std::make_unique<publish::RealtimeService>(hub.get(), options.log);
  hub->Start();
  return absl::OkStatus();
}

absl::Status Server::Parts::LoadProfiles() {
  auto read = options.profiles.empty() ? analyse::AnalysisBook::BuiltIn() : analyse::AnalysisBook::Load(options.profiles);
  if (!read.ok()) return read.status();
  book = *std::move(read);
  const AlertsConfig& alerts = options.config.alerts();
  book.SetMargins(alerts.score_margin(), alerts.index_margin(), alerts.disagreement_margin());
  return pool->Read([this](pqxx::transaction_base& transaction) {
    for (const auto& row : transaction.exec("SELECT device_id, config_profile FROM sqal_devices WHERE config_profile <> ''")) {
      device_profiles.Of(row[0].as<std::string>(), row[1].as<std::string>());
    }
    return absl::OkStatus();
  });
}

absl::Status Server::Parts::MakeCare() {
  StationCare::Options stations;
  stations.pool = pool.get();
  stations.workers = &blocking;
  stations.clock = options.clock;
  stations.metrics = &metrics;
  stations.log = options.log;
  stations.profiles = &book;
  stations.rules = GaugeRulesOf(options.config.gauge());
  stations.silent_after = absl::Seconds(options.config.devices().silent_after_s());
  stations.on_heartbeat = [this](const quality::v1::DeviceHeartbeat& heartbeat, absl::Time received) {
    hub->HeartbeatSeen(heartbeat.device_id(), heartbeat.buffer_size(), received);
  };
  care = std::make_unique<StationCare>(std::move(stations));
  return care->RefreshGate();  // no sample comes in before it is known who must not grade
}

absl::Status Server::Parts::MakeSampleStages() {
  storage::PostgresSampleCommitter::Options stored;
  stored.clear_after = options.config.alerts().clear_after_samples();
  auto samples = MakeBatcher<storage::PostgresSampleCommitter, persist::SampleWrite>("sample", std::move(stored));
  if (!samples.ok()) return samples.status();
  sample_batcher = std::move(*samples);
  sample_lane = std::make_unique<ingest::SampleLane>(
      sample_batcher.get(), &metrics,
      [this](const quality::v1::DeviceHeartbeat& heartbeat, absl::Time received) { care->HeartbeatSeen(heartbeat, received); },
      [this](const quality::v1::CommandResult& result, absl::Time received) { care->CommandAnswered(result, received); }, care->grading(),
      ingest::SampleJudge{book.FindOrDefault("").rules, &book, &device_profiles});
  sample_host = std::make_unique<ingest::StreamHost>(Environment(sample_lane.get()), options.config.ingest().max_streams());
  sample_service = std::make_unique<ingest::SampleIngestService>(sample_host.get(), sample_lane.get());
  return absl::OkStatus();
}

absl::Status Server::Parts::MakeMealStages() {
  storage::PostgresMealCommitter::Options judged;
  judged.judge = [rules = MealRulesOf(options.config.alerts())](const feeding::v1::Meal& meal, const analyse::LotState& lot) {
    return analyse::JudgeMeal(meal, lot, rules);
  };
  judged.clear_after = options.config.alerts().clear_after_meals();
  auto meals = MakeBatcher<storage::PostgresMealCommitter, persist::MealWrite>("meal", std::move(judged));
  if (!meals.ok()) return meals.status();
  meal_batcher = std::move(*meals);
  meal_lane = std::make_unique<ingest::MealLane>(meal_batcher.get());
  meal_host = std::make_unique<ingest::StreamHost>(Environment(meal_lane.get()), options.config.ingest().max_streams());
  meal_service = std::make_unique<ingest::MealIngestService>(meal_host.get(), meal_lane.get());
  meal_care = std::make_unique<MealCare>(MealCare::Options{pool.get(), options.clock, options.log, MealRulesOf(options.config.alerts()),
                                                           absl::Seconds(options.config.feeding().settle_s())});
  return absl::OkStatus();
}

void Server::Parts::MakeUnaryServices() {
  api::GaugeOptions gauge;
  gauge.rules = GaugeRulesOf(options.config.gauge());
  gauge.on_change = [this] { (void)care->RefreshGate(); };  // a failure is made good within a second
  unary = api::MakeServices(
      *pool, *options.clock, calls, book, *tokens, *hasher,
      [this](const quality::v1::DeviceHeartbeat& heartbeat, const storage::write::CounterSteps& steps, absl::Time received) {
        care->HeartbeatRecorded(heartbeat, steps, received);
      },
      [this](persist::MealWrite write, persist::Done done) { meal_lane->SubmitDay(std::move(write), std::move(done)); }, std::move(gauge));
  // A version that cannot be registered leaves those that are: predictions go on with them.
  const auto models = storage::write::NewPostgresModelStore(*pool);
  if (absl::Status missing = api::RegisterShippedModels(*models, options.clock->Now()); !missing.ok()) {
    options.log->Warning("the learned models of this program could not be registered", {{"cause", std::string(missing.message())}});
  }
}

void Server::Parts::SetServing(bool serving) {
  metrics.SetDatabaseUp(serving);
  if (grpc_server == nullptr) return;
  grpc::HealthCheckServiceInterface* health_service = grpc_server->GetHealthCheckService();
  health_service->SetServingStatus(serving);
  for (const char* name : ServiceNames()) health_service->SetServingStatus(name, serving);
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() { Stop(); }

int Server::port() const { return parts_->port; }

absl::StatusOr<std::unique_ptr<Server>> Server::Create(const Options& options) {
  if (absl::Status status = CheckLoopback(options.listen, "--listen"); !status.ok()) return status;
  if (!options.metrics.empty()) {
    if (absl::Status status = CheckLoopback(options.metrics, "--metrics"); !status.ok()) return status;
  }
  if (options.database_url.empty()) {
    return absl::InvalidArgumentError("no database: set EGI_DATABASE_URL or --database_url to a PostgreSQL URI");
  }
  auto parts = std::make_unique<Parts>(options);
  if (absl::Status status = parts->MakeIdentity(); !status.ok()) return status;
  auto pool = Connect(options);
  if (!pool.ok()) return pool.status();
  parts->pool = std::move(*pool);
  if (absl::Status status = CheckSchema(parts->pool.get()); !status.ok()) return status;
  if (absl::Status status = parts->MakeHub(); !status.ok()) return status;
  if (absl::Status status = parts->LoadProfiles(); !status.ok()) return status;
  if (absl::Status status = parts->MakeCare(); !status.ok()) return status;
  parts->producers = std::make_unique<storage::PostgresProducerStore>(parts->pool.get());
  if (absl::Status status = parts->MakeSampleStages(); !status.ok()) return status;
  if (absl::Status status = parts->MakeMealStages(); !status.ok()) return status;
  parts->MakeUnaryServices();
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

absl::Status Server::Start() {
  Parts& p = *parts_;
  if (!p.options.metrics.empty()) {
    try {
      p.exposer = std::make_unique<prometheus::Exposer>(p.options.metrics, 1);
      p.exposer->RegisterCollectable(p.metrics.registry());
    } catch (const std::exception& error) {
      return absl::UnavailableError(absl::StrCat("cannot listen on --metrics=", p.options.metrics, " (", error.what(),
                                                 "); is another server running? choose another port or an empty --metrics"));
    }
  }
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(p.options.listen, auth::LocalCredentials(*p.tokens), &p.port);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  builder.SetResourceQuota(grpc::ResourceQuota("egi-server").Resize(256 << 20));
  // Everything is served by callbacks; the synchronous machinery only carries reflection.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
  builder.RegisterService(p.sample_service.get());
  builder.RegisterService(p.meal_service.get());
  builder.RegisterService(p.realtime_service.get());
  for (const auto& service : p.unary->list()) builder.RegisterService(service.get());
  p.grpc_server = builder.BuildAndStart();
  if (p.grpc_server == nullptr || p.port == 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen on --listen=", p.options.listen,
                                               "; is another server running? choose another port"));
  }
  p.SetServing(true);
  HealthMonitor::Options health;
  health.clock = p.options.clock;
  health.probe = [&p] {
    return p.pool->Read([](pqxx::transaction_base& transaction) {
      transaction.exec1("SELECT 1");
      return absl::OkStatus();
    });
  };
  health.on_change = [&p](bool serving) {
    p.options.log->Warning(serving ? "the database answers again" : "the database does not answer");
    p.SetServing(serving);
  };
  p.health = std::make_unique<HealthMonitor>(std::move(health));
  p.care->Start();
  p.meal_care->Start();
  p.imports = std::make_unique<ImportDesk>(p.pool.get(), p.meal_batcher.get(), p.options.clock, p.options.log);
  p.maintenance = std::make_unique<Maintenance>(p.pool.get(), p.options.clock, p.options.log);
  p.options.log->Info("serving", {{"listen", absl::StrCat(p.options.listen.substr(0, p.options.listen.rfind(':')), ":", p.port)},
                                  {"metrics", p.options.metrics}});
  return absl::OkStatus();
}

bool Server::Drain(absl::Duration timeout) {
  Parts& p = *parts_;
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(timeout);
  const auto left = [deadline] { return absl::FromChrono(deadline - std::chrono::steady_clock::now()); };
  p.health.reset();
  if (p.grpc_server != nullptr) p.grpc_server->GetHealthCheckService()->Shutdown();  // NOT_SERVING for good
  p.sample_host->Drain();
  p.meal_host->Drain();
  const bool no_samples = p.sample_host->WaitUntilEmpty(left());
  const bool no_meals = p.meal_host->WaitUntilEmpty(left());
  p.hub->Drain();  // after the last commits, so that subscribers leave with the newest position
  return no_samples && no_meals;
}

void Server::Stop() {
  Parts& p = *parts_;
  if (p.stopped) return;
  p.stopped = true;
  p.health.reset();
  p.maintenance.reset();
  p.imports.reset();
  if (p.care != nullptr) p.care->Stop();
  if (p.meal_care != nullptr) p.meal_care->Stop();
  // What is still waiting is answered, so that every call can end.
  if (p.sample_batcher != nullptr) p.sample_batcher->Stop();
  if (p.meal_batcher != nullptr) p.meal_batcher->Stop();
  if (p.grpc_server != nullptr) {
    p.grpc_server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
    p.grpc_server->Wait();
  }
  if (p.hub != nullptr) p.hub->Stop();
}

}  // namespace egi::app
