// Bad input by every way in: a clear error that names the field, a row in rejected_messages where it carried an identity, and the stream goes on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { freshLot, meal, sample, unique } from "../support/messages.mjs";
import { ingest } from "./grpc.mjs";
import { eventually, query, rest, Socket } from "./platform.mjs";

const change = (message, path, value) => {
  const copy = structuredClone(message);
  const keys = path.split(".");
  const last = keys.pop();
  const parent = keys.reduce((each, key) => each[key], copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
};
const later = (minutes) => new Date(Date.now() + minutes * 60_000).toISOString();
const sevenRows = sample().vl53l8ch.raw.distance_matrix.slice(0, 7);

const rejectedRow = (field, value, kind) =>
  eventually(`a row in rejected_messages for ${value}`, async () => {
    const rows = await query(`SELECT kind, reason, violations, octet_length(payload) AS kept FROM rejected_messages WHERE ${field} = $1 ORDER BY id DESC`, [value]);
    return rows.find((row) => row.kind === kind);
  });

/** name of the fact, what to send instead of a good sample, what the error must name. */
const badSamples = [
  ["SevenRowsInsteadOfEight", (good) => change(good, "vl53l8ch.raw.distance_matrix", sevenRows), /vl53l8ch\.raw\.distance_matrix has 7 rows, 8 expected/],
  ["SevenColumnsInARow", (good) => change(good, "vl53l8ch.raw.amplitude_matrix.3", [1, 2, 3, 4, 5, 6, 7]), /amplitude_matrix\[3\] has 7 columns, 8 expected/],
  ["NaNToken", (good) => JSON.stringify(good).replace('"final_score":0.818', '"final_score":NaN'), /fusion\.final_score is not a finite number|NaN is not/],
  ["NaNAsText", (good) => change(good, "fusion.final_score", "NaN"), /fusion\.final_score is text, a number is expected/],
  ["WrongGrade", (good) => change(good, "fusion.final_grade", "S"), /fusion\.final_grade is not a grade.*A\+ A B C REJECT/],
  ["ClockInTheFuture", (good) => change(good, "timestamp", later(60)), /(timestamp|sample_time) .*future/],
  ["UnknownLot", (good) => change(good, "lot_id", 2_000_000_000), /lot/],
  ["TextWhereANumberBelongs", (good) => change(good, "as7341.raw.Clear", "bright"), /as7341\.raw\.Clear is text, a number is expected/],
  ["CellOutOfTheSensorsRange", (good) => change(good, "vl53l8ch.raw.distance_matrix.2.5", 4001), /distance_matrix\[2\]\[5\] is 4001, expected 0\.\.4000/],
  ["MissingChannel", (good) => change(good, "as7341.raw.NIR", undefined), /as7341\.raw\.NIR/],
  ["ScoreAboveOne", (good) => change(good, "as7341.analysis.freshness_index", 1.2), /freshness_index is 1\.2, expected 0\.\.1/],
  ["FrameOfTwoMebibytes", (good) => JSON.stringify({ ...good, padding: "x".repeat(2 << 20) }), /2\d{6} bytes, at most 1048576/],
  ["HalfAUtf8Sequence", (good) => Buffer.concat([Buffer.from(JSON.stringify({ ...good, location: "Ligne " }).slice(0, -2)), Buffer.from([0xc3]), Buffer.from('"}')]), /UTF-8/],
];

for (const [name, spoil, expected] of badSamples) {
  test(`Sample${name}IsRefusedByNameKeptAndTheSocketGoesOn`, async () => {
    const station = await Socket.open("/ws/sensors/");
    const good = sample();
    const answer = await station.ask(spoil(good));
    assert.equal(answer.type, "error", JSON.stringify(answer));
    assert.match(answer.error, expected);
    assert.equal(answer.data.sample_id, good.sample_id);
    assert.deepEqual(Object.keys(answer.data).filter((key) => !["sample_id", "device_id", "code_lot"].includes(key)), [], "only identifiers are echoed");
    assert.equal((await station.ask(good)).status, "saved", "the next good message on the same socket");
    const row = await rejectedRow("sample_id", good.sample_id, "sample");
    const told = row.violations.map(({ field, description }) => `${field} ${description}`).join("; ") || row.reason;
    assert.match(told, expected);
    await station.close();
  });
}

test("SampleOfALotOfAnotherSiteIsRefused", async () => {
  const feeder = await Socket.open("/ws/gavage");
  const lot = freshLot("LL");
  assert.equal((await feeder.ask(meal(lot))).status, "saved");
  const station = await Socket.open("/ws/sensors/");
  const good = sample({ site: "LS", device: "ESP32_LS_01" });
  const answer = await station.ask({ ...good, lot_id: lot });
  assert.equal(answer.type, "error", JSON.stringify(answer));
  assert.match(answer.error, /lot|site/);
  assert.equal((await station.ask(good)).status, "saved");
  await rejectedRow("sample_id", good.sample_id, "sample");
  await Promise.all([feeder.close(), station.close()]);
});

test("EveryBadFieldOfASampleIsNamedInOneAnswer", async () => {
  const station = await Socket.open("/ws/sensors/");
  let bad = change(sample(), "vl53l8ch.raw.distance_matrix", sevenRows);
  bad = change(change(bad, "fusion.final_grade", "S"), "as7341.raw.Clear", "bright");
  const { error, violations } = await station.ask(bad);
  for (const part of ["distance_matrix", "final_grade", "Clear"]) {
    assert.ok(error.includes(part), `${part} in: ${error}`);
    assert.ok(violations.some(({ field }) => field.includes(part)), `${part} in: ${JSON.stringify(violations)}`);
  }
  await station.close();
});

const badMeals = [
  ["TextWhereANumberBelongs", { dose_reelle: "lots" }, /dose_reelle is text that is not a number/],
  ["DoseBeyondItsRange", { dose_reelle: 1500 }, /dose_reelle is 1500, expected 0/],
  ["UnknownMoment", { moment: "midi" }, /moment .*matin.*soir/],
  ["UnknownBreed", { genetique: "Oie" }, /genetique .*Mulard, Barbarie/],
  ["WeightOfATon", { poids_moyen: 1_000_000 }, /poids_moyen/],
  ["ClockInTheFuture", { timestamp: later(60) }, /timestamp .*future/],
  ["MissingDose", { dose_reelle: undefined }, /dose_reelle is missing/],
  ["DayBeyondTheEnd", { jour: 40 }, /jour is 40/],
];

for (const [name, changes, expected] of badMeals) {
  test(`Meal${name}IsRefusedByNameKeptAndTheSocketGoesOn`, async () => {
    const feeder = await Socket.open("/ws/gavage/");
    const good = meal(freshLot("LS"));
    const answer = await feeder.ask({ ...good, ...changes });
    assert.equal(answer.type, "error", JSON.stringify(answer));
    assert.match(answer.error, expected);
    assert.equal(answer.data.code_lot, good.code_lot);
    assert.equal((await feeder.ask(good)).status, "saved");
    await rejectedRow("code_lot", good.code_lot, "meal");
    await feeder.close();
  });
}

test("MealOfAKnownLotByAnotherFeederIsRefused", async () => {
  const feeder = await Socket.open("/ws/gavage");
  const good = meal(freshLot("LL"));
  assert.equal((await feeder.ask(good)).status, "saved");
  const answer = await feeder.ask({ ...good, gaveur_id: 5, gaveur_nom: "Gaveur 5", moment: "matin" });
  assert.equal(answer.type, "error", JSON.stringify(answer));
  assert.match(answer.error, /gaveur/);
  assert.equal((await feeder.ask({ ...good, moment: "matin" })).status, "saved");
  await rejectedRow("code_lot", good.code_lot, "meal");
  await feeder.close();
});

test("RestRefusesABadMealWithAProblemThatNamesEveryField", async () => {
  const good = meal(freshLot("MT"));
  const { status, headers, body } = await rest("/api/gaveurs/gavage", { method: "POST", body: { ...good, dose_reelle: 1500, moment: "midi", jour: 40 } });
  assert.equal(status, 400);
  assert.match(headers.get("content-type"), /^application\/problem\+json/);
  assert.deepEqual([body.status, body.code], [400, "invalid_argument"]);
  assert.ok(body.title && body.type && body.detail && body.message);
  const fields = body.errors.map(({ field }) => field).join(" ");
  for (const name of ["dose_reelle", "moment", "jour"]) assert.ok(fields.includes(name), `${name} in: ${fields}`);
  assert.ok(body.errors.every(({ description }) => description));
  assert.deepEqual(body.details, body.errors);
  await rejectedRow("code_lot", good.code_lot, "meal");
  const accepted = await rest("/api/gaveurs/gavage", { method: "POST", body: good });
  assert.equal(accepted.status, 201, JSON.stringify(accepted.body));
});

for (const [name, body] of [["Json", "{not json"], ["FieldName", JSON.stringify({ dose: 3 })], ["Type", JSON.stringify({ code_lot: 3, jour: "cinq" })]]) {
  test(`RestAnswersA400ProblemToABad${name}`, async () => {
    const answer = await rest("/api/gaveurs/gavage/", { method: "POST", body });
    assert.equal(answer.status, 400);
    assert.match(answer.headers.get("content-type"), /^application\/problem\+json/);
    assert.ok(answer.body.detail);
  });
}

/** A sample as the contract has it. */
const protoSample = (device) => ({
  sample_id: `G-${unique()}`,
  device_id: device,
  sample_time: { seconds: Math.floor(Date.now() / 1000), nanos: 0 },
  site_code: "LS",
  tof: { distance_mm: Array(64).fill(80), reflectance: Array(64).fill(60), amplitude: Array(64).fill(30) },
  tof_analysis: { volume_mm3: 540000, surface_uniformity: 0.8, quality_score: 0.79, grade: "A" },
  spectral: { channels: { f1_415nm: 400, f2_445nm: 590, f3_480nm: 510, f4_515nm: 1800, f5_555nm: 900, f6_590nm: 600, f7_630nm: 1100, f8_680nm: 740, clear: 6400, nir: 600 } },
  spectral_analysis: { freshness_index: 0.9, fat_quality_index: 0.8, oxidation_index: 0.1, quality_score: 0.86, grade: "A+" },
  fusion: { final_score: 0.818, final_grade: "A" },
});

test("GrpcStreamNamesTheFieldsOfEachBadItemAndGoesOn", async () => {
  const stream = await ingest("egi.quality.v1.SampleIngestService", "StreamSamples");
  const device = `ESP32_LS_${unique()}`.slice(0, 40);
  stream.send({ open: { producer_id: `test-${unique()}`, want_results: true } });
  const { opened } = await stream.until((answer) => answer.opened);
  assert.equal(Number(opened.committed_sequence ?? 0), 0);
  const bad = {
    rows: change(protoSample(device), "tof.distance_mm", Array(56).fill(80)),
    nan: change(protoSample(device), "fusion.final_score", NaN),
    grade: change(protoSample(device), "fusion.final_grade", "S"),
    future: change(protoSample(device), "sample_time.seconds", Math.floor(Date.now() / 1000) + 3600),
    lot: { ...protoSample(device), lot: "2000000000" },
  };
  const good = protoSample(device);
  stream.send({ batch: { first_sequence: 1, samples: [...Object.values(bad), good] } });
  await stream.until((answer) => Number(answer.ack?.committed_sequence) >= 6);
  const expected = [/tof\.distance_mm/, /fusion\.final_score/, /fusion\.final_grade/, /sample_time/, /lot/];
  for (const [index, field] of expected.entries()) {
    const rejection = stream.answers.flatMap((answer) => answer.rejections?.rejections ?? []).find((each) => Number(each.sequence) === index + 1);
    assert.ok(rejection, `item ${index + 1} is rejected`);
    assert.match(stream.violations(rejection.status).map((each) => each.field).join(" ") || rejection.status.message, field);
  }
  assert.equal((await query("SELECT count(*)::int AS n FROM sqal_sensor_samples WHERE device_id = $1", [device]))[0].n, 1, "only the good item is stored");
  for (const each of Object.values(bad)) await rejectedRow("sample_id", each.sample_id, "sample");
  const more = protoSample(device);
  stream.send({ batch: { first_sequence: 7, samples: [more] } });
  await stream.until((answer) => Number(answer.ack?.committed_sequence) >= 7);
  await stream.end();
});

test("GrpcGapInSequenceIsOutOfRangeAndNamesTheExpectedOne", async () => {
  const stream = await ingest("egi.quality.v1.SampleIngestService", "StreamSamples");
  stream.send({ open: { producer_id: `test-${unique()}` } });
  await stream.until((answer) => answer.opened);
  stream.send({ batch: { first_sequence: 5, samples: [protoSample("ESP32_LS_01")] } });
  const error = await stream.failed;
  assert.equal(error.code, 11, error.message);
  assert.match(error.message, /\b1\b/);
});

/** What does not exist, the body to ask with, and the route that names what does. */
const missing = [
  ["/api/lots/LL9999999", undefined, "/api/euralis/lots"],
  ["/api/sqal/devices/ESP32_NOBODY", undefined, "/api/sqal/devices"],
  ["/api/sqal/alerts/2000000000/acknowledge?acknowledged_by=user:3", "", "/api/sqal/alerts"],
  ["/api/euralis/alertes/2000000000/acquitter", { acquittee_par: "user:3" }, "/api/euralis/alertes"],
  ["/api/imports/2000000000", undefined, "/api/imports"],
  ["/api/sqal/pending-lots/LL9999999/claim", { owner: "monitor" }, "/api/sqal/pending-lots"],
];
for (const [path, body, route] of missing) {
  test(`WhoAsksForNothingAt ${path.split("?")[0]} IsToldTheRouteThatNamesWhatThereIs`, async () => {
    const answer = await rest(path, body === undefined ? {} : { method: "POST", body });
    assert.equal(answer.status, 404, JSON.stringify(answer.body));
    assert.ok(answer.body.detail.includes(`GET ${route} (`), answer.body.detail);
  });
}
