import { expect, test, vi } from "vitest";

vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => {} });
vi.stubGlobal("document", { documentElement: {} });
await import("../i18n");
const { mergeAlerts, qualityText } = await import("./Alerts");
const { byNewestMeal, mortalityClass } = await import("./LotsTable");
const { number } = await import("../i18n");
const { heatMapOption } = await import("./HeatMap");

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
  expect(text("quality_low", { fusion_score: 0.52, threshold: 0.65 })).toBe("Score fusionné 0,520, sous 0,65");
  expect(text("quality_low", { fusion_score: 0.52 })).toBe("as the server says");
  expect(text("grade_reject", { fusion_score: 0.42 })).toBe("Foie classé REJECT, score fusionné 0,420");
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
