#include "server/api/feeding/import_streams.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/alarm.h"
#include "server/api/fields.h"
#include "server/api/file_upload.h"
#include "server/base/grpc_status.h"
#include "server/base/storable_text.h"

namespace egi::api {
namespace {

using feeding::v1::CreateImportRequest;
using feeding::v1::Import;
using feeding::v1::ImportInfo;
using storage::write::ImportStore;

constexpr int kMaxBytes = 8 << 20;
constexpr size_t kMaxName = 200;
// A watcher looks for changes that often, and slower while there is none: another server may do the work.
constexpr int64_t kLookEveryMs = 200, kLookAtRestMs = 1000;
constexpr int kMaxWatchers = 16;

// Without the folders of the machine it comes from.
std::string NameOf(const std::string& path) { return ToStorableText(path.substr(path.find_last_of("/\\") + 1), kMaxName); }

absl::Status CheckInfo(const ImportInfo& info) {
  Fields fields;
  fields.Check(info.size_bytes() >= 1 && info.size_bytes() <= kMaxBytes, "info.size_bytes", absl::StrCat("must be 1..", kMaxBytes));
  fields.Check(info.sha256().empty() || IsSha256(info.sha256()),
               "info.sha256", "must be 64 lower-case hexadecimal digits, or empty");
  fields.OneOf("info.policy", info.policy(), {"all", "per_row"});
  fields.Text("info.imported_by", info.imported_by(), 0, 200);
  return fields.status();
}

class Upload final : public FileUpload<CreateImportRequest, ImportInfo> {
 public:
  Upload(grpc::CallbackServerContext* context, ImportStore& store, const Clock& clock, const UploadLimits& limits, WorkerPool& workers,
         std::atomic<int>& uploads, Import* response)
      : FileUpload(context, workers, uploads, limits.chunk_within), store_(store), clock_(clock), response_(response) {
    Begin();
  }

 private:
  absl::Status CheckInfo(ImportInfo* info) override {
    info->set_file_name(NameOf(info->file_name()));
    if (absl::Status bad = api::CheckInfo(*info); !bad.ok()) return bad;
    if (info->policy().empty()) info->set_policy("all");
    return absl::OkStatus();
  }
  absl::Status Keep(const ImportInfo& info, const std::string& bytes) override {
    auto queued = store_.Create(info, bytes, clock_.Now());
    if (queued.ok()) *response_ = *std::move(queued);
    return queued.status();
  }

  ImportStore& store_;
  const Clock& clock_;
  Import* const response_;
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

grpc::ServerReadReactor<CreateImportRequest>* NewImportUpload(grpc::CallbackServerContext* context, ImportStore& store, const Clock& clock,
                                                              const UploadLimits& limits, WorkerPool& workers, std::atomic<int>& uploads, Import* response) {
  return new Upload(context, store, clock, limits, workers, uploads, response);
}

grpc::ServerWriteReactor<Import>* NewImportWatch(ImportStore& store, WorkerPool& workers, std::atomic<int>& watchers, int32_t import_id) {
  return new Watch(store, workers, watchers, import_id);
}

}  // namespace egi::api
