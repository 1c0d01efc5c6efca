import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { devices } from "../api/client";
import { dateTime } from "../i18n";
import { Answer } from "./Answer";

/** A station is shown as online when it was heard of in the last 90 s (two missed heartbeats and a margin). */
export const ONLINE_WITHIN_MS = 90_000;

export function Devices() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ["devices"], queryFn: devices, refetchInterval: 15_000 });
  return (
    <section className="card">
      <h2>{t("devices.title")}</h2>
      <Answer query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <p className="quiet">{t("devices.none")}</p>
          ) : (
            <ul className="devices">
              {rows.map((device) => (
                <li key={device.device_id}>
                  <span
                    className={`dot ${device.last_seen && Date.now() - Date.parse(device.last_seen) < ONLINE_WITHIN_MS ? "dot-on" : "dot-off"}`}
                    aria-hidden="true"
                  />
                  <strong>{device.device_id}</strong> <span className="quiet">{device.last_seen ? t("devices.seen", { time: dateTime(device.last_seen) }) : t("devices.never")}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </section>
  );
}
