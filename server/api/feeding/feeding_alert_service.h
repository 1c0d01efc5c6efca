// Alerts of the feeding.
#ifndef EGI_SERVER_API_FEEDING_FEEDING_ALERT_SERVICE_H_
#define EGI_SERVER_API_FEEDING_FEEDING_ALERT_SERVICE_H_

#include "egi/feeding/v1/alert.grpc.pb.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/storage/read/alert_reader.h"
#include "server/storage/read/gaveur_reader.h"
#include "server/storage/read/lot_reader.h"
#include "server/storage/write/alert_store.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class FeedingAlertService final : public feeding::v1::FeedingAlertService::CallbackService {
 public:
  FeedingAlertService(storage::read::AlertReader& alerts, storage::read::LotReader& lots, storage::read::GaveurReader& gaveurs,
                      storage::write::AlertStore& store, const Clock& clock, Calls calls)
      : alerts_(alerts), lots_(lots), gaveurs_(gaveurs), store_(store), clock_(clock), calls_(calls) {}

  grpc::ServerUnaryReactor* ListAlerts(grpc::CallbackServerContext* context, const feeding::v1::ListAlertsRequest* request,
      feeding::v1::ListAlertsResponse* response) override;
  grpc::ServerUnaryReactor* AcknowledgeAlert(grpc::CallbackServerContext* context, const feeding::v1::AcknowledgeAlertRequest* request,
      feeding::v1::AcknowledgeAlertResponse* response) override;
  grpc::ServerUnaryReactor* ShelveAlert(grpc::CallbackServerContext* context, const feeding::v1::ShelveAlertRequest* request,
      feeding::v1::ShelveAlertResponse* response) override;
  grpc::ServerUnaryReactor* UnshelveAlert(grpc::CallbackServerContext* context, const feeding::v1::UnshelveAlertRequest* request,
      feeding::v1::UnshelveAlertResponse* response) override;
  grpc::ServerUnaryReactor* ListLotAlerts(grpc::CallbackServerContext* context, const feeding::v1::ListLotAlertsRequest* request,
      feeding::v1::ListLotAlertsResponse* response) override;
  grpc::ServerUnaryReactor* ListGaveurAlerts(grpc::CallbackServerContext* context, const feeding::v1::ListGaveurAlertsRequest* request,
      feeding::v1::ListGaveurAlertsResponse* response) override;
  grpc::ServerUnaryReactor* GetLotAlertStats(grpc::CallbackServerContext* context, const feeding::v1::GetLotAlertStatsRequest* request,
      feeding::v1::AlertStats* response) override;
  grpc::ServerUnaryReactor* GetGaveurAlertBoard(grpc::CallbackServerContext* context, const feeding::v1::GetGaveurAlertBoardRequest* request,
      feeding::v1::AlertStats* response) override;

 private:
  storage::read::AlertReader& alerts_;
  storage::read::LotReader& lots_;
  storage::read::GaveurReader& gaveurs_;
  storage::write::AlertStore& store_;
  const Clock& clock_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_FEEDING_ALERT_SERVICE_H_
