// One ECharts instance that follows its box and its option.
import { BarChart, HeatmapChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { type EChartsCoreOption, type EChartsType, init, use as register } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef, useSyncExternalStore } from "react";

register([AriaComponent, BarChart, GridComponent, HeatmapChart, LegendComponent, LineChart, SVGRenderer, TooltipComponent, VisualMapComponent]);

const darkness = () => window.matchMedia("(prefers-color-scheme: dark)");

function onDarkness(listener: () => void): () => void {
  const query = darkness();
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}

/** Text and lines in the colours of the box, which the style sheet gives for light and dark. */
function themeOf(box: HTMLElement) {
  const { color, borderTopColor } = getComputedStyle(box);
  const text = { color };
  const axis = { axisLabel: text, nameTextStyle: text, axisLine: { lineStyle: text }, axisTick: { lineStyle: text }, splitLine: { lineStyle: { color: borderTopColor } } };
  return { textStyle: text, legend: { textStyle: text }, visualMap: { textStyle: text }, categoryAxis: axis, valueAxis: axis };
}

export function Chart({ option, label, className }: { option: EChartsCoreOption; label: string; className?: string }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const dark = useSyncExternalStore(onDarkness, () => darkness().matches);

  useEffect(() => {
    const instance = init(box.current!, themeOf(box.current!), { renderer: "svg" });
    chart.current = instance;
    const observer = new ResizeObserver(() => instance.resize());
    observer.observe(box.current!);
    return () => {
      observer.disconnect();
      instance.dispose();
      chart.current = null;
    };
  }, [dark]);

  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true });
  }, [option, dark]);

  return <div ref={box} role="img" aria-label={label} className={`chart-box ${className ?? ""}`} />;
}
