// The three curves of a lot through REST and the feeding socket (api.md part C.2).
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { freshLot, meal } from "../support/messages.mjs";
import { query, rest, Socket } from "./platform.mjs";

const lot = freshLot("LL");
const feeder = 4;
let curve;
let socket;

const post = (path, body) => rest(path, { method: "POST", body });
const fields = (object, names) => {
  for (const name of names.split(" ")) assert.ok(name in object, `${name} in ${JSON.stringify(object).slice(0, 300)}`);
};
const days = (morning, evening) => Array.from({ length: 12 }, (_, jour) => ({ jour, dose_matin: morning, dose_soir: evening }));
/** A meal as a phone sends it: without a prescribed dose. */
const give = (jour, moment, dose) => socket.ask(meal(lot, { site: "LL", gaveur_id: feeder, jour, moment, dose_theorique: undefined, dose_reelle: dose, poids_moyen: moment === "matin" ? 4610 : 4720 }));

before(async () => {
  socket = await Socket.open("/ws/gavage");
  const opened = await post("/api/lots", {
    code_lot: lot, site_origine: "Bretagne", nombre_canards: 800, genetique: "mulard", date_debut_gavage: "2026-01-20", date_fin_gavage_prevue: "2026-01-31", poids_moyen_initial: 4500, gaveur_id: feeder,
    origine: "simulator", // a feeder and days of nobody
  });
  assert.equal(opened.status, 201, JSON.stringify(opened.body));
  const proposed = await post(`/api/lots/${lot}/courbes/generer-theorique`, {});
  assert.equal(proposed.status, 200, JSON.stringify(proposed.body));
  curve = proposed.body;
});

test("ProposedCurveHasTheFieldsOfTheSpecification", async () => {
  fields(curve, "id lot_id code_lot gaveur_id gaveur_nom site_code pysr_equation pysr_r2_score pysr_complexity duree_gavage_jours statut superviseur_nom date_validation commentaire_superviseur created_at updated_at");
  assert.deepEqual([curve.statut, curve.duree_gavage_jours, curve.pysr_equation, curve.pysr_r2_score], ["EN_ATTENTE", 12, null, null]);
  fields(curve.courbe[0], "jour poids dose_matin dose_soir lower upper");
  const shown = (await rest(`/api/lots/${lot}`)).body;
  fields(shown, "courbe_theorique formule_pysr r2_score_theorique taux_conformite");
  assert.equal(shown.courbe_theorique.length, 12);
  const all = await rest("/api/euralis/courbes/theoriques?statut=EN_ATTENTE");
  assert.ok(all.body.some((each) => each.id === curve.id));
});

test("SupervisorModifiesTheCurveAndTheNextMealIsJudgedAgainstIt", async () => {
  const decided = await post(`/api/courbes/theorique/${curve.id}/valider`, {
    courbe_id: curve.id, statut: "VALIDEE", superviseur_nom: "superviseur:7", commentaire: "plus doux", courbe_modifiee: days(250, 270),
  });
  assert.equal(decided.status, 200, JSON.stringify(decided.body));
  assert.deepEqual([decided.body.statut, decided.body.en_vigueur, decided.body.courbe[0].dose_g], ["MODIFIEE", true, 520]);
  assert.equal((await give(0, "matin", 200)).status, "saved");
  const [stored] = await query("SELECT dose_theorique FROM doses_journalieres WHERE code_lot = $1", [lot]);
  assert.equal(stored.dose_theorique, 250);
  const [alert] = await query("SELECT type_alerte FROM alertes_euralis WHERE code_lot = $1 AND type_alerte = 'dose_ecart'", [lot]);
  assert.ok(alert, "200 g for 250 g is an alert");
  const history = await rest(`/api/courbes/theorique/${curve.id}/historique`);
  assert.deepEqual(history.body.map((each) => each.statut), ["MODIFIEE", "EN_ATTENTE"]);
});

test("CorrectionIsAcceptedInTheAddressAndPrescribesTheNextMeal", async () => {
  const pending = (await rest(`/api/courbes/corrections/gaveur/${feeder}?pending_only=true`)).body.filter((each) => each.code_lot === lot);
  assert.equal(pending.length, 1);
  assert.deepEqual([pending[0].dose_prevue_g, pending[0].dose_proposee_g, pending[0].moment_cible], [270, 295, "soir"]);
  const undecided = await post(`/api/courbes/corrections/${pending[0].id}/repondre`);
  assert.equal(undecided.status, 400, JSON.stringify(undecided.body));
  const answered = await post(`/api/courbes/corrections/${pending[0].id}/repondre?acceptee=true&dose_finale_g=290`);
  assert.deepEqual([answered.status, answered.body.statut, answered.body.dose_finale_g], [200, "acceptee", 290]);
  const suggested = (await rest(`/api/ml/suggestions/lot/${lot}/jour/0`)).body;
  assert.deepEqual([suggested.success, suggested.data.dose_soir, suggested.data.source], [true, 290, "correction"]);
  await give(0, "soir", 288);
  const [stored] = await query("SELECT dose_theorique FROM doses_journalieres WHERE code_lot = $1 AND moment = 'soir'", [lot]);
  assert.equal(stored.dose_theorique, 290);
  fields((await rest(`/api/corrections/gaveur/${feeder}/stats`)).body, "gaveur_id total acceptees refusees taux_acceptation");
});

test("DayEnteredWithoutMealsStandsBesideThem", async () => {
  const { id } = (await rest(`/api/lots/${lot}`)).body;
  const entered = await post("/api/courbes/reelle", { lot_id: id, gaveur_id: feeder, site_code: "LL", date_gavage: "2026-01-21", jour_gavage: 1, dose_reelle_g: 530, commentaire_gaveur: "carnet" });
  assert.deepEqual([entered.status, entered.body.source, entered.body.dose_theorique_g, entered.body.ecart_g], [200, "saisie", 520, 10]);
  for (const path of [`/api/courbes/reelle/lot/${lot}`, `/api/lots/${id}/courbes/reelle`]) {
    const real = (await rest(path)).body;
    assert.deepEqual(real.map((day) => [day.jour, day.dose_g, day.source]), [[0, 488, "repas"], [1, 530, "saisie"]]);
  }
});

test("DashboardHoldsAllCurvesWithTheirNames", async () => {
  const { body } = await rest(`/api/courbes/dashboard/lot/${lot}/`);
  fields(body, "lot_id courbe_theorique courbe_reelle corrections_ia statistiques");
  fields(body.courbe_theorique, "id equation courbe statut superviseur");
  fields(body.courbe_theorique.courbe[0], "jour dose_g");
  assert.equal(body.corrections_ia[0].dose_donnee_g, 288);
  assert.equal(body.statistiques.nb_repas, 2);
  const predictive = (await rest(`/api/courbes/predictive/lot/${lot}`)).body;
  assert.equal(predictive.courbe.at(-1).jour, 11);
  const advice = (await rest(`/api/ml/recommandations/lot/${lot}`)).body;
  assert.ok(Array.isArray(advice));
  for (const each of advice) fields(each, "type urgence message action");
});

test("RecommendedCurveIsShownSavedAndFoundAgain", async () => {
  const path = `/api/euralis/ml/gaveur/${feeder}/courbe-recommandee`;
  const { body } = await rest(`${path}?nb_canards=800&souche=Mulard`);
  fields(body, "gaveur courbe_recommandee metadata recommandations courbe_existante");
  fields(body.gaveur, "id nom prenom nb_lots_historique itm_moyen mortalite_moyenne cluster");
  fields(body.metadata, "cluster itm_historique itm_cible mortalite_historique nb_canards souche total_mais_par_canard_g total_mais_lot_kg facteur_ajustement date_generation source");
  assert.deepEqual(body.courbe_recommandee.map((day) => day.jour), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  fields(body.courbe_recommandee[0], "jour matin soir total");
  const saved = await post(`${path}/sauvegarder`, {});
  assert.equal(saved.body.success, true);
  assert.equal((await rest(path)).body.courbe_existante.id, saved.body.courbe_id);
});

test("GoalIsScaledWithoutAFormula", async () => {
  const { status, body } = await post(`/api/courbes/theorique/generate-pysr?lot_id=${lot}&age_moyen=90&poids_foie_cible=500&duree_gavage=12&race=mulard&auto_save=false`);
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual([body.id, body.source, body.pysr_equation], [0, "souche_objectif", null]);
  assert.ok(Math.abs(body.total_mais_g - 7555) < 3);
});

test("BadCurvesNameEveryField", async () => {
  const bad = await post("/api/courbes/theorique", { lot_id: lot, courbe_theorique: [{ jour: 1, dose_matin: 200 }] });
  assert.equal(bad.status, 400);
  assert.match(JSON.stringify(bad.body), /courbe_theorique\[0\]\.jour.*by/s);
  assert.equal((await rest(`/api/courbes/theorique/lot/LL0000000`)).status, 404);
  assert.equal((await post(`/api/courbes/theorique/999999/valider`, { statut: "VALIDEE", superviseur_nom: "s" })).status, 404);
});
