// The server is away for ten simulated days (ten minutes at the usual acceleration of 1440), and the simulator itself is killed meanwhile: nothing is lost, nothing
// is stored twice, and the spool empties in order.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { control, eventually, query, server, start } from "./platform.mjs";

const LOTS = 6;
const MEALS_AWAY = 20 * LOTS - 3 * LOTS; // ten days are twenty meals a lot; three are given while the test looks
const PATIENCE_MS = 60_000;
const spool = join(mkdtempSync(join(tmpdir(), "egi-outage-")), "spool");
const spooled = () => readdirSync(join(spool, "meals")).reduce((sum, file) => sum + statSync(join(spool, "meals", file)).size, 0);
const feed = () => start("simulators/feeding/feeding-simulator",
  ["--server", server, "--lots", String(LOTS), "--acceleration", "86400", "--seed", "23", "--spool", spool, "--producer-id", "outage", "--log-json"]);
let bytesBefore, bytesAway;

before(async () => {
  let feeding = feed();
  try {
    const stored = async () => (await query("SELECT count(*)::int AS meals FROM doses_journalieres"))[0].meals;
    await eventually("meals arrive", async () => (await stored()) >= LOTS, PATIENCE_MS);
    await control("stop server");
    const before = await stored();
    bytesBefore = spooled();
    const given = { lines: 0 };
    const count = (chunk) => (given.lines += String(chunk).split("\n").filter((line) => line.includes('"dose_reelle"')).length);
    feeding.child.stdout.on("data", count);
    await eventually("half of the outage has passed", () => given.lines >= MEALS_AWAY / 2, PATIENCE_MS);
    feeding.kill();
    await feeding.ended;
    feeding = feed();
    feeding.child.stdout.on("data", count);
    await eventually("the outage has lasted ten days", () => given.lines >= MEALS_AWAY, PATIENCE_MS);
    bytesAway = spooled();
    assert.equal(await stored(), before, "nothing arrives while the server is away");
    await control("start server");
    const { code, output } = await feeding.ended;
    assert.equal(code, 0, output);
  } finally {
    feeding.kill();
    await feeding.ended;
  }
});

test("TheSpoolHoldsWhatTheServerCannotTake", () => assert.ok(bytesAway > bytesBefore + MEALS_AWAY * 100, `${bytesBefore} bytes before, ${bytesAway} in the outage`));

test("EveryMealIsStoredOnceAndInOrder", async () => {
  const rows = await query("SELECT code_lot, array_agg(repas ORDER BY batch_id, ordinal) AS meals, max(jour) AS last, max(correction) AS correction FROM doses_journalieres GROUP BY code_lot");
  assert.equal(rows.length, LOTS);
  for (const row of rows) {
    assert.deepEqual(row.meals, Array.from({ length: 2 * (row.last + 1) }, (_, i) => i + 1), row.code_lot);
    assert.equal(row.correction, 0, "what was sent twice is the same meal");
  }
  const [{ refused }] = await query("SELECT count(*)::int AS refused FROM rejected_messages");
  assert.equal(refused, 0);
});

// The files of a spool outlive their messages; what is unacknowledged in them the next program sends with the sequence numbers it had.
test("NothingIsLeftInTheSpool", async () => {
  const taken = async () => (await query("SELECT last_sequence::int AS sequence FROM ingest_producers WHERE producer_id = 'outage'"))[0];
  const before = await taken();
  const again = feed();
  const { code, output } = await again.ended;
  assert.equal(code, 0, output);
  assert.equal((await taken()).sequence, before.sequence, output);
});

test("EveryLotIsThereOnceAndReady", async () => {
  const [{ lots, ready }] = await query("SELECT count(*)::int AS lots, count(*) FILTER (WHERE pret_abattage)::int AS ready FROM lots_gavage WHERE origine = 'simulator'");
  assert.deepEqual([lots, ready], [LOTS, LOTS]);
});
