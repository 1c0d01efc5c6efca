// The scenario `fortnight`: thirty lots from the first meal to the inspected liver under two monitors, one of them killed on the way, with every incident
// (simulators.md sections 1.8 and 9).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually, killAnInspector, query } from "./platform.mjs";
import { simulators, startHost } from "./simulators.mjs";

const DEADLINE_MS = 400_000;
let host;
let lots = []; // codes of the thirty, in the order of the simulator
let gap; // the lot that misses meals
let workers; // owners of the first inspections, one of either monitor
let killed; // {code_lot, attempt, owner} that was killed

const inspected = () => query("SELECT code_lot FROM sqal_pending_lots WHERE status = 'inspected'");
const isRunning = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const pidOf = (owner) => Number(owner.split("-").at(-1));

// Kills a monitor while it inspects, when both have inspected a lot.
async function killAMonitor() {
  const completedBy = async () => (await query("SELECT DISTINCT owner FROM sqal_inspection_attempts WHERE outcome = 'completed'")).map((row) => row.owner);
  workers = await eventually("both monitors have inspected a lot", async () => {
    const owners = await completedBy();
    return owners.length === 2 && owners;
  }, DEADLINE_MS);
  assert.ok(workers.every((owner) => isRunning(pidOf(owner))), `${workers}: two processes`);
  killed = await killAnInspector(async (owner) => {
    process.kill(pidOf(owner), "SIGKILL");
    await eventually("it is dead", () => !isRunning(pidOf(owner)));
  }, DEADLINE_MS);
}

before(async () => {
  host = await startHost();
  await simulators("/scenarios/fortnight/start", {});
  // A day a minute leaves time to see every lot before it ends.
  const running = async (name, count) =>
    eventually(`${name} feeds its lots`, async () => {
      const { progress } = await simulators(`/${name}`);
      return progress?.lots.length === count && progress.lots.map((lot) => lot.code_lot);
    }, DEADLINE_MS);
  lots = await running("fortnight", 30);
  [gap] = await running("fortnight-gap", 1);
  for (const name of ["fortnight", "fortnight-gap"]) await simulators(`/${name}/speed`, { acceleration: 86400 });
  await killAMonitor();
  await eventually("the feeding has finished", async () => {
    const states = await Promise.all(["fortnight", "fortnight-gap"].map((name) => simulators(`/${name}`)));
    for (const each of states) assert.notEqual(each.state, "failed", each.message);
    return states.every((each) => each.state === "finished");
  }, DEADLINE_MS);
  await eventually("every lot is inspected", async () => (await inspected()).length === 31, DEADLINE_MS);
});

after(() => host?.stop());

test("EveryLotOfElevenToFourteenDaysHasTwoMealsADay", async () => {
  const rows = await query(
    `SELECT l.code_lot, l.statut, l.duree_gavage_prevue AS days, (SELECT count(*)::int FROM doses_journalieres d WHERE d.code_lot = l.code_lot AND d.jour >= 0) AS meals
       FROM lots_gavage l WHERE l.code_lot = ANY ($1) ORDER BY 1`,
    [lots],
  );
  assert.equal(rows.length, 30);
  for (const row of rows) {
    assert.ok(row.days >= 11 && row.days <= 14, JSON.stringify(row));
    assert.deepEqual([row.meals, row.statut], [2 * row.days, "termine"], JSON.stringify(row));
  }
});

test("EveryLotIsInspectedExactlyOnceWithFiveSamples", async () => {
  const rows = await query(
    `SELECT p.code_lot, p.status, p.nb_echantillons AS told, p.proposed_decision,
            (SELECT count(*)::int FROM sqal_sensor_samples s JOIN lots_gavage l ON l.id = s.lot_id WHERE l.code_lot = p.code_lot) AS stored,
            (SELECT count(DISTINCT s.sample_id)::int FROM sqal_sensor_samples s JOIN lots_gavage l ON l.id = s.lot_id WHERE l.code_lot = p.code_lot) AS livers,
            (SELECT count(*)::int FROM sqal_inspection_attempts a WHERE a.code_lot = p.code_lot AND a.outcome = 'completed') AS completed
       FROM sqal_pending_lots p`,
  );
  assert.equal(rows.length, 31);
  for (const row of rows) {
    assert.deepEqual([row.status, row.told, row.stored, row.livers, row.completed], ["inspected", 5, 5, 5, 1], JSON.stringify(row));
    assert.ok(["approved", "rejected"].includes(row.proposed_decision));
  }
});

test("BothMonitorsWorkedAndTheKilledOneLostItsLotAndCameBack", async () => {
  const monitors = (await simulators("?kind=monitor")).simulators;
  assert.deepEqual(monitors.map((each) => each.state), ["running", "running"]);
  assert.equal(monitors.reduce((sum, each) => sum + each.restarts, 0), 1);
  assert.equal(workers.length, 2);
  assert.ok(workers.includes(killed.owner), `${killed.owner} of ${workers}`);
  const attempts = await query("SELECT owner, outcome FROM sqal_inspection_attempts WHERE code_lot = $1 ORDER BY attempt", [killed.code_lot]);
  assert.deepEqual(attempts.map((each) => each.outcome), ["lapsed", "completed"], JSON.stringify(attempts));
  assert.equal(attempts[0].owner, killed.owner);
  assert.notEqual(attempts[1].owner, killed.owner);
});

// Thirty announcements and six repeats, those of three days, stand beside the meals.
test("RepeatsAndLateMessagesWereSentAndEveryMealIsStoredOnce", async () => {
  const arrived = async (code) => (await query("SELECT repas, correction FROM doses_journalieres WHERE code_lot = $1 ORDER BY batch_id, ordinal", [code])).map((row) => [row.repas, row.correction]);
  const [{ stored }] = await query("SELECT count(*)::int AS stored FROM doses_journalieres WHERE code_lot = ANY ($1)", [lots]);
  const { progress } = await simulators("/fortnight");
  assert.equal(progress.acknowledged, stored + lots.length + 6);
  const repeated = await arrived(lots[6]);
  assert.deepEqual(repeated, repeated.map((_, i) => [i + 1, 0]), "a repeat is the same meal");
  const late = (await arrived(lots[7])).map(([repas]) => repas);
  assert.equal(late.indexOf(8), late.indexOf(9) + 1, `meal 8, the last of the incident, comes after meal 9: ${late}`);
  assert.deepEqual([...late].sort((a, b) => a - b), late.map((_, i) => i + 1), "none is missing");
});

test("LiverMassAndItmOfTheSensorsStandInTheLots", async () => {
  const rows = await query("SELECT code_lot, total_corn_real AS corn, poids_foie_estime AS mass, itm_estime AS itm, nb_foies_mesures AS livers FROM lots_gavage WHERE pret_abattage");
  assert.equal(rows.length, 31);
  for (const row of rows) {
    assert.ok(row.mass > 250 && row.mass < 900, JSON.stringify(row));
    assert.ok(Math.abs(row.itm - row.corn / row.mass) < 1e-6, JSON.stringify(row));
    assert.equal(row.livers, 5);
  }
});

// Types of the feeding alerts a lot has raised.
async function alertsOf(code) {
  const rows = await query("SELECT a.type_alerte || ' ' || a.severite AS alert FROM alertes_euralis a JOIN lots_gavage l ON l.id = a.lot_id WHERE l.code_lot = $1", [code]);
  return rows.map((row) => row.alert);
}

const raised = {
  power_failure: [1, /^temperature_stabule/],
  disease: [2, /^refus_alimentation critique/],
  heat_wave: [3, /^temperature_stabule critique/],
  overdose: [4, /^dose_ecart critique/],
  "sensor_drift of the temperature": [5, /^temperature_stabule/],
  "sensor_drift of the humidity": [6, /^humidite_stabule/],
};

for (const [incident, [number, wanted]] of Object.entries(raised)) {
  test(`IncidentRaisesItsAlert: ${incident}`, async () => {
    const alerts = await alertsOf(lots[number - 1]);
    assert.ok(alerts.some((each) => wanted.test(each)), `lot ${number}: ${alerts.join(", ") || "no alert"}`);
  });
}

test("IncidentRaisesItsAlert: missed_meal", async () => {
  const alerts = await alertsOf(gap);
  for (const wanted of [/^repas_manquant/, /^silence/]) assert.ok(alerts.some((each) => wanted.test(each)), `${wanted}: ${alerts.join(", ") || "no alert"}`);
  const [{ meals, days }] = await query(
    "SELECT count(*)::int AS meals, max(l.duree_gavage_prevue) AS days FROM doses_journalieres d JOIN lots_gavage l USING (code_lot) WHERE d.code_lot = $1 AND d.jour >= 0", [gap]);
  assert.equal(meals, 2 * days - 4);
});

test("SickBirdsDieAndTheirLotSaysSo", async () => {
  const alerts = await alertsOf(lots[1]);
  assert.ok(alerts.some((each) => /^mortalite_haute/.test(each)), alerts.join(", "));
});

test("NothingIsRefusedOrLost", async () => {
  for (const name of ["fortnight", "fortnight-gap"]) {
    const { progress } = await simulators(`/${name}`);
    assert.deepEqual([progress.waiting, progress.rejected], [0, 0], name);
  }
  assert.deepEqual(await query("SELECT kind, code_lot, reason FROM rejected_messages"), []);
});
