import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import i18next from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type FeedingAlert, type QualityAlert, acknowledge, openFeedingAlerts, openQualityAlerts } from "../api/client";
import { dateTime, number } from "../i18n";
import { Answer } from "./Answer";

const NAME_KEY = "egi.name";
const ORDER = ["critical", "important", "warning", "info"];

export interface AlertRow {
  origin: "SQAL" | "EURALIS";
  id: number;
  severity: string;
  message: string;
  time: string;
  object: string;
  occurrences: number;
}

// The measured figure of each SQAL rule in its data_context.
const FIGURE: Record<string, string> = {
  quality_critical: "fusion_score",
  quality_low: "fusion_score",
  grade_reject: "fusion_score",
  oxidation_high: "oxidation_index",
  freshness_low: "freshness_index",
  score_disagreement: "observed",
};

/** The text of an SQAL alert in the reader's language; the server's own words for a rule this page does not know. */
export function qualityText(alert: Pick<QualityAlert, "alert_type" | "message" | "data_context">): string {
  const context = (alert.data_context ?? {}) as Record<string, unknown>;
  const { last_seen: lastSeen, reason, [FIGURE[alert.alert_type] ?? ""]: value, threshold } = context;
  if (alert.alert_type === "device_silent" && typeof lastSeen === "string") return i18next.t("sqal.device_silent", { time: dateTime(lastSeen) });
  if (alert.alert_type === "out_of_calibration" && typeof reason === "string") return i18next.t("sqal.out_of_calibration", { reason });
  if (typeof value !== "number" || (typeof threshold !== "number" && alert.alert_type !== "grade_reject")) return alert.message;
  return i18next.t(`sqal.${alert.alert_type}` as "sqal.quality_low", { value: number(value, 3), limit: number(threshold as number, 2) });
}

/** Alerts of both origins in one list: worst first, then newest first. */
export function mergeAlerts(quality: QualityAlert[], feeding: FeedingAlert[]): AlertRow[] {
  const rows: AlertRow[] = [
    ...quality.map((alert) => ({
      origin: "SQAL" as const,
      id: alert.alert_id,
      severity: alert.severity,
      message: qualityText(alert),
      time: alert.time,
      object: alert.code_lot ?? alert.device_id,
      occurrences: alert.occurrences,
    })),
    ...feeding.map((alert) => ({
      origin: "EURALIS" as const,
      id: alert.id,
      severity: alert.severite === "critique" ? "critical" : alert.severite,
      message: alert.message,
      time: alert.time,
      object: alert.code_lot ?? alert.site_code,
      occurrences: alert.occurrences,
    })),
  ];
  return rows.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) || Date.parse(b.time) - Date.parse(a.time));
}

function Item({ alert, who }: { alert: AlertRow; who: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const done = useMutation({
    mutationFn: () => acknowledge(alert.origin, alert.id, who),
    onSuccess: () => Promise.all(["alerts", "kpis", "overview"].map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  });
  return (
    <li data-testid="alert" className={`alert alert-${alert.severity}`}>
      <p>
        <span className="tag">[{alert.origin}]</span> <strong>{t(`severity.${alert.severity}` as "severity.info")}</strong> {alert.message}
      </p>
      <p className="quiet">
        {alert.object} · {dateTime(alert.time)}
        {alert.occurrences > 1 ? ` · ${t("alerts.times", { count: alert.occurrences })}` : ""}
      </p>
      <button disabled={who.trim() === "" || done.isPending} title={who.trim() === "" ? t("alerts.whoMissing") : undefined} onClick={() => done.mutate()}>
        {t("alerts.acknowledge")}
      </button>
      {done.error && (
        <p className="problem" role="alert">
          {done.error.message}
        </p>
      )}
    </li>
  );
}

export function Alerts() {
  const { t, i18n } = useTranslation();
  const [who, setWho] = useState(() => localStorage.getItem(NAME_KEY) ?? "");
  const alerts = useQuery({
    queryKey: ["alerts", i18n.language],
    queryFn: async () => mergeAlerts(await openQualityAlerts(), await openFeedingAlerts()),
    refetchInterval: 30_000,
  });
  const rename = (name: string) => {
    setWho(name);
    localStorage.setItem(NAME_KEY, name);
  };
  return (
    <section className="card alerts">
      <h2>{t("alerts.title")}</h2>
      <Answer query={alerts}>
        {(rows) =>
          rows.length === 0 ? (
            <p className="quiet">{t("alerts.none")}</p>
          ) : (
            <>
              <label>
                {t("alerts.who")} <input value={who} maxLength={200} autoComplete="name" onChange={(event) => rename(event.target.value)} />
              </label>
              <ul>
                {rows.map((alert) => (
                  <Item key={`${alert.origin}${alert.id}`} alert={alert} who={who} />
                ))}
              </ul>
            </>
          )
        }
      </Answer>
    </section>
  );
}
