import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { type GaugeDrift, type GaugeStatus, gaugeDrift, gaugeStatuses } from "../api/client";
import { dateTime, number, shortTime } from "../i18n";
import { serverWords } from "../i18n/serverWords";
import { Answer } from "./Answer";
import { Chart } from "./Chart";

const KINDS = ["white_reference", "golden_sample"] as const;
type Kind = (typeof KINDS)[number];

type Names = Record<"deviation" | "ewma" | "lower" | "upper", string>;

/** The drift chart: deviations as dots, their weighted average as a line between its limits; averages outside are red. */
export function driftOption(drift: Pick<GaugeDrift, "points" | "centre_pct">, names: Names) {
  const line = { type: "line", showSymbol: false, silent: true, lineStyle: { type: "dashed", color: "#8a8a8a" }, itemStyle: { color: "#8a8a8a" } };
  const points = drift.points;
  return {
    aria: { enabled: true },
    animation: false,
    grid: { left: 8, right: 12, top: 28, bottom: 56, containLabel: true },
    legend: { bottom: 0, data: [names.ewma, names.deviation, names.upper, names.lower] },
    tooltip: { trigger: "axis", valueFormatter: (value: number) => number(value, 2, "%") },
    xAxis: {
      type: "category",
      data: points.map((point) => dateTime(point.time)),
      axisLabel: { hideOverlap: true, alignMaxLabel: "right", formatter: (_: string, place: number) => shortTime(points[place]?.time) },
    },
    yAxis: { type: "value", name: "%", scale: true, axisLabel: { formatter: (value: number) => number(value, 1) } },
    series: [
      { ...line, name: names.upper, data: points.map((point) => point.upper_limit_pct) },
      { ...line, name: names.lower, data: points.map((point) => point.lower_limit_pct) },
      {
        type: "line",
        name: names.ewma,
        symbol: "circle",
        symbolSize: 7,
        itemStyle: { color: "#1c5d99" },
        data: points.map((point) => ({ value: point.ewma_pct, itemStyle: { color: point.violation ? "#b3261e" : "#1c5d99" } })),
      },
      { type: "line", name: names.deviation, symbol: "circle", symbolSize: 5, lineStyle: { width: 0 }, itemStyle: { color: "#b58900" }, data: points.map((point) => point.deviation_pct) },
    ],
  };
}

/** What the chart shows before anybody chooses: a station that may not grade first, by the reference it was checked with last. */
export function firstLook(statuses: GaugeStatus[]): { device: string; kind: Kind } {
  const status = statuses.find((each) => !each.allowed) ?? statuses[0];
  const newest = [...(status?.last_checks ?? [])].sort((a, b) => Date.parse(b.time) - Date.parse(a.time))[0];
  return { device: status?.device_id ?? "", kind: KINDS.find((kind) => kind === newest?.kind) ?? "white_reference" };
}

function Standing({ status }: { status: GaugeStatus }) {
  const { t } = useTranslation();
  const reason = serverWords(status.reason);
  return (
    <li data-testid="gauge-status" data-device={status.device_id} data-state={status.state}>
      <strong>{status.device_id}</strong> <span className={status.allowed ? "good" : "bad"}>{t(`gauge.state.${status.state}` as "gauge.state.drift")}</span>
      {status.allowed ? (
        <span className="quiet">{t("gauge.until", { time: dateTime(status.calibration?.valid_until) })}</span>
      ) : (
        <span className="quiet" lang={reason.lang}>
          {reason.text}
        </span>
      )}
    </li>
  );
}

function DriftChart({ device, kind }: { device: string; kind: Kind }) {
  const { t, i18n } = useTranslation();
  const query = useQuery({ queryKey: ["gauge", device, kind], queryFn: () => gaugeDrift(device, kind), refetchInterval: 15_000 });
  const option = useMemo(
    () =>
      query.data &&
      driftOption(query.data, { deviation: t("gauge.deviation"), ewma: t("gauge.ewma"), lower: t("gauge.lower"), upper: t("gauge.upper") }),
    [query.data, t, i18n.language],
  );
  return (
    <Answer query={query}>
      {(drift) =>
        drift.points.length === 0 || !option ? (
          <p className="quiet">{t("gauge.noChecks")}</p>
        ) : (
          <div data-testid="drift" data-device={device} data-kind={kind} data-points={drift.points.length} data-drifting={drift.drifting}>
            {drift.drifting && <p className="problem">{t("gauge.outside")}</p>}
            <Chart className="chart" label={t("gauge.chart", { device })} option={option} />
          </div>
        )
      }
    </Answer>
  );
}

/** Which stations may grade, why the others may not, and how one of them drifts. */
export function GaugeControl() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ["gauge"], queryFn: gaugeStatuses, refetchInterval: 5_000 });
  const [chosen, setChosen] = useState("");
  const [chosenKind, setKind] = useState<Kind>();
  return (
    <section className="card" data-testid="gauge">
      <h2>{t("gauge.title")}</h2>
      <Answer query={query}>
        {(statuses) => {
          if (statuses.length === 0) return <p className="quiet">{t("gauge.none")}</p>;
          const picked = statuses.filter((status) => status.device_id === chosen);
          const look = firstLook(picked.length > 0 ? picked : statuses);
          const [device, kind] = [look.device, chosenKind ?? look.kind];
          return (
            <>
              <ul className="devices">
                {statuses.map((status) => (
                  <Standing key={status.device_id} status={status} />
                ))}
              </ul>
              <p className="choices">
                <label>
                  {t("gauge.station")}{" "}
                  <select value={device} onChange={(event) => (setChosen(event.target.value), setKind(undefined))}>
                    {statuses.map((status) => (
                      <option key={status.device_id}>{status.device_id}</option>
                    ))}
                  </select>
                </label>{" "}
                <label>
                  {t("gauge.reference")}{" "}
                  <select value={kind} onChange={(event) => setKind(event.target.value as Kind)}>
                    {KINDS.map((each) => (
                      <option key={each} value={each}>
                        {t(`gauge.kind.${each}`)}
                      </option>
                    ))}
                  </select>
                </label>
              </p>
              <DriftChart device={device} kind={kind} />
            </>
          );
        }}
      </Answer>
    </section>
  );
}
