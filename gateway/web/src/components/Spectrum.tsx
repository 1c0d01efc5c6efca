import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { number } from "../i18n";
import { useLive } from "../live/store";
import { Chart } from "./Chart";

// Channels of the AS7341 with the colour of their centre wavelength (NIR, invisible, in grey). Source: ams DS000504.
export const CHANNELS = [
  { key: "F1_415nm", label: "415", colour: "#7600ed" },
  { key: "F2_445nm", label: "445", colour: "#0028ff" },
  { key: "F3_480nm", label: "480", colour: "#00aee6" },
  { key: "F4_515nm", label: "515", colour: "#1fd000" },
  { key: "F5_555nm", label: "555", colour: "#8fd400" },
  { key: "F6_590nm", label: "590", colour: "#f2b600" },
  { key: "F7_630nm", label: "630", colour: "#f03000" },
  { key: "F8_680nm", label: "680", colour: "#b80000" },
  { key: "NIR", label: "NIR 910", colour: "#8a8a8a" },
] as const;

export function spectrumOption(raw: Record<string, number>, unit: string) {
  return {
    aria: { enabled: true },
    animation: false,
    grid: { left: 8, right: 8, top: 28, bottom: 8, containLabel: true },
    tooltip: { valueFormatter: (value: number) => number(value, 0, unit) },
    xAxis: { type: "category", data: CHANNELS.map((channel) => channel.label), axisLabel: { interval: 0, rotate: 40 } },
    yAxis: { type: "value", name: unit, axisLabel: { formatter: (value: number) => number(value) } },
    series: [{ type: "bar", data: CHANNELS.map(({ key, colour }) => ({ value: raw[key] ?? null, itemStyle: { color: colour } })) }],
  };
}

export function Spectrum() {
  const { t, i18n } = useTranslation();
  const raw = useLive((state) => state.latest?.as7341.raw);
  const option = useMemo(() => (raw ? spectrumOption(raw, t("spectrum.counts")) : null), [raw, t, i18n.language]);
  return (
    <section className="card" data-testid="spectrum">
      <h2>{t("spectrum.title")}</h2>
      {raw && option ? (
        <>
          <Chart className="chart" label={t("spectrum.title")} option={option} />
          <p className="quiet">{t("spectrum.clear", { counts: number(raw["Clear"]) })}</p>
        </>
      ) : (
        <p className="quiet">{t("liver.none")}</p>
      )}
    </section>
  );
}
