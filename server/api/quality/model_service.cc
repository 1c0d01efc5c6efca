#include "server/api/quality/model_service.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/analytics/ml/predict.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/page_token.h"

namespace egi::api {
namespace {

namespace ml = analytics::ml;
using quality::v1::SampleRecord;

constexpr int kMostInputs = 1000;  // samples or lots of a comparison
constexpr int kSamplesNeeded = 100;
constexpr int kLotsNeeded = 30;

absl::Status ListModels(storage::write::ModelStore& store, const quality::v1::ListModelsRequest& request,
                        quality::v1::ListModelsResponse* response) {
  Fields fields;
  fields.OneOf("model_name", request.model_name(), {ml::kGradeModel, ml::kDefectModel, ml::kLotModel});
  storage::write::ModelQuery query;
  query.model_name = request.model_name();
  const int limit = fields.Number("limit", request.limit(), 1, 500, 100);
  const auto place = ReadPageNumbers(request, request.page_token(), 1, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (place.has_value()) {
    // The model the page before ended with; versions are never deleted by the server.
    const auto last = store.Find(static_cast<int32_t>((*place)[0]));
    if (!last.ok()) return last.status();
    query.after_name = last->model_name();
    query.after_id = last->model_id();
  }
  query.limit = limit + 1;  // one more tells whether the page is the last
  auto models = store.List(query);
  if (!models.ok()) return models.status();
  const bool more = static_cast<int>(models->size()) > limit;
  if (more) models->resize(static_cast<size_t>(limit));
  if (more) response->set_next_page_token(MakePageToken(request, {std::to_string(models->back().model_id())}));
  MoveAll(*std::move(models), response->mutable_models());
  response->set_count(response->models_size());
  return absl::OkStatus();
}

absl::Status RegisterModel(storage::write::ModelStore& store, absl::Time now, const quality::v1::RegisterModelRequest& request,
                           quality::v1::Model* response) {
  Fields fields;
  fields.Text("content", request.content(), 1, ml::kLargestModelFile);
  fields.Text("registered_by", request.registered_by(), 1, 200);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return Answer(RegisterModelFile(store, "", request.content(), request.registered_by(), now), response);
}

absl::Status ActivateModel(storage::write::ModelStore& store, absl::Time now, const quality::v1::ActivateModelRequest& request,
                           quality::v1::Model* response) {
  Fields fields;
  fields.Text("activated_by", request.activated_by(), 1, 200);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return Answer(store.Activate(request.model_id(), request.activated_by(), now), response);
}

void Describe(const std::array<analyse::ZoneMap, ml::kDefectClasses>& maps, quality::v1::PredictSampleResponse* response) {
  for (size_t kind = 0; kind < maps.size(); ++kind) {
    quality::v1::DefectMap* map = response->add_defects();
    map->set_type(ml::kDefects[kind]);
    for (int row = 0; row < analyse::kSide; ++row) {
      google::protobuf::ListValue* values = map->add_probability();
      for (int column = 0; column < analyse::kSide; ++column) {
        const int zone = row * analyse::kSide + column;
        values->add_values()->set_number_value(maps[kind][zone]);
        if (maps[kind][zone] >= ml::kZoneThreshold) map->add_zones(zone);
      }
    }
  }
}

absl::Status PredictSample(const ModelSources& sources, const analyse::AnalysisBook& book, ModelCatalog& catalog,
                           const quality::v1::PredictSampleRequest& request, quality::v1::PredictSampleResponse* response) {
  Fields fields;
  fields.Text("sample_id", request.sample_id(), 1, 100);
  fields.Text("device_id", request.device_id(), 0, 100);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto sample = sources.samples.FindSample(request.sample_id(), request.device_id());
  if (!sample.ok()) return sample.status();
  const auto inputs = ml::InputsOf(*sample, book);
  if (!inputs.ok()) return WithErrorInfo(inputs.status(), "SAMPLE_NOT_PREDICTABLE", {{"sample_id", request.sample_id()}});
  const auto grader = catalog.Active(ml::kGradeModel);
  const auto finder = catalog.Active(ml::kDefectModel);
  if (!grader.ok() || !finder.ok()) return grader.ok() ? finder.status() : grader.status();

  const ml::GradeShares grade = ml::PredictGrade(*grader->file, *inputs);
  response->set_sample_id(sample->sample_id());
  response->set_device_id(sample->device_id());
  response->set_predicted_grade(ml::kGrades[grade.best]);
  response->set_confidence(grade.shares[grade.best]);
  for (size_t i = 0; i < grade.shares.size(); ++i) (*response->mutable_probabilities())[ml::kGrades[i]] = grade.shares[i];
  *response->mutable_grade_model() = grader->version();
  Describe(ml::PredictDefects(*finder->file, *inputs), response);
  *response->mutable_defect_model() = finder->version();
  response->set_rule_grade(sample->fusion_final_grade());
  response->set_rule_score(sample->fusion_final_score());
  response->set_agrees(response->predicted_grade() == response->rule_grade());
  return absl::OkStatus();
}

ml::LotHistory HistoryOf(const feeding::v1::Lot& lot, const std::vector<feeding::v1::Dose>& doses) {
  ml::LotHistory history;
  history.breed = lot.genetique().value();
  history.birds_placed = lot.nb_canards_meg().value();
  history.finished = lot.pret_abattage() || lot.statut() == "termine" || lot.statut() == "abattu";
  for (const feeding::v1::Dose& dose : doses) {
    history.meals.push_back({dose.feed_real(), dose.feed_target().value(), dose.poids_moyen().value(), dose.nb_vivants().value()});
  }
  return history;
}

// The inputs of a period: one list a figure of the model.
using Inputs = std::vector<std::vector<double>>;

absl::StatusOr<Inputs> SampleInputs(const ModelSources& sources, const analyse::AnalysisBook& book, const TimeRange& range) {
  Inputs values(ml::kFigures);
  storage::read::SampleQuery query;
  query.start = range.start;
  query.end = range.end;
  query.matrices = true;
  query.limit = kMostInputs;
  const auto page = sources.samples.ListSamples(query);
  if (!page.ok()) return page.status();
  for (const SampleRecord& sample : page->samples) {
    const auto inputs = ml::InputsOf(sample, book);
    if (!inputs.ok()) continue;  // a sample the models cannot read is no input of theirs
    for (int i = 0; i < ml::kFigures; ++i) values[i].push_back(inputs->figures[i]);
  }
  return values;
}

// Lots whose last meal lies in the period.
absl::StatusOr<Inputs> LotInputs(const ModelSources& sources, const TimeRange& range) {
  Inputs values(ml::kLotFigures);
  storage::read::LotQuery query;
  query.limit = 500;
  while (true) {
    const auto lots = sources.lots.ListLots(query);
    if (!lots.ok()) return lots.status();
    for (const feeding::v1::Lot& lot : *lots) {
      query.after_code = lot.code_lot();
      const absl::Time last = absl::FromUnixSeconds(lot.dernier_repas().seconds());
      if (!lot.has_dernier_repas() || last < range.start || last >= range.end) continue;
      const auto doses = sources.lots.ListDoses({.code = lot.code_lot()});
      if (!doses.ok()) return doses.status();
      const ml::LotHistory history = HistoryOf(lot, *doses);
      if (!history.finished || ml::WeighedMeals(history) < ml::kMealsNeeded) continue;
      const auto figures = ml::LotFiguresOf(history);
      for (int i = 0; i < ml::kLotFigures; ++i) values[i].push_back(figures[i]);
      if (values[0].size() >= kMostInputs) return values;
    }
    if (static_cast<int>(lots->size()) < query.limit) return values;
  }
}

void Describe(const ml::ModelFile& model, const ml::InputDrift& drift, quality::v1::InputDrift* told) {
  told->set_input(model.inputs[drift.input]);
  told->set_psi(drift.index);
  told->set_level(ml::LevelOf(drift.index));
  const ml::Reference& reference = model.references[drift.input];
  *told->mutable_bounds() = {reference.bounds.begin(), reference.bounds.end()};
  *told->mutable_expected() = {reference.expected.begin(), reference.expected.end()};
  *told->mutable_observed() = {drift.observed.begin(), drift.observed.end()};
}

absl::Status GetDrift(const ModelSources& sources, const analyse::AnalysisBook& book, ModelCatalog& catalog,
                      const quality::v1::GetDriftRequest& request, quality::v1::GetDriftResponse* response) {
  Fields fields;
  const TimeRange range = PeriodOf(request, sources.clock.Now(), absl::Hours(7 * 24), fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto model = catalog.Load(request.model_id());
  if (!model.ok()) return model.status();
  const bool of_lots = model->file->name == ml::kLotModel;
  const auto values = of_lots ? LotInputs(sources, range) : SampleInputs(sources, book, range);
  if (!values.ok()) return values.status();
  *response->mutable_model() = model->version();
  response->set_available(static_cast<int32_t>(values->front().size()));
  response->set_needed(of_lots ? kLotsNeeded : kSamplesNeeded);
  ToTimestamp(range.start, response->mutable_period()->mutable_start());
  ToTimestamp(range.end, response->mutable_period()->mutable_end());
  response->set_status("insufficient_data");
  if (response->available() < response->needed()) return absl::OkStatus();
  for (const ml::InputDrift& drift : ml::DriftOf(*model->file, *values)) Describe(*model->file, drift, response->add_inputs());
  response->set_max_psi(response->inputs(0).psi());
  response->set_status(response->inputs(0).level());
  return absl::OkStatus();
}

absl::Status ForecastLotQuality(const ModelSources& sources, ModelCatalog& catalog, const quality::v1::ForecastLotQualityRequest& request,
                                quality::v1::ForecastLotQualityResponse* response) {
  Fields fields;
  const storage::read::LotKey key = fields.Lot("lot", request.lot());
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto lot = sources.lots.FindLot(key);
  if (!lot.ok()) return lot.status();
  const auto doses = sources.lots.ListDoses(key);
  if (!doses.ok()) return doses.status();
  const auto model = catalog.Active(ml::kLotModel);
  if (!model.ok()) return model.status();
  const auto quality = sources.quality.ReadLotQuality(key);
  if (!quality.ok()) return quality.status();

  const ml::LotHistory history = HistoryOf(*lot, *doses);
  response->set_lot_id(lot->id());
  response->set_code_lot(lot->code_lot());
  response->set_available(ml::WeighedMeals(history));
  response->set_needed(ml::kMealsNeeded);
  response->set_finished(history.finished);
  response->set_baseline_score(model->file->lot.baseline_score);
  response->set_observed_samples(quality->total_samples());
  if (quality->total_samples() > 0) response->mutable_observed_score()->set_value(quality->avg_quality_score().value());
  *response->mutable_model() = model->version();
  response->set_status("insufficient_data");
  if (response->available() < response->needed()) return absl::OkStatus();
  const ml::LotForecast forecast = ml::ForecastLot(*model->file, history);
  response->set_status("ok");
  response->mutable_expected_score()->set_value(forecast.expected_score);
  response->mutable_lower_90()->set_value(forecast.lower_90);
  response->mutable_upper_90()->set_value(forecast.upper_90);
  for (size_t i = 0; i < forecast.shares.size(); ++i) (*response->mutable_grade_distribution())[ml::kGrades[i]] = forecast.shares[i];
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* ModelService::ListModels(grpc::CallbackServerContext* context, const quality::v1::ListModelsRequest* request,
                                                   quality::v1::ListModelsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListModels(sources_.store, *request, response); });
}

grpc::ServerUnaryReactor* ModelService::GetModel(grpc::CallbackServerContext* context, const quality::v1::GetModelRequest* request,
                                                 quality::v1::Model* response) {
  return calls_.Run(context, [=, this] { return Answer(sources_.store.Find(request->model_id()), response); });
}

grpc::ServerUnaryReactor* ModelService::RegisterModel(grpc::CallbackServerContext* context,
                                                      const quality::v1::RegisterModelRequest* request, quality::v1::Model* response) {
  return calls_.Run(context, [=, this] { return api::RegisterModel(sources_.store, sources_.clock.Now(), *request, response); });
}

grpc::ServerUnaryReactor* ModelService::ActivateModel(grpc::CallbackServerContext* context,
                                                      const quality::v1::ActivateModelRequest* request, quality::v1::Model* response) {
  return calls_.Run(context, [=, this] { return api::ActivateModel(sources_.store, sources_.clock.Now(), *request, response); });
}

grpc::ServerUnaryReactor* ModelService::PredictSample(grpc::CallbackServerContext* context,
                                                      const quality::v1::PredictSampleRequest* request,
                                                      quality::v1::PredictSampleResponse* response) {
  return calls_.Run(context, [=, this] { return api::PredictSample(sources_, book_, catalog_, *request, response); });
}

grpc::ServerUnaryReactor* ModelService::GetDrift(grpc::CallbackServerContext* context, const quality::v1::GetDriftRequest* request,
                                                 quality::v1::GetDriftResponse* response) {
  return calls_.Run(context, [=, this] { return api::GetDrift(sources_, book_, catalog_, *request, response); });
}

grpc::ServerUnaryReactor* ModelService::ForecastLotQuality(grpc::CallbackServerContext* context,
                                                           const quality::v1::ForecastLotQualityRequest* request,
                                                           quality::v1::ForecastLotQualityResponse* response) {
  return calls_.Run(context, [=, this] { return api::ForecastLotQuality(sources_, catalog_, *request, response); });
}

}  // namespace egi::api
