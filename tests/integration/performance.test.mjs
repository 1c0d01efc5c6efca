// What lots yield, feeders and their alerts through REST: the names of api.md B.1, C.1 and C.2, by id and by code, with and without a slash.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { meal, sample } from "../support/messages.mjs";
import { dayFromNow, query, rest, Socket } from "./platform.mjs";

const LOT_ALERT = "id time lot_id code_lot canard_id niveau type_alerte message valeur_mesuree valeur_seuil acquittee acquittee_par acquittee_le sms_envoye created_at";
const code = "LS2611801";
let lot, gaveur;

const self = (body) => body;
const first = (list) => (assert.ok(Array.isArray(list) && list.length > 0, "a list with entries"), list[0]);

/** Two meals, the second 30 % short (so an alert), a sample of the lot; and a slaughtered lot of the same feeder. */
before(async () => {
  const contact = {
    nom: "Durand", prenom: "Dominique", email: "d.durand@example.org", telephone: "06 11 22 33 44", adresse: "2 chemin du Moulin", certifications: ["IGP Sud-Ouest"], site_code: "LS",
  };
  const registered = await rest("/api/gaveurs/", { method: "POST", body: contact });
  assert.equal(registered.status, 201, JSON.stringify(registered.body));
  gaveur = registered.body.id;
  const wish = {
    code_lot: code, site_origine: "Pays de Loire", nombre_canards: 50, genetique: "mulard", date_debut_gavage: dayFromNow(-19), date_fin_gavage_prevue: dayFromNow(-11), gaveur_id: gaveur, poids_moyen_initial: 4500,
  };
  lot = (await rest("/api/lots", { method: "POST", body: wish })).body;
  const feeder = await Socket.open("/ws/gavage");
  const common = { gaveur_id: gaveur, site: "LS", genetique: "Mulard", dose_theorique: 250, pret_abattage: false };
  for (const [moment, dose_reelle] of [["matin", 250], ["soir", 175]]) {
    const answer = await feeder.ask(meal(code, { ...common, jour: 0, moment, dose_reelle }));
    assert.equal(answer.status, "saved", JSON.stringify(answer));
  }
  await feeder.close();
  const station = await Socket.open("/ws/sensors/");
  const answer = await station.ask(sample({ lot_id: code }));
  assert.equal(answer.status, "saved", JSON.stringify(answer));
  await station.close();
  await rest("/api/lots", { method: "POST", body: { ...wish, code_lot: "LS2611802", date_debut_gavage: dayFromNow(-40), date_fin_gavage_prevue: dayFromNow(-31) } });
  await query("UPDATE lots_gavage SET statut = 'en_gavage', total_corn_real = 8000, jour_actuel = 9 WHERE code_lot = 'LS2611802'");
  for (const [verb, body] of [["finish", { by: "user:3", reason: "done" }], ["slaughter", { by: "user:3", date_abattage: dayFromNow(-29), nb_canards_accroches: 48, poids_foie_moyen: 500, sigma: 0.15 }]]) {
    const done = await rest(`/api/lots/LS2611802/${verb}`, { method: "POST", body });
    assert.equal(done.status, 200, JSON.stringify(done.body));
  }
});

/** route (L lot, G feeder), field names the specification prints, where they are in the answer. */
const routes = [
  ["/api/lots/L/stats", "lot_id code_lot statut nombre_jours_ecoules nombre_jours_prevus nombre_jours_restants pourcent_avancement poids doses conformite sante derniere_mise_a_jour itm sigma conformite_reglementaire", self],
  ["/api/lots/L/stats", "initial actuel objectif gain_total gain_moyen_jour", (body) => body.poids],
  ["/api/lots/L/stats", "total_donne objectif_total pourcent_objectif moyenne_jour", (body) => body.doses],
  ["/api/lots/L/stats", "ecart_moyen_courbe jours_hors_tolerance taux_conformite", (body) => body.conformite],
  ["/api/lots/L/stats", "mortalite_totale taux_mortalite nombre_alertes", (body) => body.sante],
  ["/api/lots/L/qualite", "lot_id has_sqal_data nb_echantillons poids_foie volume scores grades indices_spectraux conformite dates", self],
  ["/api/lots/L/qualite", "moyen_g min_g max_g ecart_type_g", (body) => body.poids_foie],
  ["/api/lots/L/qualite", "moyen_mm3 hauteur_moyenne_mm uniformite_surface", (body) => body.volume],
  ["/api/lots/L/qualite", "moyen min max", (body) => body.scores],
  ["/api/lots/L/qualite", "majoritaire repartition pourcent_a_plus_a", (body) => body.grades],
  ["/api/lots/L/qualite", "A+ A B C REJECT", (body) => body.grades.repartition],
  ["/api/lots/L/qualite", "fraicheur qualite_gras oxydation", (body) => body.indices_spectraux],
  ["/api/lots/L/qualite", "nb_conformes pourcent_conformes", (body) => body.conformite],
  ["/api/lots/L/qualite", "premiere_mesure derniere_mesure", (body) => body.dates],
  ["/api/lots/qualite?ids=LS2611802,L", "lot_id has_sqal_data nb_echantillons", first],
  ["/api/lots/L/alertes", LOT_ALERT, first],
  ["/api/alertes/lot/L", LOT_ALERT, first],
  ["/api/lots/alertes/gaveur/G", LOT_ALERT, first],
  ["/api/alertes/gaveur/G?acquittee=false", LOT_ALERT, first],
  ["/api/lots/L/statistiques-alertes", "lot_id total actives acquittees par_niveau par_type", self],
  ["/api/alertes/dashboard/G", "gaveur_id total actives alertes", self],
  ["/api/stats/gaveur/G", "gaveur_id periode_debut periode_fin nombre_canards_total nombre_canards_termines poids_moyen_final taux_mortalite indice_consommation performance_score", self],
  ["/api/gaveurs/G", "id nom prenom email telephone site_code actif created_at nb_lots_total nb_lots_actifs nb_lots_termines", self],
  ["/api/euralis/gaveurs/G", "id nom prenom email telephone site_code actif created_at nb_lots_total nb_lots_actifs nb_lots_termines", self],
  ["/api/euralis/sites/LS/gaveurs", "id nom prenom email telephone site_origine nb_lots", first],
  ["/api/euralis/gaveurs/performances?site_code=LS", "gaveur_id gaveur_nom site_code nb_lots_total itm_moyen sigma_moyen mortalite_moyenne cluster_id cluster_label production_totale_kg", first],
  ["/api/euralis/gaveurs/performance", "gaveur_id gaveur_nom cluster_label", first],
  ["/api/euralis/gaveurs/G/analytics", "gaveur_id gaveur_nom site_code nb_lots_total itm_moyen sigma_moyen mortalite_moyenne production_totale_kg cluster_id cluster_label itm_site_moyen itm_euralis_moyen rang_site total_gaveurs_site rang_euralis total_gaveurs_euralis evolution_itm_7j", self],
  ["/api/euralis/gaveurs/G/analytics", "date itm", (body) => first(body.evolution_itm_7j)],
  ["/api/euralis/ml/gaveur/G/performance-history?limit=10", "gaveur_id lots statistiques", self],
  ["/api/euralis/ml/gaveur/G/performance-history", "id code_lot debut_lot duree_jours itm sigma mortalite_pct total_mais_kg poids_foie_moyen_g nb_canards souche production_kg", (body) => first(body.lots)],
  ["/api/euralis/ml/gaveur/G/performance-history", "itm_moyen itm_min itm_max mortalite_moyenne production_totale_kg nb_lots tendance_itm", (body) => body.statistiques],
  ["/api/euralis/ml/lots-correlation-data?limit=500", "id code_lot site_code gaveur_id debut_lot itm sigma total_corn_target total_corn_real nb_meg nb_accroches poids_foie_moyen duree_du_lot mortalite_pct statut", first],
  ["/api/sqal/integration/lots-aggregated", "total_lots lots", self],
  ["/api/sqal/integration/lots-aggregated", "lot_id nb_echantillons score_qualite_moyen grade_majoritaire tof_score_moyen spectral_score_moyen indice_fraicheur indice_qualite_gras indice_oxydation", (body) => first(body.lots)],
  ["/api/euralis/dashboard/charts/itm", "site_code itm_moyen itm_min itm_max itm_stddev q1 median q3", first],
  ["/api/euralis/dashboard/charts/production?periode=3650", "site_code date nb_lots production_kg", first],
  ["/api/euralis/dashboard", "production_totale_kg nb_lots_actifs nb_lots_termines nb_gaveurs_actifs itm_moyen_global mortalite_moyenne_globale nb_alertes_critiques", self],
  ["/api/euralis/statistics", "site_code nb_lots itm_moyen production_foie_kg", (body) => first(body.sites)],
];

for (const [route, names, pick] of routes) {
  test(`GET ${route} has ${names.split(" ").slice(0, 3).join(", ")} ...`, async () => {
    const [path, parameters] = route.replaceAll("/G", `/${gaveur}`).replace(",L", `,${lot.id}`).split("?");
    for (const name of path.includes("/L") ? [lot.id, code] : [""]) {
      const asked = path.replace(/\/L(?=\/|$)/, `/${name}`);
      for (const spelling of [asked, `${asked}/`]) {
        const { status, body } = await rest(parameters ? `${spelling}?${parameters}` : spelling);
        assert.equal(status, 200, `${spelling}: ${JSON.stringify(body).slice(0, 300)}`);
        const found = Object.keys(pick(body));
        assert.deepEqual(names.split(" ").filter((each) => !found.includes(each)), [], `missing in ${found}`);
      }
    }
  });
}

test("NinePlannedDaysAreToldOnTheFirstDay", async () => {
  const { body } = await rest(`/api/lots/${code}/stats`);
  assert.equal(body.itm.nature, "projection");
  const pgi = body.conformite_reglementaire.find((each) => each.label === "igp_sud_ouest");
  assert.equal(pgi.statut, "compromis");
  assert.match(pgi.regles.find((each) => each.regle === "duree").message, /prolonger le gavage d'au moins 1 jours/);
  const failing = (await rest("/api/euralis/performances/lots?statut=actif&conformite=compromis&label=igp_sud_ouest")).body;
  assert.ok(failing.some((each) => each.code_lot === code));
});

test("AgeThatIsToldLaterIsJudgedAtOnce", async () => {
  const age = async () => (await rest(`/api/lots/${code}/performance`)).body.conformite[1].regles.find((each) => each.regle === "age").statut;
  assert.equal(await age(), "inconnu");
  for (const [days, verdict] of [[80, "non_conforme"], [81, "conforme"]]) {
    assert.equal((await rest(`/api/lots/${code}`, { method: "PUT", body: { by: "user:3", age_animaux: days } })).body.age_animaux, days);
    assert.equal(await age(), verdict);
  }
});

test("SlaughterMakesTheFiguresFinal", async () => {
  const { body } = await rest("/api/euralis/lots/LS2611802/performance");
  assert.deepEqual([body.itm.nature, body.itm.valeur, body.itm.classe, body.sigma.valeur], ["final", 16, "D", 0.15]);
  assert.equal(body.production.foie_kg, (48 * 8) / 16);
});

test("AlertIsAcknowledgedUnderEveryOfItsNames", async () => {
  const [alert] = (await rest(`/api/lots/${code}/alertes?niveau=critique`)).body;
  assert.equal(alert.severite, "critique", JSON.stringify(alert));
  const done = await rest(`/api/lots/alertes/${alert.id}/acquitter?acquittee_par=user:9`, { method: "POST" });
  assert.equal(done.body.acquittee_par, "user:9", JSON.stringify(done.body));
  for (const route of [`/api/alertes/${alert.id}/acquitter`, `/api/euralis/alertes/${alert.id}/acquitter`]) {
    const again = await rest(route, { method: "POST", body: { acquittee_par: "user:10" } });
    assert.equal(again.body.acquittee_par, "user:9", "the first acknowledgement stands");
  }
  assert.equal((await rest(`/api/alertes/gaveur/${gaveur}?acquittee=false`)).body.some((each) => each.id === alert.id), false);
});

test("NobodyIsNamedAndAnAccountNeedsAnEmailAndAPassword", async () => {
  for (const route of [`/api/gaveurs/${gaveur}`, "/api/euralis/sites/LS/gaveurs", "/api/euralis/gaveurs/performances", `/api/euralis/gaveurs/${gaveur}/analytics`]) {
    assert.doesNotMatch(JSON.stringify((await rest(route)).body), /Durand|Dominique|example\.org|06 11|Moulin/, route);
  }
  for (const [contact, field] of [[{ password: "12345678" }, "email"], [{ email: "a@example.org", password: "1234567" }, "password"]]) {
    const refused = await rest("/api/gaveurs", { method: "POST", body: { nom: "A", prenom: "B", ...contact } });
    assert.equal(refused.status, 400);
    assert.deepEqual(refused.body.errors.map((each) => each.field), [field]);
  }
});

test("OlderRoutesAreNotHiddenByNewOnes", async () => {
  assert.equal((await rest(`/api/gaveurs/history?gaveur_id=${gaveur}`)).status, 200);
  assert.equal((await rest(`/api/lots/gaveur/${gaveur}`)).body[0].gaveur_id, gaveur);
  assert.equal((await rest(`/api/lots/${code}`)).body.code_lot, code);
  assert.equal((await rest("/api/euralis/gaveurs/0")).status, 400);
  assert.equal((await rest("/api/euralis/gaveurs/99999")).status, 404);
});
