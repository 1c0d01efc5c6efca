// Campaign files through POST /api/imports and egictl import, and out again through GET /api/exports/lots (domain.md section 15).
// EGI_REFERENCE_CSV names the real file; without it the synthetic one of the repository is used.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { base, control, eventually, program, query, rest, run, server, start } from "./platform.mjs";

const reference = process.env.EGI_REFERENCE_CSV;
const synthetic = readFileSync(program("data/lots_gavage_synthetic.csv"));
const bytes = reference ? readFileSync(reference) : synthetic;
const personal = ["Eleveur", "Civilite", "RaisonSociale", "NomUsage", "Adresse1", "Adresse2", "CodePostal", "Commune", "Telephone1", "Email"];
const folder = mkdtempSync(join(tmpdir(), "imports-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** POST /api/imports: {status, body, location}. */
async function post(body, headers = {}, query = "") {
  const answer = await fetch(`${base}/api/imports${query}`, { method: "POST", body, headers });
  return { status: answer.status, body: await answer.json(), location: answer.headers.get("location") };
}

/** The file as a form. */
function form(file, fields = {}) {
  const data = new FormData();
  data.set("file", new Blob([file]), "campaign.csv");
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
}

/** The import once it has ended. */
const ended = (id) =>
  eventually(`import ${id} ends`, async () => {
    const { body } = await rest(`/api/imports/${id}`);
    return ["done", "failed"].includes(body.import.state) && body;
  }, 60_000);

const state = async () => ({
  lots: await query("SELECT * FROM lots_gavage ORDER BY code_lot"),
  meals: await query("SELECT * FROM doses_journalieres ORDER BY code_lot, jour, moment"),
  corrections: await query("SELECT count(*)::int AS n FROM gavage_meal_corrections"),
  alerts: await query("SELECT count(*)::int AS n FROM alertes_euralis"),
});

/** A campaign of `count` lots made of the synthetic rows under codes of their own, fed by people of their own: another file may know theirs at other sites. */
function large(count) {
  const [head, ...rows] = synthetic.toString("latin1").split("\n").filter(Boolean);
  const lots = [];
  for (let i = 0; i < count; i += 1) {
    const row = rows[i % rows.length].replaceAll("Gaveur", "Feeder");
    const old = row.slice(0, 9);
    lots.push(row.replaceAll(old, `${old.slice(0, 2)}48${String(10 + Math.floor(i / 1000)).padStart(2, "0")}${String(i % 1000).padStart(3, "0")}`));
  }
  return Buffer.from(`${[head, ...lots].join("\n")}\n`, "latin1");
}

test("DryRunOfABodyChangesNothing", async () => {
  const { status, body, location } = await post(bytes, { "content-type": "text/csv" }, "?dry_run=true&file_name=some/folder/c.csv");
  assert.equal(status, 202, JSON.stringify(body));
  assert.equal(location, `/api/imports/${body.import_id}`);
  assert.equal(body.file_name, "c.csv");
  assert.equal(body.sha256, createHash("sha256").update(bytes).digest("hex"));
  const whole = await ended(body.import_id);
  assert.equal(whole.import.state, "done", whole.import.error);
  assert.equal(whole.import.lots_created, whole.report.lots);
  assert.equal(whole.import.meals_saved, whole.report.meals);
  assert.deepEqual(await query("SELECT 1 FROM lots_gavage"), []);
});

test("FormIsImportedWithItsReport", async () => {
  const { status, body } = await post(form(bytes, { policy: "all", imported_by: "user:3" }));
  assert.equal(status, 202, JSON.stringify(body));
  const { import: done, report, anomalies } = await ended(body.import_id);
  assert.equal(done.state, "done", done.error);
  assert.equal(done.file_name, "campaign.csv");
  assert.equal(done.progress_pct, 100);
  const expected = reference ? { lots: 75, gaveurs: 65, sites: 3, meals: 1513, meals_with_target: 1513, gaps: 4, nb_meg: 78_216 } : { lots: 12, gaveurs: 11, sites: 3, meals: 243, meals_with_target: 243, gaps: 1, nb_meg: 10_320 };
  for (const [name, value] of Object.entries(expected)) assert.equal(report[name], value, name);
  assert.equal(report.differences, 0);
  assert.equal(anomalies.length, done.anomalies);
  assert.equal(anomalies.filter(({ severity }) => severity === "warning").length, reference ? 16 : 5);
  const [{ n }] = await query("SELECT count(*)::int AS n FROM doses_journalieres");
  assert.equal(n, expected.meals);
  const listed = await rest(`/api/imports/${body.import_id}/anomalies?kind=gap`);
  assert.deepEqual(listed.body.map(({ column }) => column.replace(/\d+$/, "")), Array(expected.gaps).fill("feedCornReal_"));
});

test("DoubleImportChangesNothing", async () => {
  const before = await state();
  const { body } = await post(form(bytes));
  const { import: again } = await ended(body.import_id);
  assert.equal(again.state, "done", again.error);
  assert.equal(again.lots_created + again.lots_updated + again.meals_saved + again.meals_corrected + again.gaveurs_created, 0);
  assert.deepEqual(await state(), before);
});

test("OwnExportComesBackUnchangedAndNdjsonSaysWhatCanBeRead", async () => {
  const before = await state();
  for (const format of ["campaign174", "campaign199", "campaign100", "ndjson"]) {
    const file = Buffer.from(await (await fetch(`${base}/api/exports/lots?format=${format}`)).arrayBuffer());
    const { status, body } = await post(form(file));
    assert.equal(status, 202, JSON.stringify(body));
    const { import: again } = await ended(body.import_id);
    assert.equal(again.state, format === "ndjson" ? "failed" : "done", again.error);
    if (format === "ndjson") assert.match(again.error, /campaign174, campaign199 and campaign100/);
    assert.deepEqual([again.columns_changed, again.lots_updated, again.meals_refused], [[], 0, 0], format);
  }
  assert.deepEqual(await state(), before);
});

test("CorrectedFileNamesTheColumnsThatChangedKnownLots", async () => {
  const [head, first, ...others] = bytes.toString("latin1").split(/\r?\n/);
  const at = head.split(";").indexOf("Four_Alim_Gav");
  const row = first.split(";");
  const file = (cell) => Buffer.from([head, row.with(at, cell).join(";"), ...others].join("\n"), "latin1");
  for (const cell of ["Fournisseur 9", row[at]]) {
    const { body } = await post(form(file(cell)));
    const { import: done } = await ended(body.import_id);
    assert.deepEqual([done.state, done.lots_updated, done.columns_changed], ["done", 1, ["Four_Alim_Gav"]], done.error);
  }
});

test("NoPersonalCellLeavesTheRestrictedTables", async () => {
  const rows = bytes.toString("latin1").split(/\r?\n/).filter(Boolean).map((row) => row.split(";"));
  const at = rows[0].map((name, index) => (["Gaveur", ...personal].includes(name.trim()) ? index : -1)).filter((index) => index >= 0);
  const cells = new Set(rows.slice(1).flatMap((row) => at.map((index) => row[index].trim())).filter((cell) => cell.length > 5));
  assert.ok(cells.size > 0);
  const shown = [];
  for (const path of ["/api/imports", "/api/imports/2", "/api/imports/2/anomalies?limit=1000", "/api/exports/lots?format=ndjson", "/api/exports/lots?format=campaign199"]) {
    shown.push(Buffer.from(await (await fetch(base + path)).arrayBuffer()).toString("latin1"));
  }
  const text = shown.join("\n");
  assert.deepEqual([...cells].filter((cell) => text.includes(cell)).length, 0, "personal cells in answers");
});

test("BadUploadsSayWhatToDo", async () => {
  const json = await post("{}", { "content-type": "application/json" });
  assert.equal(json.status, 400);
  assert.match(json.body.detail, /send the file as multipart\/form-data/);
  assert.deepEqual((await post(form(bytes, { policy: "some" }))).body.errors.map(({ field }) => field), ["info.policy"]);
  assert.deepEqual((await post(form(bytes, { dry_run: "maybe" }))).body.errors.map(({ field }) => field), ["dry_run"]);
  assert.deepEqual((await post(form(bytes, { colour: "red" }))).body.errors.map(({ field }) => field), ["colour"]);
  assert.equal((await post("", { "content-type": "text/csv" })).status, 400);
  const large = await post(Buffer.alloc((8 << 20) + 1, "x"), { "content-type": "text/csv" });
  assert.equal(large.status, 413);
  const failed = await post(Buffer.from("no;lots\n1;2\n"), { "content-type": "text/csv" });
  const { import: unreadable } = await ended(failed.body.import_id);
  assert.equal(unreadable.state, "failed");
  assert.match(unreadable.error, /column CodeLot is missing/);
});

test("ImportOutlivesAServerKilledInItsMiddle", async () => {
  const lots = 400;
  const file = join(folder, "large.csv");
  writeFileSync(file, large(lots));
  const importing = start("clients/cli/egictl", ["--server", server, "--json", "import", file, "--policy", "per_row"]);
  const id = await eventually("some rows are done", async () => {
    const { body } = await rest("/api/imports?limit=1");
    return body[0].rows_total === lots && body[0].rows_done > 0 && body[0].import_id;
  }, 30_000);
  await control("restart server");
  const { code, output } = await importing.ended;
  assert.equal(code, 0, output);
  const { import: done } = await ended(id);
  assert.equal(done.rows_done, lots);
  assert.ok(done.attempts >= 2, "the server was killed before the end");
  const [{ meals, keys }] = await query("SELECT count(*)::int AS meals, count(DISTINCT (code_lot, jour, moment))::int AS keys FROM doses_journalieres WHERE code_lot LIKE '__481%'");
  assert.equal(meals, keys);
  const each = await query("SELECT count(*)::int AS n FROM doses_journalieres WHERE code_lot LIKE '__481%' GROUP BY code_lot");
  assert.equal(each.length, lots);
  assert.deepEqual(await query("SELECT 1 FROM gavage_meal_corrections WHERE code_lot LIKE '__481%'"), []);
});

test("ProgressIsStreamedUntilTheEnd", async () => {
  const { body } = await post(form(bytes, { dry_run: "true" }));
  const text = await (await fetch(`${base}/api/imports/${body.import_id}/progress`)).text();
  const lines = text.trim().split("\n").map((line) => JSON.parse(line).result);
  assert.equal(lines.at(-1).state, "done");
  assert.equal(lines.at(-1).rows_done, lines.at(-1).rows_total);
});

/** The export with its trailers. */
const exported = (path) =>
  new Promise((resolve, reject) => {
    http.get(base + path, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk)).on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, trailers: answer.trailers, bytes: Buffer.concat(chunks) }));
    }).on("error", reject);
  });

for (const [format, columns, separator] of [["campaign174", 174, ";"], ["campaign199", 199, ";"], ["campaign100", 100, ","]]) {
  test(`ExportIn${columns}ColumnsIsWholeAndWithoutPersonalData`, async () => {
    const answer = await exported(`/api/exports/lots?format=${format}&site_code=LL`);
    assert.equal(answer.status, 200);
    assert.equal(answer.trailers["content-digest"], `sha-256=:${createHash("sha256").update(answer.bytes).digest("base64")}:`);
    const [head, ...rows] = answer.bytes.toString("latin1").trim().split("\n").map((row) => row.split(separator));
    assert.equal(head.length, columns);
    assert.equal(rows.length, Number(answer.trailers["x-egi-rows"]));
    for (const row of rows) {
      assert.match(row[0], /^LL\d{7}$/);
      for (const column of personal) assert.equal(row[head.indexOf(column)], "", column);
      assert.match(row[head.indexOf("Gaveur")], /^#\d+$/);
    }
  });
}

test("LotWithA28thMealIsLeftOutOfCampaignFilesAndNamed", async () => {
  const [{ code_lot: code, n }] = await query("SELECT code_lot, max(repas) AS n FROM doses_journalieres WHERE code_lot LIKE 'LL%' GROUP BY code_lot ORDER BY code_lot LIMIT 1");
  const move = (from, to) => query(`UPDATE doses_journalieres SET repas = ${to} WHERE code_lot = '${code}' AND repas = ${from}`);
  await move(n, 28);
  try {
    const lots = (await query("SELECT count(*)::int AS n FROM lots_gavage WHERE site_code = 'LL' AND statut <> 'annule'"))[0].n;
    for (const format of ["campaign174", "campaign199", "campaign100"]) {
      const answer = await exported(`/api/exports/lots?format=${format}&site_code=LL`);
      assert.deepEqual([answer.trailers["x-egi-rows"], answer.trailers["x-egi-left-out-count"], answer.trailers["x-egi-left-out"]], [String(lots - 1), "1", code]);
      assert.ok(!answer.bytes.toString("latin1").includes(code), format);
    }
    const all = await exported("/api/exports/lots?format=ndjson&site_code=LL");
    assert.deepEqual([all.trailers["x-egi-rows"], all.trailers["x-egi-left-out-count"], all.trailers["x-egi-left-out"]], [String(lots), "0", undefined]);
    const out = await run("clients/cli/egictl", ["--server", server, "export", "lots", "--site", "LL", "--out", join(folder, "short.csv")]);
    assert.equal(out.code, 0, out.stderr);
    assert.match(out.stderr, new RegExp(`^left out, because they have 28 meals or more .*: ${code}$`, "m"));
  } finally {
    await move(28, n);
  }
});

test("ExportByEgictlIsImportedAgainWithoutAChange", async () => {
  const file = join(folder, "again.csv");
  const out = await run("clients/cli/egictl", ["--server", server, "export", "lots", "--site", "MT", "--out", file]);
  assert.equal(out.code, 0, out.stderr);
  const meals = () => query("SELECT * FROM doses_journalieres ORDER BY code_lot, jour, moment");
  const before = await meals();
  const back = await run("clients/cli/egictl", ["--server", server, "--json", "import", file]);
  assert.equal(back.code, 0, back.stderr + back.stdout);
  const done = JSON.parse(back.stdout);
  assert.equal(done.lots_created + done.gaveurs_created + done.meals_saved + done.meals_corrected, 0);
  assert.deepEqual(await meals(), before);
});

test("RowsThatAreLeftOutAreAnExitCodeOfTheirOwn", async () => {
  const file = join(folder, "cut.csv");
  writeFileSync(file, synthetic.subarray(0, synthetic.length - 700));
  const cut = await run("clients/cli/egictl", ["--server", server, "import", file, "--policy", "per_row"]);
  assert.equal(cut.code, 4, cut.stderr);
  assert.match(cut.stdout, /error row 13: has \d+ cells, the header has 174/);
  const all = await run("clients/cli/egictl", ["--server", server, "import", file]);
  assert.equal(all.code, 1);
  assert.match(all.stderr, /1 row of 12 cannot be imported, so nothing was changed/);
});

test("RoutesAreDescribed", async () => {
  const { body } = await rest("/openapi.json");
  assert.ok(body.paths["/api/imports"].post.requestBody.content["multipart/form-data"]);
  assert.ok(body.paths["/api/imports"].get);
  for (const path of ["/api/imports/{import_id}", "/api/imports/{import_id}/anomalies", "/api/imports/{import_id}/progress", "/api/exports/lots"]) assert.ok(body.paths[path]?.get, path);
});

// domain.md section 6, sensors.md section 4: the liver of an Anas is not foie gras. The breed travels in the column of the strain.
test("ImportedPekinLotOfTheSimulatorIsRefusedItsLabels", async () => {
  const file = join(folder, "simulated.csv");
  const made = await run("simulators/feeding/feeding-simulator", ["--offline", "--lots", "30", "--seed", "9", "--export-csv", file]);
  assert.equal(made.code, 0, made.stderr);
  const [head, ...rows] = readFileSync(file, "latin1").split("\n").filter(Boolean).map((row) => row.split(";"));
  const strains = Object.fromEntries(rows.map((row) => [row[head.indexOf("CodeLot")], row[head.indexOf("Souche")]]));
  const { status, body } = await post(readFileSync(file), { "content-type": "text/csv" });
  assert.equal(status, 202, JSON.stringify(body));
  const { import: done } = await ended(body.import_id);
  assert.equal(done.state, "done", JSON.stringify(done));
  const wanted = { "CF80* - M15 V2E SFM": "conforme", Barbarie: "conforme", Pékin: "non_conforme" };
  assert.deepEqual([...new Set(Object.values(strains))].sort(), Object.keys(wanted).sort());
  for (const [code, strain] of Object.entries(strains)) {
    const { conformite } = (await rest(`/api/lots/${code}/performance`)).body;
    for (const { statut, regles } of conformite) {
      const species = regles.find((rule) => rule.regle === "espece");
      assert.equal(species?.statut, wanted[strain], `${code}, ${strain}: ${JSON.stringify(regles)}`);
      if (strain === "Pékin") assert.equal(statut, "non_conforme", code);
    }
  }
});
