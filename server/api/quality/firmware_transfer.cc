#include "server/api/quality/firmware_transfer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/api/fields.h"
#include "server/api/file_upload.h"
#include "server/api/paced_writer.h"
#include "server/base/grpc_status.h"

namespace egi::api {
namespace {

using quality::v1::DownloadFirmwareRequest;
using quality::v1::DownloadFirmwareResponse;
using quality::v1::Firmware;
using quality::v1::FirmwareInfo;
using quality::v1::UploadFirmwareRequest;
using storage::write::FirmwareStore;

constexpr int kMaxBytes = 16 << 20;

bool IsVersion(const std::string& version) {
  return !version.empty() && version.size() <= 20 && std::all_of(version.begin(), version.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '+' || c == '-';
  });
}

absl::Status CheckInfo(const FirmwareInfo& info) {
  Fields fields;
  fields.Check(IsVersion(info.version()), "info.version", "must have 1..20 letters, digits, '.', '-', '_' or '+'");
  fields.Check(info.size_bytes() >= 1 && info.size_bytes() <= kMaxBytes, "info.size_bytes", absl::StrCat("must be 1..", kMaxBytes));
  fields.Check(IsSha256(info.sha256()), "info.sha256", "must be 64 lower-case hexadecimal digits");
  fields.Text("info.uploaded_by", info.uploaded_by(), 1, 200);
  fields.Text("info.notes", info.notes(), 0, 1000);
  return fields.status();
}

class Upload final : public FileUpload<UploadFirmwareRequest, FirmwareInfo> {
 public:
  Upload(FirmwareStore& store, const Clock& clock, WorkerPool& workers, std::atomic<int>& uploads, Firmware* response)
      : FileUpload(nullptr, workers, uploads, absl::InfiniteDuration()), store_(store), clock_(clock), response_(response) {
    Begin();
  }

 private:
  absl::Status CheckInfo(FirmwareInfo* info) override { return api::CheckInfo(*info); }
  absl::Status Keep(const FirmwareInfo& info, const std::string& bytes) override {
    auto kept = store_.AddFirmware(info, bytes, clock_.Now());
    if (kept.ok()) *response_ = *std::move(kept);
    return kept.status();
  }

  FirmwareStore& store_;
  const Clock& clock_;
  Firmware* const response_;
};

class Download final : public PacedWriter<DownloadFirmwareResponse> {
 public:
  Download(FirmwareStore& store, WorkerPool& workers, const DownloadFirmwareRequest& request)
      : PacedWriter(workers, "ask for the rest"), store_(store), version_(request.version()), offset_(request.offset()) {
    Fields fields;
    fields.Text("version", version_, 1, 20);
    fields.Check(offset_ >= 0, "offset", "must not be negative");
    if (absl::Status bad = fields.status(); !bad.ok()) {
      Finish(ToGrpcStatus(bad));
      return;
    }
    Continue();
  }

 private:
  void SendNext() override {
    auto bytes = store_.ReadBytes(version_, offset_);
    if (!bytes.ok() || bytes->empty()) {
      Finish(ToGrpcStatus(bytes.status()));
      return;
    }
    response_.set_offset(offset_);
    offset_ += static_cast<int64_t>(bytes->size());
    response_.set_data(*std::move(bytes));
    StartWrite(&response_);
  }

  FirmwareStore& store_;
  const std::string version_;
  int64_t offset_;
  DownloadFirmwareResponse response_;
};

}  // namespace

grpc::ServerReadReactor<UploadFirmwareRequest>* NewUpload(FirmwareStore& store, const Clock& clock, WorkerPool& workers,
                                                          std::atomic<int>& uploads, Firmware* response) {
  return new Upload(store, clock, workers, uploads, response);
}

grpc::ServerWriteReactor<DownloadFirmwareResponse>* NewDownload(FirmwareStore& store, WorkerPool& workers,
                                                                const DownloadFirmwareRequest& request) {
  return new Download(store, workers, request);
}

}  // namespace egi::api
