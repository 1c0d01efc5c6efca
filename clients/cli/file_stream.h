// A file that a server streams: pieces, then a summary with its SHA-256.
#ifndef EGI_CLIENTS_CLI_FILE_STREAM_H_
#define EGI_CLIENTS_CLI_FILE_STREAM_H_

#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "clients/cli/session.h"
#include "clients/cpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/sync_stream.h"
#include "server/base/sha256.h"

namespace egi::cli {

// Says every five seconds how far the export is, after two.
class ExportPace {
 public:
  explicit ExportPace(std::ostream& stream) : stream_(stream), next_(std::chrono::steady_clock::now() + std::chrono::seconds(2)) {}
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

// Copies the pieces to `file` and answers the summary. Errors: those of the server, RESOURCE_EXHAUSTED (the file cannot be written), DATA_LOSS (the
// bytes are not those the server sent).
template <typename Summary, typename Chunk>
absl::StatusOr<Summary> CopyStream(const Session& session, grpc::ClientContext& context, grpc::ClientReader<Chunk>& stream, std::ostream& file) {
  Sha256 sha256;
  ExportPace pace(session.err);
  Summary summary;
  int64_t bytes = 0;
  for (Chunk chunk; stream.Read(&chunk);) {
    if (chunk.has_summary()) summary = chunk.summary();
    file.write(chunk.data().data(), static_cast<std::streamsize>(chunk.data().size()));
    sha256.Add(chunk.data());
    bytes += static_cast<int64_t>(chunk.data().size());
    pace.Wrote(bytes);
    if (!file) {
      context.TryCancel();
      stream.Finish();
      return absl::ResourceExhaustedError("the file cannot be written; is the disk full?");
    }
  }
  if (const absl::Status status = client::FromGrpcStatus(stream.Finish()); !status.ok()) return status;
  if (summary.sha256() != sha256.Hex()) return absl::DataLossError("the bytes that came are not those the server sent; export again");
  return summary;
}

// Lets `receive` fill the file `out` ("-" = standard output), which appears under its name only when it is whole, and prints its summary as `print` says:
// to standard error when the file goes to standard output. Answers the exit code.
template <typename Summary>
int SaveFile(const Session& session, const std::string& command, const std::string& out,
             const std::function<absl::StatusOr<Summary>(std::ostream&)>& receive, const std::function<std::string(const Summary&)>& print) {
  const auto tell = [&](std::ostream& stream, const Summary& summary) {
    stream << (session.json ? ToJsonLine(summary) : print(summary)) << "\n";
  };
  if (out == "-") {
    const auto summary = receive(session.out);
    if (!summary.ok()) return Fail(session, command, summary.status());
    tell(session.err, *summary);
    return kOk;
  }
  const std::string part = out + ".part";
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  if (!file) return Fail(session, command, absl::PermissionDeniedError(absl::StrCat(part, " cannot be written; choose another --out")));
  const auto summary = receive(file);
  file.close();
  if (!summary.ok()) {
    std::remove(part.c_str());
    return Fail(session, command, summary.status());
  }
  if (!file || std::rename(part.c_str(), out.c_str()) != 0) {
    std::remove(part.c_str());
    return Fail(session, command, absl::PermissionDeniedError(absl::StrCat(out, " cannot be written; choose another --out")));
  }
  tell(session.out, *summary);
  return kOk;
}

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_FILE_STREAM_H_
