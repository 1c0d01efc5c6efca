// The readers on PostgreSQL and TimescaleDB: one prepared statement a call, or one read-only snapshot where a call needs several.
#ifndef EGI_SERVER_STORAGE_READ_POSTGRES_READERS_H_
#define EGI_SERVER_STORAGE_READ_POSTGRES_READERS_H_

#include <memory>

#include "server/storage/read/alert_reader.h"
#include "server/storage/read/card_reader.h"
#include "server/storage/read/curve_reader.h"
#include "server/storage/read/gaveur_reader.h"
#include "server/storage/read/integration_reader.h"
#include "server/storage/read/lot_reader.h"
#include "server/storage/read/lot_sheet_reader.h"
#include "server/storage/read/meal_reader.h"
#include "server/storage/read/performance_reader.h"
#include "server/storage/read/quality_reader.h"
#include "server/storage/read/sample_reader.h"
#include "server/storage/read/session.h"
#include "server/storage/read/site_reader.h"
#include "server/storage/read/spc_reader.h"

namespace egi::storage::read {

// `pool` must outlive the reader.
std::unique_ptr<SiteReader> NewPostgresSiteReader(Pool& pool);
std::unique_ptr<LotReader> NewPostgresLotReader(Pool& pool);
std::unique_ptr<MealReader> NewPostgresMealReader(Pool& pool);
std::unique_ptr<LotSheetReader> NewPostgresLotSheetReader(Pool& pool);
std::unique_ptr<AlertReader> NewPostgresAlertReader(Pool& pool);
std::unique_ptr<GaveurReader> NewPostgresGaveurReader(Pool& pool);
// Liver masses are volumes times `density_g_cm3` (domain.md section 4).
std::unique_ptr<PerformanceReader> NewPostgresPerformanceReader(Pool& pool, double density_g_cm3 = 0.947);
std::unique_ptr<SampleReader> NewPostgresSampleReader(Pool& pool);
std::unique_ptr<QualityReader> NewPostgresQualityReader(Pool& pool, double density_g_cm3 = 0.947);
std::unique_ptr<CardReader> NewPostgresCardReader(Pool& pool);
std::unique_ptr<SpcReader> NewPostgresSpcReader(Pool& pool);
std::unique_ptr<CurveReader> NewPostgresCurveReader(Pool& pool);
std::unique_ptr<IntegrationReader> NewPostgresIntegrationReader(Pool& pool);

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_POSTGRES_READERS_H_
