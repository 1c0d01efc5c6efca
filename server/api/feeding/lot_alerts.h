// Alerts of a lot or of a feeder, in the words of the feeders' front end.
#ifndef EGI_SERVER_API_FEEDING_LOT_ALERTS_H_
#define EGI_SERVER_API_FEEDING_LOT_ALERTS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "egi/feeding/v1/alert.pb.h"
#include "server/api/fields.h"
#include "server/storage/read/alert_reader.h"
#include "server/storage/read/gaveur_reader.h"
#include "server/storage/read/lot_reader.h"

namespace egi::api {

// Errors of each: those of the RPC in alert.proto.
absl::Status ListLotAlerts(storage::read::AlertReader& alerts, storage::read::LotReader& lots, absl::Time now,
                           const feeding::v1::ListLotAlertsRequest& request, feeding::v1::ListLotAlertsResponse* response);
absl::Status ListGaveurAlerts(storage::read::AlertReader& alerts, storage::read::GaveurReader& gaveurs, absl::Time now,
                              const feeding::v1::ListGaveurAlertsRequest& request, feeding::v1::ListGaveurAlertsResponse* response);
absl::Status CountLotAlerts(storage::read::AlertReader& alerts, storage::read::LotReader& lots, const std::string& lot,
                            feeding::v1::AlertStats* response);
absl::Status ShowGaveurAlerts(storage::read::AlertReader& alerts, storage::read::GaveurReader& gaveurs, absl::Time now, int32_t gaveur_id,
                              feeding::v1::AlertStats* response);

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_LOT_ALERTS_H_
