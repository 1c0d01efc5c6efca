#include "server/api/quality/firmware_transfer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/api/fields.h"
#include "server/api/paced_writer.h"
#include "server/base/grpc_status.h"
#include "server/base/sha256.h"

namespace egi::api {
namespace {

using quality::v1::DownloadFirmwareRequest;
using quality::v1::DownloadFirmwareResponse;
using quality::v1::Firmware;
using quality::v1::FirmwareInfo;
using quality::v1::UploadFirmwareRequest;
using storage::write::FirmwareStore;

constexpr int kMaxUploads = 2;
constexpr int kMaxBytes = 16 << 20;
constexpr size_t kMaxChunk = 1 << 20;

bool IsVersion(const std::string& version) {
  return !version.empty() && version.size() <= 20 && std::all_of(version.begin(), version.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '+' || c == '-';
  });
}

bool IsSha256(const std::string& digits) {
  return digits.size() == 64 && digits.find_first_not_of("0123456789abcdef") == std::string::npos;
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

// One read or one task of the pool at a time.
class Upload final : public grpc::ServerReadReactor<UploadFirmwareRequest> {
 public:
  Upload(FirmwareStore& store, const Clock& clock, WorkerPool& workers, std::atomic<int>& uploads, Firmware* response)
      : store_(store), clock_(clock), workers_(workers), uploads_(uploads), response_(response) {
    if (uploads_.fetch_add(1) >= kMaxUploads) {
      Finish(ToGrpcStatus(Overloaded("other uploads are under way; upload again", absl::Seconds(5))));
      return;
    }
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Keep();
      return;
    }
    if (const absl::Status bad = Take(); !bad.ok()) {
      Finish(ToGrpcStatus(bad));
      return;
    }
    StartRead(&request_);
  }

  void OnDone() override {
    uploads_.fetch_sub(1);
    delete this;
  }

 private:
  absl::Status Take() {
    if (request_.has_info()) {
      if (!info_.version().empty()) return InvalidFields({{"info", "was sent already; send chunks after it"}});
      info_ = request_.info();
      return CheckInfo(info_);
    }
    if (info_.version().empty()) return InvalidFields({{"info", "must be the first message"}});
    const std::string& chunk = request_.chunk();
    if (chunk.empty() || chunk.size() > kMaxChunk) {
      return InvalidFields({{"chunk", absl::StrCat("has ", chunk.size(), " bytes, must have 1..", kMaxChunk)}});
    }
    if (bytes_.size() + chunk.size() > static_cast<size_t>(info_.size_bytes())) return WrongSize("more than");
    bytes_ += chunk;
    sha256_.Add(chunk);
    return absl::OkStatus();
  }

  absl::Status WrongSize(const std::string& how) const {
    return InvalidFields(
        {{"info.size_bytes", absl::StrCat("says ", info_.size_bytes(), ", but ", how, " ", bytes_.size(), " bytes came")}});
  }

  void Keep() {
    absl::Status bad;
    if (info_.version().empty()) {
      bad = InvalidFields({{"info", "is missing"}});
    } else if (bytes_.size() != static_cast<size_t>(info_.size_bytes())) {
      bad = WrongSize("only");
    } else if (const std::string hex = sha256_.Hex(); hex != info_.sha256()) {
      bad = InvalidFields({{"info.sha256", absl::StrCat("is not that of the bytes, which have ", hex)}});
    }
    if (!bad.ok()) {
      Finish(ToGrpcStatus(bad));
      return;
    }
    const bool taken = workers_.Post([this] {
      auto kept = store_.AddFirmware(info_, bytes_, clock_.Now());
      if (kept.ok()) *response_ = *std::move(kept);
      Finish(ToGrpcStatus(kept.status()));
    });
    if (!taken) Finish(ToGrpcStatus(Overloaded("too many calls are waiting for the database; upload again", absl::Seconds(1))));
  }

  FirmwareStore& store_;
  const Clock& clock_;
  WorkerPool& workers_;
  std::atomic<int>& uploads_;
  Firmware* const response_;
  UploadFirmwareRequest request_;
  FirmwareInfo info_;
  std::string bytes_;
  Sha256 sha256_;
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
