// A file that is written while it is read: a page of the database at a time, sent in chunks, with a summary at the end.
#ifndef EGI_SERVER_API_FILE_DOWNLOAD_H_
#define EGI_SERVER_API_FILE_DOWNLOAD_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/grpcpp.h"
#include "server/api/paced_writer.h"
#include "server/base/grpc_status.h"
#include "server/base/sha256.h"
#include "server/base/worker_pool.h"

namespace egi::api {

// `Chunk` has `data` and `summary` (rows, size_bytes, sha256).
template <typename Chunk>
class FileDownload : public PacedWriter<Chunk> {
 protected:
  explicit FileDownload(WorkerPool& workers) : PacedWriter<Chunk>(workers, "export again") {}

  // To be called once, by the constructor of the file: ends the call when the request is `bad`, else begins with `header`.
  void Begin(const absl::Status& bad, std::string header) {
    if (!bad.ok()) {
      this->Finish(ToGrpcStatus(bad));
      return;
    }
    unsent_ = std::move(header);
    this->Continue();
  }

  // A page of the file.
  struct Page {
    int64_t rows = 0;
    bool last = false;
  };
  // Appends the next page to `file`. Runs on a worker.
  virtual absl::StatusOr<Page> AppendPage(std::string* file) = 0;

 private:
  static constexpr size_t kChunkBytes = 256 << 10;

  void SendNext() final {
    while (!complete_ && unsent_.size() < kChunkBytes) {
      const absl::StatusOr<Page> page = AppendPage(&unsent_);
      if (!page.ok()) {
        this->Finish(ToGrpcStatus(page.status()));
        return;
      }
      rows_ += page->rows;
      complete_ = page->last;
    }
    if (unsent_.empty()) {
      auto* summary = chunk_.mutable_summary();
      summary->set_rows(rows_);
      summary->set_size_bytes(size_bytes_);
      summary->set_sha256(sha256_.Hex());
      this->StartWriteAndFinish(&chunk_, grpc::WriteOptions(), grpc::Status::OK);
      return;
    }
    chunk_.set_data(unsent_.substr(0, kChunkBytes));
    unsent_.erase(0, kChunkBytes);
    sha256_.Add(chunk_.data());
    size_bytes_ += static_cast<int64_t>(chunk_.data().size());
    this->StartWrite(&chunk_);
  }

  std::string unsent_;
  bool complete_ = false;  // every row is in unsent_ or sent
  Chunk chunk_;
  Sha256 sha256_;
  int64_t rows_ = 0;
  int64_t size_bytes_ = 0;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_FILE_DOWNLOAD_H_
