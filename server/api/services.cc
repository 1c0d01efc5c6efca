#include "server/api/services.h"

#include <utility>

#include "server/api/feeding/advice_service.h"
#include "server/api/quality/business_service.h"
#include "server/api/calls.h"
#include "server/api/feeding/correction_service.h"
#include "server/api/feeding/curve_service.h"
#include "server/api/feeding/day_meal_service.h"
#include "server/api/quality/device_service.h"
#include "server/api/quality/export_service.h"
#include "server/api/feeding/feeding_alert_service.h"
#include "server/api/quality/firmware_service.h"
#include "server/api/quality/gauge_service.h"
#include "server/api/feeding/gaveur_service.h"
#include "server/api/feeding/import_service.h"
#include "server/api/identity/account_service.h"
#include "server/api/identity/auth_service.h"
#include "server/api/quality/inspection_service.h"
#include "server/api/quality/integration_service.h"
#include "server/api/feeding/lot_export_service.h"
#include "server/api/feeding/lot_life_service.h"
#include "server/api/feeding/lot_service.h"
#include "server/api/feeding/meal_history_service.h"
#include "server/api/quality/model_service.h"
#include "server/api/feeding/performance_service.h"
#include "server/api/quality/quality_alert_service.h"
#include "server/api/quality/quality_stats_service.h"
#include "server/api/rejection_service.h"
#include "server/api/quality/sample_service.h"
#include "server/api/feeding/site_service.h"
#include "server/api/quality/spc_service.h"
#include "server/api/supervision/finance_service.h"
#include "server/api/supervision/slaughter_plan_service.h"
#include "server/api/supervision/supervision_service.h"
#include "server/storage/read/contact_reader.h"
#include "server/storage/read/postgres_readers.h"
#include "server/storage/read/supervision_readers.h"
#include "server/storage/write/account_store.h"
#include "server/storage/write/session_store.h"

namespace egi::api {
namespace {

// Calls that hash passwords, at once and waiting: a flood of logins takes no thread from the other calls.
constexpr int kLogins = 2;
constexpr int kQueuedLogins = 32;

class PostgresServices final : public Services {
 public:
  PostgresServices(storage::Pool& pool, const Clock& clock, WorkerPool& workers, const analyse::AnalysisBook& book,
                   const auth::AccessTokens& tokens, auth::PasswordHasher& hasher, OnHeartbeat on_heartbeat, DaySink days, GaugeOptions gauge)
      : sites_(storage::read::NewPostgresSiteReader(pool)),
        lots_(storage::read::NewPostgresLotReader(pool)),
        meals_(storage::read::NewPostgresMealReader(pool)),
        curves_(storage::read::NewPostgresCurveReader(pool)),
        sheets_(storage::read::NewPostgresLotSheetReader(pool)),
        alerts_(storage::read::NewPostgresAlertReader(pool)),
        samples_(storage::read::NewPostgresSampleReader(pool)),
        quality_(storage::read::NewPostgresQualityReader(pool, book.FindOrDefault("").liver.density_g_cm3)),
        cards_(storage::read::NewPostgresCardReader(pool)),
        spc_(storage::read::NewPostgresSpcReader(pool)),
        pairs_(storage::read::NewPostgresIntegrationReader(pool)),
        gaveurs_(storage::read::NewPostgresGaveurReader(pool)),
        performances_(storage::read::NewPostgresPerformanceReader(pool, book.FindOrDefault("").liver.density_g_cm3)),
        supervision_(storage::read::NewPostgresSupervisionReader(pool, book.FindOrDefault("").liver.density_g_cm3)),
        lot_store_(storage::write::NewPostgresLotStore(pool)),
        import_store_(storage::write::NewPostgresImportStore(pool)),
        lot_life_store_(storage::write::NewPostgresLotLifeStore(pool)),
        gaveur_store_(storage::write::NewPostgresGaveurStore(pool)),
        curve_store_(storage::write::NewPostgresCurveStore(pool)),
        alert_store_(storage::write::NewPostgresAlertStore(pool)),
        device_store_(storage::write::NewPostgresDeviceStore(pool)),
        command_store_(storage::write::NewPostgresCommandStore(pool)),
        inspection_store_(storage::write::NewPostgresInspectionStore(pool, book.FindOrDefault("").liver.density_g_cm3)),
        rejection_store_(storage::write::NewPostgresRejectionStore(pool)),
        gauge_store_(storage::write::NewPostgresGaugeStore(pool, gauge.rules)),
        firmware_store_(storage::write::NewPostgresFirmwareStore(pool)),
        model_store_(storage::write::NewPostgresModelStore(pool)),
        finance_store_(storage::NewPostgresFinanceStore(pool)),
        plan_reader_(storage::NewPostgresPlanReader(pool)),
        plan_store_(storage::NewPostgresPlanStore(pool)),
        contacts_(storage::read::NewPostgresContactReader(pool)),
        accounts_(storage::write::NewPostgresAccountStore(pool)),
        sessions_(storage::write::NewPostgresSessionStore(pool)) {
    const Calls calls(workers);
    const LoginDesk desk{*accounts_, *sessions_, hasher, tokens, clock};
    services_.push_back(std::make_unique<AuthService>(desk, Calls(logins_), calls));
    services_.push_back(std::make_unique<AccountService>(desk, Calls(logins_)));
    services_.push_back(std::make_unique<SiteService>(*sites_, clock, calls));
    services_.push_back(std::make_unique<LotService>(*lots_, *lot_store_, clock, calls));
    services_.push_back(std::make_unique<GaveurService>(*gaveurs_, *sites_, *gaveur_store_, ContactDesk{*contacts_, *accounts_, tokens, hasher}, Calls(logins_), calls));
    services_.push_back(std::make_unique<PerformanceService>(*performances_, calls));
    services_.push_back(std::make_unique<LotLifeService>(*lots_, *lot_life_store_, clock, calls));
    services_.push_back(std::make_unique<FeedingAlertService>(*alerts_, *lots_, *gaveurs_, *alert_store_, clock, calls));
    services_.push_back(std::make_unique<DayMealService>(*lots_, *meals_, std::move(days), clock, calls));
    services_.push_back(std::make_unique<MealHistoryService>(*meals_, calls));
    services_.push_back(std::make_unique<CurveService>(*curves_, *curve_store_, calls));
    services_.push_back(std::make_unique<CorrectionService>(*curves_, *curve_store_, calls));
    services_.push_back(std::make_unique<AdviceService>(*curves_, *curve_store_, clock, calls));
    services_.push_back(std::make_unique<ImportService>(*import_store_, clock, workers));
    services_.push_back(std::make_unique<LotExportService>(*sheets_, workers));
    services_.push_back(std::make_unique<SampleService>(*samples_, clock, calls));
    services_.push_back(std::make_unique<ExportService>(*samples_, clock, workers));
    services_.push_back(std::make_unique<DeviceService>(*quality_, *device_store_, *command_store_, clock, calls, std::move(on_heartbeat)));
    services_.push_back(std::make_unique<QualityStatsService>(*quality_, *cards_, *samples_, clock, calls));
    services_.push_back(std::make_unique<BusinessMetricsService>(*samples_, *quality_, *gauge_store_, book, clock, calls));
    services_.push_back(std::make_unique<SpcService>(*spc_, book.FindOrDefault("").references, clock, calls));
    services_.push_back(std::make_unique<IntegrationService>(*pairs_, calls));
    services_.push_back(std::make_unique<QualityAlertService>(*alerts_, *alert_store_, clock, calls));
    services_.push_back(std::make_unique<InspectionService>(*quality_, *inspection_store_, clock, calls));
    services_.push_back(std::make_unique<RejectionService>(*rejection_store_, clock, calls));
    services_.push_back(std::make_unique<GaugeService>(*gauge_store_, *command_store_, book, std::move(gauge), clock, calls));
    services_.push_back(std::make_unique<FirmwareService>(*firmware_store_, clock, workers));
    services_.push_back(std::make_unique<ModelService>(ModelSources{*model_store_, *samples_, *lots_, *quality_, clock}, book, calls));
    services_.push_back(std::make_unique<SupervisionService>(*supervision_, clock, calls));
    services_.push_back(std::make_unique<FinanceService>(*finance_store_, clock, calls));
    services_.push_back(std::make_unique<SlaughterPlanService>(*plan_reader_, *plan_store_, clock, calls));
  }

  const std::vector<std::unique_ptr<grpc::Service>>& list() const override { return services_; }

 private:
  const std::unique_ptr<storage::read::SiteReader> sites_;
  const std::unique_ptr<storage::read::LotReader> lots_;
  const std::unique_ptr<storage::read::MealReader> meals_;
  const std::unique_ptr<storage::read::CurveReader> curves_;
  const std::unique_ptr<storage::read::LotSheetReader> sheets_;
  const std::unique_ptr<storage::read::AlertReader> alerts_;
  const std::unique_ptr<storage::read::SampleReader> samples_;
  const std::unique_ptr<storage::read::QualityReader> quality_;
  const std::unique_ptr<storage::read::CardReader> cards_;
  const std::unique_ptr<storage::read::SpcReader> spc_;
  const std::unique_ptr<storage::read::IntegrationReader> pairs_;
  const std::unique_ptr<storage::read::GaveurReader> gaveurs_;
  const std::unique_ptr<storage::read::PerformanceReader> performances_;
  const std::unique_ptr<storage::read::SupervisionReader> supervision_;
  const std::unique_ptr<storage::write::LotStore> lot_store_;
  const std::unique_ptr<storage::write::ImportStore> import_store_;
  const std::unique_ptr<storage::write::LotLifeStore> lot_life_store_;
  const std::unique_ptr<storage::write::GaveurStore> gaveur_store_;
  const std::unique_ptr<storage::write::CurveStore> curve_store_;
  const std::unique_ptr<storage::write::AlertStore> alert_store_;
  const std::unique_ptr<storage::write::DeviceStore> device_store_;
  const std::unique_ptr<storage::write::CommandStore> command_store_;
  const std::unique_ptr<storage::write::InspectionStore> inspection_store_;
  const std::unique_ptr<storage::write::RejectionStore> rejection_store_;
  const std::unique_ptr<storage::write::GaugeStore> gauge_store_;
  const std::unique_ptr<storage::write::FirmwareStore> firmware_store_;
  const std::unique_ptr<storage::write::ModelStore> model_store_;
  const std::unique_ptr<storage::FinanceStore> finance_store_;
  const std::unique_ptr<storage::PlanReader> plan_reader_;
  const std::unique_ptr<storage::PlanStore> plan_store_;
  const std::unique_ptr<storage::read::ContactReader> contacts_;
  const std::unique_ptr<storage::write::AccountStore> accounts_;
  const std::unique_ptr<storage::write::SessionStore> sessions_;
  WorkerPool logins_{kLogins, kQueuedLogins};
  std::vector<std::unique_ptr<grpc::Service>> services_;
};

}  // namespace

std::unique_ptr<Services> MakeServices(storage::Pool& pool, const Clock& clock, WorkerPool& workers, const analyse::AnalysisBook& book,
                                       const auth::AccessTokens& tokens, auth::PasswordHasher& hasher, OnHeartbeat on_heartbeat, DaySink days,
                                       GaugeOptions gauge) {
  return std::make_unique<PostgresServices>(pool, clock, workers, book, tokens, hasher, std::move(on_heartbeat), std::move(days), std::move(gauge));
}

}  // namespace egi::api
