#include "server/api/gauge_service.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/gauge_desk.h"
#include "server/api/page_token.h"
#include "server/gauge/check.h"
#include "server/gauge/study.h"

namespace egi::api {
namespace {

using quality::v1::Calibration;
using quality::v1::GaugeDrift;
using quality::v1::GaugeStatus;
using quality::v1::GaugeStudy;
using quality::v1::RecordGaugeCheckRequest;
using quality::v1::RecordGaugeCheckResponse;
using storage::write::GaugePage;
using storage::write::GaugeStore;

constexpr int kDefaultPage = 100;
constexpr int kMaxPage = 500;

absl::Status GetGaugeDrift(GaugeStore& store, const gauge::GaugeRules& rules, const quality::v1::GetGaugeDriftRequest& request, GaugeDrift* response) {
  Fields fields;
  fields.Length("device_id", request.device_id(), 1, 100);
  fields.OneOf("kind", request.kind(), {gauge::kWhiteReference, gauge::kGoldenSample});
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto device = store.ReadDevice(request.device_id());
  if (!device.ok()) return device.status();
  if (!device->calibration.has_value()) return NotCalibrated(request.device_id());
  const std::string kind = request.kind().empty() ? gauge::kWhiteReference : request.kind();
  const int32_t calibration_id = device->calibration->calibration_id();
  const auto checks = store.ReadChart(request.device_id(), calibration_id, kind);
  if (!checks.ok()) return checks.status();
  *response = gauge::ChartDrift(kind, *checks, rules);
  response->set_device_id(request.device_id());
  response->set_calibration_id(calibration_id);
  return absl::OkStatus();
}

absl::Status CreateGaugeStudy(GaugeStore& store, absl::Time now, const quality::v1::CreateGaugeStudyRequest& request, GaugeStudy* response) {
  const auto study = gauge::AnalyseStudy(request);
  if (!study.ok()) return study.status();
  return Answer(store.AddStudy(*study, now), response);
}

template <typename Request>
Request FilterOf(Request request) {
  request.clear_page_token();
  request.clear_limit();
  return request;
}

// One page of a listing by falling numbers.
template <typename Request, typename List, typename Number, typename Message>
absl::Status AnswerPage(const Request& request, GaugePage page, Fields& fields, List list, Number number,
                        google::protobuf::RepeatedPtrField<Message>* values, std::string* next) {
  const int limit = fields.Number("limit", request.limit(), 1, kMaxPage, kDefaultPage);
  const auto place = ReadPageNumbers(FilterOf(request), request.page_token(), 1, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  page.before_id = place.has_value() ? static_cast<int32_t>((*place)[0]) : 0;
  page.limit = limit + 1;  // one more tells whether the page is the last
  auto found = list(page);
  if (!found.ok()) return found.status();
  if (static_cast<int>(found->size()) > limit) {
    found->pop_back();
    *next = MakePageToken(FilterOf(request), {absl::StrCat(number(found->back()))});
  }
  MoveAll(*std::move(found), values);
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* GaugeService::CreateCalibration(grpc::CallbackServerContext* context, const quality::v1::CreateCalibrationRequest* request,
                                                          Calibration* response) {
  return calls_.Run(context, [=, this] { return Calibrate(desk(), *request, 0, response); });
}

grpc::ServerUnaryReactor* GaugeService::ListCalibrations(grpc::CallbackServerContext* context, const quality::v1::ListCalibrationsRequest* request,
                                                         quality::v1::ListCalibrationsResponse* response) {
  return calls_.Run(context, [=, this] {
    Fields fields;
    fields.Length("device_id", request->device_id(), 1, 100);
    return AnswerPage(*request, {.device_id = request->device_id(), .kind = ""}, fields, [this](const GaugePage& page) { return store_.ListCalibrations(page); },
                      [](const Calibration& calibration) { return calibration.calibration_id(); }, response->mutable_calibrations(),
                      response->mutable_next_page_token());
  });
}

grpc::ServerUnaryReactor* GaugeService::RecordGaugeCheck(grpc::CallbackServerContext* context, const RecordGaugeCheckRequest* request,
                                                         RecordGaugeCheckResponse* response) {
  return calls_.Run(context, [=, this] { return JudgeAndKeep(desk(), *request, 0, response); });
}

grpc::ServerUnaryReactor* GaugeService::MeasureReference(grpc::CallbackServerContext* context, const quality::v1::MeasureReferenceRequest* request,
                                                         quality::v1::MeasureReferenceResponse* response) {
  return calls_.Run(context, [=, this] { return Answer(AskForReference(desk(), *request), response->mutable_command()); });
}

grpc::ServerUnaryReactor* GaugeService::ListGaugeChecks(grpc::CallbackServerContext* context, const quality::v1::ListGaugeChecksRequest* request,
                                                        quality::v1::ListGaugeChecksResponse* response) {
  return calls_.Run(context, [=, this] {
    Fields fields;
    fields.Length("device_id", request->device_id(), 1, 100);
    fields.OneOf("kind", request->kind(), {gauge::kWhiteReference, gauge::kGoldenSample});
    return AnswerPage(*request, {.device_id = request->device_id(), .kind = request->kind()}, fields,
                      [this](const GaugePage& page) { return store_.ListChecks(page); },
                      [](const quality::v1::GaugeCheck& check) { return check.check_id(); }, response->mutable_checks(),
                      response->mutable_next_page_token());
  });
}

grpc::ServerUnaryReactor* GaugeService::GetGaugeStatus(grpc::CallbackServerContext* context, const quality::v1::GetGaugeStatusRequest* request,
                                                       GaugeStatus* response) {
  return calls_.Run(context, [=, this] { return Answer(store_.ReadStatus(request->device_id()), response); });
}

grpc::ServerUnaryReactor* GaugeService::ListGaugeStatuses(grpc::CallbackServerContext* context, const quality::v1::ListGaugeStatusesRequest* request,
                                                          quality::v1::ListGaugeStatusesResponse* response) {
  return calls_.Run(context, [=, this] { return AnswerAll(store_.ListStatuses(request->only_refused()), response->mutable_statuses()); });
}

grpc::ServerUnaryReactor* GaugeService::GetGaugeDrift(grpc::CallbackServerContext* context, const quality::v1::GetGaugeDriftRequest* request,
                                                      GaugeDrift* response) {
  return calls_.Run(context, [=, this] { return api::GetGaugeDrift(store_, options_.rules, *request, response); });
}

grpc::ServerUnaryReactor* GaugeService::CreateGaugeStudy(grpc::CallbackServerContext* context, const quality::v1::CreateGaugeStudyRequest* request,
                                                         GaugeStudy* response) {
  return calls_.Run(context, [=, this] { return api::CreateGaugeStudy(store_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* GaugeService::ListGaugeStudies(grpc::CallbackServerContext* context, const quality::v1::ListGaugeStudiesRequest* request,
                                                         quality::v1::ListGaugeStudiesResponse* response) {
  return calls_.Run(context, [=, this] {
    Fields fields;
    return AnswerPage(*request, {}, fields, [this](const GaugePage& page) { return store_.ListStudies(page); },
                      [](const GaugeStudy& study) { return study.study_id(); }, response->mutable_studies(), response->mutable_next_page_token());
  });
}

grpc::ServerUnaryReactor* GaugeService::GetGaugeStudy(grpc::CallbackServerContext* context, const quality::v1::GetGaugeStudyRequest* request,
                                                      GaugeStudy* response) {
  return calls_.Run(context, [=, this] { return Answer(store_.ReadStudy(request->study_id()), response); });
}

}  // namespace egi::api
