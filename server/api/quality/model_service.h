// Learned models: registry, predictions, drift, forecasts. None of it changes an official grade.
#ifndef EGI_SERVER_API_QUALITY_MODEL_SERVICE_H_
#define EGI_SERVER_API_QUALITY_MODEL_SERVICE_H_

#include "egi/quality/v1/model.grpc.pb.h"
#include "server/analyse/profile_book.h"
#include "server/api/calls.h"
#include "server/api/quality/model_catalog.h"
#include "server/base/clock.h"
#include "server/storage/read/lot_reader.h"
#include "server/storage/read/quality_reader.h"
#include "server/storage/read/sample_reader.h"
#include "server/storage/write/model_store.h"

namespace egi::api {

// What the handlers answer from. What it refers to must outlive the gRPC server.
struct ModelSources {
  storage::write::ModelStore& store;
  storage::read::SampleReader& samples;
  storage::read::LotReader& lots;
  storage::read::QualityReader& quality;
  const Clock& clock;
};

// Thread-safe.
class ModelService final : public quality::v1::ModelService::CallbackService {
 public:
  // `book`: the profiles that tell how a stored sample was taken.
  ModelService(ModelSources sources, analyse::AnalysisBook book, Calls calls)
      : sources_(sources), book_(std::move(book)), catalog_(sources.store), calls_(calls) {}

  grpc::ServerUnaryReactor* ListModels(grpc::CallbackServerContext* context, const quality::v1::ListModelsRequest* request,
                                       quality::v1::ListModelsResponse* response) override;
  grpc::ServerUnaryReactor* GetModel(grpc::CallbackServerContext* context, const quality::v1::GetModelRequest* request,
                                     quality::v1::Model* response) override;
  grpc::ServerUnaryReactor* RegisterModel(grpc::CallbackServerContext* context, const quality::v1::RegisterModelRequest* request,
                                          quality::v1::Model* response) override;
  grpc::ServerUnaryReactor* ActivateModel(grpc::CallbackServerContext* context, const quality::v1::ActivateModelRequest* request,
                                          quality::v1::Model* response) override;
  grpc::ServerUnaryReactor* PredictSample(grpc::CallbackServerContext* context, const quality::v1::PredictSampleRequest* request,
                                          quality::v1::PredictSampleResponse* response) override;
  grpc::ServerUnaryReactor* GetDrift(grpc::CallbackServerContext* context, const quality::v1::GetDriftRequest* request,
                                     quality::v1::GetDriftResponse* response) override;
  grpc::ServerUnaryReactor* ForecastLotQuality(grpc::CallbackServerContext* context, const quality::v1::ForecastLotQualityRequest* request,
                                               quality::v1::ForecastLotQualityResponse* response) override;

 private:
  ModelSources sources_;
  const analyse::AnalysisBook book_;
  ModelCatalog catalog_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_MODEL_SERVICE_H_
