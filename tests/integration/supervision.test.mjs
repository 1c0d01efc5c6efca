// The supervisors' pages through REST: a campaign file is imported, livers are measured, and the figures must be those worked out here from file and samples.
// EGI_REFERENCE_CSV names the real file (domain.md section 15.4); without it the synthetic one of the repository is used.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { meal, sample } from "../support/messages.mjs";
import { dayFromNow, program, query, rest, run, server, Socket } from "./platform.mjs";

const reference = process.env.EGI_REFERENCE_CSV;
const file = reference || program("data/lots_gavage_synthetic.csv");
const number = (text) => (text.trim() === "" ? undefined : Number(text.trim().replace(",", ".")));
const sum = (list) => list.reduce((total, each) => total + each, 0);
const mean = (list) => sum(list) / list.length;
const near = (found, expected, tolerance, what) => assert.ok(Math.abs(found - expected) <= tolerance, `${what}: ${found}, expected ${expected}`);
const get = async (path) => {
  const { status, body } = await rest(path);
  assert.equal(status, 200, `${path}: ${JSON.stringify(body).slice(0, 300)}`);
  return body;
};

/** The lots of the file: everything is final. */
function readLots() {
  const [head, ...rows] = readFileSync(file, "latin1").split(/\r?\n/).filter(Boolean);
  const names = head.replace(/^\uFEFF|^ï»¿/, "").split(";");
  return rows.map((row) => {
    const cells = row.split(";");
    const [placed, hung, conso, itm, sigma] = ["Nb_MEG", "Quantite_accrochee", "Conso_Gav_Z1", "ITM", "Sigma"].map((name) => number(cells[names.indexOf(name)] ?? ""));
    const code = cells[names.indexOf("CodeLot")].trim();
    return { code, site: code.slice(0, 2), placed, hung, itm, sigma, corn: hung * conso, liver: (hung * conso) / itm };
  });
}

const lots = readLots();
const classOf = (itm) => (itm <= 12.5 ? "A" : itm <= 14 ? "B" : itm <= 15.5 ? "C" : itm <= 17 ? "D" : "E");
const itmOf = (list) => sum(list.map((lot) => lot.corn)) / sum(list.map((lot) => lot.liver));

/** What the stations sent: [lot, tof, spectral]; eleven livers of three lots and one of a fourth. */
const measured = lots.slice(0, 4);
const readings = measured.flatMap((lot, i) => Array.from({ length: i === 3 ? 1 : 11 }, (_, k) => ({ lot, tof: 0.9 - 0.12 * i, spectral: 0.9 - 0.1 * i - 0.001 * k })));
const gradeOf = (score) => (score >= 0.85 ? "A+" : score >= 0.75 ? "A" : score >= 0.6 ? "B" : score >= 0.45 ? "C" : "REJECT");
const scoreOf = ({ tof, spectral }) => Number((0.6 * tof + 0.4 * spectral).toFixed(4));
const running = "LL2611901";
const opening = dayFromNow(-19);

before(async () => {
  const { code, stdout, stderr } = await run("clients/cli/egictl", ["--server", server, "--json", "import", "lots", file]);
  assert.equal(code, 0, stderr + stdout.slice(-2000));
  const station = await Socket.open("/ws/sensors/");
  for (const { lot, tof, spectral } of readings) {
    const answer = await station.ask(sample({ tof, spectral, site: lot.site, device: `ESP32_${lot.site}_09`, lot_id: lot.code }));
    assert.equal(answer.status, "saved", JSON.stringify(answer));
  }
  await station.close();
  // A lot that is being fed, with a meal 40 % short: an open alert.
  const [{ gaveur_id }] = await query("SELECT gaveur_id FROM lots_gavage WHERE site_code = 'LL' AND gaveur_id IS NOT NULL ORDER BY id LIMIT 1");
  const wish = { code_lot: running, gaveur_id, site_origine: "Bretagne", nombre_canards: 50, genetique: "mulard", date_debut_gavage: opening, date_fin_gavage_prevue: dayFromNow(-9), poids_moyen_initial: 4500 };
  const opened = await rest("/api/lots", { method: "POST", body: wish });
  assert.equal(opened.status, 201, JSON.stringify(opened.body));
  const feeder = await Socket.open("/ws/gavage");
  const answer = await feeder.ask(meal(running, { gaveur_id, site: "LL", genetique: "Mulard", jour: 0, moment: "matin", dose_theorique: 250, dose_reelle: 150 }));
  assert.equal(answer.status, "saved", JSON.stringify(answer));
  await feeder.close();
});

test("TheHeadOfThePageHasTheFiguresOfFileAndSamples", async () => {
  const { indicateurs } = await get("/api/euralis/dashboard/combined");
  near(indicateurs.production.valeur, sum(lots.map((lot) => lot.liver)), 0.1, "liver kg");
  assert.equal(indicateurs.production.effectif, lots.length);
  near(indicateurs.itm.valeur, itmOf(lots), 0.0005, "weighted ITM");
  const scores = readings.map(scoreOf);
  near(indicateurs.qualite.score.valeur, 100 * mean(scores), 0.01, "mean score, percent");
  const counts = ["A+", "A", "B", "C", "REJECT"].map((grade) => scores.filter((score) => gradeOf(score) === grade).length);
  const most = Math.max(...counts);
  assert.equal(indicateurs.qualite.grade_majoritaire, ["A+", "A", "B", "C", "REJECT"][counts.lastIndexOf(most)], "of two equal counts the worse one");
  near(indicateurs.qualite.part_grade_majoritaire_pct, (100 * most) / scores.length, 0.01, "share of the majority grade");
  near(indicateurs.conformite.valeur, (100 * scores.filter((score) => score >= 0.6).length) / scores.length, 0.01, "compliance");
  assert.ok(Object.values(indicateurs).every((each) => (each.score ?? each).definition.length > 20), "every figure says how it is made");
});

test("TheTrendsCountTheDaysThatTheAnswerNames", async () => {
  const { indicateurs, periodes } = await get("/api/euralis/dashboard/combined");
  const [{ first, last, before_first, before_last }] = await query(
    "SELECT (t - 29)::text AS first, t::text AS last, (t - 59)::text AS before_first, (t - 30)::text AS before_last FROM (SELECT (now() AT TIME ZONE 'Europe/Paris')::date AS t) AS today",
  );
  assert.deepEqual(periodes, { debut: first, fin: last, debut_precedents: before_first, fin_precedents: before_last });
  const { score } = indicateurs.qualite;
  assert.equal(score.effectif_derniers, readings.length, "all livers were measured today");
  assert.deepEqual([score.effectif_precedents, score.precedents_30_jours, score.variation, score.variation_pct], [0, null, null, null], "nothing is known of the days before");
});

for (const site of ["LL", "LS", "MT"]) {
  test(`SiteRow${site}IsThatOfTheFile`, async () => {
    const own = lots.filter((lot) => lot.site === site);
    const row = (await get("/api/euralis/dashboard/combined")).sites.find((each) => each.site_code === site);
    if (own.length === 0) return assert.deepEqual([row.production_kg, row.itm], [null, null]);
    near(row.production_kg, sum(own.map((lot) => lot.liver)), 0.1, "liver kg");
    near(row.itm, itmOf(own), 0.0005, "weighted ITM");
    const scores = readings.filter(({ lot }) => lot.site === site).map(scoreOf);
    assert.equal(row.nb_echantillons, scores.length);
    if (scores.length === 0) return assert.deepEqual([row.grade_majoritaire, row.score_moyen_pct], [null, null]);
    return near(row.score_moyen_pct, 100 * mean(scores), 0.01, "mean score, percent");
  });
}

test("FiguresOfTheReferenceFileAreThoseOfTheSpecification", { skip: !reference && "EGI_REFERENCE_CSV is not set" }, async () => {
  const { indicateurs, sites } = await get("/api/euralis/dashboard/combined");
  near(indicateurs.production.valeur, 39_936.9, 0.05, "liver kg");
  near(indicateurs.itm.valeur, 14.876, 0.0005, "weighted ITM");
  for (const [site, liver, itm] of [["LL", 5_900.4, 15.223], ["LS", 17_369.3, 15.052], ["MT", 16_667.2, 14.569]]) {
    const row = sites.find((each) => each.site_code === site);
    near(row.production_kg, liver, 0.05, `liver of ${site}`);
    near(row.itm, itm, 0.0005, `ITM of ${site}`);
  }
  const { resume } = await get("/api/euralis/qualite/analyse");
  near(resume.itm_moyen, 14.97, 0.005, "mean ITM");
  assert.equal(resume.nb_lots_sigma, 51);
  near(resume.sigma_moyen, 0.16, 0.0006, "mean Sigma");
  near(resume.mortalite_pct, 2.349, 0.0005, "loss");
});

test("TheScatterHasTheLotsWithMoreThanTenLivers", async () => {
  const { nuage } = await get("/api/euralis/dashboard/combined");
  const expected = measured.slice(0, 3).map((lot) => ({ x: lot.itm, y: mean(readings.filter((each) => each.lot === lot).map(scoreOf)), code: lot.code }));
  assert.deepEqual(nuage.lots.map((lot) => lot.code_lot).sort(), expected.map((each) => each.code).sort());
  assert.equal(nuage.n, 3);
  const [mx, my] = [mean(expected.map((each) => each.x)), mean(expected.map((each) => each.y))];
  const [xx, yy, xy] = [sum(expected.map(({ x }) => (x - mx) ** 2)), sum(expected.map(({ y }) => (y - my) ** 2)), sum(expected.map(({ x, y }) => (x - mx) * (y - my)))];
  near(nuage.pearson.value, xy / Math.sqrt(xx * yy), 1e-3, "r");
  near(nuage.droite.pente, xy / xx, 1e-3, "slope");
  const { body: correlation } = await rest("/api/sqal/integration/correlation");
  near(nuage.pearson.value, correlation.pearson.value, 1e-12, "r of the correlation");
});

test("TheOpenAlertOfTheShortMealIsTaggedEuralis", async () => {
  const page = await get("/api/euralis/dashboard/combined?limit=200");
  const alert = page.alertes.find((each) => each.code_lot === running);
  assert.equal(alert?.origine, "EURALIS", JSON.stringify(page.alertes).slice(0, 1000));
  const times = page.alertes.map((each) => Date.parse(each.time));
  assert.deepEqual(times, [...times].sort((a, b) => b - a), "newest first");
  assert.equal(page.nb_alertes_sqal + page.nb_alertes_euralis, page.alertes.length);
  assert.equal((await rest(`/api/euralis/alertes/${alert.id}/acquitter`, { method: "POST", body: { acquittee_par: "user:3" } })).status, 200);
  const later = await get("/api/euralis/dashboard/combined?limit=200");
  assert.ok(!later.alertes.some((each) => each.origine === "EURALIS" && each.id === alert.id), "an acknowledged alert is not open");
  assert.equal(later.nb_alertes_euralis, page.nb_alertes_euralis - 1);
});

test("TheQualityPageHasEveryLotOnceAndTheClassesOfTheFile", async () => {
  const found = [];
  let token = "";
  do {
    const { headers, body } = await rest(`/api/euralis/qualite/analyse?limit=20&page_token=${encodeURIComponent(token)}`);
    assert.equal(headers.get("x-next-page-token") ?? "", body.next_page_token);
    assert.equal(body.resume.nb_lots, lots.length + 1);
    found.push(...body.lots);
    token = body.next_page_token;
  } while (token);
  assert.deepEqual(found.map((lot) => lot.code_lot).sort(), [...lots.map((lot) => lot.code), running].sort());
  for (const lot of lots) {
    const row = found.find((each) => each.code_lot === lot.code);
    assert.deepEqual([row.itm.nature, row.itm.classe], ["final", classOf(lot.itm)], lot.code);
    near(row.itm.valeur, lot.itm, 1e-9, lot.code);
    if (lot.sigma > 0) near(row.sigma.valeur, lot.sigma, 1e-9, `Sigma of ${lot.code}`);
    else if (!measured.includes(lot)) assert.equal(row.sigma.valeur, null, `Sigma of ${lot.code} was never measured`);
    const own = readings.filter((each) => each.lot === lot).map(scoreOf);
    assert.equal(row.nb_echantillons, own.length);
    if (own.length > 0) near(row.score_moyen_pct, 100 * mean(own), 0.01, `score of ${lot.code}`);
    else assert.equal(row.score_moyen_pct, null);
  }
  assert.equal(found.find((each) => each.code_lot === running).itm.nature, "projection");
  const { resume, classes, histogramme_itm, histogramme_sigma } = await get("/api/euralis/qualite/analyse");
  for (const { classe, nb_lots } of classes) assert.equal(nb_lots, lots.filter((lot) => classOf(lot.itm) === classe).length, `class ${classe}`);
  assert.equal(sum(histogramme_itm.map((bar) => bar.nb_lots)), lots.length);
  for (const bar of histogramme_itm) assert.equal(bar.nb_lots, lots.filter((lot) => lot.itm >= bar.bas - 1e-9 && lot.itm < bar.haut - 1e-9).length, `bar from ${bar.bas}`);
  assert.equal(sum(histogramme_sigma.map((bar) => bar.nb_lots)), lots.filter((lot) => lot.sigma > 0).length);
  near(resume.itm_moyen, mean(lots.map((lot) => lot.itm)), 1e-6, "mean ITM");
  near(resume.mortalite_pct, 100 * (1 - sum(lots.map((lot) => lot.hung)) / sum(lots.map((lot) => lot.placed))), 0.0005, "loss");
});

test("TheQualityPageOfAPeriodHasItsLotsOnly", async () => {
  const { lots: one } = await get(`/api/euralis/qualite/analyse?from=${opening}&to=${opening}&site_code=LL`);
  assert.deepEqual(one.map((lot) => lot.code_lot), [running]);
  const { status, body } = await rest("/api/euralis/qualite/analyse?from=hier&to=2026-13-01&site_code=XX&limit=500");
  assert.equal(status, 400);
  assert.deepEqual(body.details.map((each) => each.field), ["site_code", "from", "to", "limit"]);
});

test("EveryFeederWithAFinalLotIsInTheGroupOfItsWeightedItm", async () => {
  const { methode, clusters, nb_gaveurs } = await get("/api/euralis/analytics/gaveur-clustering");
  assert.equal(methode, "seuils");
  const rows = await query(
    `SELECT gaveur_id AS id, sum(nb_canards_accroches * total_corn_real) / sum(nb_canards_accroches * total_corn_real / itm) AS itm, sum(nb_canards_accroches * total_corn_real / 1000 / itm) AS liver
     FROM lots_gavage WHERE itm IS NOT NULL AND gaveur_id IS NOT NULL GROUP BY gaveur_id`,
  );
  assert.equal(nb_gaveurs, rows.length);
  const bounds = [13, 14.5, 15.5, 17, Infinity];
  for (const [i, cluster] of clusters.entries()) {
    const own = rows.filter(({ itm }) => itm <= bounds[i] && itm > (bounds[i - 1] ?? -Infinity));
    assert.deepEqual([...cluster.gaveur_ids].sort((a, b) => a - b), own.map(({ id }) => id).sort((a, b) => a - b), cluster.cluster_label);
    assert.match(cluster.couleur, /^#[0-9a-f]{6}$/);
    if (own.length > 0) near(cluster.production_totale_kg, sum(own.map(({ liver }) => liver)), 0.1, `liver of ${cluster.cluster_label}`);
    else assert.deepEqual([cluster.itm_moyen, cluster.production_totale_kg], [null, null]);
  }
  assert.deepEqual(clusters.map((each) => each.cluster_label), ["Excellent", "Très bon", "Bon", "À améliorer", "Critique"]);
});

test("NothingIsToldOfSingleDucksButWhereToLook", async () => {
  for (const path of ["/api/gavage/canard/12", "/api/corrections/canard/12"]) {
    const { status, body } = await rest(path);
    assert.equal(status, 404);
    assert.match(body.detail, /kept per lot; use (GET|POST) \/api\//);
  }
});

test("EveryFieldOfTheWrongTypeIsNamedAsTheBodySpellsIt", async () => {
  const { status, body } = await rest("/api/lots/gavage", { method: "POST", body: { lot_id: running, date_gavage: opening, dose_matin: "abc", dose_soir: [1], mortalite_jour: 0.5 } });
  assert.equal(status, 400);
  assert.deepEqual(body.details.map((each) => `${each.field}: ${each.description}`), [
    'dose_matin: is "abc", must be a number', "dose_soir: is a list, must be a number", "mortalite_jour: is 0.5, must be a whole number",
  ]);
});
