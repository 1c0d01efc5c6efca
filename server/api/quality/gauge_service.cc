#include "server/api/quality/gauge_service.h"

#include <optional>
#include <string>

#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/quality/gauge_desk.h"
#include "server/api/pages.h"
#include "server/gauge/check.h"
#include "server/gauge/study.h"

namespace egi::api {
namespace {

using quality::v1::Calibration;
using quality::v1::CreateCalibrationRequest;
using quality::v1::CreateGaugeStudyRequest;
using quality::v1::GaugeCheck;
using quality::v1::GaugeDrift;
using quality::v1::GaugeStatus;
using quality::v1::GaugeStudy;
using quality::v1::GetGaugeDriftRequest;
using quality::v1::GetGaugeStatusRequest;
using quality::v1::GetGaugeStudyRequest;
using quality::v1::ListCalibrationsRequest;
using quality::v1::ListCalibrationsResponse;
using quality::v1::ListGaugeChecksRequest;
using quality::v1::ListGaugeChecksResponse;
using quality::v1::ListGaugeStatusesRequest;
using quality::v1::ListGaugeStatusesResponse;
using quality::v1::ListGaugeStudiesRequest;
using quality::v1::ListGaugeStudiesResponse;
using quality::v1::RecordGaugeCheckRequest;
using quality::v1::RecordGaugeCheckResponse;
using storage::write::GaugePage;
using storage::write::GaugeStore;

absl::Status GetGaugeDrift(GaugeStore& store, const gauge::GaugeRules& rules, const GetGaugeDriftRequest& request, GaugeDrift* response) {
  Fields fields;
  fields.Text("device_id", request.device_id(), 1, 100);
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

absl::Status CreateGaugeStudy(GaugeStore& store, absl::Time now, const CreateGaugeStudyRequest& request, GaugeStudy* response) {
  const auto study = gauge::AnalyseStudy(request);
  if (!study.ok()) return study.status();
  return Answer(store.AddStudy(*study, now), response);
}

GaugePage PageOf(const std::string& device_id, const std::string& kind, std::optional<int64_t> before, int limit) {
  return {device_id, kind, static_cast<int32_t>(before.value_or(0)), limit};
}

absl::Status ListCalibrations(GaugeStore& store, const ListCalibrationsRequest& request, ListCalibrationsResponse* response) {
  Fields fields;
  fields.Text("device_id", request.device_id(), 1, 100);
  return AnswerPage(
      request, fields,
      [&](std::optional<int64_t> before, int limit) { return store.ListCalibrations(PageOf(request.device_id(), "", before, limit)); },
      [](const Calibration& calibration) { return calibration.calibration_id(); }, Into(response->mutable_calibrations()),
      response->mutable_next_page_token());
}

absl::Status ListGaugeChecks(GaugeStore& store, const ListGaugeChecksRequest& request, ListGaugeChecksResponse* response) {
  Fields fields;
  fields.Text("device_id", request.device_id(), 1, 100);
  fields.OneOf("kind", request.kind(), {gauge::kWhiteReference, gauge::kGoldenSample});
  return AnswerPage(
      request, fields,
      [&](std::optional<int64_t> before, int limit) {
        return store.ListChecks(PageOf(request.device_id(), request.kind(), before, limit));
      },
      [](const GaugeCheck& check) { return check.check_id(); }, Into(response->mutable_checks()), response->mutable_next_page_token());
}

absl::Status ListGaugeStudies(GaugeStore& store, const ListGaugeStudiesRequest& request, ListGaugeStudiesResponse* response) {
  Fields fields;
  return AnswerPage(
      request, fields, [&](std::optional<int64_t> before, int limit) { return store.ListStudies(PageOf("", "", before, limit)); },
      [](const GaugeStudy& study) { return study.study_id(); }, Into(response->mutable_studies()), response->mutable_next_page_token());
}

}  // namespace

grpc::ServerUnaryReactor* GaugeService::CreateCalibration(grpc::CallbackServerContext* context, const CreateCalibrationRequest* request,
                                                          Calibration* response) {
  return calls_.Run(context, [=, this] { return Calibrate(desk(), *request, 0, response); });
}

grpc::ServerUnaryReactor* GaugeService::ListCalibrations(grpc::CallbackServerContext* context, const ListCalibrationsRequest* request,
                                                         ListCalibrationsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListCalibrations(store_, *request, response); });
}

grpc::ServerUnaryReactor* GaugeService::RecordGaugeCheck(grpc::CallbackServerContext* context, const RecordGaugeCheckRequest* request,
                                                         RecordGaugeCheckResponse* response) {
  return calls_.Run(context, [=, this] { return JudgeAndKeep(desk(), *request, 0, response); });
}

grpc::ServerUnaryReactor* GaugeService::MeasureReference(grpc::CallbackServerContext* context,
                                                         const quality::v1::MeasureReferenceRequest* request,
                                                         quality::v1::MeasureReferenceResponse* response) {
  return calls_.Run(context, [=, this] { return Answer(AskForReference(desk(), *request), response->mutable_command()); });
}

grpc::ServerUnaryReactor* GaugeService::ListGaugeChecks(grpc::CallbackServerContext* context, const ListGaugeChecksRequest* request,
                                                        ListGaugeChecksResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListGaugeChecks(store_, *request, response); });
}

grpc::ServerUnaryReactor* GaugeService::GetGaugeStatus(grpc::CallbackServerContext* context, const GetGaugeStatusRequest* request,
                                                       GaugeStatus* response) {
  return calls_.Run(context, [=, this] { return Answer(store_.ReadStatus(request->device_id()), response); });
}

grpc::ServerUnaryReactor* GaugeService::ListGaugeStatuses(grpc::CallbackServerContext* context, const ListGaugeStatusesRequest* request,
                                                          ListGaugeStatusesResponse* response) {
  return calls_.Run(context, [=, this] { return AnswerAll(store_.ListStatuses(request->only_refused()), response->mutable_statuses()); });
}

grpc::ServerUnaryReactor* GaugeService::GetGaugeDrift(grpc::CallbackServerContext* context, const GetGaugeDriftRequest* request,
                                                      GaugeDrift* response) {
  return calls_.Run(context, [=, this] { return api::GetGaugeDrift(store_, options_.rules, *request, response); });
}

grpc::ServerUnaryReactor* GaugeService::CreateGaugeStudy(grpc::CallbackServerContext* context, const CreateGaugeStudyRequest* request,
                                                         GaugeStudy* response) {
  return calls_.Run(context, [=, this] { return api::CreateGaugeStudy(store_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* GaugeService::ListGaugeStudies(grpc::CallbackServerContext* context, const ListGaugeStudiesRequest* request,
                                                         ListGaugeStudiesResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListGaugeStudies(store_, *request, response); });
}

grpc::ServerUnaryReactor* GaugeService::GetGaugeStudy(grpc::CallbackServerContext* context, const GetGaugeStudyRequest* request,
                                                      GaugeStudy* response) {
  return calls_.Run(context, [=, this] { return Answer(store_.ReadStudy(request->study_id()), response); });
}

}  // namespace egi::api
