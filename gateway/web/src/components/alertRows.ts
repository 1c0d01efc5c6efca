// Alerts of both origins as rows of one list, in the reader's language.
import i18next from "i18next";
import type { FeedingAlert, Origin, QualityAlert } from "../api/client";
import { dateTime, number } from "../i18n";
import { serverWords } from "../i18n/serverWords";

const ORDER = ["critical", "important", "warning", "info"];

export interface AlertRow {
  origin: Origin;
  id: number;
  severity: string;
  message: string;
  time: string;
  lastTime: string;
  object: string;
  occurrences: number;
  state: string;
  acknowledgedBy: string | null | undefined;
  acknowledgedAt: string | null | undefined;
  shelvedBy: string | null | undefined;
  shelvedUntil: string | null | undefined;
  shelveReason: string | null | undefined;
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

/** Why a liver is rejected although its fused score is not below the grade C; empty where the score says it. */
function rejectCause(context: Record<string, unknown>): string {
  const { fusion_score: fused, vl53l8ch_score: tof, as7341_score: spectral, threshold } = context;
  if (typeof fused !== "number" || typeof threshold !== "number" || fused < threshold) return "";
  const limit = number(threshold, 2);
  if (typeof tof === "number" && tof < threshold) return i18next.t("sqal.reject.tof", { value: number(tof, 3), limit });
  if (typeof spectral === "number" && spectral < threshold) return i18next.t("sqal.reject.spectral", { value: number(spectral, 3), limit });
  return i18next.t("sqal.reject.foreign");
}

/** The text of an SQAL alert in the reader's language; the server's own words for a rule this page does not know. */
export function qualityText(alert: Pick<QualityAlert, "alert_type" | "message" | "data_context">): string {
  const context = (alert.data_context ?? {}) as Record<string, unknown>;
  const { last_seen: lastSeen, reason, [FIGURE[alert.alert_type] ?? ""]: value, threshold } = context;
  if (alert.alert_type === "device_silent" && typeof lastSeen === "string") return i18next.t("sqal.device_silent", { time: dateTime(lastSeen) });
  if (alert.alert_type === "out_of_calibration" && typeof reason === "string") return i18next.t("sqal.out_of_calibration", { reason: serverWords(reason).text });
  if (typeof value !== "number" || (typeof threshold !== "number" && alert.alert_type !== "grade_reject")) return alert.message;
  if (alert.alert_type === "grade_reject") return i18next.t("sqal.grade_reject", { value: number(value, 3) }) + rejectCause(context);
  return i18next.t(`sqal.${alert.alert_type}` as "sqal.quality_low", { value: number(value, 3), limit: number(threshold as number, 2) });
}

/** The text of an alert of the feeding: the server's French, or the same from its figures. */
export function feedingText(alert: Pick<FeedingAlert, "type_alerte" | "message" | "valeur_observee" | "valeur_attendue">): string {
  const key = `feeding.${alert.type_alerte}`;
  if (i18next.language === "fr" || !i18next.exists(key, { lng: i18next.language, fallbackLng: false })) return alert.message;
  return i18next.t(key, { value: number(alert.valeur_observee, 1), limit: number(alert.valeur_attendue, 1) });
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
      lastTime: alert.last_time ?? alert.time,
      object: [alert.code_lot, alert.device_id].filter(Boolean).join(" · "),
      occurrences: alert.occurrences,
      state: alert.state,
      acknowledgedBy: alert.acknowledged_by,
      acknowledgedAt: alert.acknowledged_at,
      shelvedBy: alert.shelved_by,
      shelvedUntil: alert.shelved_until,
      shelveReason: alert.shelve_reason,
    })),
    ...feeding.map((alert) => ({
      origin: "EURALIS" as const,
      id: alert.id,
      severity: alert.severite === "critique" ? "critical" : alert.severite,
      message: feedingText(alert),
      time: alert.time,
      lastTime: alert.last_time ?? alert.time,
      object: alert.code_lot ?? alert.site_code,
      occurrences: alert.occurrences,
      state: alert.state,
      acknowledgedBy: alert.acquittee_par,
      acknowledgedAt: alert.acquittee_le,
      shelvedBy: alert.shelved_by,
      shelvedUntil: alert.shelved_until,
      shelveReason: alert.shelve_reason,
    })),
  ];
  return rows.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) || Date.parse(b.time) - Date.parse(a.time));
}
