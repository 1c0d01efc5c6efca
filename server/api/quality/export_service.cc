#include "server/api/quality/export_service.h"

#include <string>
#include <utility>

#include "server/api/fields.h"
#include "server/api/paced_writer.h"
#include "server/api/quality/sample_file.h"
#include "server/base/grpc_status.h"
#include "server/base/sha256.h"

namespace egi::api {
namespace {

using quality::v1::ExportChunk;
using quality::v1::ExportSamplesRequest;
using storage::read::SampleQuery;

constexpr size_t kChunkBytes = 256 << 10;
constexpr int kPageRows = 500;

struct ExportPlan {
  SampleQuery query;
  SampleFormat format = SampleFormat::kCsv;
};

ExportPlan ParseExport(const ExportSamplesRequest& request, absl::Time now, Fields& fields) {
  ExportPlan plan;
  fields.OneOf("format", request.format(), {"csv", "ndjson"});
  if (request.format() == "ndjson") plan.format = SampleFormat::kNdjson;
  const TimeRange period = PeriodOf(request, now, absl::Hours(24), fields);
  plan.query.start = period.start;
  plan.query.end = period.end;
  fields.Text("device_id", request.device_id(), 0, 100);
  plan.query.device_id = request.device_id();
  if (!request.lot().empty()) plan.query.lot = fields.Lot("lot", request.lot());
  fields.OneOf("fields", request.fields(), {"summary", "full"});
  plan.query.matrices = request.fields() == "full";
  plan.query.oldest_first = true;
  plan.query.limit = kPageRows;
  return plan;
}

class ExportReactor final : public PacedWriter<ExportChunk> {
 public:
  ExportReactor(storage::read::SampleReader& samples, WorkerPool& workers, const ExportSamplesRequest& request, absl::Time now)
      : PacedWriter(workers, "export again"), samples_(samples) {
    Fields fields;
    plan_ = ParseExport(request, now, fields);
    if (absl::Status bad = fields.status(); !bad.ok()) {
      Finish(ToGrpcStatus(bad));
      return;
    }
    unsent_ = SampleFileHeader(plan_.format, plan_.query.matrices);
    Continue();
  }

 private:
  void SendNext() override {
    while (!complete_ && unsent_.size() < kChunkBytes) {
      if (absl::Status failed = ReadPage(); !failed.ok()) {
        Finish(ToGrpcStatus(failed));
        return;
      }
    }
    if (unsent_.empty()) {
      auto* summary = chunk_.mutable_summary();
      summary->set_rows(rows_);
      summary->set_size_bytes(size_bytes_);
      summary->set_sha256(sha256_.Hex());
      StartWriteAndFinish(&chunk_, grpc::WriteOptions(), grpc::Status::OK);
      return;
    }
    chunk_.set_data(unsent_.substr(0, kChunkBytes));
    unsent_.erase(0, kChunkBytes);
    sha256_.Add(chunk_.data());
    size_bytes_ += static_cast<int64_t>(chunk_.data().size());
    StartWrite(&chunk_);
  }

  absl::Status ReadPage() {
    const auto page = samples_.ListSamples(plan_.query);
    if (!page.ok()) return page.status();
    for (const auto& sample : page->samples) AppendSampleLine(sample, plan_.format, plan_.query.matrices, &unsent_);
    rows_ += static_cast<int64_t>(page->samples.size());
    plan_.query.after = page->last;
    complete_ = !page->last.has_value();
    return absl::OkStatus();
  }

  storage::read::SampleReader& samples_;
  ExportPlan plan_;
  std::string unsent_;
  bool complete_ = false;  // every row is in unsent_ or sent
  ExportChunk chunk_;
  Sha256 sha256_;
  int64_t rows_ = 0;
  int64_t size_bytes_ = 0;
};

}  // namespace

grpc::ServerWriteReactor<ExportChunk>* ExportService::ExportSamples(grpc::CallbackServerContext*, const ExportSamplesRequest* request) {
  return new ExportReactor(samples_, workers_, *request, clock_.Now());
}

}  // namespace egi::api
