#include "clients/cli/firmware.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "clients/cli/unary.h"
#include "egi/quality/v1/firmware.grpc.pb.h"
#include "server/base/sha256.h"

namespace egi::cli {
namespace {

namespace qv1 = egi::quality::v1;
using Stub = qv1::FirmwareService::Stub;

constexpr size_t kChunkBytes = 256 << 10;

std::unique_ptr<Stub> StubOf(const Session& session) { return qv1::FirmwareService::NewStub(client::MakeChannel(session.server)); }

std::string Time(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M", absl::FromUnixSeconds(time.seconds()), absl::UTCTimeZone());
}

int Print(const Session& session, const qv1::Rollout& rollout) {
  if (session.json) {
    session.out << ToJsonLine(rollout) << "\n";
    return kOk;
  }
  const std::string where = absl::StrCat(rollout.has_site_code() ? absl::StrCat(" at ", rollout.site_code().value()) : "",
                                         rollout.has_config_profile() ? absl::StrCat(" with profile ", rollout.config_profile().value()) : "");
  session.out << absl::StrFormat("#%d %s%s: %s, stage %d of %d (%s %%), %d devices: %d offered, %d installed, %d rolled back, %d refused; by %s %s\n",
                                 rollout.rollout_id(), rollout.version(), where, rollout.state(), rollout.stage(), rollout.stages_pct_size(),
                                 absl::StrJoin(rollout.stages_pct(), ", "), rollout.devices(), rollout.offered(), rollout.installed(),
                                 rollout.rolled_back(), rollout.failed(), rollout.changed_by(), Time(rollout.changed_at()));
  if (!rollout.reason().empty()) session.out << "  " << rollout.reason() << "\n";
  return kOk;
}

}  // namespace

int RunFirmwareList(const Session& session) {
  const auto stub = StubOf(session);
  qv1::ListFirmwareRequest request;
  bool any = false;
  do {
    const auto response = Call(*stub, &Stub::ListFirmware, request);
    if (!response.ok()) return Fail(session, "firmware list", response.status());
    for (const auto& firmware : response->versions()) {
      any = true;
      if (session.json) {
        session.out << ToJsonLine(firmware) << "\n";
        continue;
      }
      session.out << absl::StrFormat("%-20s %9d bytes  %s  %s by %s, on %d devices  %s\n", firmware.version(), firmware.size_bytes(),
                                     firmware.sha256().substr(0, 12), Time(firmware.uploaded_at()), firmware.uploaded_by(), firmware.devices(),
                                     firmware.notes());
    }
    request.set_page_token(response->next_page_token());
  } while (!request.page_token().empty());
  if (!any) session.err << "no firmware is stored; `egictl firmware upload` stores one\n";
  return kOk;
}

int RunFirmwareUpload(const Session& session, const FirmwareUploadOptions& options) {
  std::string image;
  if (absl::Status bad = ReadInput(session, options.file, &image); !bad.ok()) return Fail(session, "firmware upload", bad);
  Sha256 sha256;
  sha256.Add(image);
  qv1::UploadFirmwareRequest request;
  qv1::FirmwareInfo& info = *request.mutable_info();
  info.set_version(options.version);
  info.set_size_bytes(static_cast<int32_t>(std::min<size_t>(image.size(), INT32_MAX)));
  info.set_sha256(sha256.Hex());
  info.set_uploaded_by(options.by);
  info.set_notes(options.notes);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(5));
  qv1::Firmware firmware;
  const auto stub = StubOf(session);
  const auto writer = stub->UploadFirmware(&context, &firmware);
  bool open = writer->Write(request);
  for (size_t begin = 0; open && begin < image.size(); begin += kChunkBytes) {
    request.set_chunk(image.substr(begin, kChunkBytes));
    open = writer->Write(request);
    if (session.err_is_terminal) session.err << absl::StrFormat("\ruploaded %d %%", std::min<size_t>(100, 100 * (begin + kChunkBytes) / image.size()));
  }
  if (session.err_is_terminal && !image.empty()) session.err << "\n";
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (!status.ok()) return Fail(session, "firmware upload", client::FromGrpcStatus(status));
  if (session.json) {
    session.out << ToJsonLine(firmware) << "\n";
  } else {
    session.out << absl::StrFormat("%s stored, %d bytes, SHA-256 %s\n", firmware.version(), firmware.size_bytes(), firmware.sha256());
  }
  return kOk;
}

int RunRolloutStart(const Session& session, const RolloutStartOptions& options) {
  qv1::StartRolloutRequest request;
  request.set_version(options.version);
  request.set_site_code(options.site);
  request.set_config_profile(options.profile);
  for (const int stage : options.stages) request.add_stages_pct(stage);
  request.set_max_failed_pct(options.max_failed_pct);
  request.set_started_by(options.by);
  const auto rollout = Call(*StubOf(session), &Stub::StartRollout, request);
  return rollout.ok() ? Print(session, *rollout) : Fail(session, "firmware rollout start", rollout.status());
}

int RunRolloutChange(const Session& session, const RolloutChangeOptions& options) {
  qv1::ChangeRolloutRequest request;
  request.set_rollout_id(options.rollout_id);
  request.set_changed_by(options.by);
  request.set_reason(options.reason);
  using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const qv1::ChangeRolloutRequest&, qv1::Rollout*);
  const Method method = options.verb == "pause" ? &Stub::PauseRollout : options.verb == "resume" ? &Stub::ResumeRollout : &Stub::AbortRollout;
  const auto rollout = Call(*StubOf(session), method, request);
  return rollout.ok() ? Print(session, *rollout) : Fail(session, absl::StrCat("firmware rollout ", options.verb), rollout.status());
}

int RunFirmwareStatus(const Session& session, const FirmwareStatusOptions& options) {
  const auto stub = StubOf(session);
  if (options.rollout_id == 0) {
    const auto response = Call(*stub, &Stub::ListRollouts, qv1::ListRolloutsRequest());
    if (!response.ok()) return Fail(session, "firmware status", response.status());
    for (const auto& rollout : response->rollouts()) Print(session, rollout);
    if (response->rollouts().empty()) session.err << "no rollouts; `egictl firmware rollout start` begins one\n";
    return kOk;
  }
  qv1::GetRolloutRequest request;
  request.set_rollout_id(options.rollout_id);
  const auto response = Call(*stub, &Stub::GetRollout, request);
  if (!response.ok()) return Fail(session, "firmware status", response.status());
  if (session.json) {
    session.out << ToJsonLine(*response) << "\n";
    return kOk;
  }
  Print(session, response->rollout());
  for (const auto& update : response->updates()) {
    session.out << absl::StrFormat("  stage %d  %-24s %-12s %9d bytes  %s\n", update.stage(), update.device_id(), update.state(), update.bytes_received(),
                                   update.message());
  }
  return kOk;
}

}  // namespace egi::cli
