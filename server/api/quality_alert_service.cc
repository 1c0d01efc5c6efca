#include "server/api/quality_alert_service.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/page_token.h"
#include "server/api/shelf.h"

namespace egi::api {
namespace {

using quality::v1::ListAlertsRequest;
using quality::v1::ListAlertsResponse;
using storage::read::AlertReader;

constexpr absl::Duration kWindow = absl::Hours(7 * 24);

// Parts of a page token: the period (which defaults to the time of the first page), then time and id of the last alert.
constexpr size_t kTokenParts = 4;

ListAlertsRequest FilterOf(ListAlertsRequest request) {
  request.clear_page_token();
  request.clear_limit();
  return request;
}

storage::read::QualityAlertQuery ParseList(const ListAlertsRequest& request, absl::Time now, Fields& fields) {
  storage::read::QualityAlertQuery query;
  const TimeRange period = PeriodOf(request, now, kWindow, fields);
  query.start = period.start;
  query.end = period.end;
  fields.OneOf("severity", request.severity(), {"info", "warning", "critical"});
  query.severity = request.severity();
  if (request.has_is_acknowledged()) query.is_acknowledged = request.is_acknowledged();
  fields.OneOf("state", request.state(), {"open", "acknowledged", "shelved", "closed"});
  query.state = request.state();
  query.now = now;
  query.limit = fields.Number("limit", request.limit(), 1, 500, 100);
  if (const auto place = ReadPageNumbers(FilterOf(request), request.page_token(), kTokenParts, fields)) {
    query.start = absl::FromUnixMicros((*place)[0]);
    query.end = absl::FromUnixMicros((*place)[1]);
    query.after = {absl::FromUnixMicros((*place)[2]), (*place)[3]};
  }
  return query;
}

absl::Status ListAlerts(AlertReader& reader, absl::Time now, const ListAlertsRequest& request, ListAlertsResponse* response) {
  Fields fields;
  storage::read::QualityAlertQuery query = ParseList(request, now, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const int limit = query.limit++;  // one more tells whether the page is the last
  auto alerts = reader.ListQualityAlerts(query);
  if (!alerts.ok()) return alerts.status();
  if (static_cast<int>(alerts->size()) > limit) {
    alerts->pop_back();
    response->set_next_page_token(MakePageToken(
        FilterOf(request), {absl::StrCat(absl::ToUnixMicros(query.start)), absl::StrCat(absl::ToUnixMicros(query.end)),
                            absl::StrCat(absl::ToUnixMicros(ToTime(alerts->back().time()))), absl::StrCat(alerts->back().alert_id())}));
  }
  MoveAll(*std::move(alerts), response->mutable_alerts());
  return absl::OkStatus();
}

absl::Status AcknowledgeAlert(storage::write::AlertStore& store, absl::Time now, const quality::v1::AcknowledgeAlertRequest& request,
                              quality::v1::AcknowledgeAlertResponse* response) {
  Fields fields;
  fields.Check(request.alert_id() > 0, "alert_id", "must be > 0");
  fields.Length("acknowledged_by", request.acknowledged_by(), 1, 200);
  fields.Length("comment", request.comment(), 0, 500);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto acknowledgement = store.Acknowledge(storage::write::AlertOriginKind::kQuality, request.alert_id(), request.acknowledged_by(), request.comment(), now);
  if (!acknowledgement.ok()) return acknowledgement.status();
  response->set_success(true);
  response->set_alert_id(request.alert_id());
  response->set_acknowledged_by(acknowledgement->by);
  ToTimestamp(acknowledgement->at, response->mutable_acknowledged_at());
  return absl::OkStatus();
}

absl::Status ShelveAlert(storage::write::AlertStore& store, absl::Time now, const quality::v1::ShelveAlertRequest& request,
                         quality::v1::ShelveAlertResponse* response) {
  Fields fields;
  fields.Check(request.alert_id() > 0, "alert_id", "must be > 0");
  const absl::Time until = EndOfShelf(request, now, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (absl::Status status = store.Shelve(storage::write::AlertOriginKind::kQuality, request.alert_id(), request.shelved_by(), request.reason(), until, now); !status.ok()) return status;
  response->set_alert_id(request.alert_id());
  response->set_state("shelved");
  ToTimestamp(until, response->mutable_shelved_until());
  return absl::OkStatus();
}

absl::Status UnshelveAlert(storage::write::AlertStore& store, absl::Time now, const quality::v1::UnshelveAlertRequest& request,
                           quality::v1::UnshelveAlertResponse* response) {
  Fields fields;
  fields.Check(request.alert_id() > 0, "alert_id", "must be > 0");
  fields.Length("unshelved_by", request.unshelved_by(), 1, 200);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto state = store.Unshelve(storage::write::AlertOriginKind::kQuality, request.alert_id(), request.unshelved_by(), now);
  if (!state.ok()) return state.status();
  response->set_alert_id(request.alert_id());
  response->set_state(*std::move(state));
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* QualityAlertService::ShelveAlert(grpc::CallbackServerContext* context, const quality::v1::ShelveAlertRequest* request,
                                                           quality::v1::ShelveAlertResponse* response) {
  return calls_.Run(context, [=, this] { return api::ShelveAlert(store_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* QualityAlertService::UnshelveAlert(grpc::CallbackServerContext* context, const quality::v1::UnshelveAlertRequest* request,
                                                             quality::v1::UnshelveAlertResponse* response) {
  return calls_.Run(context, [=, this] { return api::UnshelveAlert(store_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* QualityAlertService::ListAlerts(grpc::CallbackServerContext* context, const ListAlertsRequest* request,
                                                          ListAlertsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListAlerts(alerts_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* QualityAlertService::AcknowledgeAlert(grpc::CallbackServerContext* context,
                                                                const quality::v1::AcknowledgeAlertRequest* request,
                                                                quality::v1::AcknowledgeAlertResponse* response) {
  return calls_.Run(context, [=, this] { return api::AcknowledgeAlert(store_, clock_.Now(), *request, response); });
}

}  // namespace egi::api
