import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { acknowledge, shelve, unshelve } from "../api/client";
import { dateTime } from "../i18n";
import type { AlertRow } from "./alertRows";

const MINUTES = ["60", "480", "1440", "10080"] as const;

function ShelveForm({ onShelve, onCancel, busy }: { onShelve: (minutes: number, reason: string) => void; onCancel: () => void; busy: boolean }) {
  const { t } = useTranslation();
  const [minutes, setMinutes] = useState<string>(MINUTES[0]);
  const [reason, setReason] = useState("");
  return (
    <form
      className="choices"
      onSubmit={(event) => {
        event.preventDefault();
        onShelve(Number(minutes), reason.trim());
      }}
    >
      <label>
        {t("alerts.shelveFor")}{" "}
        <select value={minutes} onChange={(event) => setMinutes(event.target.value)}>
          {MINUTES.map((each) => (
            <option key={each} value={each}>
              {t(`alerts.hours.${each}`)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t("alerts.reason")} <input value={reason} required maxLength={500} autoFocus onChange={(event) => setReason(event.target.value)} />
      </label>
      <button type="submit" disabled={busy || reason.trim() === ""}>
        {t("alerts.confirm")}
      </button>
      <button type="button" onClick={onCancel}>
        {t("alerts.cancel")}
      </button>
    </form>
  );
}

/** What somebody has done about the alert. */
function Handled({ alert }: { alert: AlertRow }) {
  const { t } = useTranslation();
  return (
    <>
      {alert.acknowledgedBy && <p className="quiet">{t("alerts.acknowledged", { who: alert.acknowledgedBy, time: dateTime(alert.acknowledgedAt) })}</p>}
      {alert.state === "shelved" && (
        <p className="quiet">{t("alerts.shelved", { who: alert.shelvedBy, time: dateTime(alert.shelvedUntil), reason: alert.shelveReason })}</p>
      )}
    </>
  );
}

export function AlertItem({ alert, who }: { alert: AlertRow; who: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const done = useMutation({
    mutationFn: (act: () => Promise<unknown>) => act(),
    onSuccess: () => {
      setAsking(false);
      return Promise.all(["alerts", "kpis", "overview"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
    },
  });
  const nobody = who.trim() === "";
  const button = (verb: "acknowledge" | "shelve" | "unshelve", act: () => void) => (
    <button
      disabled={nobody || done.isPending}
      title={nobody ? t("alerts.whoMissing") : undefined}
      aria-label={t(`alerts.${verb}This`, { alert: `${alert.message}, ${alert.object}` })}
      onClick={act}
    >
      {t(`alerts.${verb}`)}
    </button>
  );
  return (
    <li data-testid="alert" data-state={alert.state} className={`alert alert-${alert.severity}`}>
      <p>
        <span className="tag">[{alert.origin}]</span> <strong>{t(`severity.${alert.severity}` as "severity.info")}</strong> {alert.message}
      </p>
      <p className="quiet">
        {alert.object} · {dateTime(alert.time)}
        {alert.occurrences > 1 ? ` · ${t("alerts.times", { count: alert.occurrences, time: dateTime(alert.lastTime) })}` : ""}
      </p>
      <Handled alert={alert} />
      {asking && !nobody ? (
        <ShelveForm
          busy={done.isPending}
          onShelve={(minutes, reason) => done.mutate(() => shelve(alert.origin, alert.id, who, minutes, reason))}
          onCancel={() => setAsking(false)}
        />
      ) : (
        <div className="choices">
          {!alert.acknowledgedBy && button("acknowledge", () => done.mutate(() => acknowledge(alert.origin, alert.id, who)))}
          {alert.state === "shelved" ? button("unshelve", () => done.mutate(() => unshelve(alert.origin, alert.id, who))) : button("shelve", () => setAsking(true))}
        </div>
      )}
      {done.error && (
        <p className="problem" role="alert">
          {done.error.message}
        </p>
      )}
    </li>
  );
}
