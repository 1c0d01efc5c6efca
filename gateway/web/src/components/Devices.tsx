import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type Device, devices } from "../api/client";
import { dateTime, number } from "../i18n";
import { serverWords } from "../i18n/serverWords";
import { Answer } from "./Answer";

/** Stations that somebody should look at first: refusing to grade, then offline, then not approved, then the rest; each by id. Retired ones are left out. */
export function byUrgency(stations: Device[]): Device[] {
  const rank = (station: Device) =>
    station.refuses_to_grade ? 0 : station.presence === "offline" ? 1 : station.status === "pending" ? 2 : station.presence === "online" ? 3 : 4;
  return stations.filter((station) => station.status !== "retired").sort((a, b) => rank(a) - rank(b) || a.device_id.localeCompare(b.device_id));
}

/** Catalogue keys of the facts worth a word about a station, with their values; nothing for a counter at zero. */
export function facts(station: Device): [key: string, values: { count?: number; shown?: string; version?: string; wanted?: number; now?: number }][] {
  const list: ReturnType<typeof facts> = [];
  const counter = (key: string, count: number) => count > 0 && list.push([key, { count, shown: number(count) }]);
  counter("devices.buffer", station.buffer_size);
  counter("devices.nacks", station.nack_count);
  counter("devices.dropped", station.measurements_dropped);
  if (station.firmware_version) list.push(["devices.firmware", { version: station.firmware_version }]);
  if (station.desired_configuration_revision > 0 && station.desired_configuration_revision !== station.configuration_revision) {
    list.push(["devices.configuration", { wanted: station.desired_configuration_revision, now: station.configuration_revision }]);
  }
  return list;
}

function Station({ station }: { station: Device }) {
  const { t } = useTranslation();
  const since = station.presence ? t(station.presence === "online" ? "devices.online" : "devices.offline", { time: dateTime(station.presence_since) }) : t("devices.never");
  const disagreements = station.score_disagreements_24h;
  const refusal = serverWords(station.refuses_to_grade);
  const named = station.device_name && station.device_name !== station.device_id;
  return (
    <li data-testid="station" data-device={station.device_id} data-presence={station.presence}>
      <p>
        <span className={`dot ${station.presence === "online" ? "dot-on" : "dot-off"}`} aria-hidden="true" /> <strong>{station.device_id}</strong>
        {station.site_code && <span className="tag">{station.site_code}</span>}
        {station.status !== "active" && <span className="tag watch">{t(`devices.status.${station.status}`)}</span>}
      </p>
      <p className="quiet">
        {named ? `${station.device_name} – ` : ""}
        {since}
      </p>
      <p className="quiet">{facts(station).map(([key, values]) => t(key, values)).join(" · ")}</p>
      {disagreements > 0 && (
        <p className="problem" data-testid="disagreements">
          {t("devices.disagreements", { count: disagreements, shown: number(disagreements) })}
        </p>
      )}
      {station.refuses_to_grade && (
        <p className="problem" lang={refusal.lang}>
          {t("devices.refuses", { reason: refusal.text })}
        </p>
      )}
    </li>
  );
}

export function Devices() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ["devices"], queryFn: devices, refetchInterval: 5_000 });
  return (
    <section className="card">
      <h2>{t("devices.title")}</h2>
      <Answer query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <p className="quiet">{t("devices.none")}</p>
          ) : (
            <ul className="devices" tabIndex={0} aria-label={t("devices.title")}>
              {byUrgency(rows).map((station) => (
                <Station key={station.device_id} station={station} />
              ))}
            </ul>
          )
        }
      </Answer>
    </section>
  );
}
