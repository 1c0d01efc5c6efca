#include "server/api/feeding/feeding_alert_service.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/api/alert_decisions.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/feeding/lot_alerts.h"
#include "server/api/page_token.h"
#include "server/api/severity_words.h"

namespace egi::api {
namespace {

using feeding::v1::FeedingAlert;
using feeding::v1::ListAlertsRequest;
using feeding::v1::ListAlertsResponse;
using storage::read::AlertReader;

// Parts of a page token: time (microseconds) and id of the last alert.
constexpr size_t kTokenParts = 2;

// `severite` and `criticite` are one filter under two names.
storage::read::FeedingAlertQuery ParseList(const ListAlertsRequest& request, absl::Time now, Fields& fields) {
  storage::read::FeedingAlertQuery query;
  fields.OneOf("niveau", request.niveau(), {"euralis", "site", "gaveur", "lot"});
  fields.SiteCode("site_code", request.site_code());
  const std::string severite = FrenchSeverity("severite", request.severite(), fields);
  const std::string criticite = FrenchSeverity("criticite", request.criticite(), fields);
  fields.Check(severite.empty() || criticite.empty() || severite == criticite, "criticite", "contradicts severite; name one of them");
  query.niveau = request.niveau();
  query.site_code = request.site_code();
  query.severite = severite.empty() ? criticite : severite;
  if (request.has_acquittee()) query.acquittee = request.acquittee();
  fields.OneOf("state", request.state(), {"open", "acknowledged", "shelved", "closed"});
  query.state = request.state();
  query.now = now;
  query.limit = fields.Number("limit", request.limit(), 1, 200, 50);
  if (const auto place = ReadPageNumbers(request, request.page_token(), kTokenParts, fields)) {
    query.after = {absl::FromUnixMicros((*place)[0]), (*place)[1]};
  }
  return query;
}

// Measured value and limit in words, in the language of the alerts.
std::string Describe(const FeedingAlert& alert) {
  std::string text;
  if (alert.has_valeur_observee()) text = absl::StrFormat("Valeur mesurée %g", alert.valeur_observee().value());
  if (alert.has_valeur_attendue()) {
    absl::StrAppend(&text, text.empty() ? "Valeur attendue " : ", attendue ", absl::StrFormat("%g", alert.valeur_attendue().value()));
  }
  if (alert.has_ecart_pct()) {
    absl::StrAppend(&text, text.empty() ? "Écart " : ", écart ", absl::StrFormat("%+.1f %%", alert.ecart_pct().value()));
  }
  return text;
}

absl::Status ListAlerts(AlertReader& reader, absl::Time now, const ListAlertsRequest& request, ListAlertsResponse* response) {
  Fields fields;
  storage::read::FeedingAlertQuery query = ParseList(request, now, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const int limit = query.limit++;  // one more tells whether the page is the last
  auto alerts = reader.ListFeedingAlerts(query);
  if (!alerts.ok()) return alerts.status();
  if (static_cast<int>(alerts->size()) > limit) {
    alerts->pop_back();
    response->set_next_page_token(MakePageToken(
        request,
        {absl::StrCat(absl::ToUnixMicros(ToTime(alerts->back().time()))), absl::StrCat(alerts->back().id())}));
  }
  for (FeedingAlert& alert : *alerts) alert.set_description(Describe(alert));
  MoveAll(*std::move(alerts), response->mutable_alertes());
  return absl::OkStatus();
}

template <typename Request>
NamedAlert Named(const Request& request) {
  return {storage::write::AlertOriginKind::kFeeding, "id", request.id()};
}

// Who acknowledges: the text, else the user, else the interface itself.
absl::Status AcknowledgeAlert(storage::write::AlertStore& store, absl::Time now, const feeding::v1::AcknowledgeAlertRequest& request,
                              feeding::v1::AcknowledgeAlertResponse* response) {
  const NamedAlert alert = Named(request);
  Fields fields;
  alert.CheckId(fields);
  fields.Check(request.user_id() >= 0, "user_id", "must be > 0, or 0 for none");
  fields.Text("commentaire", request.commentaire(), 0, 500);
  fields.Text("acquittee_par", request.acquittee_par(), 0, 200);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  std::string by = request.acquittee_par();
  if (by.empty()) by = request.user_id() > 0 ? absl::StrCat("user:", request.user_id()) : "api";
  const auto acknowledgement = store.Acknowledge(alert.origin, alert.id, by, request.commentaire(), now);
  if (!acknowledgement.ok()) return acknowledgement.status();
  response->set_message(absl::StrCat("Alerte ", request.id(), " acquittée par ", acknowledgement->by));
  response->set_acquittee_par(acknowledgement->by);
  ToTimestamp(acknowledgement->at, response->mutable_acquittee_le());
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* FeedingAlertService::ListLotAlerts(grpc::CallbackServerContext* context,
                                                             const feeding::v1::ListLotAlertsRequest* request,
                                                             feeding::v1::ListLotAlertsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListLotAlerts(alerts_, lots_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* FeedingAlertService::ListGaveurAlerts(grpc::CallbackServerContext* context,
                                                                const feeding::v1::ListGaveurAlertsRequest* request,
                                                                feeding::v1::ListGaveurAlertsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListGaveurAlerts(alerts_, gaveurs_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* FeedingAlertService::GetLotAlertStats(grpc::CallbackServerContext* context,
                                                                const feeding::v1::GetLotAlertStatsRequest* request,
                                                                feeding::v1::AlertStats* response) {
  return calls_.Run(context, [=, this] { return api::CountLotAlerts(alerts_, lots_, request->lot(), response); });
}

grpc::ServerUnaryReactor* FeedingAlertService::GetGaveurAlertBoard(grpc::CallbackServerContext* context,
                                                                   const feeding::v1::GetGaveurAlertBoardRequest* request,
                                                                   feeding::v1::AlertStats* response) {
  return calls_.Run(context, [=, this] { return api::ShowGaveurAlerts(alerts_, gaveurs_, clock_.Now(), request->gaveur_id(), response); });
}

grpc::ServerUnaryReactor* FeedingAlertService::ShelveAlert(grpc::CallbackServerContext* context,
                                                           const feeding::v1::ShelveAlertRequest* request,
                                                           feeding::v1::ShelveAlertResponse* response) {
  return calls_.Run(context, [=, this] {
    response->set_id(request->id());
    return Shelve(store_, Named(*request), clock_.Now(), *request, response);
  });
}

grpc::ServerUnaryReactor* FeedingAlertService::UnshelveAlert(grpc::CallbackServerContext* context,
                                                             const feeding::v1::UnshelveAlertRequest* request,
                                                             feeding::v1::UnshelveAlertResponse* response) {
  return calls_.Run(context, [=, this] {
    response->set_id(request->id());
    return Unshelve(store_, Named(*request), clock_.Now(), *request, response);
  });
}

grpc::ServerUnaryReactor* FeedingAlertService::ListAlerts(grpc::CallbackServerContext* context, const ListAlertsRequest* request,
                                                          ListAlertsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListAlerts(alerts_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* FeedingAlertService::AcknowledgeAlert(grpc::CallbackServerContext* context,
                                                                const feeding::v1::AcknowledgeAlertRequest* request,
                                                                feeding::v1::AcknowledgeAlertResponse* response) {
  return calls_.Run(context, [=, this] { return api::AcknowledgeAlert(store_, clock_.Now(), *request, response); });
}

}  // namespace egi::api
