#include "clients/cli/export_lots.h"

#include "clients/cli/file_stream.h"
#include "egi/feeding/v1/lot_export.grpc.pb.h"

namespace egi::cli {

using feeding::v1::ExportLotsRequest;
using feeding::v1::LotExportSummary;

int RunExportLots(const Session& session, const ExportLotsOptions& options) {
  ExportLotsRequest request;
  request.set_format(options.format);
  request.set_site_code(options.site);
  request.set_statut(options.statut);
  request.set_gaveur_id(options.gaveur);
  request.set_from(options.from);
  request.set_to(options.to);
  return SaveFile<LotExportSummary>(
      session, "export lots", options.out,
      [&](std::ostream& file) -> absl::StatusOr<LotExportSummary> {
        grpc::ClientContext context;
        const auto stub = feeding::v1::LotExportService::NewStub(client::MakeChannel(session.server));
        const auto stream = stub->ExportLots(&context, request);
        return CopyStream<LotExportSummary>(session, context, *stream, file);
      },
      [](const LotExportSummary& summary) {
        return absl::StrFormat("%d lots, %d bytes, sha256 %s", summary.rows(), summary.size_bytes(), summary.sha256());
      });
}

}  // namespace egi::cli
