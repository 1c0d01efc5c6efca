#include "clients/cli/overview.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "clients/cpp/client.h"

namespace egi::cli {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(10);

std::string Time(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::FromUnixSeconds(time.seconds()), absl::UTCTimeZone());
}

}  // namespace

int RunStatus(const Session& session) {
  client::Client client(session.server, kTimeout);
  const auto supervision = client.GetSupervisionHealth();
  if (!supervision.ok()) return Fail(session, "status", supervision.status());
  const auto quality = client.GetQualityHealth();
  if (!quality.ok()) return Fail(session, "status", quality.status());
  const auto kpis = client.GetKpis();
  if (!kpis.ok()) return Fail(session, "status", kpis.status());
  egi::feeding::v1::ListLotsRequest request;
  request.set_statut("actif");
  request.set_limit(500);
  const auto lots = client.ListLots(request);
  if (!lots.ok()) return Fail(session, "status", lots.status());
  const bool healthy = supervision->status() == "healthy" && quality->database_connected();
  if (session.json) {
    session.out << "{\"healthy\":" << (healthy ? "true" : "false") << ",\"supervision\":" << ToJsonLine(*supervision)
                << ",\"quality\":" << ToJsonLine(*quality) << ",\"kpis\":" << ToJsonLine(*kpis) << ",\"running\":" << ToJsonLine(*lots) << "}\n";
    return healthy ? kOk : kFailed;
  }
  session.out << absl::StrFormat("server    %s  %s, database %s\n", session.server, supervision->status(), supervision->database());
  session.out << absl::StrFormat("stations  %s, %d active devices\n", quality->status(), quality->active_devices());
  session.out << absl::StrFormat("lots      %d in all, %d running, %d finished, %d birds placed\n", supervision->lots(), kpis->nb_lots_actifs(),
                                 kpis->nb_lots_termines(), kpis->nb_canards_meg());
  session.out << absl::StrFormat("results   %.1f kg of liver, mean ITM %s\n", kpis->production_totale_kg(),
                                 kpis->has_itm_moyen_global() ? absl::StrFormat("%.2f", kpis->itm_moyen_global().value()) : "-");
  session.out << absl::StrFormat("alerts    %d critical not acknowledged\n", kpis->nb_alertes_critiques());
  for (const auto& lot : lots->lots()) {
    session.out << absl::StrFormat("  %s  %-14s J%d, %d meals%s\n", lot.code_lot(), lot.statut(), lot.jour_actuel(), lot.nb_repas(),
                                   lot.has_taux_mortalite() ? absl::StrFormat(", mortality %.2f %%", lot.taux_mortalite().value()) : "");
  }
  return healthy ? kOk : kFailed;
}

int RunAlerts(const Session& session, const AlertsOptions& options) {
  client::Client client(session.server, kTimeout);
  int shown = 0;
  if (options.origin != "quality") {
    egi::feeding::v1::ListAlertsRequest request;
    request.set_site_code(options.site);
    request.set_severite(options.severity);
    if (!options.all) request.set_state("open");
    request.set_limit(options.limit);
    const auto alerts = client.ListFeedingAlerts(request);
    if (!alerts.ok()) return Fail(session, "alerts", alerts.status());
    for (const auto& alert : alerts->alertes()) {
      ++shown;
      if (session.json) {
        session.out << "{\"origin\":\"feeding\",\"alert\":" << ToJsonLine(alert) << "}\n";
        continue;
      }
      session.out << absl::StrFormat("%s  feeding  #%d %-9s %s %s: %s (%dx)%s\n", Time(alert.time()), alert.id(), alert.severite(), alert.type_alerte(),
                                     alert.code_lot().value(), alert.message(), alert.occurrences(),
                                     alert.acquittee() ? absl::StrCat(" acknowledged by ", alert.acquittee_par().value()) : "");
    }
  }
  // The quality control has no severity `important`, and its list no filter by site.
  if (options.origin != "feeding" && options.severity != "important") {
    egi::quality::v1::ListAlertsRequest request;
    request.set_severity(options.severity);
    if (!options.all) request.set_state("open");
    request.set_limit(options.limit);
    const auto alerts = client.ListQualityAlerts(request);
    if (!alerts.ok()) return Fail(session, "alerts", alerts.status());
    for (const auto& alert : alerts->alerts()) {
      if (!options.site.empty() && alert.site_code().value() != options.site) continue;
      ++shown;
      if (session.json) {
        session.out << "{\"origin\":\"quality\",\"alert\":" << ToJsonLine(alert) << "}\n";
        continue;
      }
      session.out << absl::StrFormat("%s  quality  #%d %-9s %s %s: %s (%dx)%s\n", Time(alert.time()), alert.alert_id(), alert.severity(), alert.alert_type(),
                                     alert.device_id(), alert.message(), alert.occurrences(),
                                     alert.is_acknowledged() ? absl::StrCat(" acknowledged by ", alert.acknowledged_by().value()) : "");
    }
  }
  if (shown == 0 && !session.json) session.err << (options.all ? "no alerts\n" : "no open alerts\n");
  return kOk;
}

}  // namespace egi::cli
