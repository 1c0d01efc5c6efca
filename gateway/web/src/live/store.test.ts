import { expect, test } from "vitest";
import { type LiveMessage, type SensorUpdate, parseLiveMessage } from "./messages";
import { RECENT_LIVERS, initialLiveState, reduceLive } from "./store";

const liver = (sample_id: string, timestamp: string): SensorUpdate => ({
  type: "sensor_update",
  sample_id,
  device_id: "ESP32_LL_01",
  timestamp,
  vl53l8ch: { raw: { distance_matrix: [], reflectance_matrix: [], amplitude_matrix: [] }, analysis: {} },
  as7341: { raw: {}, analysis: {} },
  fusion: { final_score: 0.8, final_grade: "A", is_compliant: true },
});
const meal = (jour: number, timestamp: string): LiveMessage => ({
  type: "gavage_realtime",
  data: { code_lot: "LL2602003", gaveur_id: 4, site: "LL", jour, moment: "soir", dose_reelle: 338.6, poids_moyen: 5480, nb_canards_vivants: 49, taux_mortalite: 2, timestamp, pret_abattage: false },
});

test("LateLiverDoesNotReplaceANewerOne", () => {
  let state = reduceLive(initialLiveState, liver("b", "2026-02-03T10:00:01Z"), 1);
  state = reduceLive(state, liver("a", "2026-02-03T10:00:00Z"), 2);
  expect(state.latest?.sample_id).toBe("b");
  expect(state.recent.map((each) => each.sample_id)).toEqual(["b", "a"]);
});

test("RepeatedLiverIsShownOnce", () => {
  let state = reduceLive(initialLiveState, liver("a", "2026-02-03T10:00:00Z"), 1);
  state = reduceLive(state, liver("a", "2026-02-03T10:00:00Z"), 2);
  expect(state.recent).toHaveLength(1);
});

test("StripOfGradesIsBounded", () => {
  let state = initialLiveState;
  for (let i = 0; i < RECENT_LIVERS + 20; i++) state = reduceLive(state, liver(`s${i}`, "2026-02-03T10:00:00Z"), i);
  expect(state.recent).toHaveLength(RECENT_LIVERS);
  expect(state.recent.at(-1)?.sample_id).toBe(`s${RECENT_LIVERS + 19}`);
});

test("LateMealDoesNotReplaceANewerOne", () => {
  let state = reduceLive(initialLiveState, meal(5, "2026-02-03T18:00:00Z"), 1);
  state = reduceLive(state, meal(4, "2026-02-02T18:00:00Z"), 2);
  expect(state.meals["LL2602003"]?.jour).toBe(5);
});

test("EveryMessageRenewsTheAgeOfTheLastEvent", () => {
  expect(reduceLive(initialLiveState, { type: "ping" }, 42).lastMessageAt).toBe(42);
});

test("UnreadableMessageIsNotData", () => {
  expect(parseLiveMessage("{")).toBeNull();
  expect(parseLiveMessage("3")).toBeNull();
  expect(parseLiveMessage('{"type":5}')).toBeNull();
});
