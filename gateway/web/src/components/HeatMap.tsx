import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { number } from "../i18n";
import type { Matrix } from "../live/messages";
import { useLive } from "../live/store";
import { Chart } from "./Chart";

const KINDS = { distance: "mm", reflectance: "", amplitude: "" } as const;
type Kind = keyof typeof KINDS;
// Viridis: ordered in lightness, readable with any colour vision.
const COLOURS = ["#440154", "#414487", "#2a788e", "#22a884", "#7ad151", "#fde725"];
const INDEX = ["1", "2", "3", "4", "5", "6", "7", "8"];

/** The option of an 8x8 heat map, row 1 at the top. Near is bright for distances: the liver stands out of the tray. */
export function heatMapOption(matrix: Matrix, kind: Kind, zone: (row: number, column: number) => string) {
  const cells = matrix.flatMap((row, y) => row.map((value, x) => [x, y, value]));
  const values = matrix.flat();
  const [min, max] = [Math.min(...values), Math.max(...values)];
  return {
    aria: { enabled: true },
    animation: false,
    grid: { left: 24, right: 8, top: 8, bottom: 56 },
    tooltip: {
      formatter: ({ value: [x, y, value] }: { value: [number, number, number] }) => `${zone(y + 1, x + 1)} : ${number(value, 1, KINDS[kind])}`,
    },
    xAxis: { type: "category", data: INDEX, axisTick: { show: false } },
    yAxis: { type: "category", data: INDEX, inverse: true, axisTick: { show: false } },
    visualMap: {
      min,
      max,
      text: [number(max, 0, KINDS[kind]), number(min, 0, KINDS[kind])],
      orient: "horizontal",
      left: "center",
      bottom: 0,
      itemHeight: 120,
      inRange: { color: kind === "distance" ? [...COLOURS].reverse() : COLOURS },
    },
    series: [{ type: "heatmap", data: cells, itemStyle: { borderWidth: 1, borderColor: "rgba(127,127,127,.25)" } }],
  };
}

export function HeatMap() {
  const { t, i18n } = useTranslation();
  const raw = useLive((state) => state.latest?.vl53l8ch.raw);
  const [kind, setKind] = useState<Kind>("distance");
  const matrix = raw?.[`${kind}_matrix`];
  const option = useMemo(
    () => (matrix ? heatMapOption(matrix, kind, (row, column) => t("heat.zone", { row, column })) : null),
    [matrix, kind, t, i18n.language],
  );
  return (
    <section className="card" data-testid="heat-map">
      <h2>{t("heat.title")}</h2>
      <div className="choices" role="group" aria-label={t("heat.title")}>
        {(Object.keys(KINDS) as Kind[]).map((each) => (
          <button key={each} aria-pressed={each === kind} onClick={() => setKind(each)}>
            {t(`heat.${each}`)}
          </button>
        ))}
      </div>
      {option ? <Chart className="chart" label={`${t("heat.title")} – ${t(`heat.${kind}`)}`} option={option} /> : <p className="quiet">{t("liver.none")}</p>}
    </section>
  );
}
