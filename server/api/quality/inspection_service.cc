#include "server/api/quality/inspection_service.h"

#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/page_token.h"

namespace egi::api {
namespace {

using storage::read::LotKey;
using storage::read::QualityReader;
using storage::write::InspectionStore;

absl::Status ListPendingLots(QualityReader& reader, absl::Time now, const quality::v1::ListPendingLotsRequest& request,
                             quality::v1::ListPendingLotsResponse* response) {
  Fields fields;
  fields.OneOf("status", request.status(), {"claimable", "pending", "inspecting", "inspected", "approved", "rejected", "error"});
  const int limit = fields.Number("limit", request.limit(), 1, 500, 100);
  const auto place = ReadPageNumbers(request, request.page_token(), 2, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  std::optional<storage::read::PendingPlace> after;
  if (place.has_value()) after = {absl::FromUnixMicros((*place)[0]), static_cast<int32_t>((*place)[1])};
  auto lots = reader.ListPendingLots(request.status(), after, limit + 1, now);  // one more tells whether the page is the last
  if (!lots.ok()) return lots.status();
  if (static_cast<int>(lots->size()) > limit) {
    lots->pop_back();
    const auto& last = lots->back();
    response->set_next_page_token(
        MakePageToken(request, {std::to_string(absl::ToUnixMicros(ToTime(last.date_abattage()))), std::to_string(last.id())}));
  }
  MoveAll(*std::move(lots), response->mutable_lots());
  response->set_total(response->lots_size());
  return absl::OkStatus();
}

// What every call that holds a lease must name.
LotKey CheckLease(const std::string& code_lot, const std::string& lease_token, Fields& fields) {
  fields.Text("lease_token", lease_token, 1, 100);
  return fields.Lot("code_lot", code_lot);
}

// Who acts when the request, perhaps of a client of the earlier version, does not tell.
std::string WhoActs(const std::string& field, const std::string& name, size_t max, Fields& fields) {
  fields.Text(field, name, 0, max);
  return name.empty() ? "api" : name;
}

absl::Status ClaimLot(InspectionStore& store, absl::Time now, const quality::v1::ClaimLotRequest& request,
                      quality::v1::ClaimLotResponse* response) {
  Fields fields;
  const LotKey lot = fields.Lot("code_lot", request.code_lot());
  const std::string owner = WhoActs("owner", request.owner(), 100, fields);
  const int seconds = fields.Number("lease_seconds", request.lease_seconds(), 5, 3600, 60);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const absl::StatusOr<std::string> code = store.CodeOf(lot);
  if (!code.ok()) return code.status();
  return Answer(store.Claim(*code, owner, absl::Seconds(seconds), now), response);
}

absl::Status RenewLease(InspectionStore& store, absl::Time now, const quality::v1::RenewLeaseRequest& request,
                        quality::v1::ClaimLotResponse* response) {
  Fields fields;
  const LotKey lot = CheckLease(request.code_lot(), request.lease_token(), fields);
  const int seconds = fields.Number("lease_seconds", request.lease_seconds(), 5, 3600, 60);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const absl::StatusOr<std::string> code = store.CodeOf(lot);
  if (!code.ok()) return code.status();
  return Answer(store.Renew(*code, request.lease_token(), absl::Seconds(seconds), now), response);
}

absl::Status CompleteLot(InspectionStore& store, absl::Time now, const quality::v1::CompleteLotRequest& request,
                         quality::v1::PendingLot* response) {
  Fields fields;
  const LotKey lot = CheckLease(request.code_lot(), request.lease_token(), fields);
  fields.Check(request.samples() >= 1, "samples", "must be >= 1");
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const absl::StatusOr<std::string> code = store.CodeOf(lot);
  if (!code.ok()) return code.status();
  return Answer(store.Complete(*code, request.lease_token(), request.samples(), now), response);
}

absl::Status FailLot(InspectionStore& store, absl::Time now, const quality::v1::FailLotRequest& request,
                     quality::v1::PendingLot* response) {
  Fields fields;
  const LotKey lot = CheckLease(request.code_lot(), request.lease_token(), fields);
  fields.Text("reason", request.reason(), 1, 500);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const absl::StatusOr<std::string> code = store.CodeOf(lot);
  if (!code.ok()) return code.status();
  return Answer(store.Fail(*code, request.lease_token(), request.reason(), now), response);
}

absl::Status RetryLot(InspectionStore& store, absl::Time now, const quality::v1::RetryLotRequest& request,
                      quality::v1::PendingLot* response) {
  Fields fields;
  const LotKey lot = fields.Lot("code_lot", request.code_lot());
  fields.Text("requested_by", request.requested_by(), 1, 200);
  fields.Text("reason", request.reason(), 0, 500);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const absl::StatusOr<std::string> code = store.CodeOf(lot);
  if (!code.ok()) return code.status();
  return Answer(store.Retry(*code, request.requested_by(), request.reason(), now), response);
}

absl::Status ListInspectionAttempts(InspectionStore& store, const quality::v1::ListInspectionAttemptsRequest& request,
                                    quality::v1::ListInspectionAttemptsResponse* response) {
  Fields fields;
  const LotKey lot = fields.Lot("code_lot", request.code_lot());
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const absl::StatusOr<std::string> code = store.CodeOf(lot);
  if (!code.ok()) return code.status();
  auto attempts = store.ListAttempts(*code);
  if (!attempts.ok()) return attempts.status();
  MoveAll(*std::move(attempts), response->mutable_attempts());
  return absl::OkStatus();
}

absl::Status DecideLot(InspectionStore& store, absl::Time now, const quality::v1::DecideLotRequest& request,
                       quality::v1::PendingLot* response) {
  Fields fields;
  const LotKey lot = fields.Lot("code_lot", request.code_lot());
  fields.Check(request.decision() == "approved" || request.decision() == "rejected", "decision", "must be approved or rejected");
  const std::string by = WhoActs("decision_by", request.decision_by(), 200, fields);
  fields.Text("reason", request.reason(), 0, 500);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const absl::StatusOr<std::string> code = store.CodeOf(lot);
  if (!code.ok()) return code.status();
  return Answer(store.Decide(*code, request.decision(), by, request.reason(), now), response);
}

}  // namespace

grpc::ServerUnaryReactor* InspectionService::ListPendingLots(grpc::CallbackServerContext* context,
                                                             const quality::v1::ListPendingLotsRequest* request,
                                                             quality::v1::ListPendingLotsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListPendingLots(quality_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* InspectionService::ClaimLot(grpc::CallbackServerContext* context,
                                                      const quality::v1::ClaimLotRequest* request,
                                                      quality::v1::ClaimLotResponse* response) {
  return calls_.Run(context, [=, this] { return api::ClaimLot(store_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* InspectionService::RenewLease(grpc::CallbackServerContext* context,
                                                        const quality::v1::RenewLeaseRequest* request,
                                                        quality::v1::ClaimLotResponse* response) {
  return calls_.Run(context, [=, this] { return api::RenewLease(store_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* InspectionService::CompleteLot(grpc::CallbackServerContext* context,
                                                         const quality::v1::CompleteLotRequest* request,
                                                         quality::v1::PendingLot* response) {
  return calls_.Run(context, [=, this] { return api::CompleteLot(store_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* InspectionService::FailLot(grpc::CallbackServerContext* context, const quality::v1::FailLotRequest* request,
                                                     quality::v1::PendingLot* response) {
  return calls_.Run(context, [=, this] { return api::FailLot(store_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* InspectionService::RetryLot(grpc::CallbackServerContext* context, const quality::v1::RetryLotRequest* request,
                                                      quality::v1::PendingLot* response) {
  return calls_.Run(context, [=, this] { return api::RetryLot(store_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* InspectionService::ListInspectionAttempts(grpc::CallbackServerContext* context,
                                                                    const quality::v1::ListInspectionAttemptsRequest* request,
                                                                    quality::v1::ListInspectionAttemptsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListInspectionAttempts(store_, *request, response); });
}

grpc::ServerUnaryReactor* InspectionService::DecideLot(grpc::CallbackServerContext* context,
                                                       const quality::v1::DecideLotRequest* request, quality::v1::PendingLot* response) {
  return calls_.Run(context, [=, this] { return api::DecideLot(store_, clock_.Now(), *request, response); });
}

}  // namespace egi::api
