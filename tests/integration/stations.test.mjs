// A station under control, on real processes: out of calibration its samples are refused and it hears why; its firmware is installed stage by stage.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { unique } from "../support/messages.mjs";
import { call, client, ingest } from "./grpc.mjs";
import { eventually, query, rest } from "./platform.mjs";

const WHITE = { f1_415nm: 400, f2_445nm: 600, f3_480nm: 500, f4_515nm: 1900, f5_555nm: 900, f6_590nm: 600, f7_630nm: 1150, f8_680nm: 750, clear: 6500, nir: 600 };
const zones = (value) => Array(64).fill(value);

function protoSample(device) {
  return {
    sample_id: `S-${unique()}`,
    device_id: device,
    sample_time: { seconds: Math.floor(Date.now() / 1000), nanos: 0 },
    tof: { distance_mm: zones(80), reflectance: zones(60), amplitude: zones(300) },
    tof_analysis: { volume_mm3: 540000, surface_uniformity: 0.8, quality_score: 0.8, grade: "A" },
    spectral: { channels: WHITE, gain: 1, integration_time_ms: 100 },
    spectral_analysis: { freshness_index: 0.9, fat_quality_index: 0.85, oxidation_index: 0.1, quality_score: 0.85 },
    fusion: { final_score: 0.82, final_grade: "A" },
  };
}

const heartbeat = (device, more = {}) =>
  call("egi.quality.v1.DeviceService", "ReportHeartbeat", { heartbeat: { device_id: device, firmware_version: "v1.0.0", ...more } });

/** A station with an open stream: its sequence, its samples, the commands it hears. */
async function openStation(device) {
  await heartbeat(device);
  const stream = await ingest("egi.quality.v1.SampleIngestService", "StreamSamples");
  stream.send({ open: { producer_id: device, device_id: device } });
  await stream.until((answer) => answer.opened);
  stream.send({ heartbeat: { device_id: device, firmware_version: "v1.0.0" } });
  let sequence = 0;
  return {
    stream,
    /** The command of this kind, answered with `result`. */
    async obey(kind, result) {
      const { command } = await stream.until((answer) => answer.command?.[kind]);
      stream.send({ command_result: { command_id: command.command_id, device_id: device, ...result } });
      return command[kind];
    },
    /** Sends a sample; answers its rejection, or undefined. */
    async measure() {
      sequence += 1;
      const wanted = sequence;
      const sample = protoSample(device);
      stream.send({ batch: { first_sequence: wanted, samples: [sample] } });
      await stream.until((answer) => Number(answer.ack?.committed_sequence) >= wanted);
      const rejection = stream.answers.flatMap((answer) => answer.rejections?.rejections ?? []).find((each) => Number(each.sequence) === wanted);
      return { sample, rejection };
    },
  };
}

const check = (device, deviation) =>
  rest(`/api/sqal/devices/${device}/gauge/checks`, {
    method: "POST",
    body: { kind: "golden_sample", reference: "resin liver 3", performed_by: "user:3", reference_volume_mm3: 500000, volumes_mm3: [1, 1.001, 0.999].map((each) => each * 500000 * (1 + deviation)) },
  });

test("StationOutOfCalibrationIsRefusedHearsWhyAndIsTakenBack", async () => {
  const device = `GAUGE_LL_${unique()}`;
  const station = await openStation(device);
  assert.equal((await station.measure()).rejection, undefined, "a station that was never enrolled is not touched");
  const calibration = await rest(`/api/sqal/devices/${device}/gauge/calibrations`, { method: "POST", body: { white_reference: WHITE, distance_offset_mm: 0.5, calibrated_by: "user:3" } });
  assert.equal(calibration.status, 200, JSON.stringify(calibration.body));
  assert.equal((await station.obey("calibration", { outcome: "COMMAND_OUTCOME_APPLIED" })).distance_offset_mm, 0.5);
  assert.equal((await station.measure()).rejection, undefined, "calibrated");

  const failed = await check(device, 0.08);
  assert.equal(failed.body.status.state, "check_failed", JSON.stringify(failed.body));
  const permission = await station.obey("grading", { outcome: "COMMAND_OUTCOME_APPLIED" });
  assert.ok(!permission.allowed);
  assert.match(permission.reason, /golden sample check .* failed: volume_mm3 is \+8\.0 %/);
  const { sample, rejection } = await station.measure();
  assert.equal(rejection.status.code, 9, "FAILED_PRECONDITION");
  assert.match(rejection.status.message, /out of calibration: golden sample check/);
  const [kept] = await query("SELECT reason FROM rejected_messages WHERE sample_id = $1", [sample.sample_id]);
  assert.match(kept.reason, /out of calibration/);
  assert.equal((await query("SELECT count(*)::int AS n FROM sqal_sensor_samples WHERE sample_id = $1", [sample.sample_id]))[0].n, 0);
  const alerts = async () => (await query("SELECT count(*)::int AS n FROM alert_open WHERE alert_type = 'out_of_calibration' AND object_key = $1", [`device:${device}`]))[0].n;
  assert.equal(await alerts(), 1);

  assert.equal((await check(device, 0.001)).body.status.state, "in_calibration");
  assert.equal((await station.obey("grading", { outcome: "COMMAND_OUTCOME_APPLIED" })).allowed, true);
  assert.equal((await station.measure()).rejection, undefined, "in order again");
  assert.equal(await alerts(), 0);
  const drift = await rest(`/api/sqal/devices/${device}/gauge/drift?kind=golden_sample`);
  assert.equal(drift.body.points.length, 2);
  await station.stream.end();
});

/** Uploads an image; answers its SHA-256. */
function upload(version, image) {
  const sha256 = createHash("sha256").update(image).digest("hex");
  return new Promise((resolve, reject) => {
    const stub = client("egi.quality.v1.FirmwareService");
    const stream = stub.UploadFirmware((error) => (stub.close(), error ? reject(error) : resolve(sha256)));
    stream.write({ info: { version, size_bytes: image.length, sha256, uploaded_by: "user:3" } });
    for (let begin = 0; begin < image.length; begin += 100_000) stream.write({ chunk: image.subarray(begin, begin + 100_000) });
    stream.end();
  });
}

/** Bytes from `offset` on; breaks the call off after `most` bytes. */
function download(version, offset, most = Infinity) {
  return new Promise((resolve, reject) => {
    const stub = client("egi.quality.v1.FirmwareService");
    const stream = stub.DownloadFirmware({ version, offset });
    let bytes = Buffer.alloc(0);
    stream.on("data", ({ data }) => {
      bytes = Buffer.concat([bytes, data]);
      if (bytes.length >= most) stream.cancel();
    });
    stream.on("error", (error) => (error.code === 1 && bytes.length >= most ? resolve(bytes) : reject(error)));
    stream.on("end", () => resolve(bytes));
    stream.on("close", () => stub.close());
  });
}

test("RolloutGoesStageByStageThroughABrokenDownloadAndPausesAfterARollback", async () => {
  const profile = `line-${unique()}`;
  const devices = [1, 2].map((number) => `FW_LL_${number}_${unique()}`);
  const stations = [];
  for (const device of devices) {
    stations.push(await openStation(device));
    await call("egi.quality.v1.DeviceService", "UpdateDevice", { device_id: device, config_profile: profile, updated_by: "user:3" });
    await call("egi.quality.v1.DeviceService", "ApproveDevice", { device_id: device, approved_by: "user:3" });
  }
  const image = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 31) & 0xff));
  const version = `v${unique()}`.slice(-20).replace(/^[^v]/, "v");
  const sha256 = await upload(version, image);
  const started = await rest("/api/sqal/firmware/rollouts", { method: "POST", body: { version, config_profile: profile, started_by: "user:3", stages_pct: [50, 100], max_failed_pct: 10 } });
  assert.equal(started.status, 200, JSON.stringify(started.body));
  assert.deepEqual([started.body.devices, started.body.offered, started.body.stage], [2, 1, 1]);
  const rollout = async () => (await rest(`/api/sqal/firmware/rollouts/${started.body.rollout_id}`)).body;
  const { updates } = await rollout();
  const first = stations[devices.indexOf(updates.find((each) => each.stage === 1).device_id)];
  const second = stations[devices.indexOf(updates.find((each) => each.stage === 2).device_id)];

  const offer = await first.obey("firmware", { outcome: "COMMAND_OUTCOME_IN_PROGRESS", bytes_received: 0 });
  assert.equal(offer.sha256, sha256);
  const half = await download(version, 0, 100_000);
  assert.ok(half.length < image.length, "broken off");
  const whole = Buffer.concat([half, await download(version, half.length)]);
  assert.equal(createHash("sha256").update(whole).digest("hex"), sha256);
  const { command_id } = first.stream.answers.find((answer) => answer.command?.firmware).command;
  first.stream.send({ command_result: { command_id, device_id: devices[stations.indexOf(first)], outcome: "COMMAND_OUTCOME_APPLIED", bytes_received: whole.length } });
  await eventually("the second stage", async () => (await rollout()).rollout.stage === 2);
  await second.obey("firmware", { outcome: "COMMAND_OUTCOME_ROLLED_BACK", message: "the new version did not boot" });
  const paused = await eventually("the pause", async () => {
    const now = await rollout();
    return now.rollout.state === "paused" && now;
  });
  assert.equal(paused.rollout.changed_by, "egi-server");
  assert.deepEqual(paused.updates.map((each) => each.state), ["installed", "rolled_back"]);
  assert.equal(paused.updates[1].message, "the new version did not boot");
  for (const station of stations) await station.stream.end();
});
