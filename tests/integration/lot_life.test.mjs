// The life of a lot through REST (api.md C.2, domain.md section 6): the names of both front ends, id or code, transitions, soft delete, history.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { meal, sample } from "../support/messages.mjs";
import { dayFromNow, knownFeeder, query, rest, Socket } from "./platform.mjs";

const LOT_ANSWER =
  "id code_lot site_origine nombre_canards genetique date_debut_gavage date_fin_gavage_prevue poids_moyen_initial objectif_quantite_mais objectif_poids_final gaveur_id lot_mais_id " +
  "date_fin_gavage_reelle poids_moyen_actuel poids_moyen_final courbe_theorique formule_pysr r2_score_theorique statut nombre_jours_gavage_ecoules taux_mortalite nombre_mortalite " +
  "taux_conformite created_at updated_at";
const first = dayFromNow(-14), last = dayFromNow(-3), slaughtered = dayFromNow(0);
const opened = {
  code_lot: "LS2611901", site_origine: "Pays de Loire", nombre_canards: 50, genetique: "mulard", date_debut_gavage: first, date_fin_gavage_prevue: last, poids_moyen_initial: 4500.5,
  objectif_quantite_mais: 9000, objectif_poids_final: 6800, gaveur_id: 2, lot_mais_id: 12,
};
let lot;

before(async () => {
  await knownFeeder(2, "LS");
  const answer = await rest("/api/lots", { method: "POST", body: opened });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  lot = answer.body;
});

const refused = async (path, request, status, field) => {
  const { status: got, body } = await rest(path, request);
  assert.equal(got, status, JSON.stringify(body));
  if (field) assert.ok(body.errors.some((each) => each.field === field), JSON.stringify(body));
  return body;
};

test("LotOfTheGaveursFrontEndComesBackWithEveryField", () => {
  for (const field of LOT_ANSWER.split(" ")) assert.ok(field in lot, field);
  for (const [field, value] of Object.entries(opened)) assert.equal(lot[field], field === "genetique" ? "Mulard" : value, field);
  assert.deepEqual([lot.site_code, lot.duree_prevue, lot.statut, lot.origine], ["LS", 12, "en_preparation", "manual"]);
});

test("LotOfAPersonNeedsARegisteredFeederAndANearFirstDay", async () => {
  const { code_lot: _, ...wish } = opened;
  const body = await refused("/api/lots", { method: "POST", body: { ...wish, request_id: "lot-life-unknown", gaveur_id: 777777 } }, 400, "gaveur_id");
  assert.match(JSON.stringify(body), /POST \/api\/gaveurs/);
  await refused("/api/lots", { method: "POST", body: { ...wish, request_id: "lot-life-2999", date_debut_gavage: "2999-01-01", date_fin_gavage_prevue: "2999-01-12" } }, 400, "debut_lot");
});

test("KeyOfAWishAnswersTheSameLotWith200AndWhoOpenedItIsKept", async () => {
  const { code_lot: _, ...wish } = opened;
  const headers = { "idempotency-key": "lot-life-key" };
  const made = await rest("/api/lots", { method: "POST", headers, body: { ...wish, by: "user:9" } });
  const again = await rest("/api/lots", { method: "POST", headers, body: { ...wish, by: "user:9" } });
  assert.deepEqual([made.status, again.status, again.body.id], [201, 200, made.body.id], JSON.stringify(again.body));
  await refused("/api/lots", { method: "POST", headers, body: { ...wish, objectif_poids_final: 6900 } }, 409);
  const [created] = (await rest(`/api/lots/${made.body.id}/changes`)).body.changes;
  assert.deepEqual([created.transition, created.changed_by], ["create", "user:9"]);
});

test("SameWishAgainIsTheSameLotAndAnotherWishUnderItsCodeIsRefused", async () => {
  assert.equal((await rest("/api/lots", { method: "POST", body: opened })).body.id, lot.id);
  await refused("/api/lots", { method: "POST", body: { ...opened, nombre_canards: 51 } }, 409);
});

test("CodesAreGivenByTheServerInBothFormatsAccepted", async () => {
  const { code_lot: _, ...wish } = opened;
  const given = (await rest("/api/lots", { method: "POST", body: { ...wish, request_id: "lot-life-1" } })).body;
  assert.match(given.code_lot, new RegExp(`^LS${first.slice(2, 4)}${first.slice(5, 7)}\\d{3}$`));
  const historical = await rest("/api/lots", { method: "POST", body: { ...opened, code_lot: "LS4801599" } });
  assert.equal(historical.status, 201, JSON.stringify(historical.body));
  await refused("/api/lots", { method: "POST", body: { ...opened, code_lot: "MG4801599" } }, 400, "code_lot");
});

test("FeederOfAnotherSiteAndTwoNamesThatDisagreeAreRefused", async () => {
  await refused("/api/lots", { method: "POST", body: { ...opened, code_lot: "LL2611902", site_origine: "Bretagne" } }, 409);
  await refused("/api/lots", { method: "POST", body: { ...opened, code_lot: "LS2611903", site_code: "MT" } }, 400);
});

// Every GET route of the description that has a lot in its path.
const ROUTES = [
  "/api/alertes/lot/{lot}", "/api/courbes/dashboard/lot/{lot}", "/api/courbes/predictive/lot/{lot}", "/api/courbes/reelle/lot/{lot}", "/api/courbes/theorique/lot/{lot}",
  "/api/euralis/lots/{lot}", "/api/euralis/lots/{lot}/doses", "/api/euralis/lots/{lot}/performance", "/api/lots/{lot}", "/api/lots/{lot}/alertes", "/api/lots/{lot}/changes",
  "/api/lots/{lot}/courbes/reelle", "/api/lots/{lot}/courbes/theorique", "/api/lots/{lot}/historique", "/api/lots/{lot}/jour/{jour}",
  "/api/lots/{lot}/jour/{jour}/{moment}/historique", "/api/lots/{lot}/performance", "/api/lots/{lot}/qualite", "/api/lots/{lot}/statistiques-alertes", "/api/lots/{lot}/stats",
  "/api/ml/recommandations/lot/{lot}", "/api/ml/suggestions/lot/{lot}/jour/{jour}", "/api/sqal/integration/lot/{lot}",
  "/api/sqal/lots/{lot}/quality-forecast", "/api/sqal/pending-lots/{code_lot}/attempts",
];

test("EveryRouteOfALotIsInTheTableOfThisTest", async () => {
  const { paths } = (await rest("/openapi.json")).body;
  const described = Object.keys(paths).filter((path) => paths[path].get && /\{(lot|code_lot|lot_id)\}/.test(path));
  assert.deepEqual(described.sort(), [...ROUTES].sort());
});

test("EveryRouteOfALotTakesItsIdAndItsCode", async () => {
  const { code_lot: _, ...wish } = opened;
  const fed = (await rest("/api/lots", { method: "POST", body: { ...wish, request_id: "lot-life-routes" } })).body;
  const curve = await rest(`/api/lots/${fed.id}/courbes/generer-theorique`, { method: "POST", body: { source: "souche" } });
  assert.ok(curve.status < 300, JSON.stringify(curve.body));
  const feeder = await Socket.open("/ws/gavage");
  for (const [jour, moment] of [[0, "matin"], [0, "soir"], [11, "soir"]]) {
    const message = meal(fed.code_lot, { jour, moment, gaveur_id: 2, site: "LS", genetique: "Mulard", pret_abattage: jour === 11 });
    assert.equal((await feeder.ask(message)).status, "saved");
  }
  await feeder.close();
  const station = await Socket.open("/ws/sensors/");
  assert.equal((await station.ask(sample({ lot_id: fed.code_lot }))).status, "saved");
  await station.close();
  for (const route of ROUTES) {
    const ask = (name) => rest(route.replace(/\{(lot|code_lot)\}/, name).replace("{jour}", "0").replace("{moment}", "matin"));
    const [byId, byCode] = [await ask(fed.id), await ask(fed.code_lot)];
    assert.deepEqual([byId.status, byCode.status], [200, 200], `${route}: ${JSON.stringify(byId.body).slice(0, 300)} ${JSON.stringify(byCode.body).slice(0, 300)}`);
    assert.deepEqual(byId.body, byCode.body, route);
  }
});

test("ChangeIsKeptWithWhoWhyAndBothValues", async () => {
  const read = (await rest(`/api/lots/${lot.id}`)).body;
  const body = { by: "user:3", reason: "counted again", nombre_canards: 52, updated_at: read.updated_at };
  const changed = await rest(`/api/lots/${lot.id}`, { method: "PUT", body });
  assert.equal(changed.body.nombre_canards, 52, JSON.stringify(changed.body));
  await refused(`/api/lots/${lot.id}`, { method: "PUT", body: { ...body, nombre_canards: 53 } }, 409);
  const [newest] = (await rest(`/api/lots/${lot.code_lot}/changes`)).body.changes;
  assert.deepEqual([newest.changed_by, newest.reason, newest.transition], ["user:3", "counted again", "update"]);
  const birds = newest.fields.find((each) => each.field === "nb_canards_initial");
  assert.deepEqual([birds.before, birds.after], ["50", "52"]);
});

test("DeletedLotKeepsItsRowsLeavesTheListsRefusesMealsAndComesBack", async () => {
  const path = `/api/lots/${lot.code_lot}`;
  assert.equal((await rest(`${path}?by=user:3&reason=entered%20twice`, { method: "DELETE" })).body.statut, "annule");
  assert.equal((await rest(`${path}/restore`, { method: "POST", body: { by: "user:3", reason: "was right" } })).body.statut, "en_preparation");
  assert.equal((await rest(path, { method: "DELETE" })).body.statut, "annule");
  assert.equal((await rest(`${path}/changes`)).body.changes[0].changed_by, "api", "older front ends say neither who nor why");
  const listed = async (filter) => (await rest(`/api/lots?site_code=LS${filter}`)).body.some((each) => each.code_lot === lot.code_lot);
  assert.deepEqual([await listed(""), await listed("&statut=annule")], [false, true]);
  const feeder = await Socket.open("/ws/gavage");
  const message = meal(lot.code_lot, { jour: 0, moment: "matin", gaveur_id: 2, site: "LS", genetique: "Mulard" });
  assert.equal((await feeder.ask(message)).type, "error");
  assert.equal((await query("SELECT count(*)::int AS rows FROM lots_gavage WHERE code_lot = $1", [lot.code_lot]))[0].rows, 1);
  assert.equal((await rest(`${path}/restore`, { method: "POST", body: { by: "user:3", reason: "was right" } })).body.statut, "en_preparation");
  assert.equal((await feeder.ask(message)).status, "saved");
  await feeder.close();
});

test("TransitionThatTheStateForbidsNamesTheOnesItAllows", async () => {
  const slaughter = { by: "user:3", date_abattage: slaughtered, nb_canards_accroches: 48 };
  const body = await refused(`/api/lots/${lot.id}/slaughter`, { method: "POST", body: slaughter }, 409);
  assert.match(body.detail, /en_gavage/);
  assert.match(body.detail, /finish/);
  assert.equal((await rest(`/api/lots/${lot.id}/finish`, { method: "POST", body: { by: "user:3", reason: "ready" } })).body.statut, "termine");
  assert.equal((await rest(`/api/lots/${lot.id}/slaughter`, { method: "POST", body: slaughter })).body.statut, "abattu");
  await refused(`/api/lots/${lot.id}?by=user:3&reason=late`, { method: "DELETE" }, 409);
});
