// Lots from the first meal to the inspection: the feeding simulator and two lot monitors as real processes (simulators.md sections 1 and 9).
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { eventually, killAnInspector, query, rest, server, start } from "./platform.mjs";

const FED_WITHIN_MS = 180_000;
let lots = [];
let killed; // {code_lot, attempt, owner} of the monitor that was killed

before(async () => {
  const feeding = start("simulators/feeding/feeding-simulator", ["--server", server, "--lots", "3", "--acceleration", "86400", "--seed", "7", "--quiet"]);
  const monitor = (name) => start("simulators/lot_monitor/lot-monitor", ["--server", server, "--owner", name, "--polling-interval", "0.5", "--samples-per-lot", "5", "--lease-seconds", "5"]);
  const monitors = { "monitor-a": monitor("monitor-a"), "monitor-b": monitor("monitor-b") };
  try {
    killed = await killAnInspector(async (owner) => {
      monitors[owner].kill();
      await monitors[owner].ended;
      monitors["monitor-c"] = monitor("monitor-c");
    }, FED_WITHIN_MS);
    const { code, output } = await feeding.ended;
    assert.equal(code, 0, output);
    const inspected = "SELECT code_lot FROM sqal_pending_lots WHERE status IN ('inspected', 'approved', 'rejected') ORDER BY code_lot";
    await eventually("three lots are inspected", async () => (await query(inspected)).length === 3, FED_WITHIN_MS);
    lots = (await query(inspected)).map((row) => row.code_lot);
  } finally {
    for (const each of [feeding, ...Object.values(monitors)]) {
      each.kill();
      await each.ended;
    }
  }
});

test("EveryFinishedLotIsInspectedOnceWithFiveSamples", async () => {
  assert.equal(lots.length, 3);
  const rows = await query(
    `SELECT l.code_lot, p.status, p.date_inspection_sqal IS NOT NULL AS dated, (SELECT count(*)::int FROM sqal_sensor_samples s WHERE s.lot_id = l.id) AS samples,
            (SELECT count(DISTINCT sample_id)::int FROM sqal_sensor_samples s WHERE s.lot_id = l.id) AS livers
       FROM lots_gavage l JOIN sqal_pending_lots p USING (code_lot) WHERE l.pret_abattage ORDER BY 1`,
  );
  assert.equal(rows.length, 3);
  for (const row of rows) assert.deepEqual([row.samples, row.livers, row.dated], [5, 5, true], JSON.stringify(row));
});

test("LotOfTheKilledMonitorIsInspectedByAnother", async () => {
  const { body } = await rest(`/api/sqal/pending-lots/${killed.code_lot}/attempts`);
  const tried = body.attempts.map((each) => [each.outcome, each.owner === killed.owner]);
  assert.deepEqual(tried, [["lapsed", true], ["completed", false]], JSON.stringify(body));
});

test("EveryLotHasTwoDosesAPlannedDay", async () => {
  // The query of the seeds: number of doses, status in the queue and number of samples of each finished lot.
  const rows = await query(
    `SELECT l.code_lot, COUNT(DISTINCT (d.jour, d.moment))::int AS nb_doses, MAX(d.jour) + 1 AS days, MIN(d.jour) AS first, p.status, (SELECT COUNT(*)::int FROM sqal_sensor_samples s WHERE s.lot_id = l.id) AS samples
       FROM lots_gavage l JOIN doses_journalieres d ON d.code_lot = l.code_lot AND d.jour >= 0 LEFT JOIN sqal_pending_lots p ON p.code_lot = l.code_lot
      WHERE l.pret_abattage GROUP BY l.id, l.code_lot, p.status ORDER BY 1`,
  );
  assert.equal(rows.length, 3);
  for (const row of rows) {
    assert.ok(row.days >= 9 && row.days <= 14 && row.first === 0, JSON.stringify(row));
    assert.equal(row.nb_doses, 2 * row.days, JSON.stringify(row));
  }
});

test("QueriesOfTheSeedsAnswer", async () => {
  const quality = await query(
    `SELECT l.code_lot, l.itm_moyen, AVG(s.fusion_final_score) AS score, COUNT(*) AS n FROM lots_gavage l JOIN sqal_sensor_samples s ON s.lot_id = l.id
      GROUP BY l.id, l.code_lot, l.itm_moyen HAVING COUNT(*) > 4 ORDER BY l.itm_moyen DESC`,
  );
  assert.equal(quality.length, 3);
  const doses = await query("SELECT code_lot, jour, moment, dose_reelle, poids_moyen FROM doses_journalieres ORDER BY time DESC LIMIT 10");
  assert.equal(doses.length, 10);
  await query("SELECT * FROM v_lots_actifs_realtime");
  assert.equal((await query("SELECT code_lot, status, poids_moyen_final FROM sqal_pending_lots")).length, 3);
  const [latest] = await query("SELECT * FROM get_latest_sqal_sample()");
  assert.ok(latest.sample_id);
  const [period] = await query("SELECT * FROM get_sqal_stats_period(now() - interval '30 days', now() + interval '1 day')");
  assert.equal(Number(Object.entries(period).find(([name]) => /total|count/.test(name))[1]), 15);
});

test("RestTellsTheSameOfTheLots", async () => {
  const { body: queue } = await rest("/api/sqal/pending-lots");
  assert.deepEqual(queue.lots.map((lot) => lot.code_lot).sort(), lots);
  for (const code of lots) {
    const { body: lot } = await rest(`/api/euralis/lots/${code}`);
    assert.deepEqual([lot.pret_abattage, lot.statut], [true, "termine"]);
    const { body: quality } = await rest(`/api/sqal/integration/lot/${code}`);
    assert.deepEqual([quality.code_lot, quality.total_samples, quality.samples.length], [code, 5, 5]);
    const { body: doses } = await rest(`/api/euralis/lots/${code}/doses`);
    assert.equal(doses.length, lot.nb_repas);
  }
});
