import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, expect, test, vi } from "vitest";

vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => {} });
vi.stubGlobal("document", { documentElement: {} });
const { default: i18next } = await import("i18next");
await import("../i18n");
const { serverWords } = await import("../i18n/serverWords");
const { AlertItem } = await import("./AlertItem");
const { feedingText, mergeAlerts } = await import("./alertRows");
const { firstLook } = await import("./GaugeControl");

afterEach(() => i18next.changeLanguage("fr"));

const alert = (fields: object) =>
  mergeAlerts(
    [
      {
        alert_id: 7, severity: "critical", alert_type: "grade_reject", time: "2026-02-03T09:00:00Z", last_time: "2026-02-03T10:00:00Z", message: "m",
        data_context: { fusion_score: 0.42 }, device_id: "ESP32_LL_01", code_lot: "LL2602003", occurrences: 3, state: "open", ...fields,
      },
    ] as never,
    [],
  )[0]!;
const shown = (fields: object, who = "Ana") =>
  renderToStaticMarkup(createElement(QueryClientProvider, { client: new QueryClient() }, createElement(AlertItem, { alert: alert(fields), who })));

test("AnOpenAlertTellsItsOccurrencesAndCanBeAcknowledgedAndShelved", () => {
  const html = shown({});
  expect(html).toContain("3 fois, la dernière le");
  expect(html).toContain("LL2602003 · ESP32_LL_01");
  expect(html).toContain('aria-label="Acquitter : Foie classé REJECT, score fusionné 0,420, LL2602003 · ESP32_LL_01"');
  expect(html).toContain('aria-label="Mettre en veille : Foie classé REJECT');
  expect(html).not.toContain("disabled");
});

test("NobodyCanDecideWithoutAName", () => {
  expect(shown({}, " ").match(/disabled=""/g)).toHaveLength(2);
});

test("AnAcknowledgedAlertNamesWhoAndIsNotAcknowledgedAgain", () => {
  const html = shown({ state: "acknowledged", acknowledged_by: "Bob", acknowledged_at: "2026-02-03T11:00:00Z" });
  expect(html).toContain("Acquittée par Bob");
  expect(html).not.toContain("Acquitter :");
});

test("AShelvedAlertTellsUntilWhenByWhomAndWhyAndCanBeTakenBack", async () => {
  const fields = { state: "shelved", shelved_by: "Bob", shelved_until: "2026-02-04T11:00:00Z", shelve_reason: "part ordered" };
  expect(shown(fields)).toMatch(/En veille jusqu&#x27;au 04\/02\/2026 .*, par Bob : part ordered/);
  expect(shown(fields)).toContain("Lever la veille");
  await i18next.changeLanguage("en");
  expect(shown(fields)).toMatch(/Shelved until 04\/02\/2026, .* by Bob: part ordered/);
});

test("AlertsOfTheFeedingAreFrenchAsWrittenAndEnglishFromTheirFigures", async () => {
  const mortality = { type_alerte: "mortalite_haute", message: "Mortalité du lot de 6,0 %", valeur_observee: 6, valeur_attendue: 5 };
  expect(feedingText(mortality as never)).toBe("Mortalité du lot de 6,0 %");
  await i18next.changeLanguage("en");
  expect(feedingText(mortality as never)).toBe("Mortality of the lot 6.0 %, limit 5.0 %");
  expect(feedingText({ ...mortality, type_alerte: "of_tomorrow" } as never)).toBe("Mortalité du lot de 6,0 %");
});

test("SentencesOfTheServerAreTranslatedWithTheirNumbersAndDates", async () => {
  const drift = "golden sample drifts: the average of its checks is +1.60 %, outside -1.58 .. 1.58 %; calibrate the station";
  expect(serverWords(drift)).toEqual({ text: "l'échantillon étalon dérive : la moyenne de ses vérifications est de +1,60 %, hors de -1,58 à 1,58 % ; étalonnez la station", lang: "fr" });
  const failed = "white reference check 12 of 2026-02-03 09:30 UTC failed: F1_415nm is -4.2 % from its reference (tolerance 3 %), Clear scatters by 5.0 % (limit 2 %), and 4 more";
  expect(serverWords(failed).text).toMatch(
    /^vérification 12 de la référence blanche échouée le 03\/02\/2026 .* : F1 415 nm à -4,2 % de sa référence \(tolérance 3 %\), Clair dispersé de 5,0 % \(limite 2 %\), et 4 autres$/,
  );
  await i18next.changeLanguage("en");
  expect(serverWords(drift)).toEqual({ text: drift, lang: "en" });
});

test("ASentenceTheCatalogueDoesNotKnowIsShownAsWritten", () => {
  for (const sentence of ["sensor 3 is dusty", "golden sample check 1 of 2026-02-03 09:30 UTC failed: the lamp is dark", ""]) {
    expect(serverWords(sentence)).toEqual({ text: sentence, lang: "en" });
  }
});

test("TheDriftChartOpensOnAStationThatMayNotGradeAndItsNewestCheck", () => {
  const check = (kind: string, time: string) => ({ kind, time });
  const good = { device_id: "A", allowed: true, last_checks: [] };
  const bad = { device_id: "B", allowed: false, last_checks: [check("white_reference", "2026-02-03T09:00:00Z"), check("golden_sample", "2026-02-03T10:00:00Z")] };
  expect(firstLook([good, bad] as never)).toEqual({ device: "B", kind: "golden_sample" });
  expect(firstLook([good] as never)).toEqual({ device: "A", kind: "white_reference" });
});
