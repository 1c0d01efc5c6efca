#include "clients/cli/import_file.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "clients/cli/progress.h"
#include "clients/cli/unary.h"
#include "clients/cpp/sleeper.h"
#include "egi/feeding/v1/import.grpc.pb.h"
#include "server/base/sha256.h"

namespace egi::cli {
namespace {

namespace fv1 = egi::feeding::v1;
using Stub = fv1::ImportService::Stub;

constexpr size_t kChunkBytes = 256 << 10;
constexpr absl::Duration kBetweenAttempts = absl::Milliseconds(500);
constexpr int kMostShown = 50;

std::unique_ptr<Stub> StubOf(const Session& session) { return fv1::ImportService::NewStub(client::MakeChannel(session.server)); }

bool Ended(const fv1::Import& import) { return import.state() == "done" || import.state() == "failed"; }

absl::StatusOr<fv1::Import> Upload(Stub& stub, const ImportFileOptions& options, const std::string& bytes) {
  grpc::ClientContext context;
  fv1::Import import;
  const auto stream = stub.CreateImport(&context, &import);
  fv1::CreateImportRequest request;
  fv1::ImportInfo* info = request.mutable_info();
  info->set_file_name(options.file == "-" ? "" : options.file.substr(options.file.rfind('/') + 1));
  info->set_size_bytes(static_cast<int32_t>(bytes.size()));
  Sha256 sha256;
  sha256.Add(bytes);
  info->set_sha256(sha256.Hex());
  info->set_policy(options.policy);
  info->set_dry_run(options.dry_run);
  info->set_imported_by(options.by);
  bool sent = stream->Write(request);
  for (size_t at = 0; sent && at < bytes.size(); at += kChunkBytes) {
    request.set_chunk(bytes.substr(at, kChunkBytes));
    sent = stream->Write(request);
  }
  stream->WritesDone();
  if (absl::Status failed = client::FromGrpcStatus(stream->Finish()); !failed.ok()) return failed;
  return import;
}

// Follows one connection. OK when the import has ended.
absl::Status Watch(Stub& stub, fv1::Import* import, std::optional<Progress>* progress, const Session& session) {
  grpc::ClientContext context;
  fv1::GetImportRequest request;
  request.set_import_id(import->import_id());
  const auto stream = stub.WatchImport(&context, request);
  while (stream->Read(import)) {
    if (import->rows_total() > 0 && !progress->has_value()) progress->emplace("importing", import->rows_total(), &session.err, session.err_is_terminal);
    if (progress->has_value()) (*progress)->Update(std::min(import->rows_done(), import->rows_total()));
  }
  const absl::Status ended = client::FromGrpcStatus(stream->Finish());
  return Ended(*import) ? absl::OkStatus() : ended.ok() ? absl::UnavailableError("the server ended the stream") : ended;
}

// Over restarts of the server, for as long as somebody has patience.
absl::Status Follow(Stub& stub, absl::Duration patience, const Session& session, fv1::Import* import) {
  client::SystemSleeper sleeper;
  std::optional<Progress> progress;
  for (absl::Duration waited; waited <= patience; waited += kBetweenAttempts) {
    const fv1::Import before = *import;
    const absl::Status status = Watch(stub, import, &progress, session);
    if (!absl::IsUnavailable(status)) return status;
    if (import->SerializeAsString() != before.SerializeAsString()) waited = absl::ZeroDuration();
    sleeper.Sleep(kBetweenAttempts);
  }
  return absl::UnavailableError(absl::StrCat("no answer about import ", import->import_id(), "; it goes on in the server: egictl import show ",
                                             import->import_id(), " tells how far it is, the same command follows it again"));
}

std::string Counts(const fv1::Import& import) {
  return absl::StrFormat("%d lots created, %d updated, %d unchanged; %d meals new, %d known, %d corrected, %d refused; %d feeders created",
                         import.lots_created(), import.lots_updated(), import.lots_unchanged(), import.meals_saved(), import.meals_duplicate(),
                         import.meals_corrected(), import.meals_refused(), import.gaveurs_created());
}

std::string Line(const fv1::Import& import) {
  return absl::StrFormat("#%d %s%s %s, %d of %d rows, %d refused; %s%s", import.import_id(), import.dry_run() ? "dry run " : "", import.policy(),
                         import.state(), import.rows_done(), import.rows_total(), import.rows_refused(), Counts(import),
                         import.file_name().empty() ? "" : absl::StrCat("; ", import.file_name()));
}

// Nothing when no known lot was changed.
void PrintColumns(const fv1::Import& import, std::ostream& out) {
  if (import.columns_changed().empty()) return;
  out << (import.dry_run() ? "columns that would change known lots: " : "columns that changed known lots: ") << absl::StrJoin(import.columns_changed(), ", ") << "\n";
}

void PrintReport(const fv1::ImportReport& r, std::ostream& out) {
  out << absl::StrFormat("%d lots of %d feeders at %d sites (%s, %d columns, separator '%s', %s)\n", r.lots(), r.gaveurs(), r.sites(), r.encoding(),
                         r.columns(), r.separator() == "\t" ? "tab" : r.separator(), r.layout());
  out << absl::StrFormat("%d meals given, %d prescribed, %d skipped inside a series; %d birds placed, %d hung; %.1f kg of liver; mean ITM %.2f; mean sigma %.3f of %d lots measured\n",
                         r.meals(), r.meals_with_target(), r.gaps(), r.nb_meg(), r.quantite_accrochee(), r.liver_kg(), r.mean_itm().value(),
                         r.mean_sigma().value(), r.sigma_measured());
  out << absl::StrFormat("derived columns recomputed: %d differences (equal: %d corn_variation, %d cumulCorn, %d delta_feed, %d others); corn_variation_1 forced to 0 in %d lots, %d cells empty after a skipped meal\n",
                         r.differences(), r.equal_corn_variation(), r.equal_cumul_corn(), r.equal_delta_feed(), r.equal_others(),
                         r.first_variation_forced_to_zero(), r.empty_after_gap());
  for (const auto& site : r.site_figures()) {
    out << absl::StrFormat("  %s: %d lots, %d placed, %d hung, %.0f kg of corn, %.1f kg of liver, ITM %.3f weighted, loss %.3f %%\n", site.site_code(),
                           site.lots(), site.nb_meg(), site.quantite_accrochee(), site.corn_kg(), site.liver_kg(), site.itm_weighted().value(),
                           100 * site.loss_weighted());
  }
}

std::string Text(const fv1::ImportAnomaly& a) {
  return absl::StrCat("  ", a.severity(), " row ", a.row(), a.code_lot().empty() ? "" : absl::StrCat(" (", a.code_lot(), ")"),
                      a.column().empty() ? "" : absl::StrCat(" ", a.column()), a.in_file().empty() ? "" : absl::StrCat(" '", a.in_file(), "'"), ": ",
                      a.message(), a.expected().empty() ? "" : absl::StrCat(" (recomputed ", a.expected(), ")"));
}

// Anomalies of a severity, at most `most` of them.
absl::Status PrintAnomalies(Stub& stub, const Session& session, int import_id, const std::string& severity, int most) {
  fv1::ListImportAnomaliesRequest request;
  request.set_import_id(import_id);
  request.set_severity(severity);
  request.set_limit(1000);
  int shown = 0, all = 0;
  do {
    const auto page = Call(stub, &Stub::ListImportAnomalies, request);
    if (!page.ok()) return page.status();
    for (const auto& anomaly : page->anomalies()) {
      if (++all > most) continue;
      ++shown;
      session.out << (session.json ? ToJsonLine(anomaly) : Text(anomaly)) << "\n";
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  if (all > shown) session.err << "and " << all - shown << " more: egictl import show " << import_id << " --severity " << severity << "\n";
  return absl::OkStatus();
}

// The end of an import for people: figures, errors and warnings.
int Tell(Stub& stub, const Session& session, const fv1::Import& import) {
  if (session.json) {
    session.out << ToJsonLine(import) << "\n";
  } else {
    fv1::GetImportRequest request;
    request.set_import_id(import.import_id());
    const auto whole = Call(stub, &Stub::GetImport, request);
    if (!whole.ok()) return Fail(session, "import", whole.status());
    if (whole->has_report()) PrintReport(whole->report(), session.out);
    for (const char* severity : {"error", "warning"}) {
      if (absl::Status failed = PrintAnomalies(stub, session, import.import_id(), severity, kMostShown); !failed.ok()) return Fail(session, "import", failed);
    }
    PrintColumns(import, session.out);
    session.out << (import.dry_run() ? "dry run, nothing was changed: " : "") << Line(import) << "\n";
  }
  if (import.state() == "failed") {
    session.err << "egictl: import: " << import.error() << "\n";
    return kFailed;
  }
  return import.rows_refused() > 0 ? kSomeRefused : kOk;
}

}  // namespace

int RunImportFile(const Session& session, const ImportFileOptions& options) {
  std::string bytes;
  if (absl::Status status = ReadInput(session, options.file, &bytes); !status.ok()) return Fail(session, "import", status);
  if (bytes.empty()) return Fail(session, "import", absl::InvalidArgumentError("the file is empty"));
  const auto stub = StubOf(session);
  auto import = Upload(*stub, options, bytes);
  if (!import.ok()) return Fail(session, "import", import.status());
  if (options.no_wait) {
    session.out << (session.json ? ToJsonLine(*import) : Line(*import)) << "\n";
    return kOk;
  }
  if (absl::Status lost = Follow(*stub, options.patience, session, &*import); !lost.ok()) return Fail(session, "import", lost);
  return Tell(*stub, session, *import);
}

int RunListImports(const Session& session, int limit) {
  const auto stub = StubOf(session);
  fv1::ListImportsRequest request;
  request.set_limit(limit);
  const auto page = Call(*stub, &Stub::ListImports, request);
  if (!page.ok()) return Fail(session, "import list", page.status());
  for (const auto& import : page->imports()) session.out << (session.json ? ToJsonLine(import) : Line(import)) << "\n";
  if (page->imports().empty()) session.err << "no import yet; egictl import FILE begins one\n";
  return kOk;
}

int RunShowImport(const Session& session, const ShowImportOptions& options) {
  const auto stub = StubOf(session);
  fv1::GetImportRequest request;
  request.set_import_id(options.import_id);
  const auto whole = Call(*stub, &Stub::GetImport, request);
  if (!whole.ok()) return Fail(session, "import show", whole.status());
  if (session.json && options.severity.empty()) {
    session.out << ToJsonLine(*whole) << "\n";
    return kOk;
  }
  if (!session.json) {
    session.out << Line(whole->import()) << "\n";
    if (!whole->import().error().empty()) session.out << whole->import().error() << "\n";
    PrintColumns(whole->import(), session.out);
    if (whole->has_report()) PrintReport(whole->report(), session.out);
  }
  const std::vector<std::string> severities = options.severity.empty() ? std::vector<std::string>{"error", "warning"} : std::vector<std::string>{options.severity};
  for (const std::string& severity : severities) {
    const int most = options.severity.empty() ? kMostShown : whole->import().anomalies();
    if (absl::Status failed = PrintAnomalies(*stub, session, options.import_id, severity, most); !failed.ok()) return Fail(session, "import show", failed);
  }
  return kOk;
}

}  // namespace egi::cli
