#include "server/api/feeding/lot_export_service.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/api/fields.h"
#include "server/api/lot_checks.h"
#include "server/api/feeding/lot_file.h"
#include "server/api/paced_writer.h"
#include "server/base/grpc_status.h"
#include "server/base/rich_status.h"
#include "server/base/sha256.h"

namespace egi::api {
namespace {

using feeding::v1::ExportLotsRequest;
using feeding::v1::LotExportChunk;
using storage::read::LotSheetQuery;

constexpr size_t kChunkBytes = 256 << 10;
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

class LotExportReactor final : public PacedWriter<LotExportChunk> {
 public:
  LotExportReactor(storage::read::LotSheetReader& sheets, WorkerPool& workers, const ExportLotsRequest& request)
      : PacedWriter(workers, "export again"), sheets_(sheets), format_(request.format()) {
    Fields fields;
    query_ = ParseExport(request, fields);
    if (absl::Status bad = fields.status(); !bad.ok()) {
      Finish(ToGrpcStatus(bad));
      return;
    }
    unsent_ = LotFileHeader(format_);
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
    const auto page = sheets_.ListSheets(query_);
    if (!page.ok()) return page.status();
    for (const auto& sheet : *page) {
      if (!FitsLayout(sheet, format_)) return TooLong(sheet.lot.code_lot());
      AppendLotLine(sheet, format_, &unsent_);
    }
    rows_ += static_cast<int64_t>(page->size());
    complete_ = static_cast<int>(page->size()) < query_.limit;
    if (!page->empty()) query_.after_code = page->back().lot.code_lot();
    return absl::OkStatus();
  }

  static absl::Status TooLong(const std::string& code) {
    return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", code, " has a 28th meal, and a row of a campaign layout holds 27; export with "
                                                                    "format ndjson, or choose lots by days (from, to), feeder or state without it")),
                         "LOT_TOO_LONG", {{"code_lot", code}});
  }

  storage::read::LotSheetReader& sheets_;
  const std::string format_;
  LotSheetQuery query_;
  std::string unsent_;
  bool complete_ = false;  // every row is in unsent_ or sent
  LotExportChunk chunk_;
  Sha256 sha256_;
  int64_t rows_ = 0;
  int64_t size_bytes_ = 0;
};

}  // namespace

grpc::ServerWriteReactor<LotExportChunk>* LotExportService::ExportLots(grpc::CallbackServerContext*, const ExportLotsRequest* request) {
  return new LotExportReactor(sheets_, workers_, *request);
}

}  // namespace egi::api
