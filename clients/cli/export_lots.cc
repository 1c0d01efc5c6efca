#include "clients/cli/export_lots.h"

#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/file_stream.h"
#include "egi/feeding/v1/lot_export.grpc.pb.h"

namespace egi::cli {

using feeding::v1::ExportLotsRequest;
using feeding::v1::LotExportSummary;

namespace {

// Which lots the layout has no room for, as the server names them behind the file.
void TellLeftOut(const Session& session, const grpc::ClientContext& context) {
  const auto text = [&](const char* key) {
    const auto found = context.GetServerTrailingMetadata().find(key);
    return found == context.GetServerTrailingMetadata().end() ? std::string() : std::string(found->second.data(), found->second.size());
  };
  int64_t count = 0;
  if (!absl::SimpleAtoi(text("x-egi-left-out-count"), &count) || count <= 0) return;
  const std::string names = text("x-egi-left-out");
  const int64_t unnamed = count - (1 + std::count(names.begin(), names.end(), ','));
  session.err << "left out, because they have 28 meals or more and a campaign row holds 27 (--format ndjson has them): " << names
              << (unnamed > 0 ? absl::StrCat(" and ", unnamed, " more") : "") << "\n";
}

}  // namespace

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
        auto summary = CopyStream<LotExportSummary>(session, context, *stream, file);
        if (summary.ok()) TellLeftOut(session, context);
        return summary;
      },
      [](const LotExportSummary& summary) {
        return absl::StrFormat("%d lots, %d bytes, sha256 %s", summary.rows(), summary.size_bytes(), summary.sha256());
      });
}

}  // namespace egi::cli
