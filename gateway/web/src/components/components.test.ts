import { expect, test, vi } from "vitest";

vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => {} });
vi.stubGlobal("document", { documentElement: {} });
await import("../i18n");
const { mergeAlerts, qualityText } = await import("./alertRows");
const { byNewestMeal, mortalityClass } = await import("./LotsTable");
const { number } = await import("../i18n");
const { byUrgency, facts } = await import("./Devices");
const { heatMapOption } = await import("./HeatMap");
const { driftOption } = await import("./GaugeControl");

type Quality = Parameters<typeof mergeAlerts>[0][number];
type Feeding = Parameters<typeof mergeAlerts>[1][number];

test("WorstAlertsComeFirstWhateverTheirOriginAndVocabulary", () => {
  const quality = [{ alert_id: 1, severity: "warning", time: "2026-02-03T10:00:00Z", message: "m", device_id: "d", code_lot: null, occurrences: 1 }] as unknown as Quality[];
  const feeding = [
    { id: 1, severite: "critique", time: "2026-02-03T09:00:00Z", message: "m", site_code: "LL", code_lot: "LL2602003", occurrences: 2 },
    { id: 2, severite: "warning", time: "2026-02-03T11:00:00Z", message: "m", site_code: "LL", code_lot: null, occurrences: 1 },
  ] as unknown as Feeding[];
  expect(mergeAlerts(quality, feeding).map((row) => `${row.origin}${row.id}`)).toEqual(["EURALIS1", "EURALIS2", "SQAL1"]);
});

test("SqalAlertsSpeakTheReadersLanguageAndUnknownRulesTheServers", () => {
  const text = (alert_type: string, data_context: object) => qualityText({ alert_type, message: "as the server says", data_context } as never);
  expect(text("oxidation_high", { oxidation_index: 0.7774, threshold: 0.7 })).toBe("Indice d'oxydation 0,777, au-dessus de 0,70");
  expect(text("out_of_calibration", { reason: "calibration 2 expired" })).toBe("Station hors étalonnage, elle ne doit pas grader : calibration 2 expired");
  expect(text("quality_low", { fusion_score: 0.52, threshold: 0.65 })).toBe("Score fusionné 0,520, sous 0,65");
  expect(text("quality_low", { fusion_score: 0.52 })).toBe("as the server says");
  expect(text("grade_reject", { fusion_score: 0.42 })).toBe("Foie classé REJECT, score fusionné 0,420");
  const rejected = { fusion_score: 0.505, vl53l8ch_score: 0.607, as7341_score: 0.352, threshold: 0.45 };
  expect(text("grade_reject", rejected)).toBe("Foie classé REJECT, score fusionné 0,505\u00a0: score spectral 0,352, sous 0,45");
  expect(text("grade_reject", { ...rejected, as7341_score: 0.5 })).toContain("corps étranger critique");
  expect(text("quality_low", {})).toBe("as the server says");
  expect(text("rule_of_tomorrow", { fusion_score: 0.5 })).toBe("as the server says");
});

test("LotsThatAteLastComeFirstWhetherRestOrTheSocketKnowsIt", () => {
  const lots = [
    { code_lot: "A", dernier_repas: "2026-02-03T08:00:00Z" },
    { code_lot: "B", dernier_repas: null },
    { code_lot: "C", dernier_repas: "2026-02-02T08:00:00Z" },
  ] as unknown as Parameters<typeof byNewestMeal>[0];
  const meals = { C: { timestamp: "2026-02-03T18:00:00Z" } } as unknown as Parameters<typeof byNewestMeal>[1];
  expect(byNewestMeal(lots, meals).map((lot) => lot.code_lot)).toEqual(["C", "A", "B"]);
});

test("MortalityColoursChangeAtThreeAndFivePercent", () => {
  expect([2.99, 3, 4.99, 5].map(mortalityClass)).toEqual(["good", "watch", "watch", "bad"]);
  expect(mortalityClass(null)).toBe("");
});

test("NumbersAreFrenchAndMissingOnesAreDashes", () => {
  expect(number(5480.24, 1, "g")).toBe("5\u202f480,2\u00a0g");
  expect(number(null, 1, "g")).toBe("–");
});

test("HeatMapKeepsRowsAndColumnsApart", () => {
  const matrix = Array.from({ length: 8 }, (_, row) => Array.from({ length: 8 }, (_, column) => row * 10 + column));
  const cells = heatMapOption(matrix, "amplitude", () => "").series[0]!.data;
  expect(cells).toHaveLength(64);
  expect(cells).toContainEqual([5, 2, 25]);
});

test("AControlChartMarksThePointsThatBrokeARuleInTheirOwnPanel", async () => {
  const { marksOf, ruleMark, spcOption } = await import("./spcOption");
  expect(["western_electric_1", "nelson_8", "beyond_limits"].map(ruleMark)).toEqual(["W1", "N8", "±"]);
  const chart = {
    unit: "mm",
    points: ["08:00", "08:01", "08:02"].map((time) => ({ time: `2026-02-03T${time}:00Z` })),
    violations: [
      { rule: "western_electric_1", statistic: "individual", index: 2 },
      { rule: "western_electric_2", statistic: "individual", index: 2 },
      { rule: "beyond_limits", statistic: "moving_range", index: 1 },
    ],
  } as unknown as Parameters<typeof spcOption>[0];
  expect([...marksOf(chart.violations!, "individual")]).toEqual([[2, "W1 W2"]]);
  const panel = {
    statistic: "individual",
    centre_line: 50,
    values: [51, 52, 60].map((value) => ({ value, lower_limit: 45, upper_limit: 55 })),
  } as unknown as Parameters<typeof spcOption>[1];
  const option = spcOption(chart, panel, { value: "v", centre: "c", lower: "l", upper: "u" });
  expect(option.series.map((series) => series.name)).toEqual(["c", "l", "u", "v"]);
  const drawn = option.series[3]!.data as { value: number; symbol: string }[];
  expect(drawn.map((point) => point.symbol)).toEqual(["circle", "circle", "diamond"]);
  expect(option.series[2]!.data).toEqual([55, 55, 55]);
  expect(option.series[3]).toMatchObject({ showAllSymbol: true });
});

const station = (fields: object) =>
  ({ device_id: "D", status: "active", presence: "online", refuses_to_grade: "", buffer_size: 0, nack_count: 0, measurements_dropped: 0, firmware_version: "",
     configuration_revision: 0, desired_configuration_revision: 0, ...fields }) as unknown as Parameters<typeof facts>[0];

test("StationsThatNeedSomebodyComeFirstAndRetiredOnesAreLeftOut", () => {
  const stations = [
    station({ device_id: "A" }),
    station({ device_id: "B", presence: "" }),
    station({ device_id: "C", status: "pending" }),
    station({ device_id: "D", presence: "offline" }),
    station({ device_id: "E", refuses_to_grade: "calibration expired" }),
    station({ device_id: "F", status: "retired" }),
  ];
  expect(byUrgency(stations).map((one) => one.device_id)).toEqual(["E", "D", "C", "A", "B"]);
});

test("CountersAtZeroAndAConfigurationInForceAreNotMentioned", () => {
  expect(facts(station({ configuration_revision: 3, desired_configuration_revision: 3 }))).toEqual([]);
  expect(facts(station({ buffer_size: 2, nack_count: 5, firmware_version: "1.2.0", desired_configuration_revision: 4 }))).toEqual([
    ["devices.buffer", { count: 2, shown: "2" }],
    ["devices.nacks", { count: 5, shown: "5" }],
    ["devices.firmware", { version: "1.2.0" }],
    ["devices.configuration", { wanted: 4, now: 0 }],
  ]);
});

test("DriftChartShowsAveragesBetweenTheirLimitsAndThoseOutsideInRed", () => {
  const point = (ewma_pct: number, violation: boolean) => ({ time: "2026-02-03T09:00:00Z", deviation_pct: 2, ewma_pct, lower_limit_pct: -1, upper_limit_pct: 1, violation });
  const names = { deviation: "d", ewma: "e", lower: "l", upper: "u" };
  const option = driftOption({ centre_pct: 0, points: [point(0.4, false), point(1.2, true)] } as never, names);
  const byName = Object.fromEntries(option.series.map((series) => [series.name, series.data]));
  expect(byName["u"]).toEqual([1, 1]);
  expect(byName["l"]).toEqual([-1, -1]);
  expect(byName["d"]).toEqual([2, 2]);
  expect(byName["e"]).toMatchObject([{ value: 0.4, itemStyle: { color: "#1c5d99" } }, { value: 1.2, itemStyle: { color: "#b3261e" } }]);
});
