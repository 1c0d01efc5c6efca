#include "server/api/quality/quality_alert_service.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/api/alert_decisions.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/page_token.h"
#include "server/api/severity_words.h"

namespace egi::api {
namespace {

using quality::v1::ListAlertsRequest;
using quality::v1::ListAlertsResponse;
using storage::read::AlertReader;

constexpr absl::Duration kWindow = absl::Hours(7 * 24);

// Parts of a page token: the period (which defaults to the time of the first page), then time and id of the last alert.
constexpr size_t kTokenParts = 4;

storage::read::QualityAlertQuery ParseList(const ListAlertsRequest& request, absl::Time now, Fields& fields) {
  storage::read::QualityAlertQuery query;
  const TimeRange period = PeriodOf(request, now, kWindow, fields);
  query.start = period.start;
  query.end = period.end;
  query.severity = EnglishSeverity("severity", request.severity(), fields);
  if (request.has_is_acknowledged()) query.is_acknowledged = request.is_acknowledged();
  fields.OneOf("state", request.state(), {"open", "acknowledged", "shelved", "closed"});
  query.state = request.state();
  query.now = now;
  query.limit = fields.Number("limit", request.limit(), 1, 500, 100);
  if (const auto place = ReadPageNumbers(request, request.page_token(), kTokenParts, fields)) {
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
        request, {absl::StrCat(absl::ToUnixMicros(query.start)), absl::StrCat(absl::ToUnixMicros(query.end)),
                            absl::StrCat(absl::ToUnixMicros(ToTime(alerts->back().time()))), absl::StrCat(alerts->back().alert_id())}));
  }
  MoveAll(*std::move(alerts), response->mutable_alerts());
  return absl::OkStatus();
}

template <typename Request>
NamedAlert Named(const Request& request) {
  return {storage::write::AlertOriginKind::kQuality, "alert_id", request.alert_id()};
}

absl::Status AcknowledgeAlert(storage::write::AlertStore& store, absl::Time now, const quality::v1::AcknowledgeAlertRequest& request,
                              quality::v1::AcknowledgeAlertResponse* response) {
  const NamedAlert alert = Named(request);
  Fields fields;
  alert.CheckId(fields);
  fields.Text("acknowledged_by", request.acknowledged_by(), 1, 200);
  fields.Text("comment", request.comment(), 0, 500);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto acknowledgement = store.Acknowledge(alert.origin, alert.id, request.acknowledged_by(), request.comment(), now);
  if (!acknowledgement.ok()) return acknowledgement.status();
  response->set_success(true);
  response->set_alert_id(request.alert_id());
  response->set_acknowledged_by(acknowledgement->by);
  ToTimestamp(acknowledgement->at, response->mutable_acknowledged_at());
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* QualityAlertService::ShelveAlert(grpc::CallbackServerContext* context,
                                                           const quality::v1::ShelveAlertRequest* request,
                                                           quality::v1::ShelveAlertResponse* response) {
  return calls_.Run(context, [=, this] {
    response->set_alert_id(request->alert_id());
    return Shelve(store_, Named(*request), clock_.Now(), *request, response);
  });
}

grpc::ServerUnaryReactor* QualityAlertService::UnshelveAlert(grpc::CallbackServerContext* context,
                                                             const quality::v1::UnshelveAlertRequest* request,
                                                             quality::v1::UnshelveAlertResponse* response) {
  return calls_.Run(context, [=, this] {
    response->set_alert_id(request->alert_id());
    return Unshelve(store_, Named(*request), clock_.Now(), *request, response);
  });
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
