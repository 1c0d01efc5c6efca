#include "server/api/feeding/lot_alerts.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/api/page_token.h"
#include "server/api/severity_words.h"
#include "server/base/proto_time.h"

namespace egi::api {
namespace {

using feeding::v1::AlertStats;
using feeding::v1::FeedingAlert;
using feeding::v1::LotAlert;
using storage::read::AlertReader;
using storage::read::FeedingAlertQuery;

constexpr size_t kTokenParts = 2;  // time (microseconds) and id of the last alert
constexpr int kBoard = 10;
constexpr const char* kSeverities[] = {"critique", "important", "warning", "info"};

LotAlert ToLotAlert(FeedingAlert& alert) {
  LotAlert told;
  told.set_id(alert.id());
  told.mutable_time()->Swap(alert.mutable_time());
  if (alert.has_lot_id()) *told.mutable_lot_id() = alert.lot_id();
  if (alert.has_code_lot()) *told.mutable_code_lot() = alert.code_lot();
  told.set_niveau(alert.severite());
  told.set_severite(alert.severite());
  told.set_criticite(alert.severite());
  told.set_type_alerte(alert.type_alerte());
  told.set_message(alert.message());
  told.set_titre(alert.message());
  if (alert.has_valeur_observee()) *told.mutable_valeur_mesuree() = alert.valeur_observee();
  if (alert.has_valeur_attendue()) *told.mutable_valeur_seuil() = alert.valeur_attendue();
  told.set_acquittee(alert.acquittee());
  if (alert.has_acquittee_par()) *told.mutable_acquittee_par() = alert.acquittee_par();
  if (alert.has_acquittee_le()) *told.mutable_acquittee_le() = alert.acquittee_le();
  if (alert.has_created_at()) *told.mutable_created_at() = alert.created_at();
  told.set_state(alert.state());
  told.set_occurrences(alert.occurrences());
  if (alert.has_gaveur_id()) *told.mutable_gaveur_id() = alert.gaveur_id();
  told.set_site_code(alert.site_code());
  return told;
}

// What both listings have in common.
template <typename Request>
FeedingAlertQuery ParseList(const Request& request, absl::Time now, Fields& fields) {
  FeedingAlertQuery query;
  query.severite = FrenchSeverity("niveau", request.niveau(), fields);
  if (request.has_acquittee()) query.acquittee = request.acquittee();
  query.now = now;
  query.limit = fields.Number("limit", request.limit(), 1, 200, 50);
  if (const auto place = ReadPageNumbers(request, request.page_token(), kTokenParts, fields)) {
    query.after = {absl::FromUnixMicros((*place)[0]), (*place)[1]};
  }
  return query;
}

template <typename Request, typename Response>
absl::Status AnswerList(AlertReader& reader, FeedingAlertQuery query, const Request& request, Response* response) {
  const int limit = query.limit++;  // one more tells whether the page is the last
  auto alerts = reader.ListFeedingAlerts(query);
  if (!alerts.ok()) return alerts.status();
  if (static_cast<int>(alerts->size()) > limit) {
    alerts->pop_back();
    const FeedingAlert& last = alerts->back();
    response->set_next_page_token(MakePageToken(request, {absl::StrCat(absl::ToUnixMicros(ToTime(last.time()))), absl::StrCat(last.id())}));
  }
  for (FeedingAlert& alert : *alerts) *response->add_alertes() = ToLotAlert(alert);
  return absl::OkStatus();
}

absl::Status Count(AlertReader& reader, int32_t lot_id, int32_t gaveur_id, AlertStats* response) {
  const auto counts = reader.CountFeedingAlerts(lot_id, gaveur_id);
  if (!counts.ok()) return counts.status();
  for (const char* severity : kSeverities) {
    (*response->mutable_par_niveau())[severity] = 0;
    (*response->mutable_actives_par_niveau())[severity] = 0;
  }
  absl::Time newest = absl::InfinitePast();
  int active = 0, acknowledged = 0, closed = 0;
  for (const auto& count : *counts) {
    (count.closed ? closed : count.acquittee ? acknowledged : active) += count.count;
    (*response->mutable_par_niveau())[count.severite] += count.count;
    if (!count.closed && !count.acquittee) (*response->mutable_actives_par_niveau())[count.severite] += count.count;
    (*response->mutable_par_type())[count.type] += count.count;
    newest = std::max(newest, count.newest);
  }
  response->set_total(active + acknowledged + closed);
  response->set_actives(active);
  response->set_acquittees(acknowledged);
  response->set_fermees(closed);
  if (response->total() > 0) ToTimestamp(newest, response->mutable_derniere_alerte());
  return absl::OkStatus();
}

}  // namespace

absl::Status ListLotAlerts(AlertReader& alerts, storage::read::LotReader& lots, absl::Time now, const feeding::v1::ListLotAlertsRequest& request,
                           feeding::v1::ListLotAlertsResponse* response) {
  Fields fields;
  const storage::read::LotKey key = fields.Lot("lot", request.lot());
  FeedingAlertQuery query = ParseList(request, now, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto lot = lots.FindLot(key);
  if (!lot.ok()) return lot.status();
  query.lot_id = lot->id();
  return AnswerList(alerts, std::move(query), request, response);
}

absl::Status ListGaveurAlerts(AlertReader& alerts, storage::read::GaveurReader& gaveurs, absl::Time now,
                              const feeding::v1::ListGaveurAlertsRequest& request, feeding::v1::ListGaveurAlertsResponse* response) {
  Fields fields;
  fields.Check(request.gaveur_id() > 0, "gaveur_id", "must be > 0");
  FeedingAlertQuery query = ParseList(request, now, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (const auto gaveur = gaveurs.FindGaveur(request.gaveur_id()); !gaveur.ok()) return gaveur.status();
  query.gaveur_id = request.gaveur_id();
  return AnswerList(alerts, std::move(query), request, response);
}

absl::Status CountLotAlerts(AlertReader& alerts, storage::read::LotReader& lots, const std::string& name, AlertStats* response) {
  Fields fields;
  const storage::read::LotKey key = fields.Lot("lot", name);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto lot = lots.FindLot(key);
  if (!lot.ok()) return lot.status();
  response->mutable_lot_id()->set_value(lot->id());
  response->mutable_code_lot()->set_value(lot->code_lot());
  return Count(alerts, lot->id(), 0, response);
}

absl::Status ShowGaveurAlerts(AlertReader& alerts, storage::read::GaveurReader& gaveurs, absl::Time now, int32_t gaveur_id, AlertStats* response) {
  Fields fields;
  fields.Check(gaveur_id > 0, "gaveur_id", "must be > 0");
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (const auto gaveur = gaveurs.FindGaveur(gaveur_id); !gaveur.ok()) return gaveur.status();
  response->mutable_gaveur_id()->set_value(gaveur_id);
  if (absl::Status failed = Count(alerts, 0, gaveur_id, response); !failed.ok()) return failed;
  FeedingAlertQuery query;
  query.gaveur_id = gaveur_id;
  query.active_only = true;
  query.now = now;
  query.limit = kBoard;
  auto active = alerts.ListFeedingAlerts(query);
  if (!active.ok()) return active.status();
  for (FeedingAlert& alert : *active) *response->add_alertes() = ToLotAlert(alert);
  return absl::OkStatus();
}

}  // namespace egi::api
