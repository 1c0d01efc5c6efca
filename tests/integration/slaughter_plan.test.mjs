// The plan of slaughter through REST (analytics.md section 5, frontends.md section 1.6): slots made and filled by people, capacity that is never exceeded, history.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { meal } from "../support/messages.mjs";
import { dayFromNow as day, knownFeeder, query, rest, Socket } from "./platform.mjs";

const WINDOW = `?from=${day(0)}&to=${day(20)}`;
const SLOTS = "/api/euralis/abattages/creneaux";
const lots = {};

/** A lot of `birds` whose first day was `age` days ago. */
async function openLot(name, age, birds, site = "LL") {
  const body = { site_code: site, nb_canards_initial: birds, genetique: "Mulard", debut_lot: day(-age), duree_prevue: 10, gaveur_id: site === "LL" ? 31 : 32, request_id: `plan-${name}` };
  const answer = await rest("/api/lots", { method: "POST", body });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  lots[name] = answer.body.code_lot;
}
const post = (path, body) => rest(path, { method: "POST", body: { by: "user:3", ...body } });
const openSlot = async (date, capacite_max, more = {}) => {
  const { status, body } = await post(SLOTS, { site_code: "LL", abattoir: "Abattoir A1", date, heure_debut: "08:00", heure_fin: "12:00", capacite_max, ...more });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
};
const plan = async (more = "") => {
  const { status, body } = await rest(`/api/euralis/abattages/planning${WINDOW}${more}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};
const refused = ({ status, body }, reason) => {
  assert.equal(status, 409, JSON.stringify(body));
  assert.match(JSON.stringify(body), reason);
};

before(async () => {
  await knownFeeder(31, "LL");
  await knownFeeder(32, "LS");
  await openLot("finished", 10, 400);
  await openLot("running", 4, 200);
  await openLot("other", 10, 200, "LS");
  const feeder = await Socket.open("/ws/gavage");
  for (const [name, site, gaveur_id] of [["finished", "LL", 31], ["running", "LL", 31], ["other", "LS", 32]]) {
    const fed = await feeder.ask(meal(lots[name], { jour: 0, moment: "matin", gaveur_id, site, genetique: "Mulard", ...(name === "finished" ? { nb_canards_vivants: 390, taux_mortalite: 2.5 } : { nb_canards_vivants: 200, taux_mortalite: 0 }) }));
    assert.equal(fed.status, "saved", JSON.stringify(fed));
  }
  await feeder.close();
  assert.equal((await post(`/api/lots/${lots.finished}/finish`, { reason: "ready" })).body.statut, "termine");
});

test("FinishedLotAndLotThatEndsInTheWindowWaitForASlot", async () => {
  const waiting = Object.fromEntries((await plan("&site_code=LL")).a_planifier.map((lot) => [lot.code_lot, lot]));
  assert.equal(waiting[lots.finished].raison, "gavage_termine");
  assert.equal(waiting[lots.finished].nb_canards, 390);
  assert.equal(waiting[lots.running].raison, "fin_prevue");
  assert.equal(waiting[lots.running].date_au_plus_tot, day(6));
  assert.equal(waiting[lots.other], undefined, "another site");
});

test("LotsAreAssignedByCodeAndByIdAndTheUseIsTold", async () => {
  const slot = await openSlot(day(8), 600);
  const [{ id }] = await query("SELECT id FROM lots_gavage WHERE code_lot = $1", [lots.running]);
  assert.equal((await post(`${SLOTS}/${slot.id}/lots`, { lot: lots.finished, distance_km: "82,5" })).status, 200);
  const filled = (await post(`${SLOTS}/${slot.id}/lots`, { lot: String(id) })).body;
  assert.deepEqual([filled.nb_lots, filled.nb_canards, filled.places_libres, filled.goulot], [2, 590, 10, true], JSON.stringify(filled));
  assert.deepEqual(filled.lots.map((lot) => [lot.code_lot, lot.distance_km]), [[lots.finished, 82.5], [lots.running, null]].sort());
  const body = await plan("&site_code=LL&statut=planifie");
  const shown = body.creneaux.find((each) => each.id === slot.id);
  assert.deepEqual(shown.lots_ids.length, 2);
  assert.ok(body.goulots.some((each) => each.date === day(8) && each.taux_utilisation_pct > 98));
  assert.ok(!body.a_planifier.some((lot) => [lots.finished, lots.running].includes(lot.code_lot)));
});

test("WhatDoesNotFitIsRefusedAndSaysWhatToDo", async () => {
  const early = await openSlot(day(2), 5000);
  refused(await post(`${SLOTS}/${early.id}/lots`, { lot: lots.other }), /site LS.*choose a slot of the lot's site/);
  refused(await post(`${SLOTS}/${early.id}/lots`, { lot: lots.running }), /already; take it out of that one first/);
  const taken = (await plan("&site_code=LL")).creneaux.find((slot) => slot.date === day(8));
  assert.equal((await rest(`${SLOTS}/${taken.id}/lots/${lots.running}?by=user:3`, { method: "DELETE" })).status, 200);
  refused(await post(`${SLOTS}/${early.id}/lots`, { lot: lots.running }), /ends its gavage on .*choose a slot on that day or later/);
  const small = await openSlot(day(9), 199);
  refused(await post(`${SLOTS}/${small.id}/lots`, { lot: lots.running }), /200 birds.*199 of 199 places left/);
  const bad = await post(SLOTS, { site_code: "LL", abattoir: "", date: "x", heure_debut: "8h", heure_fin: "12:00", capacite_max: 0 });
  assert.deepEqual(bad.body.errors.map((each) => each.field), ["abattoir", "date", "heure_debut", "capacite_max"]);
  assert.equal((await rest(`${SLOTS}/999999`)).status, 404);
});

test("AssignersAtOnceNeverExceedTheCapacity", async () => {
  const slot = await openSlot(day(12), 500, { abattoir: "Abattoir A2" });
  const names = Array.from({ length: 12 }, (_, i) => `crowd-${i}`);
  for (const name of names) await openLot(name, 2, 100);
  const answers = await Promise.all(names.map((name) => post(`${SLOTS}/${slot.id}/lots`, { lot: lots[name] })));
  assert.equal(answers.filter((answer) => answer.status === 200).length, 5);
  for (const answer of answers.filter((each) => each.status !== 200)) refused(answer, /places left/);
  const [row] = await query("SELECT nb_lots, nb_canards, (SELECT sum(nb_canards)::int FROM planning_abattages_lots WHERE creneau_id = p.id) AS sum FROM planning_abattages p WHERE id = $1", [slot.id]);
  assert.deepEqual(row, { nb_lots: 5, nb_canards: 500, sum: 500 });
});

test("ConfirmedSlotIsDoneWhenItsLotIsSlaughteredAndTheHistoryTellsAll", async () => {
  const slot = (await plan("&site_code=LL")).creneaux.find((each) => each.date === day(8));
  assert.equal((await post(`${SLOTS}/${slot.id}/confirmer`, {})).body.statut, "confirme");
  refused(await post(`${SLOTS}/${slot.id}/lots`, { lot: lots.running }), /reopen it/);
  const slaughtered = await post(`/api/lots/${lots.finished}/slaughter`, { by: "user:9", date_abattage: day(0), nb_canards_accroches: 380 });
  assert.equal(slaughtered.body.statut, "abattu", JSON.stringify(slaughtered.body));
  const done = (await rest(`${SLOTS}/${slot.id}`)).body;
  assert.equal(done.statut, "realise");
  assert.equal(done.lots[0].date_abattage, day(0));
  const { changes } = (await rest(`${SLOTS}/${slot.id}/changes`)).body;
  assert.deepEqual(changes.map((change) => `${change.changed_by} ${change.action}`),
    ["user:9 slaughter", "user:3 confirm", "user:3 remove", "user:3 assign", "user:3 assign", "user:3 create"]);
  assert.deepEqual(changes[0].fields, [{ field: "statut", before: "confirme", after: "realise" }]);
});

test("SlotIsGivenUpWithAReasonAndItsLotsWaitAgain", async () => {
  const slot = await openSlot(day(15), 1000);
  assert.equal((await post(`${SLOTS}/${slot.id}/lots`, { lot: lots.running })).status, 200);
  assert.equal((await post(`${SLOTS}/${slot.id}/annuler`, {})).status, 400, "a reason is needed");
  const cancelled = (await post(`${SLOTS}/${slot.id}/annuler`, { reason: "the line is down" })).body;
  assert.deepEqual([cancelled.statut, cancelled.raison_annulation, cancelled.nb_lots], ["annule", "the line is down", 0]);
  const body = await plan("&statut=annule");
  assert.deepEqual(body.creneaux.map((each) => each.id), [slot.id]);
  assert.ok(body.a_planifier.some((lot) => lot.code_lot === lots.running));
});

test("FeedersWithRunningLotsStandBesideTheCapacityOfTheirSite", async () => {
  const { status, body } = await rest("/api/euralis/planning/gaveurs-capacite?site_code=LL");
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(body.map((site) => [site.site_code, site.capacite_gavage_max]), [["LL", 30000]]);
  const feeder = body[0].gaveurs.find((each) => each.gaveur_id === 31);
  assert.equal(feeder.nb_lots, 13, "the running lot and the twelve; the slaughtered one is done");
  assert.equal(feeder.nb_canards, 200 + 1200);
  assert.equal(body[0].places_libres, 30000 - body[0].nb_canards);
});
