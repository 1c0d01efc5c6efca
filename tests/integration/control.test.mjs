// Control of the simulators through the gateway and egictl: a host with real simulators, killed on the way.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { eventually, query, rest, run } from "./platform.mjs";
import { simulators, startHost } from "./simulators.mjs";

let host;

const egictl = (...args) => run("clients/cli/egictl", ["simulators", "--host", host.address, ...args]);
const stateOf = async (name) => (await simulators(`/${name}`)).state;

test("AbsentHostIsAProblemThatSaysHowToStartOne", async () => {
  const { status, body } = await rest("/api/simulators");
  assert.equal(status, 503);
  assert.match(body.detail, /simulator-host/);
});

test("HostStarts", async () => {
  host = await startHost();
  assert.deepEqual((await simulators()).simulators, []);
});

after(() => host?.stop());

test("ScenariosAreListedAndOneIsStartedAndStoppedAsAWhole", async () => {
  const { scenarios } = await simulators("/scenarios");
  assert.deepEqual(scenarios.map((each) => each.name), ["demo", "disease", "duplicates", "fortnight", "heat_wave", "power_cut"]);
  const started = await simulators("/scenarios/demo/start", {});
  assert.deepEqual(started.simulators.map((each) => `${each.name} ${each.kind} ${each.scenario}`), ["feeding feeding demo", "station station demo", "monitor monitor demo"]);
  await eventually("lots are announced and livers measured", async () => (await query("SELECT 1 FROM lots_gavage WHERE origine = 'simulator'")).length === 3 && (await query("SELECT 1 FROM sqal_samples LIMIT 1")).length === 1, 60_000);
  await simulators("/scenarios/demo/start", {});
  const stopped = await simulators("/scenarios/demo/stop", {});
  assert.deepEqual(stopped.simulators.map((each) => each.state), ["stopped", "stopped", "stopped"]);
  const unknown = await rest("/api/simulators/scenarios/flood/start", { method: "POST", body: {} });
  assert.equal(unknown.status, 404);
  assert.match(unknown.body.detail, /fortnight/);
});

test("StoppedAndRunningSurviveAKillOfTheHost", async () => {
  await simulators("/station/start", {});
  await host.restart();
  assert.equal(await stateOf("feeding"), "stopped");
  await eventually("the station runs again", async () => (await stateOf("station")) === "running");
  const { n } = (await query("SELECT count(*)::int AS n FROM sqal_samples"))[0];
  await eventually("it measures", async () => (await query("SELECT count(*)::int AS n FROM sqal_samples"))[0].n > n + 1, 60_000);
});

test("PaceOfAStationChanges", async () => {
  assert.equal((await simulators("/station/speed", { rate: 50 })).station.rate, 50);
  const count = async () => (await query("SELECT count(*)::int AS n FROM sqal_samples"))[0].n;
  const before = await count();
  await eventually("many samples come", async () => (await count()) > before + 100, 60_000);
  await simulators("/station/stop", {});
});

test("InjectedIncidentRaisesItsAlertAndIsListed", async () => {
  const made = await simulators("", { name: "two-lots", feeding: { lots: 2, seed: 5 } });
  assert.equal(made.state, "running");
  await eventually("both lots are fed", async () => (await simulators("/two-lots")).progress.lots.length === 2, 60_000);
  const { code, stderr } = await egictl("inject", "two-lots", "overdose", "--duration", "2d", "--intensity", "0.4");
  assert.equal(code, 0, stderr);
  assert.match((await simulators("/two-lots")).progress.injected[0], /^overdose, all lots/);
  await simulators("/two-lots/speed", { acceleration: 86400 });
  await eventually("the overdose is noticed", async () => (await query("SELECT 1 FROM alertes_euralis WHERE type_alerte = 'dose_ecart' AND severite = 'critique'")).length > 0, 60_000);
  await eventually("both lots have finished", async () => (await stateOf("two-lots")) === "finished", 120_000);
});

test("MonitorIsToldOfFinishedLotsByTheFeed", async () => {
  // It looks at the queue once an hour; the two lots that are there it finds when it starts.
  await simulators("", { name: "patient", monitor: { polling_interval_s: 3600 } });
  const inspected = async (count) => (await query("SELECT 1 FROM sqal_pending_lots WHERE status = 'inspected'")).length === count;
  await eventually("what waits is inspected", () => inspected(2), 60_000);
  await simulators("", { name: "one-lot", feeding: { lots: 1, seed: 6, acceleration: 86400 } });
  await eventually("the lot that finishes is inspected", () => inspected(3), 120_000);
});

test("FinishedSimulatorBeginsAnewWithNewLots", async () => {
  const again = await simulators("", { name: "two-lots", feeding: { lots: 2, seed: 5 } });
  assert.equal(again.state, "running");
  await eventually("new lots have codes of their own", async () => (await query("SELECT 1 FROM lots_gavage WHERE origine = 'simulator'")).length === 8, 60_000);
  await simulators("/two-lots", undefined, "DELETE");
  assert.equal((await rest("/api/simulators/two-lots")).status, 404);
});

test("OtherScenariosGoOnToTheInspectionOfEveryLot", async () => {
  const names = ["heat_wave", "power_cut", "disease", "duplicates"];
  const [{ last }] = await query("SELECT max(id) AS last FROM lots_gavage");
  for (const name of names) await simulators(`/scenarios/${name}/start`, { acceleration: 86400 });
  await eventually("24 lots are inspected", async () => (await query("SELECT 1 FROM sqal_pending_lots p JOIN lots_gavage l USING (code_lot) WHERE l.id > $1 AND p.status = 'inspected'", [last])).length === 24, 240_000);
  const lots = await query(
    `SELECT l.code_lot, l.duree_gavage_prevue * 2 AS planned, (SELECT count(*)::int FROM doses_journalieres d WHERE d.code_lot = l.code_lot AND d.jour >= 0) AS meals
       FROM lots_gavage l WHERE l.id > $1`, [last]);
  for (const lot of lots) assert.equal(lot.meals, lot.planned, JSON.stringify(lot));
  const alerts = await query("SELECT DISTINCT a.type_alerte || ' ' || a.severite AS alert FROM alertes_euralis a WHERE a.lot_id > $1", [last]);
  for (const wanted of ["temperature_stabule critique", "refus_alimentation critique"]) assert.ok(alerts.some((each) => each.alert === wanted), JSON.stringify(alerts));
  assert.deepEqual(await query("SELECT kind, code_lot, reason FROM rejected_messages"), []);
  for (const name of names) await simulators(`/scenarios/${name}/stop`, {});
});

test("AFeedingThatTheServerRefusesIsNotStartedAndSaysWhy", async () => {
  const homes = await query("SELECT id, site_code FROM gaveurs_euralis");
  await query("UPDATE gaveurs_euralis SET site_code = CASE site_code WHEN 'LL' THEN 'LS' ELSE 'LL' END");
  try {
    const wish = { name: "strangers", feeding: { lots: 3, acceleration: 86400, seed: 77 } };
    const refused = await rest("/api/simulators", { method: "POST", body: wish });
    assert.equal(refused.status, 409, JSON.stringify(refused.body));
    assert.equal(refused.body.reason, "SIMULATOR_FAILED");
    assert.match(refused.body.detail, /"strangers" does not work: .*belongs to site .*start it again/);
    const { body } = await rest("/api/simulators/strangers");
    assert.ok(["failed", "stopped"].includes(body.state), body.state);
    assert.match(body.message, /belongs to site/);
    const { code, stderr } = await egictl("start", "strangers");
    assert.equal(code, 1, stderr);
    assert.match(stderr, /belongs to site/);
  } finally {
    for (const { id, site_code } of homes) await query("UPDATE gaveurs_euralis SET site_code = $2 WHERE id = $1", [id, site_code]);
  }
  assert.equal((await rest("/api/simulators/strangers/start", { method: "POST", body: {} })).body.state === "failed", false, "the cause is mended");
  await rest("/api/simulators/strangers?force=true", { method: "DELETE" });
});

test("EveryBadFieldIsNamedAndAnotherSimulatorOfTheNameIsRefused", async () => {
  const bad = await rest("/api/simulators", { method: "POST", body: { name: "Big Lots", feeding: { lots: 501, acceleration: 0.1 } } });
  assert.equal(bad.status, 400);
  assert.ok(bad.body.errors.some((each) => each.field === "name"));
  const worse = await rest("/api/simulators", { method: "POST", body: { name: "big", feeding: { lots: 501, acceleration: 0.1, incidents: [{ type: "flood" }] } } });
  assert.deepEqual(worse.body.errors.map((each) => each.field).sort(), ["feeding.acceleration", "feeding.incidents[0]", "feeding.lots"]);
  assert.equal((await rest("/api/simulators", { method: "POST", body: { name: "monitor", station: {} } })).status, 409);
  assert.equal((await rest("/api/simulators/monitor/speed", { method: "POST", body: { acceleration: 2 } })).status, 409);
  assert.equal((await rest("/api/simulators/feeding/incidents", { method: "POST", body: { type: "disease" } })).status, 409, "it is stopped");
});

test("EgictlTellsTheSame", async () => {
  const { code, stdout } = await egictl("list", "--json");
  assert.equal(code, 0);
  const listed = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(listed.map((each) => each.name), (await simulators()).simulators.map((each) => each.name));
  assert.equal((await egictl("show", "nobody")).code, 1);
  assert.match((await egictl("scenarios")).stdout, /heat_wave/);
});
