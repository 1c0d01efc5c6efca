#include "server/api/quality/export_service.h"

#include <string>

#include "server/api/fields.h"
#include "server/api/file_download.h"
#include "server/api/quality/sample_file.h"

namespace egi::api {
namespace {

using quality::v1::ExportChunk;
using quality::v1::ExportSamplesRequest;
using storage::read::SampleQuery;

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

class ExportReactor final : public FileDownload<ExportChunk> {
 public:
  ExportReactor(storage::read::SampleReader& samples, WorkerPool& workers, const ExportSamplesRequest& request, absl::Time now)
      : FileDownload(workers), samples_(samples) {
    Fields fields;
    plan_ = ParseExport(request, now, fields);
    Begin(fields.status(), SampleFileHeader(plan_.format, plan_.query.matrices));
  }

 private:
  absl::StatusOr<Page> AppendPage(std::string* file) override {
    const auto page = samples_.ListSamples(plan_.query);
    if (!page.ok()) return page.status();
    for (const auto& sample : page->samples) AppendSampleLine(sample, plan_.format, plan_.query.matrices, file);
    plan_.query.after = page->last;
    return Page{static_cast<int64_t>(page->samples.size()), !page->last.has_value()};
  }

  storage::read::SampleReader& samples_;
  ExportPlan plan_;
};

}  // namespace

grpc::ServerWriteReactor<ExportChunk>* ExportService::ExportSamples(grpc::CallbackServerContext*, const ExportSamplesRequest* request) {
  return new ExportReactor(samples_, workers_, *request, clock_.Now());
}

}  // namespace egi::api
