#include "server/api/feeding/lot_export_service.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/api/feeding/lot_file.h"
#include "server/api/fields.h"
#include "server/api/file_download.h"
#include "server/api/lot_checks.h"
#include "server/base/rich_status.h"

namespace egi::api {
namespace {

using feeding::v1::ExportLotsRequest;
using feeding::v1::LotExportChunk;
using storage::read::LotSheetQuery;

constexpr int kPageRows = 50;

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
  LotExportReactor(storage::read::LotSheetReader& sheets, WorkerPool& workers, const ExportLotsRequest& request)
      : FileDownload(workers), sheets_(sheets), format_(request.format()) {
    Fields fields;
    query_ = ParseExport(request, fields);
    Begin(fields.status(), LotFileHeader(format_));
  }

 private:
  absl::StatusOr<Page> AppendPage(std::string* file) override {
    const auto page = sheets_.ListSheets(query_);
    if (!page.ok()) return page.status();
    for (const auto& sheet : *page) {
      if (!FitsLayout(sheet, format_)) return TooLong(sheet.lot.code_lot());
      AppendLotLine(sheet, format_, file);
    }
    if (!page->empty()) query_.after_code = page->back().lot.code_lot();
    return Page{static_cast<int64_t>(page->size()), static_cast<int>(page->size()) < query_.limit};
  }

  static absl::Status TooLong(const std::string& code) {
    return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", code, " has a 28th meal, and a row of a campaign layout holds 27; export with "
                                                                    "format ndjson, or choose lots by days (from, to), feeder or state without it")),
                         "LOT_TOO_LONG", {{"code_lot", code}});
  }

  storage::read::LotSheetReader& sheets_;
  const std::string format_;
  LotSheetQuery query_;
};

}  // namespace

grpc::ServerWriteReactor<LotExportChunk>* LotExportService::ExportLots(grpc::CallbackServerContext*, const ExportLotsRequest* request) {
  return new LotExportReactor(sheets_, workers_, *request);
}

}  // namespace egi::api
