#include "simulators/station/program/firmware_source.h"

#include <chrono>
#include <memory>

#include "absl/strings/str_cat.h"
#include "clients/cpp/channel.h"
#include "egi/quality/v1/firmware.grpc.pb.h"
#include "grpcpp/client_context.h"

namespace egi::station {
namespace {

constexpr size_t kBytesPerCall = 256 << 10;
constexpr std::chrono::seconds kDeadline(10);

}  // namespace

firmware::FetchImage FirmwareOf(const std::string& server) {
  const std::shared_ptr<quality::v1::FirmwareService::Stub> stub = quality::v1::FirmwareService::NewStub(client::MakeChannel(server));
  return [stub](const std::string& version, int64_t offset) -> absl::StatusOr<std::string> {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kDeadline);
    quality::v1::DownloadFirmwareRequest request;
    request.set_version(version);
    request.set_offset(offset);
    const auto stream = stub->DownloadFirmware(&context, request);
    std::string bytes;
    quality::v1::DownloadFirmwareResponse response;
    bool in_place = true, ended = false;
    while (in_place && bytes.size() < kBytesPerCall) {
      if (ended = !stream->Read(&response); ended) break;
      in_place = response.offset() == offset + static_cast<int64_t>(bytes.size());
      if (in_place) bytes += response.data();
    }
    if (!ended) context.TryCancel();  // it would hide why a stream ended by itself
    const absl::Status finished = client::FromGrpcStatus(stream->Finish());
    if (!bytes.empty()) return bytes;  // what has come counts; an error comes again at the next call
    if (!in_place) return absl::InternalError(absl::StrCat("the server sent firmware ", version, " from another place than asked for"));
    return finished.ok() ? absl::InternalError(absl::StrCat("the server sent nothing of firmware ", version)) : finished;
  };
}

}  // namespace egi::station
