// Alerts of the quality control.
#ifndef EGI_SERVER_API_QUALITY_QUALITY_ALERT_SERVICE_H_
#define EGI_SERVER_API_QUALITY_QUALITY_ALERT_SERVICE_H_

#include "egi/quality/v1/alert.grpc.pb.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/storage/read/alert_reader.h"
#include "server/storage/write/alert_store.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class QualityAlertService final : public quality::v1::QualityAlertService::CallbackService {
 public:
  QualityAlertService(storage::read::AlertReader& alerts, storage::write::AlertStore& store, const Clock& clock, Calls calls)
      : alerts_(alerts), store_(store), clock_(clock), calls_(calls) {}

  grpc::ServerUnaryReactor* ListAlerts(grpc::CallbackServerContext* context, const quality::v1::ListAlertsRequest* request,
      quality::v1::ListAlertsResponse* response) override;
  grpc::ServerUnaryReactor* AcknowledgeAlert(grpc::CallbackServerContext* context, const quality::v1::AcknowledgeAlertRequest* request,
      quality::v1::AcknowledgeAlertResponse* response) override;
  grpc::ServerUnaryReactor* ShelveAlert(grpc::CallbackServerContext* context, const quality::v1::ShelveAlertRequest* request,
      quality::v1::ShelveAlertResponse* response) override;
  grpc::ServerUnaryReactor* UnshelveAlert(grpc::CallbackServerContext* context, const quality::v1::UnshelveAlertRequest* request,
      quality::v1::UnshelveAlertResponse* response) override;

 private:
  storage::read::AlertReader& alerts_;
  storage::write::AlertStore& store_;
  const Clock& clock_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_QUALITY_ALERT_SERVICE_H_
