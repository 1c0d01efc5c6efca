#include "server/app/service_names.h"

#include "egi/feeding/v1/advice.grpc.pb.h"
#include "egi/feeding/v1/alert.grpc.pb.h"
#include "egi/feeding/v1/correction.grpc.pb.h"
#include "egi/feeding/v1/curve.grpc.pb.h"
#include "egi/feeding/v1/day_meal.grpc.pb.h"
#include "egi/feeding/v1/gaveur.grpc.pb.h"
#include "egi/feeding/v1/import.grpc.pb.h"
#include "egi/feeding/v1/lot.grpc.pb.h"
#include "egi/feeding/v1/lot_export.grpc.pb.h"
#include "egi/feeding/v1/lot_life.grpc.pb.h"
#include "egi/feeding/v1/meal.grpc.pb.h"
#include "egi/feeding/v1/meal_history.grpc.pb.h"
#include "egi/feeding/v1/performance.grpc.pb.h"
#include "egi/feeding/v1/site.grpc.pb.h"
#include "egi/identity/v1/account.grpc.pb.h"
#include "egi/identity/v1/auth.grpc.pb.h"
#include "egi/ingest/v1/stream.grpc.pb.h"
#include "egi/quality/v1/alert.grpc.pb.h"
#include "egi/quality/v1/business.grpc.pb.h"
#include "egi/quality/v1/device.grpc.pb.h"
#include "egi/quality/v1/export.grpc.pb.h"
#include "egi/quality/v1/firmware.grpc.pb.h"
#include "egi/quality/v1/gauge.grpc.pb.h"
#include "egi/quality/v1/ingest.grpc.pb.h"
#include "egi/quality/v1/inspection.grpc.pb.h"
#include "egi/quality/v1/integration.grpc.pb.h"
#include "egi/quality/v1/model.grpc.pb.h"
#include "egi/quality/v1/record.grpc.pb.h"
#include "egi/quality/v1/spc.grpc.pb.h"
#include "egi/quality/v1/stats.grpc.pb.h"
#include "egi/realtime/v1/realtime.grpc.pb.h"
#include "egi/supervision/v1/dashboard.grpc.pb.h"
#include "egi/supervision/v1/finance.grpc.pb.h"
#include "egi/supervision/v1/slaughter_plan.grpc.pb.h"

namespace egi::app {

const std::vector<const char*>& ServiceNames() {
  static const std::vector<const char*>* const names = new std::vector<const char*>{
      ingest::v1::RejectionService::service_full_name(), quality::v1::SampleIngestService::service_full_name(),
      feeding::v1::MealIngestService::service_full_name(), realtime::v1::RealtimeService::service_full_name(),
      feeding::v1::SiteService::service_full_name(), feeding::v1::LotService::service_full_name(), feeding::v1::LotLifeService::service_full_name(),
      feeding::v1::GaveurService::service_full_name(), feeding::v1::PerformanceService::service_full_name(),
      feeding::v1::DayMealService::service_full_name(), feeding::v1::MealHistoryService::service_full_name(),
      feeding::v1::CurveService::service_full_name(), feeding::v1::CorrectionService::service_full_name(), feeding::v1::AdviceService::service_full_name(),
      feeding::v1::ImportService::service_full_name(), feeding::v1::LotExportService::service_full_name(),
      feeding::v1::FeedingAlertService::service_full_name(), quality::v1::SampleService::service_full_name(),
      quality::v1::ExportService::service_full_name(), quality::v1::DeviceService::service_full_name(),
      quality::v1::QualityStatsService::service_full_name(), quality::v1::BusinessMetricsService::service_full_name(),
      quality::v1::QualityAlertService::service_full_name(), quality::v1::InspectionService::service_full_name(),
      quality::v1::IntegrationService::service_full_name(), quality::v1::SpcService::service_full_name(),
      quality::v1::GaugeService::service_full_name(), quality::v1::FirmwareService::service_full_name(),
      quality::v1::ModelService::service_full_name(), supervision::v1::SupervisionService::service_full_name(),
      supervision::v1::FinanceService::service_full_name(), supervision::v1::SlaughterPlanService::service_full_name(),
      identity::v1::AuthService::service_full_name(), identity::v1::AccountService::service_full_name(),
  };
  return *names;
}

}  // namespace egi::app
