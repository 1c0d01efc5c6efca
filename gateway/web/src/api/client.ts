// REST calls of the page. Types come from the generated schema; errors are RFC 9457 problems.
import type { components, paths } from "./schema";

export type Lot = components["schemas"]["v1Lot"];
export type QualityAlert = components["schemas"]["v1QualityAlert"];
export type FeedingAlert = components["schemas"]["v1FeedingAlert"];
export type Device = components["schemas"]["v1Device"];
export type GaugeStatus = components["schemas"]["v1GaugeStatus"];
export type GaugeDrift = components["schemas"]["v1GaugeDrift"];
export type SiteStats = components["schemas"]["v1GetSiteStatsResponse"];
export type Overview = components["schemas"]["v1GetOverviewResponse"];
export type Kpis = components["schemas"]["v1GetKpisResponse"];
export type SpcChart = components["schemas"]["v1GetChartResponse"];
type Path = keyof paths;

/** An answer that was not a success, with the server's own words. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

async function call<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(path, init);
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    const problem = (body ?? {}) as { code?: string; message?: string; detail?: string };
    throw new ApiError(response.status, problem.code ?? String(response.status), problem.message ?? problem.detail ?? response.statusText);
  }
  return body as T;
}

const get = <T>(path: Path, query = "") => call<T>(`${path}${query}`);

export const runningLots = () => get<Lot[]>("/api/euralis/lots", "?statut=actif&limit=500");
export const kpis = () => get<Kpis>("/api/euralis/dashboard/kpis");
export const overview = () => get<Overview>("/api/sqal/dashboard/overview");
export const devices = () => get<{ devices: Device[] }>("/api/sqal/devices").then((answer) => answer.devices);
export const spcChart = (query: URLSearchParams) => get<SpcChart>("/api/sqal/spc/chart", `?${query.toString()}`);
export const gaugeStatuses = () => get<{ statuses: GaugeStatus[] }>("/api/sqal/gauge").then((answer) => answer.statuses);
export const gaugeDrift = (device: string, kind: string) => call<GaugeDrift>(`/api/sqal/devices/${encodeURIComponent(device)}/gauge/drift?kind=${kind}`);
export const siteStats = () => get<SiteStats>("/api/sqal/stats/sites");

/** States of alerts that still need somebody: a closed one does not. */
export const LIVE_STATES = ["open", "acknowledged", "shelved"] as const;
// However long ago they opened: without a start the lists go back 7 days only.
const sinceEver = (state: string) => `?state=${state}&limit=50&start_time=2000-01-01T00:00:00Z`;
const inEveryState = async <T>(path: Path) => (await Promise.all(LIVE_STATES.map((state) => get<T[]>(path, sinceEver(state))))).flat();
export const liveQualityAlerts = () => inEveryState<QualityAlert>("/api/sqal/alerts");
export const liveFeedingAlerts = () => inEveryState<FeedingAlert>("/api/euralis/alertes");

export type Origin = "SQAL" | "EURALIS";
const ALERTS: Record<Origin, string> = { SQAL: "/api/sqal/alerts", EURALIS: "/api/euralis/alertes" };

const post = (path: string, body: object) =>
  call(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

/** Acknowledges an alert of either origin in the name of `who`. */
export function acknowledge(origin: Origin, id: number, who: string): Promise<unknown> {
  if (origin === "SQAL") {
    return call(`${ALERTS.SQAL}/${id}/acknowledge?acknowledged_by=${encodeURIComponent(who)}`, { method: "POST" });
  }
  return post(`${ALERTS.EURALIS}/${id}/acquitter`, { acquittee_par: who });
}

/** Silences an alert for so many minutes (1..10080) in the name of `who`. */
export const shelve = (origin: Origin, id: number, who: string, minutes: number, reason: string) =>
  post(`${ALERTS[origin]}/${id}/shelve`, { shelved_by: who, minutes, reason });

/** Ends the silence of an alert. */
export const unshelve = (origin: Origin, id: number, who: string) => post(`${ALERTS[origin]}/${id}/unshelve`, { unshelved_by: who });
