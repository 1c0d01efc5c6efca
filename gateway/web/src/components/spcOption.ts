// Options of the pictures of a control chart: points, centre line, limits, and the points that broke a rule.
import type { SpcChart } from "../api/client";
import { dateTime, number, shortTime } from "../i18n";

export type Panel = NonNullable<SpcChart["panels"]>[number];
export type Violation = NonNullable<SpcChart["violations"]>[number];

/** Short form for the mark beside a point, e.g. W1, N3, ±. */
export function ruleMark(rule: string): string {
  const [, family, place] = /^(western_electric|nelson)_(\d)$/.exec(rule) ?? [];
  return family ? `${family === "nelson" ? "N" : "W"}${place}` : "±";
}

/** Marks of each point of a panel that broke a rule, by its place. */
export function marksOf(violations: Violation[], statistic: string): Map<number, string> {
  const marks = new Map<number, string>();
  for (const violation of violations) {
    if (violation.statistic !== statistic) continue;
    const place = violation.index ?? 0;
    const mark = ruleMark(violation.rule ?? "");
    const known = marks.get(place);
    marks.set(place, known ? `${known} ${mark}` : mark);
  }
  return marks;
}

const line = (name: string, data: (number | null | undefined)[], colour: string, type: "solid" | "dashed") => ({
  type: "line", name, data, symbol: "none", silent: true, lineStyle: { color: colour, width: 1.2, type }, itemStyle: { color: colour },
});

export interface Words {
  value: string;
  centre: string;
  lower: string;
  upper: string;
}

export function spcOption(chart: SpcChart, panel: Panel, words: Words) {
  const values = panel.values ?? [];
  const points = chart.points ?? [];
  const marks = marksOf(chart.violations ?? [], panel.statistic ?? "");
  return {
    aria: { enabled: true },
    animation: false,
    grid: { left: 8, right: 16, top: 24, bottom: 8, containLabel: true },
    tooltip: { trigger: "axis", valueFormatter: (value: number | null) => number(value, 3, chart.unit) },
    xAxis: { type: "category", data: points.map((point) => dateTime(point.time)), axisLabel: { hideOverlap: true, alignMaxLabel: "right", formatter: (_: string, place: number) => shortTime(points[place]?.time) } },
    yAxis: { type: "value", scale: true, boundaryGap: ["7%", "7%"], axisLabel: { formatter: (value: number) => number(value, 2) } },
    series: [
      line(words.centre, values.map(() => panel.centre_line), "#23754a", "solid"),
      line(words.lower, values.map((value) => value.lower_limit), "#a3180f", "dashed"),
      line(words.upper, values.map((value) => value.upper_limit), "#a3180f", "dashed"),
      {
        type: "line",
        name: words.value,
        // On a narrow screen symbols would be left out, those of violations too.
        showAllSymbol: true,
        lineStyle: { color: "#4a5a6a", width: 1 },
        itemStyle: { color: "#4a5a6a" },
        // Where marks would lie on each other some are left out; the diamonds stay, and the list below names every rule.
        labelLayout: { hideOverlap: true },
        data: values.map((value, place) => {
          const mark = marks.get(place);
          if (mark === undefined) return { value: value.value ?? null, symbol: "circle", symbolSize: 4 };
          return {
            value: value.value ?? null, symbol: "diamond", symbolSize: 11, itemStyle: { color: "#a3180f" },
            label: { show: true, formatter: mark, position: (value.value ?? 0) < (panel.centre_line ?? 0) ? "bottom" : "top", color: "#a3180f" },
          };
        }),
      },
    ],
  };
}
