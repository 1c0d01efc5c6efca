import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, devices, runningLots, spcChart, type SpcChart } from "../api/client";
import { dateTime, number } from "../i18n";
import { serverWords } from "../i18n/serverWords";
import { Chart } from "./Chart";
import { type Panel, spcOption } from "./spcOption";

const CHARACTERISTICS = ["thickness_mm", "volume_mm3", "mass_g", "fusion_score", "tof_score", "spectral_score", "freshness", "oxidation", "fat"];
const KINDS = ["i_mr", "xbar_r", "xbar_s", "ewma", "cusum"];
const RULES = ["western_electric", "nelson", "none"];
const HOURS = ["24", "168", "720"];
const SHOWN = 8;

function Choice({ name, value, values, text, onChange }: {
  name: string;
  value: string;
  values: string[];
  text: (value: string) => string;
  onChange: (value: string) => void;
}) {
  const { t } = useTranslation();
  return (
    <label>
      <span className="quiet">{t(`spc.${name}`)}</span>
      <select data-testid={`spc-${name}`} value={value} onChange={(event) => onChange(event.target.value)}>
        {values.map((one) => (
          <option key={one} value={one}>
            {text(one)}
          </option>
        ))}
      </select>
    </label>
  );
}

function PanelPicture({ chart, panel }: { chart: SpcChart; panel: Panel }) {
  const { t, i18n } = useTranslation();
  const title = t(`spc.statistic.${panel.statistic}`);
  const option = useMemo(
    () => spcOption(chart, panel, { value: title, centre: t("spc.centre"), lower: t("spc.lower"), upper: t("spc.upper") }),
    [chart, panel, title, t, i18n.language],
  );
  return (
    <>
      <h3>{title}</h3>
      <Chart className="spc-chart" label={title} option={option} />
    </>
  );
}

function Findings({ chart }: { chart: SpcChart }) {
  const { t } = useTranslation();
  const violations = [...(chart.violations ?? [])].sort((a, b) => (b.index ?? 0) - (a.index ?? 0));
  const capability = chart.capability;
  const index = (name: "cp" | "cpk" | "pp" | "ppk") => {
    const one = capability?.[name];
    return one ? `${name[0]!.toUpperCase()}${name.slice(1)} ${number(one.value, 2)} (${number(one.low, 2)} – ${number(one.high, 2)})` : null;
  };
  return (
    <>
      <p data-testid="spc-capability">
        <strong>{t(`spc.verdict.${capability?.verdict ?? "unknown"}`)}</strong>
        {capability?.verdict === "unknown" ? t("colon") + serverWords(capability.message).text : ` ${(["cp", "cpk", "pp", "ppk"] as const).map(index).filter(Boolean).join(" · ")}`}
        {capability?.indicative && capability.verdict !== "unknown" ? ` – ${t("spc.indicative")}` : ""}
      </p>
      <p data-testid="spc-violations" data-count={violations.length}>{t("spc.violations", { count: violations.length })}</p>
      <ul>
        {violations.slice(0, SHOWN).map((violation) => (
          <li key={`${violation.statistic}${violation.rule}${violation.index}`}>
            {dateTime(chart.points?.[violation.index ?? 0]?.time)} – {t(`spc.statistic.${violation.statistic}`)}{t("colon")}{t(`spc.rule.${violation.rule}`)}
          </li>
        ))}
      </ul>
      {violations.length > SHOWN && <p className="quiet">{t("spc.more", { count: violations.length - SHOWN })}</p>}
    </>
  );
}

function Sentence({ text }: { text: string }) {
  const words = serverWords(text);
  return (
    <p className="quiet" lang={words.lang}>
      {words.text}
    </p>
  );
}

/** Too few measurements are no failure: 409 says how many there are. */
function Problem({ error }: { error: Error }) {
  const { t } = useTranslation();
  return (
    <div role="status" data-testid="spc-problem">
      {error instanceof ApiError && error.status === 409 ? <p>{t("spc.noData")}</p> : null}
      <Sentence text={error.message} />
    </div>
  );
}

/** Closed at first: a chart is asked for, and refreshed, only while somebody looks at it. */
export function Spc() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [characteristic, setCharacteristic] = useState("thickness_mm");
  const [kind, setKind] = useState("i_mr");
  const [scope, setScope] = useState("");
  const [rules, setRules] = useState("western_electric");
  const [hours, setHours] = useState("24");
  const known = useQuery({ queryKey: ["devices"], queryFn: devices });
  const lots = useQuery({ queryKey: ["lots"], queryFn: runningLots });
  const chart = useQuery({
    queryKey: ["spc", characteristic, kind, rules, scope, hours],
    queryFn: () => spcChart(new URLSearchParams({ characteristic, kind, rules, hours, ...(scope ? Object.fromEntries([scope.split(":") as [string, string]]) : {}) })),
    enabled: open,
    refetchInterval: 30_000,
    retry: false,
  });
  const scopes = [
    "",
    ...["LL", "LS", "MT"].map((site) => `site_code:${site}`),
    ...(known.data ?? []).map((device) => `device_id:${device.device_id}`),
    ...(lots.data ?? []).map((lot) => `lot:${lot.code_lot}`),
  ];
  return (
    <details className="card spc" data-testid="spc" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <h2>{t("spc.title")}</h2>
      </summary>
      <div className="choices">
        <Choice name="characteristic" value={characteristic} values={CHARACTERISTICS} text={(one) => t(`spc.of.${one}`)} onChange={setCharacteristic} />
        <Choice name="kind" value={kind} values={KINDS} text={(one) => t(`spc.kinds.${one}`)} onChange={setKind} />
        <Choice name="rules" value={rules} values={RULES} text={(one) => t(`spc.families.${one}`)} onChange={setRules} />
        <Choice name="scope" value={scope} values={scopes} text={(one) => one.split(":")[1] ?? t("spc.all")} onChange={setScope} />
        <Choice name="period" value={hours} values={HOURS} text={(one) => t("spc.days", { count: Number(one) / 24 })} onChange={setHours} />
      </div>
      {chart.isLoading ? <p className="quiet">{t("loading")}</p> : null}
      {chart.error ? <Problem error={chart.error} /> : null}
      {chart.data && !chart.error ? (
        <div data-testid="spc-answer" data-kind={chart.data.kind} data-points={chart.data.points?.length}>
          {(chart.data.panels ?? []).map((panel) => (
            <PanelPicture key={panel.statistic} chart={chart.data} panel={panel} />
          ))}
          <Findings chart={chart.data} />
          {(chart.data.warnings ?? []).map((warning) => (
            <Sentence key={warning} text={warning} />
          ))}
        </div>
      ) : null}
    </details>
  );
}
