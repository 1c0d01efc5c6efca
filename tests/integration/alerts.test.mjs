// All alerts of the quality control fire and clear on the real platform (domain.md section 10), and disagreement of declared and computed scores.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Socket, eventually, query, rest } from "./platform.mjs";
import { sample, unique } from "../support/messages.mjs";

const device = `ESP32_LS_${unique().replace(/[^a-z0-9]/g, "")}`;
let live;
let station;

before(async () => {
  live = await Socket.open("/ws/realtime/?format=unified");
  station = await Socket.open("/ws/sensors/");
});
after(() => {
  live?.close();
  station?.close();
});

const alertOf = (type, state) => (message) => message.type === "alert" && message.data.device_id === device && message.data.alert_type === type && message.data.state === state;
// One sample after the other, each newer than the one before: two may come within a millisecond.
let clock = Date.now();
const deliver = async (changes) => {
  clock = Math.max(clock + 1, Date.now());
  const message = sample({ timestamp: new Date(clock).toISOString(), ...changes });
  const answer = await station.ask(message);
  assert.equal(answer.type, "ack", JSON.stringify(answer));
  return message.sample_id;
};
const send = (changes) => deliver({ device, ...changes });
const BAD = {
  quality_critical: { tof: 0.35, spectral: 0.38 },
  quality_low: { tof: 0.5, spectral: 0.55 },
  grade_reject: { tof: 0.4, spectral: 0.9 },
  oxidation_high: { oxidation: 0.82 },
  freshness_low: { freshness: 0.31 },
};

for (const [type, changes] of Object.entries(BAD)) {
  test(`${type} fires, counts, and clears after three good samples`, async () => {
    const first = await send(changes);
    const opened = await live.until(alertOf(type, "open"));
    assert.equal(opened.data.sample_id, first);
    assert.equal(opened.data.data_context.first_sample, first);
    assert.equal(typeof opened.data.data_context.rule, "string");
    const last = await send(changes);
    await eventually(`${type} counts`, async () => (await rest("/api/sqal/alerts?state=open&limit=500")).body.some((a) => a.alert_id === opened.data.alert_id && a.occurrences === 2 && a.data_context.last_sample === last));
    for (let i = 0; i < 3; i += 1) await send({});
    const closed = await live.until(alertOf(type, "closed"));
    assert.deepEqual([closed.data.alert_id, closed.data.close_reason, closed.data.occurrences], [opened.data.alert_id, "back_in_range", 2]);
    const [stored] = await query("SELECT closed_at IS NOT NULL AS closed, close_reason, (SELECT count(*)::int FROM alert_open WHERE object_key = $2) AS open FROM sqal_alerts WHERE alert_id = $1", [closed.data.alert_id, `device:${device}`]);
    assert.deepEqual(stored, { closed: true, close_reason: "back_in_range", open: 0 });
  });
}

test("A shelved alert stays silent, and counts again when the silence is ended", async () => {
  await send(BAD.oxidation_high);
  const { data } = await live.until(alertOf("oxidation_high", "open"));
  const shelve = (body) => rest(`/api/sqal/alerts/${data.alert_id}/shelve`, { method: "POST", body });
  assert.equal((await shelve({ shelved_by: "user:3", minutes: 5 })).status, 400, "a reason is needed");
  const { status, body } = await shelve({ shelved_by: "user:3", minutes: 5, reason: "white reference is being cleaned" });
  assert.deepEqual([status, body.state], [200, "shelved"]);
  await live.until(alertOf("oxidation_high", "shelved"));
  await send(BAD.oxidation_high);
  const [silent] = (await rest("/api/sqal/alerts?state=shelved&limit=500")).body.filter((a) => a.alert_id === data.alert_id);
  assert.deepEqual([silent.occurrences, silent.shelved_by, silent.shelve_reason], [1, "user:3", "white reference is being cleaned"]);
  assert.equal((await rest(`/api/sqal/alerts/${data.alert_id}/unshelve`, { method: "POST", body: { unshelved_by: "user:3" } })).body.state, "open");
  await send(BAD.oxidation_high);
  await eventually("it counts again", async () => (await rest("/api/sqal/alerts?state=open&limit=500")).body.some((a) => a.alert_id === data.alert_id && a.occurrences === 2));
  for (let i = 0; i < 3; i += 1) await send({});
  await live.until(alertOf("oxidation_high", "closed"));
});

test("Declared and computed scores that differ are shown, stored and alerted; an unknown profile is not compared", async () => {
  const profiled = { config_profile: "foiegras_standard_barquette" };
  const lying = await send({ tof: 0.99, spectral: 0.99, meta: profiled });
  const update = await live.until((m) => m.type === "sensor_update" && m.sample_id === lying);
  assert.equal(update.fusion.comparison, "disagrees");
  assert.ok(Math.abs(update.fusion.computed.fused_score - update.fusion.declared_score) > 0.02);
  const alert = await live.until(alertOf("score_disagreement", "open"));
  assert.equal(typeof alert.data.data_context.computed, "number");
  const { body } = await rest(`/api/sqal/samples/${lying}`);
  assert.equal(body.comparison, "disagrees");
  assert.ok(Math.abs(body.computed_fusion_score - update.fusion.computed.fused_score) < 1e-6);
  const [row] = await query("SELECT computed_grade, computed_volume_mm3, score_disagrees FROM sqal_sensor_samples WHERE sample_id = $1", [lying]);
  assert.equal(row.score_disagrees, true);
  assert.equal(row.computed_grade, update.fusion.computed.grade);
  const stranger = await deliver({ device: `ESP32_LS_${unique().replace(/[^a-z0-9]/g, "")}`, meta: { config_profile: "no_such_profile" } });
  const unknown = (await rest(`/api/sqal/samples/${stranger}`)).body;
  assert.deepEqual([unknown.comparison, unknown.computed_fusion_score], ["unknown_profile", null]);
});
