// The sockets of the specification against the running platform (api.md parts A and E).
import assert from "node:assert/strict";
import { test } from "node:test";
import { flatSample, freshLot, meal, sample, twinSample, unique } from "../support/messages.mjs";
import { control, eventually, query, rest, Socket } from "./platform.mjs";

const stored = async (id) => (await query("SELECT count(*)::int AS n FROM sqal_sensor_samples WHERE sample_id = $1", [id]))[0].n;
const about = (id) => (message) => message.sample_id === id;

for (const [form, make] of [["Nested", sample], ["Flat", flatSample]]) {
  test(`${form}SampleIsSavedAndSeenAsThreeMessagesAndOneFlatOne`, async () => {
    const dashboard = await Socket.open("/ws/realtime/");
    const station = await Socket.open("/ws/sensors/");
    const sent = make();
    const ack = await station.ask(sent);
    assert.deepEqual([ack.type, ack.status, ack.sample_id, ack.fusion_grade], ["ack", "saved", sent.sample_id, "A"]);
    assert.ok(Math.abs(ack.fusion_score - sent.fusion.final_score) < 1e-6, `fusion score ${ack.fusion_score}`);
    assert.equal(await stored(sent.sample_id), 1, "acknowledged after it is durable");
    const [tof, spectral, result, flat] = [await dashboard.until(about(sent.sample_id)), await dashboard.next(), await dashboard.next(), await dashboard.next()];
    assert.deepEqual([tof.type, tof.sensor, tof.sensor_type], ["sensor_data", "VL53L8CH", "VL53L8CH"]);
    assert.deepEqual(tof.data.raw.distance_matrix.map((row) => row.length), Array(8).fill(8));
    assert.equal(tof.data.analysis.grade, "A");
    assert.deepEqual([spectral.type, spectral.sensor], ["sensor_data", "AS7341"]);
    assert.equal(spectral.data.raw.Clear, sent.as7341.raw?.Clear ?? sent.as7341.channels.Clear);
    assert.deepEqual([result.type, result.data.final_grade, result.data.is_compliant], ["analysis_result", "A", true]);
    assert.equal(flat.type, "sensor_update");
    assert.equal(flat.vl53l8ch.raw.distance_matrix[3][3], tof.data.raw.distance_matrix[3][3]);
    assert.ok(flat.fusion.final_score === result.data.final_score && typeof flat.data === "object");
    for (const each of [tof, spectral, result, flat]) {
      assert.equal(each.sample_id, sent.sample_id);
      assert.equal(Date.parse(each.timestamp), Date.parse(sent.timestamp));
      assert.ok(each.event_id, "carries its position");
    }
    assert.deepEqual([spectral.seq, result.seq, flat.seq], [tof.seq + 1, tof.seq + 2, tof.seq + 3]);
    await Promise.all([dashboard.close(), station.close()]);
  });
}

test("RawDataWithoutAnyConclusionAreMeasuredByTheServer", async () => {
  const dashboard = await Socket.open("/ws/realtime/?format=unified");
  const station = await Socket.open("/ws/sensors/");
  // A measured liver would have a shape; what counts here is who concludes.
  const { fusion, ...sent } = flatSample();
  assert.ok(fusion);
  const { channels, integration_time, gain } = sent.as7341;
  sent.as7341 = { channels, integration_time, gain };
  const { distance_matrix, reflectance_matrix, amplitude_matrix } = sent.vl53l8ch;
  sent.vl53l8ch = { distance_matrix, reflectance_matrix, amplitude_matrix };
  const ack = await station.ask(sent);
  assert.equal(ack.status, "saved", JSON.stringify(ack));
  const { body } = await rest(`/api/sqal/samples/${sent.sample_id}`);
  assert.equal(body.comparison, "not_declared");
  assert.equal(body.declared_fusion_score, null);
  assert.ok(Math.abs(body.vl53l8ch_quality_score - body.computed_tof_score) < 1e-6, "the server's analysis stands where the station's would");
  assert.ok(Math.abs(body.computed_fusion_score - ack.fusion_score) < 1e-6 && body.fusion_final_grade === ack.fusion_grade);
  const seen = await dashboard.until(about(sent.sample_id));
  assert.deepEqual([seen.fusion.comparison, seen.fusion.declared_score], ["not_declared", null]);
  assert.ok(Math.abs(seen.vl53l8ch.analysis.quality_score - body.vl53l8ch_quality_score) < 1e-6);
  assert.ok(Math.abs(seen.as7341.analysis.freshness_index - body.computed_freshness_index) < 1e-6);
  const refused = await station.ask({ ...sent, sample_id: `S-${unique()}`, meta: { config_profile: "nobody_knows_it" } });
  assert.match(refused.error, /names no profile the server knows/);
  await Promise.all([dashboard.close(), station.close()]);
});

test("UnifiedFormatGivesOneMessageASampleAndSeedsFormatThree", async () => {
  const unified = await Socket.open("/ws/realtime/?format=unified");
  const seeds = await Socket.open("/ws/realtime?format=seeds");
  const station = await Socket.open("/ws/sensors");
  const [first, last] = [sample(), sample()];
  await station.ask(first);
  await station.ask(last);
  await unified.until(about(last.sample_id));
  await seeds.until((message) => about(last.sample_id)(message) && message.type === "analysis_result");
  const live = (socket) => socket.messages.filter((message) => message.sample_id === first.sample_id && !message.snapshot).map((message) => message.type);
  assert.deepEqual(live(unified), ["sensor_update"]);
  assert.deepEqual(live(seeds), ["sensor_data", "sensor_data", "analysis_result"]);
  await Promise.all([unified.close(), seeds.close(), station.close()]);
});

for (const slash of ["", "/"]) {
  test(`MealOfFeederFourReachesFeederFourAndNotFive${slash && "WithTrailingSlash"}`, async () => {
    const [four, five, dashboard, feeder] = await Promise.all(["/ws/gaveur/4", "/ws/gaveur/5", "/ws/realtime/", "/ws/gavage"].map((path) => Socket.open(path === "/ws/realtime/" ? path : path + slash)));
    const [ofFour, ofFive] = [freshLot("LL"), freshLot("LS")];
    const sent = meal(ofFour);
    const ack = await feeder.ask(sent);
    assert.deepEqual([ack.type, ack.status, ack.code_lot, ack.jour, ack.moment], ["ack", "saved", ofFour, 5, "soir"]);
    assert.deepEqual([ack.poids_moyen, ack.taux_mortalite], [5480.2, 2]);
    const update = await four.until((message) => message.data?.code_lot === ofFour && message.type === "gavage_update", "gavage_update of feeder 4");
    assert.deepEqual([update.data.gaveur_id, update.data.dose_reelle, update.data.nb_canards_vivants], [4, 338.6, 49]);
    const broadcast = await dashboard.until((message) => message.type === "gavage_realtime" && message.data.code_lot === ofFour, "gavage_realtime");
    assert.deepEqual([broadcast.data.site, broadcast.data.genetique, broadcast.data.dose_theorique, broadcast.data.pret_abattage], ["LL", "Mulard", 343, false]);
    // Once feeder 5 has seen a later meal of its own, everything before it has been delivered.
    await feeder.ask(meal(ofFive));
    await five.until((message) => message.data?.code_lot === ofFive, "gavage_update of feeder 5");
    assert.deepEqual(five.messages.filter((message) => JSON.stringify(message).includes(ofFour)), []);
    await Promise.all([four, five, dashboard, feeder].map((socket) => socket.close()));
  });
}

test("MealWithoutTheFourOptionalFieldsIsSaved", async () => {
  const feeder = await Socket.open("/ws/gavage");
  const { dose_theorique, temperature_stabule, humidite_stabule, pret_abattage, ...short } = meal(freshLot("MT"));
  assert.equal((await feeder.ask(short)).status, "saved");
  await feeder.close();
});

test("MealsAndFiltersNameTheLotByItsIdOrItsCode", async () => {
  const feeder = await Socket.open("/ws/gavage");
  const [lot, other] = [freshLot("LL"), freshLot("LL")];
  for (const code of [lot, other]) assert.equal((await feeder.ask(meal(code, { jour: 4 }))).status, "saved");
  const { id } = (await rest(`/api/euralis/lots/${lot}`)).body;
  const addressed = await Socket.open(`/ws/realtime/?format=unified&code_lot=${id}`);
  const subscribed = await Socket.open("/ws/realtime/?format=unified");
  subscribed.send({ type: "subscribe", filters: { code_lot: id } });
  await subscribed.until((message) => message.type === "subscribe_ack");
  await feeder.ask(meal(other));
  const { code_lot, ...unnamed } = meal(lot);
  assert.equal((await feeder.ask({ ...unnamed, lot_id: id })).status, "saved");
  assert.equal((await feeder.ask({ ...unnamed, code_lot: id })).status, "duplicate");
  assert.equal((await feeder.ask({ ...unnamed, code_lot, lot_id: id })).status, "duplicate");
  const refused = await feeder.ask({ ...unnamed, code_lot: other, lot_id: id });
  assert.equal(refused.type, "error", JSON.stringify(refused));
  assert.ok(refused.error.includes(lot) && refused.error.includes(other), refused.error);
  for (const socket of [addressed, subscribed]) {
    const meals = () => socket.messages.filter((message) => message.type === "gavage_realtime" && !message.snapshot);
    await socket.until((message) => message.type === "gavage_realtime" && message.data.code_lot === lot && message.data.jour === 5, "the meal of the lot");
    assert.deepEqual([...new Set(meals().map((message) => message.data.code_lot))], [lot]);
  }
  subscribed.send({ type: "subscribe", filters: { code_lot: 999_999 } });
  assert.match((await subscribed.until((message) => message.type === "error")).error, /code_lot is 999999, which is the id of no lot/);
  await Promise.all([feeder, addressed, subscribed].map((socket) => socket.close()));
});

test("BreedsOfTheSocketAreThoseOfTheServer", async () => {
  const feeder = await Socket.open("/ws/gavage");
  for (const [word, breed] of [["mulard", "Mulard"], ["Barbarie", "Barbarie"], ["PEKIN", "Pékin"], ["mixte", "Mixte"]]) {
    const byMeal = freshLot("LL");
    assert.equal((await feeder.ask(meal(byMeal, { genetique: word }))).status, "saved", word);
    const byCall = { code_lot: freshLot("LL"), site_origine: "Bretagne", nombre_canards: 50, genetique: word, date_debut_gavage: "2026-02-01", date_fin_gavage_prevue: "2026-02-12", gaveur_id: 4, origine: "simulator" };
    assert.equal((await rest("/api/lots", { method: "POST", body: byCall })).status, 201, word);
    const rows = await query("SELECT DISTINCT genetique FROM lots_gavage WHERE code_lot = ANY ($1)", [[byMeal, byCall.code_lot]]);
    assert.deepEqual(rows, [{ genetique: breed }]);
  }
  assert.match((await feeder.ask(meal(freshLot("LL"), { genetique: "Oie" }))).error, /Mulard, Barbarie, Pékin or Mixte/);
  await feeder.close();
});

test("FeederOfAnotherSiteMakesNoLotByTheSocket", async () => {
  const feeder = await Socket.open("/ws/gavage");
  assert.equal((await feeder.ask(meal(freshLot("LL")))).status, "saved");
  const refused = await feeder.ask(meal(freshLot("MT"), { gaveur_id: 4, gaveur_nom: "Gaveur 4" }));
  assert.equal(refused.type, "error", JSON.stringify(refused));
  assert.match(refused.error, /gaveur 4 belongs to site LL/);
  await feeder.close();
});

test("WelcomeComesFirstOnEverySocket", async () => {
  for (const path of ["/ws/sensors/", "/ws/sensors", "/ws/gavage", "/ws/gavage/", "/ws/realtime/", "/ws/realtime", "/ws/gaveur/4", "/ws/gaveur/4/", "/ws/notifications/"]) {
    const socket = await Socket.open(path, { welcome: false });
    const first = await socket.next();
    assert.equal(first.type, "connection_established", path);
    assert.ok(Math.abs(Date.parse(first.timestamp) - Date.now()) < 60_000 && first.message, path);
    await socket.close();
  }
  const dashboard = await Socket.open("/ws/realtime/", { welcome: false });
  assert.ok((await dashboard.next()).active_connections >= 1);
  await dashboard.close();
});

test("HelloPingAndHeartbeatAreAnsweredAndTheDeviceIsSeen", async () => {
  const device = `ESP32_LL_${unique()}`.slice(0, 40);
  const station = await Socket.open("/ws/sensors/");
  station.send({ type: "esp32_hello", device_id: device, mac: "24:0A:C4:00:00:01", location: "Ligne A", ip: "192.0.2.10", firmware: "1.2.3", sensors: { vl53l8ch: "0x29", as7341: "0x39" } });
  assert.equal((await station.next()).type, "hello_ack");
  station.send({ type: "ping" });
  assert.equal((await station.next()).type, "pong");
  station.send({ type: "heartbeat", device_id: device, timestamp: new Date().toISOString(), status: "online", uptime: 3605, stats: { measurements_sent: 720, measurements_buffered: 3 }, buffer_size: 0 });
  assert.equal((await station.next()).type, "heartbeat_ack");
  const [row] = await eventually("the device is registered", async () => {
    const rows = await query("SELECT last_seen FROM sqal_devices WHERE device_id = $1 AND last_seen IS NOT NULL", [device]);
    return rows.length > 0 && rows;
  });
  assert.ok(Math.abs(row.last_seen - Date.now()) < 60_000);
  const dashboard = await Socket.open("/ws/realtime/");
  dashboard.send({ type: "heartbeat" });
  await dashboard.until((message) => message.type === "heartbeat_ack");
  await Promise.all([station.close(), dashboard.close()]);
});

test("UnknownTextIsAnErrorAndTheSocketStaysOpen", async () => {
  for (const path of ["/ws/sensors/", "/ws/gavage", "/ws/realtime/"]) {
    const socket = await Socket.open(path);
    for (const nonsense of ["hello", '{"type":"dance"}', "[1,2]"]) {
      socket.send(nonsense);
      const answer = await socket.until((message) => message.type === "error", `error for ${nonsense} on ${path}`);
      assert.ok(answer.error && answer.timestamp && answer.data, JSON.stringify(answer));
    }
    socket.send({ type: "ping" });
    await socket.until((message) => message.type === "pong");
    await socket.close();
  }
});

test("RepeatedSampleIsADuplicateAndStoredOnce", async () => {
  const station = await Socket.open("/ws/sensors/");
  const sent = sample();
  assert.equal((await station.ask(sent)).status, "saved");
  assert.equal((await station.ask(sent)).status, "duplicate");
  assert.equal(await stored(sent.sample_id), 1);
  const other = await station.ask({ ...sent, vl53l8ch: { ...sent.vl53l8ch, analysis: { ...sent.vl53l8ch.analysis, volume_mm3: 1234.5 } } });
  assert.equal(other.type, "error", "the same id with another body is refused");
  assert.equal(other.code, "already_exists");
  assert.equal(await stored(sent.sample_id), 1);
  await station.close();
});

test("RepeatedMealIsADuplicateAndAnotherValueIsACorrectionWithHistory", async () => {
  const feeder = await Socket.open("/ws/gavage");
  const sent = meal(freshLot("LS"));
  assert.equal((await feeder.ask(sent)).status, "saved");
  assert.equal((await feeder.ask(sent)).status, "duplicate");
  assert.equal((await feeder.ask({ ...sent, dose_reelle: 330.5 })).status, "saved");
  const rows = await query("SELECT dose_reelle::float8 AS dose FROM doses_journalieres WHERE code_lot = $1", [sent.code_lot]);
  assert.deepEqual(rows, [{ dose: 330.5 }]);
  await feeder.close();
});

test("OneShotSendersThatCloseAtOnceAreStored", async () => {
  const [sent, fed] = [sample(), meal(freshLot("LL"))];
  for (const [path, message] of [["/ws/sensors/", sent], ["/ws/gavage", fed]]) {
    const socket = await Socket.open(path, { welcome: false });
    socket.send(message);
    await socket.close();
  }
  await eventually("the sample is stored", async () => (await stored(sent.sample_id)) === 1);
  await eventually("the meal is stored", async () => (await query("SELECT 1 FROM doses_journalieres WHERE code_lot = $1", [fed.code_lot])).length === 1);
});

test("TwinMessageOf140KilobytesWithFrenchGradesIsAccepted", async () => {
  const station = await Socket.open("/ws/sensors/");
  const good = twinSample({ tof: 0.9, spectral: 0.8, device: "ESP32_TWIN_01" });
  assert.ok(JSON.stringify(good).length > 130_000);
  const ack = await station.ask(good);
  assert.deepEqual([ack.status, ack.fusion_grade], ["saved", "A+"]);
  const bad = twinSample({ tof: 0.3, spectral: 0.3, tofGrade: "REJET - Qualité insuffisante", finalGrade: "REJET - Qualité insuffisante", device: "ESP32_TWIN_01" });
  const refusedLiver = await station.ask(bad);
  assert.deepEqual([refusedLiver.type, refusedLiver.status, refusedLiver.fusion_grade], ["ack", "saved", "REJECT"]);
  const rows = await query("SELECT vl53l8ch_grade, fusion_final_grade FROM sqal_sensor_samples WHERE sample_id = $1", [bad.sample_id]);
  assert.deepEqual(rows, [{ vl53l8ch_grade: "REJECT", fusion_final_grade: "REJECT" }]);
  await station.close();
});

test("SubscribeFiltersByDeviceAndGradeAndUnsubscribeStops", async () => {
  const device = `ESP32_LS_${unique()}`.slice(0, 40);
  const station = await Socket.open("/ws/sensors/");
  const everything = await Socket.open("/ws/realtime/?format=unified");
  const filtered = await Socket.open("/ws/realtime/?format=unified");
  filtered.send({ type: "subscribe", filters: { device_id: device, min_grade: "B", data_type: "sqal_only" } });
  const ack = await filtered.until((message) => message.type === "subscribe_ack");
  assert.deepEqual(ack.filters, { device_id: device, min_grade: "B", data_type: "sqal_only" });
  const from = filtered.messages.length;
  const sent = { other: sample({ device: "ESP32_LS_01" }), poor: sample({ device, tof: 0.5, spectral: 0.5 }), good: sample({ device }), last: sample({ device, tof: 0.9, spectral: 0.9 }) };
  for (const each of Object.values(sent)) assert.equal((await station.ask(each)).status, "saved");
  await filtered.until(about(sent.last.sample_id));
  const seen = filtered.messages.slice(from).filter((message) => message.type === "sensor_update").map((message) => message.sample_id);
  assert.deepEqual(seen, [sent.good.sample_id, sent.last.sample_id]);
  filtered.send({ type: "unsubscribe" });
  await filtered.until((message) => message.type === "unsubscribe_ack");
  const after = sample({ device });
  await station.ask(after);
  await everything.until(about(after.sample_id));
  filtered.send({ type: "heartbeat" });
  await filtered.until((message) => message.type === "heartbeat_ack");
  assert.deepEqual(filtered.messages.filter(about(after.sample_id)), []);
  filtered.send({ type: "subscribe", filters: { min_grade: "Z", site_code: "XX" } });
  const refused = await filtered.until((message) => message.type === "error");
  assert.ok(/min_grade/.test(refused.error) && /site_code/.test(refused.error), refused.error);
  await Promise.all([station.close(), everything.close(), filtered.close()]);
});

test("BadSampleOpensAnAlertThatDashboardsSee", async () => {
  const device = `ESP32_MT_${unique()}`.slice(0, 40);
  const dashboard = await Socket.open("/ws/realtime/");
  const station = await Socket.open("/ws/sensors/");
  const sent = sample({ device, site: "MT", tof: 0.3, spectral: 0.3 });
  await station.ask(sent);
  const alert = await dashboard.until((message) => message.type === "alert" && message.data.device_id === device, "alert");
  assert.equal(alert.data.origin, "SQAL");
  assert.ok(["info", "warning", "critical"].includes(alert.data.severity) && alert.data.alert_id > 0 && alert.data.message);
  await Promise.all([dashboard.close(), station.close()]);
});

test("ResumingAfterAGatewayRestartLosesAndRepeatsNothing", async () => {
  const device = `ESP32_LS_${unique()}`.slice(0, 40);
  const path = `/ws/realtime/?format=unified&device_id=${device}&data_type=sqal_only`;
  const send = async (number) => {
    const ids = [];
    const station = await Socket.open("/ws/sensors/");
    for (let i = 0; i < number; i += 1) {
      const each = sample({ device });
      ids.push(each.sample_id);
      assert.equal((await station.ask(each)).status, "saved");
    }
    await station.close();
    return ids;
  };
  const dashboard = await Socket.open(path);
  const before = await send(10);
  const last = await dashboard.until(about(before[6]));
  await control("restart gateway");
  const between = await send(10);
  const resumed = await Socket.open(`${path}&since=${encodeURIComponent(last.event_id)}`);
  const after = await send(5);
  await resumed.until(about(after.at(-1)));
  const seen = resumed.messages.filter((message) => message.type === "sensor_update").map((message) => message.sample_id);
  assert.deepEqual(seen, [...before.slice(7), ...between, ...after]);
  await resumed.close();
});

test("ResumingAfterAServerRestartLosesAndRepeatsNothing", async () => {
  const device = `ESP32_LS_${unique()}`.slice(0, 40);
  const path = `/ws/realtime/?format=unified&device_id=${device}&data_type=sqal_only`;
  const dashboard = await Socket.open(path);
  const station = await Socket.open("/ws/sensors/");
  const ids = [];
  for (let i = 0; i < 12; i += 1) {
    if (i === 6) await control("restart server");
    const each = sample({ device });
    ids.push(each.sample_id);
    assert.equal((await station.ask(each)).status, "saved", `sample ${i}`);
  }
  await dashboard.until(about(ids.at(-1)));
  assert.deepEqual(dashboard.messages.filter((message) => message.type === "sensor_update").map((message) => message.sample_id), ids);
  await Promise.all([dashboard.close(), station.close()]);
});

test("ASilentDashboardDoesNotHoldUpAcksNorOtherDashboards", async () => {
  const stalled = await Socket.open("/ws/realtime/");
  stalled.raw.pause();
  const other = await Socket.open("/ws/realtime/?format=unified");
  const station = await Socket.open("/ws/sensors/");
  let last;
  for (let i = 0; i < 150; i += 1) {
    last = twinSample({ device: "ESP32_TWIN_02" });
    assert.equal((await station.ask(last)).status, "saved");
  }
  await other.until(about(last.sample_id));
  stalled.raw.terminate();
  await Promise.all([other.close(), station.close()]);
});
