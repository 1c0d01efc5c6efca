// Entry of meals and days through REST and the socket, their corrections and their history (api.md A.2, A.4, B.2, C.2; weaknesses.md 2, 3, 10).
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { freshLot, meal, unique } from "../support/messages.mjs";
import { query, rest, Socket } from "./platform.mjs";

const GAVEUR = 77;
const post = (path, body, headers = {}) => rest(path, { method: "POST", body, headers });
let lot;

const openLot = async (more = {}) => {
  const answer = await post("/api/lots", {
    code_lot: freshLot("LL"), site_origine: "Bretagne", nombre_canards: 50, genetique: "mulard", date_debut_gavage: "2026-02-01", date_fin_gavage_prevue: "2026-02-12", gaveur_id: GAVEUR,
    origine: "simulator", ...more, // a feeder and days of nobody
  });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body;
};
// GavageQuotidienCreate of api.md C.2, every field.
const day = (more = {}) => ({
  lot_id: lot.id, date_gavage: "2026-02-01", dose_matin: 300, dose_soir: 320, heure_gavage_matin: "07:00", heure_gavage_soir: "18:30", nb_canards_peses: 2, poids_echantillon: [4500, 4600],
  temperature_stabule: 21, humidite_stabule: 60, suit_courbe_theorique: true, raison_ecart: "", remarques: "", mortalite_jour: 0, cause_mortalite: "", problemes_sante: "", ...more,
});

before(async () => {
  lot = await openLot();
});

test("DayIsEnteredOnceAndASecondEntryIsAConflict", async () => {
  const first = await post("/api/lots/gavage", day());
  assert.equal(first.status, 201, JSON.stringify(first.body));
  for (const field of ["gavage_id", "ecart_courbe_theorique", "alerte_generee", "recommandations"]) assert.ok(field in first.body, field);
  const second = await post("/api/lots/gavage", day());
  assert.equal(second.status, 409, JSON.stringify(second.body));
  assert.match(second.body.message, /PUT/);
  assert.equal((await query("SELECT count(*)::int AS n FROM doses_journalieres WHERE code_lot = $1", [lot.code_lot]))[0].n, 2);
});

test("MealAndDayShareARouteAndItsOtherName", async () => {
  const asDay = await post("/api/gaveurs/gavage", day({ lot_id: lot.code_lot, date_gavage: "2026-02-02" }));
  assert.equal(asDay.status, 201, JSON.stringify(asDay.body));
  assert.equal((await post("/api/gaveurs/gavage", day({ date_gavage: "2026-02-02" }))).status, 409);
  const single = { code_lot: lot.code_lot, jour: 2, moment: "matin", dose_theorique: 330, dose_reelle: 330, timestamp: "2026-02-03T06:00:00Z" };
  assert.equal((await post("/api/gavage/", single)).status, 201);
  assert.equal((await post("/api/gaveurs/gavage", single)).status, 200, "a repeat");
});

test("DecimalCommasAreNumbersAtBothEdges", async () => {
  const answer = await post("/api/lots/gavage", JSON.stringify(day({ date_gavage: "2026-02-04", dose_matin: "338,6", dose_soir: "340,4", poids_echantillon: ["4 512,5", 4600] })));
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  const { body } = await rest(`/api/lots/${lot.id}/jour/3`);
  assert.deepEqual([body.dose_matin, body.dose_soir, body.poids_echantillon], [338.6, 340.4, [4512.5, 4600]]);
  const other = await openLot();
  const feeder = await Socket.open("/ws/gavage");
  const ack = await feeder.ask(meal(other.code_lot, { gaveur_id: GAVEUR, dose_reelle: "338,6", poids_moyen: "5 480,2" }));
  assert.equal(ack.status, "saved", JSON.stringify(ack));
  assert.equal(ack.poids_moyen, 5480.2);
  await feeder.close();
  const [row] = await query("SELECT dose_reelle, poids_moyen FROM doses_journalieres WHERE code_lot = $1", [other.code_lot]);
  assert.deepEqual([row.dose_reelle, row.poids_moyen], [338.6, 5480.2]);
});

test("IdempotencyKeyAnswersTheFirstAnswerAgain", async () => {
  const key = { "Idempotency-Key": unique() };
  const body = day({ date_gavage: "2026-02-05" });
  const first = await post("/api/lots/gavage", body, key);
  const again = await post("/api/lots/gavage", body, key);
  assert.deepEqual([first.status, again.status], [201, 201], JSON.stringify(again.body));
  assert.equal(again.headers.get("idempotent-replayed"), "true");
  assert.deepEqual({ ...again.body, replayed: false }, first.body);
  const other = await post("/api/lots/gavage", { ...body, dose_matin: 301 }, key);
  assert.deepEqual([other.status, other.body.reason], [409, "REQUEST_ID_REUSED"]);
  const single = { code_lot: lot.code_lot, jour: 5, moment: "matin", dose_reelle: 330, timestamp: "2026-02-06T06:00:00Z", request_id: unique() };
  const saved = await post("/api/gaveurs/gavage", single);
  assert.equal(saved.status, 201, JSON.stringify(saved.body));
  assert.equal((await post("/api/gaveurs/gavage", { ...single, dose_reelle: 331 })).status, 409);
  assert.deepEqual({ ...(await post("/api/gaveurs/gavage", single)).body, replayed: false }, saved.body);
});

test("CorrectionsKeepWhoWhenBeforeAndAfter", async () => {
  const corrected = await rest(`/api/lots/${lot.id}/jour/0`, { method: "PUT", body: { ...day({ dose_matin: 310, mortalite_jour: 1 }), saisi_par: "user:9", raison_correction: "lue de travers" } });
  assert.equal(corrected.status, 200, JSON.stringify(corrected.body));
  assert.equal(corrected.body.status, "corrected");
  assert.equal((await rest(`/api/lots/${lot.id}/jour/0`)).body.corrections, 1);
  const same = await rest(`/api/lots/${lot.id}/jour/0`, { method: "PUT", body: { ...day({ dose_matin: 310, mortalite_jour: 1 }), saisi_par: "user:3", raison_correction: "encore" } });
  assert.deepEqual([same.status, same.body.status], [200, "duplicate"], JSON.stringify(same.body));
  const [unchanged] = await query("SELECT saisi_par, (SELECT count(*)::int FROM gavage_jours_history h WHERE h.lot_id = j.lot_id AND h.jour = 0) AS n FROM gavage_jours j WHERE lot_id = $1 AND jour = 0", [lot.id]);
  assert.deepEqual(unchanged, { saisi_par: "user:9", n: 1 });
  const history = (await rest(`/api/gavage/${corrected.body.gavage_id}/historique`)).body;
  assert.deepEqual((await rest(`/api/lots/${lot.code_lot}/jour/0/matin/historique`)).body, history);
  const [change] = history.changes;
  assert.deepEqual([change.changed_by, change.reason], ["user:9", "lue de travers"]);
  assert.ok(Math.abs(Date.parse(change.changed_at) - Date.now()) < 60_000);
  assert.deepEqual(change.fields.find((field) => field.field === "dose_reelle"), { field: "dose_reelle", before: "300", after: "310" });
  const again = await rest(`/api/lots/${lot.id}/jour/26`, { method: "PUT", body: { ...day({ date_gavage: "" }), saisi_par: "user:9", raison_correction: "x" } });
  assert.equal(again.status, 404, JSON.stringify(again.body));
});

test("DeathsAreCountedNoneOrNotCountedAndCanBeSetBackToNone", async () => {
  const fresh = await openLot();
  const { mortalite_jour, ...uncounted } = day({ lot_id: fresh.id });
  assert.equal((await post("/api/lots/gavage", uncounted)).status, 201);
  const read = async () => {
    const { body } = await rest(`/api/lots/${fresh.id}/jour/0`);
    return [body.mortalite_jour, body.nb_canards_vivants];
  };
  assert.deepEqual(await read(), [null, null]);
  const correct = (more) => rest(`/api/lots/${fresh.id}/jour/0`, { method: "PUT", body: { ...uncounted, saisi_par: "user:9", raison_correction: "recompté", ...more } });
  await correct({ mortalite_jour: 3 });
  assert.deepEqual(await read(), [3, 47]);
  await correct({ dose_soir: 325 });
  assert.deepEqual(await read(), [3, 47], "not told: as entered before");
  assert.equal((await correct({ mortalite_jour, dose_soir: 325 })).body.status, "corrected");
  assert.deepEqual(await read(), [0, 50]);
  const weightless = await post("/api/lots/gavage", { ...day({ lot_id: fresh.id, date_gavage: "2026-02-02" }), poids_echantillon: [] });
  assert.equal(weightless.status, 400);
  assert.match(JSON.stringify(weightless.body.errors), /poids_echantillon.*weigh at least one bird/);
});

test("DaysOfALotShowSkippedMealsAsGaps", async () => {
  const days = (await rest(`/api/lots/${lot.id}/historique`)).body;
  assert.deepEqual(days.map((each) => [each.jour, each.dose_matin, each.dose_soir, each.repas_manques]), [
    [0, 310, 320, []], [1, 300, 320, []], [2, 330, null, ["soir"]], [3, 338.6, 340.4, []], [4, 300, 320, []], [5, 330, null, []],
  ]);
  assert.equal(days[2].date_gavage, "2026-02-03");
  const all = (await rest("/api/lots/gavages/all?limit=2")).body;
  assert.equal(all.success, true);
  assert.equal(all.data.length, 2);
  const next = (await rest(`/api/lots/gavages/all?limit=2&page_token=${encodeURIComponent(all.next_page_token)}`)).body;
  assert.notDeepEqual(next.data, all.data);
  assert.equal((await rest(`/api/lots/${lot.id}/jour/20`)).status, 404);
});

test("MealAfterAGapRaisesItsAlerts", async () => {
  const alerts = await query("SELECT type_alerte, severite FROM alertes_euralis WHERE code_lot = $1 AND type_alerte IN ('silence', 'repas_manquant') ORDER BY 1", [lot.code_lot]);
  assert.deepEqual(alerts, [{ type_alerte: "repas_manquant", severite: "warning" }, { type_alerte: "silence", severite: "warning" }]);
});

test("HistoryOfAFeederHasItsMealsWithoutItsName", async () => {
  for (const path of [`/api/gaveurs/history?gaveur_id=${GAVEUR}&limit=3`, `/api/gavage/gaveur/${GAVEUR}?limit=3`]) {
    const { body } = await rest(path);
    assert.equal(body.length, 3);
    for (const each of body) assert.deepEqual([each.gaveur_id, each.gaveur_nom], [GAVEUR, `Gaveur ${GAVEUR}`]);
  }
});

test("EventsOfADayReachItsFeederAndNobodyElse", async () => {
  const own = await Socket.open(`/ws/gaveur/${GAVEUR}`);
  const other = await Socket.open(`/ws/gaveur/${GAVEUR + 1}`);
  const fresh = await openLot();
  assert.equal((await post("/api/lots/gavage", day({ lot_id: fresh.id, saisi_par: "user:secret" }))).status, 201);
  const first = await own.until((message) => message.type === "gavage_update" && message.data.code_lot === fresh.code_lot);
  const second = await own.until((message) => message.type === "gavage_update" && message.data.code_lot === fresh.code_lot);
  assert.deepEqual([first.data.moment, second.data.moment], ["matin", "soir"]);
  assert.ok(!JSON.stringify(own.messages).includes("user:secret"), "who entered it is not broadcast");
  assert.ok(!other.messages.some((message) => message.type === "gavage_update"));
  await own.close();
  await other.close();
});
