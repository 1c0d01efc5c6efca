#include "server/api/quality/firmware_service.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/quality/firmware_transfer.h"
#include "server/api/pages.h"

namespace egi::api {
namespace {

using quality::v1::ChangeRolloutRequest;
using quality::v1::ListFirmwareRequest;
using quality::v1::ListFirmwareResponse;
using quality::v1::ListRolloutsRequest;
using quality::v1::ListRolloutsResponse;
using quality::v1::Rollout;
using quality::v1::StartRolloutRequest;
using storage::write::FirmwareStore;
using storage::write::RolloutAction;

constexpr int kMaxStages = 10;
constexpr int kDefaultMaxFailedPct = 10;

// The request with its defaults.
StartRolloutRequest ParseStart(StartRolloutRequest request, Fields& fields) {
  fields.Text("version", request.version(), 1, 20);
  fields.SiteCode("site_code", request.site_code());
  fields.Text("config_profile", request.config_profile(), 0, 50);
  fields.Text("started_by", request.started_by(), 1, 200);
  if (!request.has_max_failed_pct()) request.set_max_failed_pct(kDefaultMaxFailedPct);
  fields.Check(request.max_failed_pct() >= 0 && request.max_failed_pct() <= 100, "max_failed_pct", "must be 0..100");
  if (request.stages_pct().empty()) {
    for (const int stage : {10, 50, 100}) request.add_stages_pct(stage);
  }
  fields.Check(request.stages_pct_size() <= kMaxStages, "stages_pct", absl::StrCat("must have at most ", kMaxStages, " stages"));
  bool rising = true;
  int before = 0;
  for (const int stage : request.stages_pct()) {
    rising = rising && stage > before;
    before = stage;
  }
  fields.Check(rising && before == 100, "stages_pct", "must rise from at least 1 to 100, e.g. 10, 50, 100");
  return request;
}

absl::Status StartRollout(FirmwareStore& store, absl::Time now, const StartRolloutRequest& request, Rollout* response) {
  Fields fields;
  const StartRolloutRequest complete = ParseStart(request, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return Answer(store.StartRollout(complete, now), response);
}

absl::Status ChangeRollout(FirmwareStore& store, absl::Time now, RolloutAction action, const ChangeRolloutRequest& request,
                           Rollout* response) {
  Fields fields;
  fields.Text("changed_by", request.changed_by(), 1, 200);
  fields.Text("reason", request.reason(), 0, 200);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return Answer(store.ChangeRollout(request, action, now), response);
}

absl::Status ListFirmware(FirmwareStore& store, const ListFirmwareRequest& request, ListFirmwareResponse* response) {
  Fields fields;
  const int limit = fields.Number("limit", request.limit(), 1, kMaxPage, kDefaultPage);
  const auto place = ReadPageNumbers(request, request.page_token(), 1, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  int32_t last = 0;
  auto versions = store.ListFirmware(place.has_value() ? static_cast<int32_t>((*place)[0]) : 0, limit, &last);
  if (!versions.ok()) return versions.status();
  if (static_cast<int>(versions->size()) == limit && last > 1) {
    response->set_next_page_token(MakePageToken(request, {absl::StrCat(last)}));
  }
  MoveAll(*std::move(versions), response->mutable_versions());
  return absl::OkStatus();
}

absl::Status ListRollouts(FirmwareStore& store, const ListRolloutsRequest& request, ListRolloutsResponse* response) {
  Fields fields;
  return AnswerPage(
      request, fields,
      [&](std::optional<int64_t> before, int limit) { return store.ListRollouts(static_cast<int32_t>(before.value_or(0)), limit); },
      [](const Rollout& rollout) { return rollout.rollout_id(); }, Into(response->mutable_rollouts()), response->mutable_next_page_token());
}

}  // namespace

grpc::ServerReadReactor<quality::v1::UploadFirmwareRequest>* FirmwareService::UploadFirmware(grpc::CallbackServerContext*,
                                                                                             quality::v1::Firmware* response) {
  return NewUpload(store_, clock_, workers_, uploads_, response);
}

grpc::ServerUnaryReactor* FirmwareService::ListFirmware(grpc::CallbackServerContext* context, const ListFirmwareRequest* request,
                                                        ListFirmwareResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListFirmware(store_, *request, response); });
}

grpc::ServerWriteReactor<quality::v1::DownloadFirmwareResponse>* FirmwareService::DownloadFirmware(
    grpc::CallbackServerContext*, const quality::v1::DownloadFirmwareRequest* request) {
  return NewDownload(store_, workers_, *request);
}

grpc::ServerUnaryReactor* FirmwareService::StartRollout(grpc::CallbackServerContext* context, const StartRolloutRequest* request,
                                                        Rollout* response) {
  return calls_.Run(context, [=, this] { return api::StartRollout(store_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* FirmwareService::ListRollouts(grpc::CallbackServerContext* context, const ListRolloutsRequest* request,
                                                        ListRolloutsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListRollouts(store_, *request, response); });
}

grpc::ServerUnaryReactor* FirmwareService::GetRollout(grpc::CallbackServerContext* context, const quality::v1::GetRolloutRequest* request,
                                                      quality::v1::GetRolloutResponse* response) {
  return calls_.Run(context, [=, this] { return Answer(store_.ReadRollout(request->rollout_id()), response); });
}

grpc::ServerUnaryReactor* FirmwareService::Change(grpc::CallbackServerContext* context, const ChangeRolloutRequest* request,
                                                  RolloutAction action, Rollout* response) {
  return calls_.Run(context, [=, this] { return api::ChangeRollout(store_, clock_.Now(), action, *request, response); });
}

grpc::ServerUnaryReactor* FirmwareService::PauseRollout(grpc::CallbackServerContext* context, const ChangeRolloutRequest* request,
                                                        Rollout* response) {
  return Change(context, request, RolloutAction::kPause, response);
}

grpc::ServerUnaryReactor* FirmwareService::ResumeRollout(grpc::CallbackServerContext* context, const ChangeRolloutRequest* request,
                                                         Rollout* response) {
  return Change(context, request, RolloutAction::kResume, response);
}

grpc::ServerUnaryReactor* FirmwareService::AbortRollout(grpc::CallbackServerContext* context, const ChangeRolloutRequest* request,
                                                        Rollout* response) {
  return Change(context, request, RolloutAction::kAbort, response);
}

}  // namespace egi::api
