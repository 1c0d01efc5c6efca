#include "clients/cpp/client.h"

#include <chrono>
#include <utility>

#include "clients/cpp/channel.h"
#include "egi/feeding/v1/alert.grpc.pb.h"
#include "egi/feeding/v1/lot.grpc.pb.h"
#include "egi/feeding/v1/meal.grpc.pb.h"
#include "egi/feeding/v1/site.grpc.pb.h"
#include "egi/quality/v1/alert.grpc.pb.h"
#include "egi/quality/v1/device.grpc.pb.h"
#include "egi/quality/v1/ingest.grpc.pb.h"
#include "egi/quality/v1/inspection.grpc.pb.h"
#include "egi/quality/v1/model.grpc.pb.h"
#include "egi/quality/v1/spc.grpc.pb.h"
#include "egi/quality/v1/stats.grpc.pb.h"
#include "grpcpp/client_context.h"

namespace egi::client {

namespace fv1 = egi::feeding::v1;
namespace qv1 = egi::quality::v1;

struct Client::Stubs {
  explicit Stubs(const std::shared_ptr<grpc::Channel>& channel)
      : samples(channel), quality_alerts(channel), devices(channel), inspection(channel), quality_stats(channel), spc(channel),
        models(channel), meals(channel), lots(channel), sites(channel), feeding_alerts(channel) {}

  qv1::SampleIngestService::Stub samples;
  qv1::QualityAlertService::Stub quality_alerts;
  qv1::DeviceService::Stub devices;
  qv1::InspectionService::Stub inspection;
  qv1::QualityStatsService::Stub quality_stats;
  qv1::SpcService::Stub spc;
  qv1::ModelService::Stub models;
  fv1::MealIngestService::Stub meals;
  fv1::LotService::Stub lots;
  fv1::SiteService::Stub sites;
  fv1::FeedingAlertService::Stub feeding_alerts;
};

namespace {

template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(Stub* stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                              const Request& request, absl::Duration timeout) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMicroseconds(timeout));
  Response response;
  const grpc::Status status = (stub->*method)(&context, request, &response);
  if (!status.ok()) return FromGrpcStatus(status);
  return response;
}

}  // namespace

Client::Client(const std::string& server, absl::Duration timeout)
    : stubs_(std::make_unique<Stubs>(MakeChannel(server))), timeout_(timeout) {}

Client::~Client() = default;

absl::StatusOr<qv1::SubmitSampleResponse> Client::SubmitSample(const qv1::Sample& sample) {
  qv1::SubmitSampleRequest request;
  *request.mutable_sample() = sample;
  return Call(&stubs_->samples, &qv1::SampleIngestService::Stub::SubmitSample, request, timeout_);
}

absl::StatusOr<fv1::SubmitMealResponse> Client::SubmitMeal(const fv1::Meal& meal) {
  fv1::SubmitMealRequest request;
  *request.mutable_meal() = meal;
  return Call(&stubs_->meals, &fv1::MealIngestService::Stub::SubmitMeal, request, timeout_);
}

absl::StatusOr<fv1::ImportLotsResponse> Client::ImportLots(const fv1::ImportLotsRequest& request) {
  return Call(&stubs_->lots, &fv1::LotService::Stub::ImportLots, request, timeout_);
}

absl::StatusOr<fv1::ListLotsResponse> Client::ListLots(const fv1::ListLotsRequest& request) {
  return Call(&stubs_->lots, &fv1::LotService::Stub::ListLots, request, timeout_);
}

absl::StatusOr<fv1::Lot> Client::CreateLot(const fv1::CreateLotRequest& request) {
  return Call(&stubs_->lots, &fv1::LotService::Stub::CreateLot, request, timeout_);
}

absl::StatusOr<fv1::GetKpisResponse> Client::GetKpis() {
  return Call(&stubs_->sites, &fv1::SiteService::Stub::GetKpis, fv1::GetKpisRequest(), timeout_);
}

absl::StatusOr<qv1::GetHealthResponse> Client::GetQualityHealth() {
  return Call(&stubs_->quality_stats, &qv1::QualityStatsService::Stub::GetHealth, qv1::GetHealthRequest(), timeout_);
}

absl::StatusOr<fv1::GetSupervisionHealthResponse> Client::GetSupervisionHealth() {
  return Call(&stubs_->sites, &fv1::SiteService::Stub::GetHealth, fv1::GetSupervisionHealthRequest(), timeout_);
}

absl::StatusOr<fv1::ListAlertsResponse> Client::ListFeedingAlerts(const fv1::ListAlertsRequest& request) {
  return Call(&stubs_->feeding_alerts, &fv1::FeedingAlertService::Stub::ListAlerts, request, timeout_);
}

absl::StatusOr<qv1::ListAlertsResponse> Client::ListQualityAlerts(const qv1::ListAlertsRequest& request) {
  return Call(&stubs_->quality_alerts, &qv1::QualityAlertService::Stub::ListAlerts, request, timeout_);
}

absl::StatusOr<qv1::ListDevicesResponse> Client::ListDevices(const qv1::ListDevicesRequest& request) {
  return Call(&stubs_->devices, &qv1::DeviceService::Stub::ListDevices, request, timeout_);
}

absl::StatusOr<qv1::GetDeviceResponse> Client::GetDevice(const qv1::GetDeviceRequest& request) {
  return Call(&stubs_->devices, &qv1::DeviceService::Stub::GetDevice, request, timeout_);
}

absl::StatusOr<qv1::ApproveDeviceResponse> Client::ApproveDevice(const qv1::ApproveDeviceRequest& request) {
  return Call(&stubs_->devices, &qv1::DeviceService::Stub::ApproveDevice, request, timeout_);
}

absl::StatusOr<qv1::ConfigureDeviceResponse> Client::ConfigureDevice(const qv1::ConfigureDeviceRequest& request) {
  return Call(&stubs_->devices, &qv1::DeviceService::Stub::ConfigureDevice, request, timeout_);
}

absl::StatusOr<qv1::ListDeviceCommandsResponse> Client::ListDeviceCommands(const qv1::ListDeviceCommandsRequest& request) {
  return Call(&stubs_->devices, &qv1::DeviceService::Stub::ListDeviceCommands, request, timeout_);
}

absl::StatusOr<qv1::ListModelsResponse> Client::ListModels(const qv1::ListModelsRequest& request) {
  return Call(&stubs_->models, &qv1::ModelService::Stub::ListModels, request, timeout_);
}

absl::StatusOr<qv1::Model> Client::ActivateModel(const qv1::ActivateModelRequest& request) {
  return Call(&stubs_->models, &qv1::ModelService::Stub::ActivateModel, request, timeout_);
}

absl::StatusOr<qv1::PredictSampleResponse> Client::PredictSample(const qv1::PredictSampleRequest& request) {
  return Call(&stubs_->models, &qv1::ModelService::Stub::PredictSample, request, timeout_);
}

absl::StatusOr<qv1::ListPendingLotsResponse> Client::ListPendingLots(const qv1::ListPendingLotsRequest& request) {
  return Call(&stubs_->inspection, &qv1::InspectionService::Stub::ListPendingLots, request, timeout_);
}

absl::StatusOr<qv1::ClaimLotResponse> Client::ClaimLot(const qv1::ClaimLotRequest& request) {
  return Call(&stubs_->inspection, &qv1::InspectionService::Stub::ClaimLot, request, timeout_);
}

absl::StatusOr<qv1::ClaimLotResponse> Client::RenewLease(const qv1::RenewLeaseRequest& request) {
  return Call(&stubs_->inspection, &qv1::InspectionService::Stub::RenewLease, request, timeout_);
}

absl::StatusOr<qv1::PendingLot> Client::CompleteLot(const qv1::CompleteLotRequest& request) {
  return Call(&stubs_->inspection, &qv1::InspectionService::Stub::CompleteLot, request, timeout_);
}

absl::StatusOr<qv1::PendingLot> Client::FailLot(const qv1::FailLotRequest& request) {
  return Call(&stubs_->inspection, &qv1::InspectionService::Stub::FailLot, request, timeout_);
}

absl::StatusOr<qv1::GetChartResponse> Client::GetSpcChart(const qv1::GetChartRequest& request) {
  return Call(&stubs_->spc, &qv1::SpcService::Stub::GetChart, request, timeout_);
}

absl::StatusOr<qv1::GetCapabilityResponse> Client::GetSpcCapability(const qv1::GetCapabilityRequest& request) {
  return Call(&stubs_->spc, &qv1::SpcService::Stub::GetCapability, request, timeout_);
}

}  // namespace egi::client
