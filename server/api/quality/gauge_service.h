// Gauge control of the stations.
#ifndef EGI_SERVER_API_QUALITY_GAUGE_SERVICE_H_
#define EGI_SERVER_API_QUALITY_GAUGE_SERVICE_H_

#include <utility>

#include "egi/quality/v1/gauge.grpc.pb.h"
#include "server/analyse/profile_book.h"
#include "server/api/calls.h"
#include "server/api/quality/gauge_desk.h"
#include "server/base/clock.h"
#include "server/storage/write/command_store.h"
#include "server/storage/write/gauge_store.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class GaugeService final : public quality::v1::GaugeService::CallbackService {
 public:
  GaugeService(storage::write::GaugeStore& store, storage::write::CommandStore& commands, const analyse::AnalysisBook& profiles,
               GaugeOptions options, const Clock& clock, Calls calls)
      : store_(store), commands_(commands), profiles_(profiles), options_(std::move(options)), clock_(clock), calls_(calls) {}

  grpc::ServerUnaryReactor* CreateCalibration(grpc::CallbackServerContext* context, const quality::v1::CreateCalibrationRequest* request,
                                              quality::v1::Calibration* response) override;
  grpc::ServerUnaryReactor* ListCalibrations(grpc::CallbackServerContext* context, const quality::v1::ListCalibrationsRequest* request,
                                             quality::v1::ListCalibrationsResponse* response) override;
  grpc::ServerUnaryReactor* RecordGaugeCheck(grpc::CallbackServerContext* context, const quality::v1::RecordGaugeCheckRequest* request,
                                             quality::v1::RecordGaugeCheckResponse* response) override;
  grpc::ServerUnaryReactor* MeasureReference(grpc::CallbackServerContext* context, const quality::v1::MeasureReferenceRequest* request,
                                             quality::v1::MeasureReferenceResponse* response) override;
  grpc::ServerUnaryReactor* ListGaugeChecks(grpc::CallbackServerContext* context, const quality::v1::ListGaugeChecksRequest* request,
                                            quality::v1::ListGaugeChecksResponse* response) override;
  grpc::ServerUnaryReactor* GetGaugeStatus(grpc::CallbackServerContext* context, const quality::v1::GetGaugeStatusRequest* request,
                                           quality::v1::GaugeStatus* response) override;
  grpc::ServerUnaryReactor* ListGaugeStatuses(grpc::CallbackServerContext* context, const quality::v1::ListGaugeStatusesRequest* request,
                                              quality::v1::ListGaugeStatusesResponse* response) override;
  grpc::ServerUnaryReactor* GetGaugeDrift(grpc::CallbackServerContext* context, const quality::v1::GetGaugeDriftRequest* request,
                                          quality::v1::GaugeDrift* response) override;
  grpc::ServerUnaryReactor* CreateGaugeStudy(grpc::CallbackServerContext* context, const quality::v1::CreateGaugeStudyRequest* request,
                                             quality::v1::GaugeStudy* response) override;
  grpc::ServerUnaryReactor* ListGaugeStudies(grpc::CallbackServerContext* context, const quality::v1::ListGaugeStudiesRequest* request,
                                             quality::v1::ListGaugeStudiesResponse* response) override;
  grpc::ServerUnaryReactor* GetGaugeStudy(grpc::CallbackServerContext* context, const quality::v1::GetGaugeStudyRequest* request,
                                          quality::v1::GaugeStudy* response) override;

 private:
  GaugeDesk desk() { return {store_, commands_, profiles_, options_, clock_.Now()}; }

  storage::write::GaugeStore& store_;
  storage::write::CommandStore& commands_;
  const analyse::AnalysisBook& profiles_;
  const GaugeOptions options_;
  const Clock& clock_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_GAUGE_SERVICE_H_
