import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test, vi } from "vitest";
import type { SensorUpdate } from "../live/messages";

vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => {} });
vi.stubGlobal("document", { documentElement: {} });
const { default: i18next } = await import("i18next");
await import("../i18n");
const { Comparison } = await import("./Comparison");

const computed = { fused_score: 0.791, tof_score: 0.75, spectral_score: 0.853, grade: "A", limiting_sensor: "vl53l8ch" } as const;
const shown = (fusion: Partial<SensorUpdate["fusion"]>) =>
  renderToStaticMarkup(createElement(Comparison, { fusion: { final_score: 0.9, final_grade: "A", is_compliant: true, ...fusion } }));

test("DisagreementIsMarkedWithBothScores", async () => {
  await i18next.changeLanguage("fr");
  const html = shown({ comparison: "disagrees", declared_score: 0.9, computed });
  expect(html).toContain("⚠");
  expect(html).toContain("0,900");
  expect(html).toContain("0,791");
  expect(html).toContain("écart supérieur à 0,02");
});

test("AgreementShowsBothScoresWithoutAMark", async () => {
  await i18next.changeLanguage("en");
  const html = shown({ comparison: "agrees", declared_score: 0.79, computed });
  expect(html).not.toContain("⚠");
  expect(html).toContain("0.790");
  expect(html).toContain("they agree");
  await i18next.changeLanguage("fr");
});

test("UnknownProfileSaysThatNothingWasRecomputed", () => {
  expect(shown({ comparison: "unknown_profile", declared_score: 0.79, computed: null })).toContain("Profil inconnu");
});

test("SampleFromBeforeTheComparisonShowsNothing", () => {
  expect(shown({ comparison: null })).toBe("");
});
