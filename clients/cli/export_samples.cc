#include "clients/cli/export_samples.h"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>

#include "absl/cleanup/cleanup.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "clients/cpp/channel.h"
#include "egi/quality/v1/export.grpc.pb.h"
#include "openssl/evp.h"

namespace egi::cli {
namespace {

using quality::v1::ExportChunk;
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

// Says every five seconds how far the export is, after two.
class Pace {
 public:
  explicit Pace(std::ostream& stream) : stream_(stream), next_(std::chrono::steady_clock::now() + std::chrono::seconds(2)) {}
  void Wrote(int64_t bytes) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::seconds(5);
    stream_ << absl::StrFormat("exported %.1f MiB\n", static_cast<double>(bytes) / (1 << 20));
  }

 private:
  std::ostream& stream_;
  std::chrono::steady_clock::time_point next_;
};

// Copies the stream to `file` and answers its summary, checked against what came.
absl::StatusOr<ExportSummary> Receive(const Session& session, const ExportSamplesRequest& request, std::ostream& file) {
  grpc::ClientContext context;
  const auto stub = quality::v1::ExportService::NewStub(client::MakeChannel(session.server));
  auto stream = stub->ExportSamples(&context, request);
  EVP_MD_CTX* hash = EVP_MD_CTX_new();
  const auto free_hash = absl::MakeCleanup([hash] { EVP_MD_CTX_free(hash); });
  EVP_DigestInit_ex(hash, EVP_sha256(), nullptr);
  Pace pace(session.err);
  ExportSummary summary;
  int64_t bytes = 0;
  for (ExportChunk chunk; stream->Read(&chunk);) {
    if (chunk.has_summary()) summary = chunk.summary();
    file.write(chunk.data().data(), static_cast<std::streamsize>(chunk.data().size()));
    EVP_DigestUpdate(hash, chunk.data().data(), chunk.data().size());
    bytes += static_cast<int64_t>(chunk.data().size());
    pace.Wrote(bytes);
    if (!file) {
      context.TryCancel();
      stream->Finish();
      return absl::ResourceExhaustedError("the file cannot be written; is the disk full?");
    }
  }
  if (const absl::Status status = client::FromGrpcStatus(stream->Finish()); !status.ok()) return status;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(hash, digest, &size);
  if (summary.sha256() != absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size))) {
    return absl::DataLossError("the bytes that came are not those the server sent; export again");
  }
  return summary;
}

void PrintSummary(const Session& session, const ExportSamplesOptions& options, const ExportSummary& summary) {
  std::ostream& stream = options.out == "-" ? session.err : session.out;
  if (session.json) {
    stream << ToJsonLine(summary) << "\n";
  } else {
    stream << absl::StrFormat("%d samples, %d bytes, sha256 %s\n", summary.rows(), summary.size_bytes(), summary.sha256());
  }
}

}  // namespace

int RunExportSamples(const Session& session, const ExportSamplesOptions& options) {
  const auto request = ToRequest(options);
  if (!request.ok()) return Fail(session, "export samples", request.status());
  if (options.out == "-") {
    const auto summary = Receive(session, *request, session.out);
    if (!summary.ok()) return Fail(session, "export samples", summary.status());
    PrintSummary(session, options, *summary);
    return kOk;
  }
  const std::string part = options.out + ".part";
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  if (!file) return Fail(session, "export samples", absl::PermissionDeniedError(absl::StrCat(part, " cannot be written; choose another --out")));
  const auto summary = Receive(session, *request, file);
  file.close();
  if (!summary.ok()) {
    std::remove(part.c_str());
    return Fail(session, "export samples", summary.status());
  }
  if (!file || std::rename(part.c_str(), options.out.c_str()) != 0) {
    std::remove(part.c_str());
    return Fail(session, "export samples", absl::PermissionDeniedError(absl::StrCat(options.out, " cannot be written; choose another --out")));
  }
  PrintSummary(session, options, *summary);
  return kOk;
}

}  // namespace egi::cli
