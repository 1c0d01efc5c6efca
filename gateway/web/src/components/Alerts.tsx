import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { liveFeedingAlerts, liveQualityAlerts } from "../api/client";
import { AlertItem } from "./AlertItem";
import { type AlertRow, mergeAlerts } from "./alertRows";
import { Answer } from "./Answer";

const NAME_KEY = "egi.name";

function List({ rows, who }: { rows: AlertRow[]; who: string }) {
  return (
    <ul>
      {rows.map((alert) => (
        <AlertItem key={`${alert.origin}${alert.id}`} alert={alert} who={who} />
      ))}
    </ul>
  );
}

/** Alerts that nobody has dealt with, and below them, closed at first, those that somebody has. */
export function Alerts() {
  const { t, i18n } = useTranslation();
  const [who, setWho] = useState(() => localStorage.getItem(NAME_KEY) ?? "");
  const alerts = useQuery({
    queryKey: ["alerts", i18n.language],
    queryFn: async () => mergeAlerts(...(await Promise.all([liveQualityAlerts(), liveFeedingAlerts()]))),
    refetchInterval: 30_000,
  });
  const rename = (name: string) => {
    setWho(name);
    localStorage.setItem(NAME_KEY, name);
  };
  return (
    <section className="card alerts" data-testid="alerts">
      <h2>{t("alerts.title")}</h2>
      <Answer query={alerts}>
        {(rows) => {
          if (rows.length === 0) return <p className="quiet">{t("alerts.none")}</p>;
          const open = rows.filter((alert) => alert.state === "open");
          const handled = rows.filter((alert) => alert.state !== "open");
          return (
            <>
              <label className="who">
                {t("alerts.who")} <input value={who} maxLength={200} autoComplete="name" onChange={(event) => rename(event.target.value)} />
              </label>
              {open.length > 0 ? <List rows={open} who={who} /> : <p className="quiet">{t("alerts.noneOpen")}</p>}
              {handled.length > 0 && (
                <details data-testid="handled-alerts">
                  <summary>{t("alerts.handled", { count: handled.length })}</summary>
                  <List rows={handled} who={who} />
                </details>
              )}
            </>
          );
        }}
      </Answer>
    </section>
  );
}
