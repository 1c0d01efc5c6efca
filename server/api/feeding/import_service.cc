#include "server/api/feeding/import_service.h"

#include <string>
#include <utility>

#include "server/api/fields.h"
#include "server/api/feeding/import_streams.h"
#include "server/api/pages.h"

namespace egi::api {
namespace {

using feeding::v1::GetImportRequest;
using feeding::v1::GetImportResponse;
using feeding::v1::Import;
using feeding::v1::ListImportAnomaliesRequest;
using feeding::v1::ListImportAnomaliesResponse;
using feeding::v1::ListImportsRequest;
using feeding::v1::ListImportsResponse;
using storage::write::AnomalyQuery;
using storage::write::ImportStore;

constexpr int kAnomaliesShown = 200;

absl::Status ListImports(ImportStore& store, const ListImportsRequest& request, ListImportsResponse* response) {
  Fields fields;
  return AnswerPage(
      request, fields,
      [&](std::optional<int64_t> before, int limit) { return store.List(static_cast<int32_t>(before.value_or(0)), limit); },
      [](const Import& import) { return import.import_id(); }, Into(response->mutable_imports()), response->mutable_next_page_token());
}

absl::Status GetImport(ImportStore& store, const GetImportRequest& request, GetImportResponse* response) {
  auto found = store.FindReport(request.import_id());
  if (!found.ok()) return found.status();
  AnomalyQuery query;
  query.import_id = request.import_id();
  query.limit = kAnomaliesShown;
  auto anomalies = store.ListAnomalies(query);
  if (!anomalies.ok()) return anomalies.status();
  *response = *std::move(found);
  for (auto& entry : *anomalies) *response->add_anomalies() = std::move(entry.second);
  return absl::OkStatus();
}

absl::Status ListAnomalies(ImportStore& store, const ListImportAnomaliesRequest& request, ListImportAnomaliesResponse* response) {
  Fields fields;
  fields.OneOf("severity", request.severity(), {"error", "warning", "info"});
  fields.OneOf("kind", request.kind(), {"bad_cell", "bad_row", "duplicate_lot", "conflict", "difference", "gap", "empty_after_gap", "first_variation",
                                        "unusual_dose", "unusual_target", "missing_target", "high_loss", "inconsistent_count", "no_meal",
                                        "same_meaning", "other_definition", "unknown_column"});
  AnomalyQuery query;
  query.import_id = request.import_id();
  query.kind = request.kind();
  query.severity = request.severity();
  const int limit = fields.Number("limit", request.limit(), 1, 1000, kAnomaliesShown);
  const auto place = ReadPageNumbers(request, request.page_token(), 1, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (place.has_value()) query.after = static_cast<int32_t>(place->front());
  query.limit = limit + 1;  // one more tells whether the page is the last
  auto anomalies = store.ListAnomalies(query);
  if (!anomalies.ok()) return anomalies.status();
  if (static_cast<int>(anomalies->size()) > limit) {
    anomalies->pop_back();
    response->set_next_page_token(MakePageToken(request, {std::to_string(anomalies->back().first)}));
  }
  for (auto& entry : *anomalies) *response->add_anomalies() = std::move(entry.second);
  return absl::OkStatus();
}

}  // namespace

grpc::ServerReadReactor<feeding::v1::CreateImportRequest>* ImportService::CreateImport(grpc::CallbackServerContext* context, Import* response) {
  return NewImportUpload(context, store_, clock_, limits_, workers_, uploads_, response);
}

grpc::ServerUnaryReactor* ImportService::ListImports(grpc::CallbackServerContext* context, const ListImportsRequest* request,
                                                     ListImportsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListImports(store_, *request, response); });
}

grpc::ServerUnaryReactor* ImportService::GetImport(grpc::CallbackServerContext* context, const GetImportRequest* request, GetImportResponse* response) {
  return calls_.Run(context, [=, this] { return api::GetImport(store_, *request, response); });
}

grpc::ServerUnaryReactor* ImportService::ListImportAnomalies(grpc::CallbackServerContext* context, const ListImportAnomaliesRequest* request,
                                                             ListImportAnomaliesResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListAnomalies(store_, *request, response); });
}

grpc::ServerWriteReactor<Import>* ImportService::WatchImport(grpc::CallbackServerContext*, const GetImportRequest* request) {
  return NewImportWatch(store_, workers_, watchers_, request->import_id());
}

}  // namespace egi::api
