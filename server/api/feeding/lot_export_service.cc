#include "server/api/feeding/lot_export_service.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/api/feeding/lot_file.h"
#include "server/api/fields.h"
#include "server/api/file_download.h"
#include "server/api/lot_checks.h"

namespace egi::api {
namespace {

using feeding::v1::ExportLotsRequest;
using feeding::v1::LotExportChunk;
using storage::read::LotSheetQuery;

constexpr int kPageRows = 50;
// Of the lots that are left out this many are named.
constexpr size_t kMaxNamed = 100;

LotSheetQuery ParseExport(const ExportLotsRequest& request, Fields& fields) {
  fields.OneOf("format", request.format(), {"campaign174", "campaign199", "campaign100", "ndjson"});
  fields.SiteCode("site_code", request.site_code());
  fields.OneOf("statut", request.statut(), {"en_preparation", "en_gavage", "termine", "abattu", "annule"});
  fields.Check(request.gaveur_id() >= 0, "gaveur_id", "must be > 0, or 0 for all");
  fields.Check(request.from().empty() || IsDate(request.from()), "from", "must be a date YYYY-MM-DD, or empty");
  fields.Check(request.to().empty() || IsDate(request.to()), "to", "must be a date YYYY-MM-DD, or empty");
  fields.Check(request.from().empty() || request.to().empty() || request.from() <= request.to(), "to", "must not be before from");
  LotSheetQuery query;
  query.site_code = request.site_code();
  query.statut = request.statut();
  query.gaveur_id = request.gaveur_id();
  query.from = request.from();
  query.to = request.to();
  query.limit = kPageRows;
  return query;
}

class LotExportReactor final : public FileDownload<LotExportChunk> {
 public:
  LotExportReactor(storage::read::LotSheetReader& sheets, WorkerPool& workers, const ExportLotsRequest& request, grpc::CallbackServerContext* context)
      : FileDownload(workers), sheets_(sheets), context_(context), format_(request.format()) {
    Fields fields;
    query_ = ParseExport(request, fields);
    Begin(fields.status(), LotFileHeader(format_));
  }

 private:
  absl::StatusOr<Page> AppendPage(std::string* file) override {
    const auto page = sheets_.ListSheets(query_);
    if (!page.ok()) return page.status();
    int64_t rows = 0;
    for (const auto& sheet : *page) {
      if (FitsLayout(sheet, format_)) {
        AppendLotLine(sheet, format_, file);
        ++rows;
      } else {
        LeaveOut(sheet.lot.code_lot());
      }
    }
    const bool last = static_cast<int>(page->size()) < query_.limit;
    if (!page->empty()) query_.after_code = page->back().lot.code_lot();
    if (last) TellLeftOut();
    return Page{rows, last};
  }

  void LeaveOut(const std::string& code) {
    ++left_out_;
    if (named_.size() < kMaxNamed) named_.push_back(code);
  }

  // Trailing metadata, which is sent with the status, behind the summary.
  void TellLeftOut() {
    context_->AddTrailingMetadata("x-egi-left-out-count", absl::StrCat(left_out_));
    if (!named_.empty()) context_->AddTrailingMetadata("x-egi-left-out", absl::StrJoin(named_, ", "));
  }

  storage::read::LotSheetReader& sheets_;
  grpc::CallbackServerContext* const context_;
  const std::string format_;
  LotSheetQuery query_;
  int64_t left_out_ = 0;
  std::vector<std::string> named_;
};

}  // namespace

grpc::ServerWriteReactor<LotExportChunk>* LotExportService::ExportLots(grpc::CallbackServerContext* context, const ExportLotsRequest* request) {
  return new LotExportReactor(sheets_, workers_, *request, context);
}

}  // namespace egi::api
