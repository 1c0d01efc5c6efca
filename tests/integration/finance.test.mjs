// Money of a campaign (analytics.md section 7): a file imported by `egictl import lots`; REST gives the sums computed here from the file itself. EGI_REFERENCE_CSV names the real
// file, whose figures the specification states; without it the synthetic one is used.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { dayFromNow, knownFeeder, program, rest, run, server } from "./platform.mjs";

const reference = process.env.EGI_REFERENCE_CSV;
const file = reference || program("data/lots_gavage_synthetic.csv");
const number = (text) => (text.trim() === "" ? undefined : Number(text.trim().replace(",", ".")));
const sum = (list, of) => list.reduce((total, each) => total + of(each), 0);

function readLots() {
  const [head, ...rows] = readFileSync(file, "latin1").split(/\r?\n/).filter(Boolean);
  const names = head.replace(/^\uFEFF|^ï»¿/, "").split(";");
  return rows.map((row) => {
    const cells = row.split(";");
    const get = (name) => cells[names.indexOf(name)] ?? "";
    const [placed, hung, conso, itm, days] = ["Nb_MEG", "Quantite_accrochee", "Conso_Gav_Z1", "ITM", "duree_gavage"].map((name) => number(get(name)));
    return { site: get("CodeLot").trim().slice(0, 2), souche: get("Souche").trim(), placed, hung, conso, days, liver: (hung * conso) / itm };
  });
}
const lots = readLots();
const expected = (list, { foie = 45, mais = 0.25, gavage = 2.5, transport = 0.3 } = {}) => {
  const production_kg = sum(list, (lot) => lot.liver);
  const mais_kg = sum(list, (lot) => lot.placed * lot.conso);
  const costs = { cout_mais: mais_kg * mais, cout_gavage: sum(list, (lot) => (lot.placed * gavage * lot.days) / 10), cout_transport: sum(list, (lot) => lot.hung) * transport };
  const cout_total = sum(Object.values(costs), (eur) => eur);
  const chiffre_affaires = production_kg * foie;
  const marge = chiffre_affaires - cout_total;
  return {
    nb_lots: list.length, production_kg, mais_kg, chiffre_affaires, ...costs, cout_total, marge, taux_marge: (100 * marge) / chiffre_affaires, cout_production_eur_kg: cout_total / production_kg,
    ratio_mais_foie: mais_kg / production_kg, sensibilite_itm: production_kg * mais, dont_pertes: sum(list, (lot) => (lot.placed - lot.hung) * (lot.conso * mais + (gavage * lot.days) / 10)),
  };
};
/** Within what the rounded columns of the file allow. */
const same = (found, wanted, what) => {
  for (const [name, value] of Object.entries(wanted)) {
    assert.ok(Math.abs(found[name] - value) <= 1e-4 * Math.abs(value) + 1e-6, `${what}: ${name} is ${found[name]}, the file gives ${value}`);
  }
};
const indicators = async (query = "") => {
  const { status, body } = await rest(`/api/euralis/finance/indicateurs${query}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};
const price = (body) => rest("/api/euralis/finance/prix", { method: "POST", body: { saisi_par: "user:3", raison: "contract", ...body } });

before(async () => {
  const { code, stdout, stderr } = await run("clients/cli/egictl", ["--server", server, "--json", "import", "lots", file]);
  assert.equal(code, 0, stderr + stdout.slice(-2000));
});

test("WithoutPricesTheFiguresAreThoseOfTheFileAtTheAssumptions", async () => {
  const body = await indicators();
  same(body.base, expected(lots), "all lots");
  assert.equal(body.hypothese, true);
  assert.equal(body.scenario, null);
  assert.match(body.remarques.join("\n"), /foie 45 EUR\/kg/);
  assert.match(body.remarques.join("\n"), /transport_km/);
  assert.deepEqual(body.prix_utilises.map((used) => [used.prix.type_prix, used.prix.prix, used.prix.hypothese, used.nb_lots]).sort(), [
    ["foie", 45, true, lots.length], ["gavage", 2.5, true, lots.length], ["mais", 0.25, true, lots.length], ["transport_canard", 0.3, true, lots.length],
  ]);
});

// analytics.md section 7; domain.md section 15.4.
test("ReferenceFileGivesThePublishedFigures", { skip: !reference && "EGI_REFERENCE_CSV is not set" }, async () => {
  const { base } = await indicators();
  assert.equal(base.nb_lots, 75);
  assert.equal(Math.round(base.mais_kg), 608790);
  assert.equal(Math.round(base.production_kg), 39937);
  assert.equal(base.ratio_mais_foie.toFixed(2), "15.24");
});

test("SitesStrainsAndMonthsAddUpToTheWhole", async () => {
  const body = await indicators();
  for (const { nom, base } of body.par_site) same(base, expected(lots.filter((lot) => lot.site === nom)), nom);
  for (const { nom, base } of body.par_souche) same(base, expected(lots.filter((lot) => lot.souche === nom)), nom);
  for (const part of ["par_site", "par_souche", "par_mois"]) {
    assert.ok(body[part].length > 0, part);
    for (const figure of ["nb_lots", "production_kg", "marge", "cout_total"]) {
      const total = sum(body[part], (each) => each.base[figure]);
      assert.ok(Math.abs(total - body.base[figure]) < 1e-6 * Math.abs(total), `${part}: ${figure}`);
    }
  }
  assert.ok(Math.abs(sum(body.repartition_couts, (share) => share.part_pct) - 100) < 1e-9);
});

test("PeriodAndSiteRestrictTheLots", async () => {
  const site = (await indicators("?site_code=MT")).base;
  same(site, expected(lots.filter((lot) => lot.site === "MT")), "MT");
  const { par_mois: months, base: all } = await indicators();
  const month = months[0].nom;
  const within = (await indicators(`?from=${month}-01&to=${month}-28`)).base.nb_lots;
  assert.ok(within > 0 && within <= months[0].base.nb_lots && months[0].base.nb_lots <= all.nb_lots);
  assert.equal((await indicators("?to=1999-12-31")).base.nb_lots, 0);
});

test("ScenarioStandsBesideTheBase", async () => {
  const body = await indicators("?prix_foie=40,5&prix_mais=0.3");
  same(body.base, expected(lots), "base");
  same(body.scenario, expected(lots, { foie: 40.5, mais: 0.3 }), "scenario");
  assert.ok(body.par_site.every((site) => site.scenario.marge < site.base.marge));
});

test("LotWithoutFinalItmIsLeftOutWithTheReasonUntilItIsSlaughtered", async () => {
  await knownFeeder(41, "LL");
  const wish = { site_code: "LL", nb_canards_initial: 100, genetique: "Mulard", debut_lot: dayFromNow(-3), duree_prevue: 12, gaveur_id: 41, request_id: "finance-1" };
  const opened = await rest("/api/lots", { method: "POST", body: wish });
  assert.equal(opened.status, 201, JSON.stringify(opened.body));
  const { code_lot } = opened.body;
  const left = (await indicators()).lots_ecartes.find((lot) => lot.code_lot === code_lot);
  assert.equal(left.raison, "pas_d_itm_final");
  assert.match(left.message, /abattage/);
});

test("EnteredPriceHoldsFromItsDayIsNoAssumptionAndIsNeverChanged", async () => {
  for (const [type_prix, prix] of [["foie", "44,5"], ["mais", 0.28], ["gavage", 2.6], ["transport_canard", 0.32]]) {
    const { status, body } = await price({ type_prix, prix, valide_du: "2000-01-01", request_id: `finance-${type_prix}` });
    assert.equal(status, 201, JSON.stringify(body));
    assert.equal(body.hypothese, false);
  }
  const again = await price({ type_prix: "mais", prix: 0.28, valide_du: "2000-01-01", request_id: "finance-mais" });
  assert.deepEqual([again.status, again.headers.get("idempotent-replayed")], [200, "true"]);
  const body = await indicators();
  same(body.base, expected(lots, { foie: 44.5, mais: 0.28, gavage: 2.6, transport: 0.32 }), "entered prices");
  assert.equal(body.hypothese, false);
  await price({ type_prix: "mais", prix: 0.5, valide_du: "2099-01-01" });
  assert.equal((await indicators()).base.cout_mais, body.base.cout_mais, "a price of later days changes nothing today");
  const { body: prices } = await rest("/api/euralis/finance/prix?type_prix=mais");
  assert.deepEqual(prices.historique.map((row) => [row.prix, row.valide_du]), [[0.5, "2099-01-01"], [0.28, "2000-01-01"]]);
  assert.deepEqual(prices.en_vigueur.map((row) => [row.prix, row.saisi_par, row.raison, row.unite]), [[0.28, "user:3", "contract", "EUR/kg"]]);
  assert.equal((await rest("/api/euralis/finance/prix?type_prix=mais&date=2099-01-01")).body.en_vigueur[0].prix, 0.5);
});

test("EveryBadFieldIsNamed", async () => {
  const bad = await price({ type_prix: "orge", prix: -1, valide_du: "demain", raison: "" });
  assert.equal(bad.status, 400);
  assert.deepEqual(bad.body.errors.map((each) => each.field), ["type_prix", "prix", "valide_du", "raison"]);
  const query = await rest("/api/euralis/finance/indicateurs?from=x&site_code=MG&prix_foie=-1");
  assert.deepEqual(query.body.errors.map((each) => each.field), ["site_code", "from", "prix_foie"]);
  assert.equal((await price({ type_prix: "mais", prix: 0.9, valide_du: "2000-01-01", request_id: "finance-mais" })).status, 409);
});
