#include "clients/cli/export_samples.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "clients/cli/file_stream.h"
#include "egi/quality/v1/export.grpc.pb.h"

namespace egi::cli {
namespace {

using quality::v1::ExportSamplesRequest;
using quality::v1::ExportSummary;

absl::Status SetTime(const char* option, const std::string& text, google::protobuf::Timestamp* time) {
  absl::Time parsed;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &parsed, &error) && !absl::ParseTime("%Y-%m-%d", text, &parsed, &error)) {
    return absl::InvalidArgumentError(absl::StrCat(option, " ", text, ": expected 2026-02-03 or 2026-02-03T09:00:00Z"));
  }
  time->set_seconds(absl::ToUnixSeconds(parsed));
  time->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(parsed - absl::FromUnixSeconds(time->seconds()))));
  return absl::OkStatus();
}

absl::StatusOr<ExportSamplesRequest> ToRequest(const ExportSamplesOptions& options) {
  ExportSamplesRequest request;
  request.set_format(options.format);
  request.set_device_id(options.device);
  request.set_lot(options.lot);
  if (options.full) request.set_fields("full");
  if (!options.from.empty()) {
    if (absl::Status bad = SetTime("--from", options.from, request.mutable_start_time()); !bad.ok()) return bad;
  }
  if (!options.to.empty()) {
    if (absl::Status bad = SetTime("--to", options.to, request.mutable_end_time()); !bad.ok()) return bad;
  }
  return request;
}

}  // namespace

int RunExportSamples(const Session& session, const ExportSamplesOptions& options) {
  const auto request = ToRequest(options);
  if (!request.ok()) return Fail(session, "export samples", request.status());
  return SaveFile<ExportSummary>(
      session, "export samples", options.out,
      [&](std::ostream& file) -> absl::StatusOr<ExportSummary> {
        grpc::ClientContext context;
        const auto stub = quality::v1::ExportService::NewStub(client::MakeChannel(session.server));
        const auto stream = stub->ExportSamples(&context, *request);
        return CopyStream<ExportSummary>(session, context, *stream, file);
      },
      [](const ExportSummary& summary) {
        return absl::StrFormat("%d samples, %d bytes, sha256 %s", summary.rows(), summary.size_bytes(), summary.sha256());
      });
}

}  // namespace egi::cli
