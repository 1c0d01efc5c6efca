// The queue of finished lots over HTTP, with the bodies of api.md C.4: claim, renew, fail, complete, decide.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { meal, sample } from "../support/messages.mjs";
import { dayFromNow, knownFeeder, query, rest, Socket } from "./platform.mjs";

const [good, bad] = ["LS2611951", "LS2611952"];
const SAMPLES = 5;

const post = (code, call, body = {}) => rest(`/api/sqal/pending-lots/${code}/${call}`, { method: "POST", body });
const ok = async (code, call, body) => {
  const answer = await post(code, call, body);
  assert.equal(answer.status, 200, `${call} ${code}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};
const refused = async (code, call, body, status, text) => {
  const answer = await post(code, call, body);
  assert.equal(answer.status, status, `${call} ${code}: ${JSON.stringify(answer.body)}`);
  assert.match(JSON.stringify(answer.body), text);
};
const queued = async (status) => (await rest(`/api/sqal/pending-lots?status=${status}`)).body.lots.map((lot) => lot.code_lot);
// A lot that failed waits half a minute and more; here it need not.
const waitIsOver = (code) => query("UPDATE sqal_pending_lots SET next_attempt_at = now() WHERE code_lot = $1", [code]);

before(async () => {
  await knownFeeder(2, "LS");
  const feeder = await Socket.open("/ws/gavage");
  for (const code_lot of [good, bad]) {
    const wish = {
      code_lot, gaveur_id: 2, site_origine: "Pays de Loire", nombre_canards: 50, genetique: "mulard", date_debut_gavage: dayFromNow(-11), date_fin_gavage_prevue: dayFromNow(0),
      poids_moyen_initial: 4500, objectif_quantite_mais: 9000, objectif_poids_final: 6800,
    };
    const opened = await rest("/api/lots", { method: "POST", body: wish });
    assert.equal(opened.status, 201, JSON.stringify(opened.body));
    const last = meal(code_lot, { gaveur_id: 2, jour: 11, moment: "soir", pret_abattage: true });
    const fed = await feeder.ask(last);
    assert.equal(fed.status, "saved", JSON.stringify(fed));
  }
  await feeder.close();
});

/** The livers of a lot, all of one score. */
async function measure(code, score) {
  const station = await Socket.open("/ws/sensors/");
  for (let i = 0; i < SAMPLES; i += 1) assert.equal((await station.ask(sample({ tof: score, spectral: score, lot_id: code }))).status, "saved");
  await station.close();
}

test("ClaimedLotIsOfOneInspectorUntilItIsCompletedAndDecided", async () => {
  assert.deepEqual((await queued("pending")).sort(), [good, bad]);
  const { lot, lease_token } = await ok(good, "claim", { owner: "monitor-http", lease_seconds: 60 });
  assert.deepEqual([lot.code_lot, lot.status, lot.lease_owner], [good, "inspecting", "monitor-http"]);
  assert.ok(Date.parse(lot.lease_until) > Date.now() + 30_000);
  assert.deepEqual([await queued("claimable"), await queued("inspecting")], [[bad], [good]]);
  await refused(good, "claim", { owner: "monitor-other" }, 409, /somebody else/);
  const renewed = await ok(good, "renew", { lease_token, lease_seconds: 600 });
  assert.ok(Date.parse(renewed.lot.lease_until) > Date.parse(lot.lease_until));
  await refused(good, "complete", { lease_token, samples: SAMPLES }, 409, /SAMPLES_MISSING|stored/);
  await measure(good, 0.86);
  await refused(good, "complete", { lease_token: "guessed", samples: SAMPLES }, 409, /lease/);
  await refused(good, "complete", { lease_token, samples: 0 }, 400, /samples/);
  await refused(good, "decision", { decision: "approved", decision_by: "user:3" }, 409, /inspected/);
  const done = await ok(good, "complete", { lease_token, samples: SAMPLES });
  assert.deepEqual([done.status, done.nb_echantillons, done.proposed_decision, done.lease_owner ?? null], ["inspected", SAMPLES, "approved", null]);
  assert.ok(done.poids_foie_estime > 250 && done.poids_foie_estime < 900);
  await refused(good, "claim", { owner: "monitor-other" }, 409, /inspected/);

  await refused(good, "decision", { decision: "perhaps", decision_by: "user:3" }, 400, /decision/);
  await refused(good, "decision", { decision: "rejected", decision_by: "user:3" }, 400, /reason/);
  const decided = await ok(good, "decision", { decision: "approved", decision_by: "user:3" });
  assert.deepEqual([decided.status, decided.decision_by, decided.decision_reason ?? null], ["approved", "user:3", null]);
  assert.equal((await ok(good, "decision", { decision: "approved", decision_by: "user:3" })).decision_at, decided.decision_at, "again changes nothing");
  await refused(good, "decision", { decision: "rejected", decision_by: "user:4", reason: "smell" }, 409, /user:3/);
  assert.deepEqual(await queued("approved"), [good]);
});

test("FailedLotWaitsIsInErrorAfterThreeAttemptsAndComesBackOnRequest", async () => {
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const { lease_token } = await ok(bad, "claim", { owner: "monitor-http" });
    await refused(bad, "fail", { lease_token, reason: "" }, 400, /reason/);
    const lot = await ok(bad, "fail", { lease_token, reason: "station offline" });
    assert.deepEqual([lot.status, lot.attempts, lot.last_error], [attempt === 3 ? "error" : "pending", attempt, "station offline"]);
    await refused(bad, "claim", { owner: "monitor-http" }, 409, attempt === 3 ? /error/ : /waits for its next attempt/);
    await refused(bad, "fail", { lease_token, reason: "again" }, 409, /lease/);
    await waitIsOver(bad);
  }
  assert.deepEqual(await queued("error"), [bad]);
  await refused(bad, "retry", { reason: "station repaired" }, 400, /requested_by/);
  assert.equal((await ok(bad, "retry", { requested_by: "user:3", reason: "station repaired" })).status, "pending");

  const { lease_token } = await ok(bad, "claim", { owner: "monitor-http" });
  await measure(bad, 0.3);
  assert.equal((await ok(bad, "complete", { lease_token, samples: SAMPLES })).proposed_decision, "rejected");
  await refused(bad, "decision", { decision: "approved", decision_by: "user:3" }, 400, /reason/);
  const decided = await ok(bad, "decision", { decision: "approved", decision_by: "user:3", reason: "livers were looked at" });
  assert.deepEqual([decided.status, decided.decision_reason], ["approved", "livers were looked at"]);
  const { body } = await rest(`/api/sqal/pending-lots/${bad}/attempts`);
  assert.deepEqual(body.attempts.map((each) => [each.owner, each.outcome]),
    [...Array(3).fill(["monitor-http", "failed"]), ["user:3", "requeued"], ["monitor-http", "completed"]]);
});

test("LotThatIsNotQueuedIsNotFoundByAnyCall", async () => {
  const bodies = {
    claim: { owner: "monitor-http" }, renew: { lease_token: "x" }, complete: { lease_token: "x", samples: 1 }, fail: { lease_token: "x", reason: "y" },
    retry: { requested_by: "user:3" }, decision: { decision: "approved", decision_by: "user:3" },
  };
  for (const [call, body] of Object.entries(bodies)) await refused("LS2611999", call, body, 404, /LS2611999/);
});
