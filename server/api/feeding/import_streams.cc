#include "server/api/feeding/import_streams.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/alarm.h"
#include "server/api/fields.h"
#include "server/base/grpc_status.h"
#include "server/base/mutex.h"
#include "server/base/sha256.h"
#include "server/base/storable_text.h"

namespace egi::api {
namespace {

using feeding::v1::CreateImportRequest;
using feeding::v1::Import;
using feeding::v1::ImportInfo;
using storage::write::ImportStore;

constexpr int kMaxUploads = 2;
constexpr int kMaxBytes = 8 << 20;
constexpr size_t kMaxChunk = 1 << 20;
constexpr size_t kMaxName = 200;
// An upload of which nothing comes for so long (up to twice, as it is looked at that often) is cancelled.
constexpr int64_t kChunkWithinMs = 60'000;
// A watcher looks for changes that often, and slower while there is none: another server may do the work.
constexpr int64_t kLookEveryMs = 200, kLookAtRestMs = 1000;
constexpr int kMaxWatchers = 16;

// Without the folders of the machine it comes from.
std::string NameOf(const std::string& path) { return ToStorableText(path.substr(path.find_last_of("/\\") + 1), kMaxName); }

absl::Status CheckInfo(const ImportInfo& info) {
  Fields fields;
  fields.Check(info.size_bytes() >= 1 && info.size_bytes() <= kMaxBytes, "info.size_bytes", absl::StrCat("must be 1..", kMaxBytes));
  fields.Check(info.sha256().empty() || (info.sha256().size() == 64 && info.sha256().find_first_not_of("0123456789abcdef") == std::string::npos),
               "info.sha256", "must be 64 lower-case hexadecimal digits, or empty");
  fields.OneOf("info.policy", info.policy(), {"all", "per_row"});
  fields.Text("info.imported_by", info.imported_by(), 0, 200);
  return fields.status();
}

// Cancels a call that stalls. Lives until its last alarm has rung.
class StallGuard final : public std::enable_shared_from_this<StallGuard> {
 public:
  explicit StallGuard(grpc::CallbackServerContext* context) : context_(context) {}

  void Watch() {
    MutexLock lock(&mutex_);
    Rest();
  }
  void Progress() { moved_ = true; }
  // Before the call ends.
  void Forget() {
    MutexLock lock(&mutex_);
    context_ = nullptr;
    alarm_.Cancel();
  }

 private:
  void Rest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const gpr_timespec pause = gpr_time_from_millis(kChunkWithinMs, GPR_TIMESPAN);
    alarm_.Set(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), pause), [self = shared_from_this()](bool) { self->Look(); });
  }
  void Look() {
    MutexLock lock(&mutex_);
    if (context_ == nullptr) return;
    if (moved_.exchange(false)) {
      Rest();
    } else {
      context_->TryCancel();
    }
  }

  Mutex mutex_;
  grpc::CallbackServerContext* context_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> moved_{false};
  grpc::Alarm alarm_ ABSL_GUARDED_BY(mutex_);
};

// One read or one task of the pool at a time.
class Upload final : public grpc::ServerReadReactor<CreateImportRequest> {
 public:
  Upload(grpc::CallbackServerContext* context, ImportStore& store, const Clock& clock, WorkerPool& workers, std::atomic<int>& uploads, Import* response)
      : store_(store), clock_(clock), workers_(workers), uploads_(uploads), response_(response), guard_(std::make_shared<StallGuard>(context)) {
    if (uploads_.fetch_add(1) >= kMaxUploads) {
      Finish(ToGrpcStatus(Overloaded("other uploads are under way; upload again", absl::Seconds(5))));
      return;
    }
    guard_->Watch();
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    guard_->Progress();
    if (!ok) {
      guard_->Forget();
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
    guard_->Forget();
    uploads_.fetch_sub(1);
    delete this;
  }

 private:
  absl::Status Take() {
    if (request_.has_info()) {
      if (informed_) return InvalidFields({{"info", "was sent already; send chunks after it"}});
      informed_ = true;
      info_ = request_.info();
      info_.set_file_name(NameOf(info_.file_name()));
      if (absl::Status bad = CheckInfo(info_); !bad.ok()) return bad;
      if (info_.policy().empty()) info_.set_policy("all");
      return absl::OkStatus();
    }
    if (!informed_) return InvalidFields({{"info", "must be the first message"}});
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
    return InvalidFields({{"info.size_bytes", absl::StrCat("says ", info_.size_bytes(), ", but ", how, " ", bytes_.size(), " bytes came")}});
  }

  void Keep() {
    absl::Status bad;
    if (!informed_) {
      bad = InvalidFields({{"info", "is missing"}});
    } else if (bytes_.size() != static_cast<size_t>(info_.size_bytes())) {
      bad = WrongSize("only");
    } else if (const std::string hex = sha256_.Hex(); !info_.sha256().empty() && hex != info_.sha256()) {
      bad = InvalidFields({{"info.sha256", absl::StrCat("is not that of the bytes, which have ", hex)}});
    } else {
      info_.set_sha256(hex);
    }
    if (!bad.ok()) {
      Finish(ToGrpcStatus(bad));
      return;
    }
    const bool taken = workers_.Post([this] {
      auto queued = store_.Create(info_, bytes_, clock_.Now());
      if (queued.ok()) *response_ = *std::move(queued);
      Finish(ToGrpcStatus(queued.status()));
    });
    if (!taken) Finish(ToGrpcStatus(Overloaded("too many calls are waiting for the database; upload again", absl::Seconds(1))));
  }

  ImportStore& store_;
  const Clock& clock_;
  WorkerPool& workers_;
  std::atomic<int>& uploads_;
  Import* const response_;
  const std::shared_ptr<StallGuard> guard_;
  CreateImportRequest request_;
  ImportInfo info_;
  bool informed_ = false;
  std::string bytes_;
  Sha256 sha256_;
};

// Looks, writes or rests: one at a time.
class Watch final : public grpc::ServerWriteReactor<Import> {
 public:
  Watch(ImportStore& store, WorkerPool& workers, std::atomic<int>& watchers, int32_t import_id)
      : store_(store), workers_(workers), watchers_(watchers), import_id_(import_id) {
    if (watchers_.fetch_add(1) >= kMaxWatchers) {
      Finish(ToGrpcStatus(Overloaded("too many imports are watched; ask GET /api/imports/{import_id} (GetImport), or watch again later", absl::Seconds(5))));
      return;
    }
    Look();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) {
      Finish(grpc::Status::CANCELLED);
    } else if (Ended()) {
      Finish(grpc::Status::OK);
    } else {
      Rest(kLookEveryMs);
    }
  }
  void OnCancel() override {
    cancelled_ = true;
  }
  void OnDone() override {
    watchers_.fetch_sub(1);
    delete this;
  }

 private:
  bool Ended() const { return sent_.state() == "done" || sent_.state() == "failed"; }

  void Look() {
    const bool taken = workers_.Post([this] {
      auto found = store_.Find(import_id_);
      if (!found.ok()) {
        Finish(ToGrpcStatus(found.status()));
      } else if (found->SerializeAsString() == sent_.SerializeAsString()) {
        Rest(kLookAtRestMs);
      } else {
        sent_ = *std::move(found);
        StartWrite(&sent_);
      }
    });
    if (!taken) Rest(kLookAtRestMs);  // busy: the next look will tell
  }

  void Rest(int64_t milliseconds) {
    const gpr_timespec pause = gpr_time_from_millis(milliseconds, GPR_TIMESPAN);
    alarm_.Set(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), pause), [this](bool) {
      if (cancelled_) {
        Finish(grpc::Status::CANCELLED);
      } else {
        Look();
      }
    });
  }

  ImportStore& store_;
  WorkerPool& workers_;
  std::atomic<int>& watchers_;
  const int32_t import_id_;
  Import sent_;
  std::atomic<bool> cancelled_{false};
  grpc::Alarm alarm_;
};

}  // namespace

grpc::ServerReadReactor<CreateImportRequest>* NewImportUpload(grpc::CallbackServerContext* context, ImportStore& store, const Clock& clock, WorkerPool& workers,
                                                              std::atomic<int>& uploads, Import* response) {
  return new Upload(context, store, clock, workers, uploads, response);
}

grpc::ServerWriteReactor<Import>* NewImportWatch(ImportStore& store, WorkerPool& workers, std::atomic<int>& watchers, int32_t import_id) {
  return new Watch(store, workers, watchers, import_id);
}

}  // namespace egi::api
