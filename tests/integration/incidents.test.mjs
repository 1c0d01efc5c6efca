// Every incident of simulators.md section 1.8, declared in a file and fed through the real platform, raises its alert of domain.md section 9.
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { query, rest, server, start } from "./platform.mjs";

// One lot an incident, and a calm one.
const INCIDENTS = `
incidents:
- {type: power_failure, lot: 1, from: {jour: 3}, duration: 36h}
- {type: disease, lot: 2, from: {jour: 3}, duration: 3d, intensity: 1}
- {type: heat_wave, lot: 3, from: {jour: 3}, duration: 3d}
- {type: overdose, lot: 4, from: {jour: 3, moment: soir}, intensity: 0.3}
- {type: missed_meal, lot: 5, from: {jour: 3}, duration: 1 meal}
- {type: sensor_drift, measure: temperature, lot: 6, from: {jour: 3}, duration: 3d, intensity: 4}
- {type: sensor_drift, measure: humidity, lot: 7, from: {jour: 3}, duration: 3d, intensity: -10}
- {type: duplicate, lot: 8, from: {jour: 3}, duration: 2d}
- {type: out_of_order, lot: 9, from: {jour: 3}, duration: 1 meal}
`;
const CALM = 10;
const lots = [undefined];

const alertsOf = async (number) =>
  (await query("SELECT a.type_alerte AS type, a.severite AS severity FROM alertes_euralis a JOIN lots_gavage l ON l.id = a.lot_id WHERE l.code_lot = $1", [lots[number].code]));
const expectAlert = async (number, type, severity) => {
  const alerts = await alertsOf(number);
  assert.ok(alerts.some((a) => a.type === type && (!severity || a.severity === severity)), `lot ${number}, ${type}: ${JSON.stringify(alerts)}`);
};
const mealsOf = (number) => query("SELECT * FROM doses_journalieres WHERE code_lot = $1 ORDER BY batch_id, ordinal", [lots[number].code]);

before(async () => {
  const file = join(mkdtempSync(join(tmpdir(), "egi-incidents-")), "incidents.yaml");
  writeFileSync(file, INCIDENTS);
  const feeding = start("simulators/feeding/feeding-simulator",
    ["--server", server, "--lots", String(CALM), "--acceleration", "86400", "--seed", "11", "--incidents", file, "--quiet", "--producer-id", "incidents"]);
  const { code, output } = await feeding.ended;
  assert.equal(code, 0, output);
  const rows = await query("SELECT code_lot AS code, id, pret_abattage AS ready, statut, nb_canards_initial AS birds, nb_canards_vivants AS alive FROM lots_gavage WHERE origine = 'simulator' ORDER BY id");
  assert.equal(rows.length, CALM);
  lots.push(...rows);
});

test("EveryLotFinishes", () => {
  for (const lot of lots.slice(1)) assert.deepEqual([lot.ready, lot.statut], [true, "termine"], lot.code);
});

test("PowerFailureWarmsAndMoistensTheBuildingAndItsMessagesComeAfterwards", async () => {
  await expectAlert(1, "temperature_stabule");
  await expectAlert(1, "humidite_stabule", "important");
  const meals = await mealsOf(1);
  assert.deepEqual(meals.map((meal) => meal.repas), meals.map((_, i) => i + 1), "in order, none missing");
  // Meal 7 was held until the power was back, after meals 8 and 9 were given, and left with them: the gap before it is the longest of the three.
  const gap = (i) => meals[i].sent_at - meals[i - 1].sent_at;
  assert.ok(gap(6) > gap(7) && gap(6) > gap(8), JSON.stringify(meals.map((meal) => meal.sent_at)));
});

test("DiseaseIsSeenAsRefusalGapAndLowGain", async () => {
  await expectAlert(2, "refus_alimentation", "critique");
  await expectAlert(2, "dose_ecart", "critique");
  await expectAlert(2, "gain_faible");
  await expectAlert(2, "mortalite_haute");
});

test("HeatWaveIsCritical", () => expectAlert(3, "temperature_stabule", "critique"));

test("OverdoseIsADoseGap", () => expectAlert(4, "dose_ecart", "critique"));

test("MissedMealIsNoticed", async () => {
  await expectAlert(5, "repas_manquant");
  await expectAlert(5, "silence");
  const repas = (await mealsOf(5)).map((meal) => meal.repas);
  assert.ok(!repas.includes(7) && repas.includes(6) && repas.includes(8), String(repas));
});

test("DriftingSensorsLeaveTheirRange", async () => {
  await expectAlert(6, "temperature_stabule");
  await expectAlert(7, "humidite_stabule", "important");
});

test("RepeatedMessagesAreStoredOnce", async () => {
  const meals = await mealsOf(8);
  assert.deepEqual(meals.map((meal) => meal.repas), meals.map((_, i) => i + 1));
  assert.ok(meals.every((meal) => meal.correction === 0), "a repeat is no correction");
  const [{ sequence }] = await query("SELECT last_sequence::int AS sequence FROM ingest_producers WHERE producer_id = 'incidents'");
  const [{ stored }] = await query("SELECT count(*)::int AS stored FROM doses_journalieres d JOIN lots_gavage l USING (code_lot) WHERE l.origine = 'simulator'");
  assert.equal(sequence, stored + CALM + 4, "meals, announcements, and four repeats");
});

test("MessageOutOfOrderIsStoredAtItsOwnTimeAndDoesNotBecomeTheLatest", async () => {
  const arrived = (await mealsOf(9)).map((meal) => meal.repas);
  assert.equal(arrived.indexOf(7), arrived.indexOf(8) + 1, String(arrived));
  const { body: doses } = await rest(`/api/euralis/lots/${lots[9].code}/doses`);
  assert.deepEqual(doses.map((dose) => dose.repas), doses.map((_, i) => i + 1));
  assert.ok(doses.every((dose) => !dose.after_gap));
});

test("CalmLotRaisesNoAlertButThatOfItsDeaths", async () => {
  const others = (await alertsOf(CALM)).filter((alert) => alert.type !== "mortalite_haute");
  assert.deepEqual(others, []);
});

test("DeathsAddUpAndSimulatedTimeIsKeptBesideTheTimeOfSending", async () => {
  for (let number = 1; number <= CALM; number += 1) {
    const meals = await mealsOf(number);
    const dead = meals.reduce((sum, meal) => sum + meal.nb_morts, 0);
    assert.equal(dead, lots[number].birds - lots[number].alive, lots[number].code);
    for (const meal of meals) assert.ok(meal.time <= meal.sent_at, `${lots[number].code} ${meal.repas}`);
  }
});
