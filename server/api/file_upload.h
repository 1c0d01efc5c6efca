// A file that comes in chunks behind what is told about it, and is kept when it is whole.
#ifndef EGI_SERVER_API_FILE_UPLOAD_H_
#define EGI_SERVER_API_FILE_UPLOAD_H_

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "server/api/stall_guard.h"
#include "server/base/grpc_status.h"
#include "server/base/rich_status.h"
#include "server/base/sha256.h"
#include "server/base/worker_pool.h"

namespace egi::api {

inline constexpr size_t kMaxUploadChunk = 1 << 20;  // bytes
inline constexpr int kMaxUploads = 2;               // of a kind at once: each holds its file

inline bool IsSha256(const std::string& digits) { return digits.size() == 64 && digits.find_first_not_of("0123456789abcdef") == std::string::npos; }

// `Request` is an `info` (with size_bytes and sha256), then chunks. One read or one task of the pool at a time; deletes itself.
template <typename Request, typename Info>
class FileUpload : public grpc::ServerReadReactor<Request> {
 public:
  void OnReadDone(bool ok) final {
    guard_->Progress();
    if (!ok) {
      guard_->Forget();
      Complete();
      return;
    }
    if (const absl::Status bad = Take(); !bad.ok()) {
      this->Finish(ToGrpcStatus(bad));
      return;
    }
    this->StartRead(&request_);
  }

  void OnDone() final {
    guard_->Forget();
    uploads_.fetch_sub(1);
    delete this;
  }

 protected:
  // `uploads` counts those under way. An upload of which nothing comes for `stall_limit` is cancelled.
  FileUpload(grpc::CallbackServerContext* context, WorkerPool& workers, std::atomic<int>& uploads, absl::Duration stall_limit)
      : workers_(workers), uploads_(uploads), guard_(std::make_shared<StallGuard>(context, stall_limit)) {}

  // To be called once, by the constructor of the upload.
  void Begin() {
    if (uploads_.fetch_add(1) >= kMaxUploads) {
      this->Finish(ToGrpcStatus(Overloaded("other uploads are under way; upload again", absl::Seconds(5))));
      return;
    }
    guard_->Watch();
    this->StartRead(&request_);
  }

  // Checks what is told of the file, and fills in what may be left out.
  virtual absl::Status CheckInfo(Info* info) = 0;
  // Keeps the whole file; `info` has its SHA-256. Runs on a worker.
  virtual absl::Status Keep(const Info& info, const std::string& bytes) = 0;

 private:
  absl::Status Take() {
    if (request_.has_info()) {
      if (informed_) return InvalidFields({{"info", "was sent already; send chunks after it"}});
      informed_ = true;
      info_ = request_.info();
      return CheckInfo(&info_);
    }
    if (!informed_) return InvalidFields({{"info", "must be the first message"}});
    const std::string& chunk = request_.chunk();
    if (chunk.empty() || chunk.size() > kMaxUploadChunk) {
      return InvalidFields({{"chunk", absl::StrCat("has ", chunk.size(), " bytes, must have 1..", kMaxUploadChunk)}});
    }
    if (bytes_.size() + chunk.size() > static_cast<size_t>(info_.size_bytes())) return WrongSize("more than");
    bytes_ += chunk;
    sha256_.Add(chunk);
    return absl::OkStatus();
  }

  absl::Status WrongSize(const std::string& how) const {
    return InvalidFields({{"info.size_bytes", absl::StrCat("says ", info_.size_bytes(), ", but ", how, " ", bytes_.size(), " bytes came")}});
  }

  absl::Status Check() {
    if (!informed_) return InvalidFields({{"info", "is missing"}});
    if (bytes_.size() != static_cast<size_t>(info_.size_bytes())) return WrongSize("only");
    const std::string hex = sha256_.Hex();
    if (!info_.sha256().empty() && hex != info_.sha256()) {
      return InvalidFields({{"info.sha256", absl::StrCat("is not that of the bytes, which have ", hex)}});
    }
    info_.set_sha256(hex);
    return absl::OkStatus();
  }

  void Complete() {
    if (const absl::Status bad = Check(); !bad.ok()) {
      this->Finish(ToGrpcStatus(bad));
      return;
    }
    const bool taken = workers_.Post([this] { this->Finish(ToGrpcStatus(Keep(info_, bytes_))); });
    if (!taken) this->Finish(ToGrpcStatus(Overloaded("too many calls are waiting for the database; upload again", absl::Seconds(1))));
  }

  WorkerPool& workers_;
  std::atomic<int>& uploads_;
  const std::shared_ptr<StallGuard> guard_;
  Request request_;
  Info info_;
  bool informed_ = false;
  std::string bytes_;
  Sha256 sha256_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_FILE_UPLOAD_H_
