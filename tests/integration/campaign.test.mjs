// A campaign file imported by `egictl import lots`, its meals streamed by `egictl replay`: REST and SQL give the figures of the file (domain.md section 15.4).
// EGI_REFERENCE_CSV names the real file; without it the synthetic one of the repository is used. Expected figures are computed here from the file itself.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { program, query, rest, run, server } from "./platform.mjs";

const reference = process.env.EGI_REFERENCE_CSV;
const file = reference || program("data/lots_gavage_synthetic.csv");
const number = (text) => (text.trim() === "" ? undefined : Number(text.trim().replace(",", ".")));
const sum = (list) => list.reduce((total, each) => total + each, 0);

/** The lots of the file: code, site, birds, corn, ITM, Sigma and the meals with a positive dose. */
function readLots() {
  const [head, ...rows] = readFileSync(file, "latin1").split(/\r?\n/).filter(Boolean);
  const names = head.replace(/^\uFEFF|^ï»¿/, "").split(";");
  return rows.map((row) => {
    const cells = row.split(";");
    const get = (name) => cells[names.indexOf(name)] ?? "";
    const meals = [];
    for (let i = 1; i <= 27; i += 1) {
      const [target, real] = [number(get(`feedTarget_${i}`)), number(get(`feedCornReal_${i}`))];
      if (real > 0) meals.push({ repas: i, target, real });
    }
    const last = meals.at(-1)?.repas ?? 0;
    const [placed, hung, conso, itm] = ["Nb_MEG", "Quantite_accrochee", "Conso_Gav_Z1", "ITM"].map((name) => number(get(name)));
    const code = get("CodeLot").trim();
    return { code, site: code.slice(0, 2), meals, gaps: last - meals.length, placed, hung, conso, itm, sigma: number(get("Sigma")), gaveur: get("Gaveur"), liver: (hung * conso) / itm };
  });
}

const lots = readLots();
const figures = (list) => ({
  nb_lots: list.length,
  nb_canards_meg: sum(list.map((lot) => lot.placed)),
  nb_canards_accroches: sum(list.map((lot) => lot.hung)),
  production_foie_kg: sum(list.map((lot) => lot.liver)),
  total_mais_kg: sum(list.map((lot) => lot.placed * lot.conso)),
  itm_moyen: sum(list.map((lot) => lot.itm)) / list.length,
  itm_pondere: sum(list.map((lot) => lot.hung * lot.conso)) / sum(list.map((lot) => lot.liver)),
});
const near = (found, expected, tolerance, what) => assert.ok(Math.abs(found - expected) <= tolerance, `${what}: ${found}, the file gives ${expected}`);
const ofFile = ["SELECT code_lot FROM lots_gavage WHERE code_lot = ANY($1)", [lots.map((lot) => lot.code)]];

const importLots = () => run("clients/cli/egictl", ["--server", server, "--json", "import", "lots", file]);
const replay = () => run("clients/cli/egictl", ["--server", server, "--json", "replay", file]);
const state = async () => ({
  lots: await query("SELECT * FROM lots_gavage ORDER BY code_lot"),
  meals: await query("SELECT code_lot, jour, moment, repas, dose_reelle, dose_theorique, time FROM doses_journalieres ORDER BY code_lot, jour, moment"),
});

before(async () => {
  for (const step of [importLots, replay]) {
    const { code, stdout, stderr } = await step();
    assert.equal(code, 0, stderr + stdout.slice(-2000));
  }
});

test("TheFileIsTheOneTheSpecificationDescribes", { skip: !reference && "EGI_REFERENCE_CSV is not set" }, () => {
  const all = figures(lots);
  assert.deepEqual([lots.length, sum(lots.map((lot) => lot.meals.length)), sum(lots.map((lot) => lot.gaps)), all.nb_canards_meg], [75, 1513, 4, 78_216]);
  near(all.production_foie_kg, 39_936.9, 0.05, "liver");
  near(all.itm_moyen, 14.97, 0.005, "mean ITM");
});

test("EveryLotOfTheFileIsThereOnce", async () => {
  const found = (await query(...ofFile)).map((row) => row.code_lot).sort();
  assert.deepEqual(found, lots.map((lot) => lot.code).sort());
});

test("EveryMealOfTheFileIsThereWithItsDoses", async () => {
  const rows = await query("SELECT code_lot, repas, dose_reelle::float8 AS real, dose_theorique::float8 AS target FROM doses_journalieres WHERE dose_reelle > 0 ORDER BY code_lot, repas");
  const expected = lots.flatMap((lot) => lot.meals.map((meal) => ({ code_lot: lot.code, repas: meal.repas, real: meal.real, target: meal.target ?? null })));
  expected.sort((a, b) => (a.code_lot < b.code_lot ? -1 : a.code_lot > b.code_lot ? 1 : a.repas - b.repas));
  assert.equal(rows.length, expected.length);
  assert.deepEqual(rows, expected);
});

test("InnerGapsAreKeptAsGaps", async () => {
  const [{ gaps }] = await query(
    "SELECT coalesce(sum(last - n), 0)::int AS gaps FROM (SELECT max(repas) FILTER (WHERE dose_reelle > 0) AS last, count(*) FILTER (WHERE dose_reelle > 0) AS n FROM doses_journalieres GROUP BY code_lot) AS each",
  );
  assert.equal(gaps, sum(lots.map((lot) => lot.gaps)));
  const [holed] = lots.filter((lot) => lot.gaps > 0);
  assert.ok(holed, "the file has a lot with a skipped meal");
  const { body } = await rest(`/api/euralis/lots/${holed.code}/doses`);
  assert.equal(body.filter((dose) => dose.after_gap).length, holed.gaps);
  assert.equal(body.at(-1).cumul_corn, sum(holed.meals.map((meal) => meal.real)));
});

for (const site of ["LL", "LS", "MT"]) {
  test(`FiguresOfSite${site}AreThoseOfTheFile`, async () => {
    const expected = figures(lots.filter((lot) => lot.site === site));
    const { body } = await rest(`/api/euralis/sites/${site}/stats`);
    for (const name of ["nb_lots", "nb_canards_meg", "nb_canards_accroches"]) assert.equal(body[name], expected[name], name);
    near(body.production_foie_kg, expected.production_foie_kg, 0.1, "liver kg");
    near(body.total_mais_kg, expected.total_mais_kg, 1, "corn kg");
    near(body.itm_moyen, expected.itm_moyen, 0.01, "mean ITM");
    near(body.itm_pondere, expected.itm_pondere, 0.005, "weighted ITM");
    near(body.perte_ponderee, 100 * (1 - expected.nb_canards_accroches / expected.nb_canards_meg), 0.005, "weighted loss, percent");
  });
}

test("DashboardFiguresAreThoseOfTheFile", async () => {
  const expected = figures(lots);
  const { body } = await rest("/api/euralis/dashboard/kpis");
  near(body.production_totale_kg, expected.production_foie_kg, 0.1, "liver kg");
  near(body.itm_moyen_global, expected.itm_moyen, 0.01, "mean ITM");
  assert.equal(body.nb_lots_termines + body.nb_lots_actifs, lots.length);
  assert.equal(body.nb_canards_meg, expected.nb_canards_meg);
  const { body: compared } = await rest("/api/euralis/sites/compare?metrique=production");
  assert.deepEqual(compared.map((each) => each.site_code).sort(), [...new Set(lots.map((lot) => lot.site))].sort());
});

test("SigmaZeroIsNotMeasured", async () => {
  const [{ n, mean }] = await query("SELECT count(sigma)::int AS n, avg(sigma)::float8 AS mean FROM lots_gavage");
  const measured = lots.map((lot) => lot.sigma).filter((each) => each > 0);
  assert.equal(n, measured.length);
  near(mean, sum(measured) / measured.length, 0.0006, "mean Sigma of the measured lots");
});

test("NoContactDataLeavesTheRestrictedTable", async () => {
  const names = [...new Set(lots.map((lot) => lot.gaveur).filter((name) => name.length > 5))];
  assert.ok(names.length > 0, "the file names no feeder");
  const shown = [];
  const { code } = lots[0];
  for (const path of ["/api/euralis/lots?limit=500", `/api/lots/${code}`, `/api/gaveurs/history?lot=${code}&limit=500`, "/api/euralis/gaveurs/performances", "/api/euralis/sites"]) {
    const { status, body } = await rest(path);
    assert.equal(status, 200, `${path}: ${JSON.stringify(body).slice(0, 300)}`);
    assert.ok(JSON.stringify(body).length > 20, `${path} is empty`);
    shown.push(JSON.stringify(body));
  }
  const columns = await query("SELECT source::text AS text FROM lots_gavage WHERE source IS NOT NULL");
  assert.equal(columns.length, lots.length, "rows with their source");
  const text = [...shown, ...columns.map((row) => row.text)].join("\n");
  // As whole words: the synthetic "Gaveur 10" stands in the platform's own "Gaveur 101".
  const stands = (name) => new RegExp(`${JSON.stringify(name).slice(1, -1).replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![0-9])`).test(text);
  assert.deepEqual(names.filter(stands).length, 0, "names of feeders in public answers");
});

test("DoingItAgainChangesNothing", async () => {
  const earlier = await state();
  for (const step of [importLots, replay]) {
    const { code, stderr } = await step();
    assert.equal(code, 0, stderr);
  }
  assert.deepEqual(await state(), earlier);
});
