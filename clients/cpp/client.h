// The unary services with deadlines and absl errors.
#ifndef EGI_CLIENTS_CPP_CLIENT_H_
#define EGI_CLIENTS_CPP_CLIENT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/feeding/v1/alert.pb.h"
#include "egi/feeding/v1/lot.pb.h"
#include "egi/feeding/v1/meal.pb.h"
#include "egi/feeding/v1/site.pb.h"
#include "egi/quality/v1/alert.pb.h"
#include "egi/quality/v1/device.pb.h"
#include "egi/quality/v1/ingest.pb.h"
#include "egi/quality/v1/inspection.pb.h"
#include "egi/quality/v1/model.pb.h"
#include "egi/quality/v1/spc.pb.h"
#include "egi/quality/v1/stats.pb.h"

namespace egi::client {

// One call at a time or many: thread-safe. Errors are those of the service, with google.rpc details as payloads; UNAVAILABLE when the
// server cannot be reached, DEADLINE_EXCEEDED after the timeout.
class Client {
 public:
  // `server` is HOST:PORT; `timeout` holds for each call.
  explicit Client(const std::string& server, absl::Duration timeout = absl::Seconds(10));
  ~Client();

  absl::StatusOr<egi::quality::v1::SubmitSampleResponse> SubmitSample(const egi::quality::v1::Sample& sample);
  absl::StatusOr<egi::feeding::v1::SubmitMealResponse> SubmitMeal(const egi::feeding::v1::Meal& meal);

  absl::StatusOr<egi::feeding::v1::ImportLotsResponse> ImportLots(const egi::feeding::v1::ImportLotsRequest& request);
  absl::StatusOr<egi::feeding::v1::ListLotsResponse> ListLots(const egi::feeding::v1::ListLotsRequest& request);
  absl::StatusOr<egi::feeding::v1::Lot> CreateLot(const egi::feeding::v1::CreateLotRequest& request);
  absl::StatusOr<egi::feeding::v1::GetKpisResponse> GetKpis();

  absl::StatusOr<egi::quality::v1::GetHealthResponse> GetQualityHealth();
  absl::StatusOr<egi::feeding::v1::GetSupervisionHealthResponse> GetSupervisionHealth();

  absl::StatusOr<egi::feeding::v1::ListAlertsResponse> ListFeedingAlerts(const egi::feeding::v1::ListAlertsRequest& request);
  absl::StatusOr<egi::quality::v1::ListAlertsResponse> ListQualityAlerts(const egi::quality::v1::ListAlertsRequest& request);

  absl::StatusOr<egi::quality::v1::ListDevicesResponse> ListDevices(const egi::quality::v1::ListDevicesRequest& request);
  absl::StatusOr<egi::quality::v1::GetDeviceResponse> GetDevice(const egi::quality::v1::GetDeviceRequest& request);
  absl::StatusOr<egi::quality::v1::ApproveDeviceResponse> ApproveDevice(const egi::quality::v1::ApproveDeviceRequest& request);
  absl::StatusOr<egi::quality::v1::ConfigureDeviceResponse> ConfigureDevice(const egi::quality::v1::ConfigureDeviceRequest& request);
  absl::StatusOr<egi::quality::v1::ListDeviceCommandsResponse> ListDeviceCommands(
      const egi::quality::v1::ListDeviceCommandsRequest& request);

  absl::StatusOr<egi::quality::v1::ListModelsResponse> ListModels(const egi::quality::v1::ListModelsRequest& request);
  absl::StatusOr<egi::quality::v1::Model> ActivateModel(const egi::quality::v1::ActivateModelRequest& request);
  absl::StatusOr<egi::quality::v1::PredictSampleResponse> PredictSample(const egi::quality::v1::PredictSampleRequest& request);

  absl::StatusOr<egi::quality::v1::ListPendingLotsResponse> ListPendingLots(const egi::quality::v1::ListPendingLotsRequest& request);
  absl::StatusOr<egi::quality::v1::ClaimLotResponse> ClaimLot(const egi::quality::v1::ClaimLotRequest& request);
  absl::StatusOr<egi::quality::v1::ClaimLotResponse> RenewLease(const egi::quality::v1::RenewLeaseRequest& request);
  absl::StatusOr<egi::quality::v1::PendingLot> CompleteLot(const egi::quality::v1::CompleteLotRequest& request);
  absl::StatusOr<egi::quality::v1::PendingLot> FailLot(const egi::quality::v1::FailLotRequest& request);

  absl::StatusOr<egi::quality::v1::GetChartResponse> GetSpcChart(const egi::quality::v1::GetChartRequest& request);
  absl::StatusOr<egi::quality::v1::GetCapabilityResponse> GetSpcCapability(const egi::quality::v1::GetCapabilityRequest& request);

 private:
  struct Stubs;
  const std::unique_ptr<Stubs> stubs_;
  const absl::Duration timeout_;
};

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_CLIENT_H_
