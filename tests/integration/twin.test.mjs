// The real station program against a real server: its references are read through its registers, its lamp wears until it may not grade, a calibration puts
// it right; its firmware is installed stage by stage, resumed after a cut, and rolled back when it does not boot.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { unique } from "../support/messages.mjs";
import { control, eventually, query, rest, run, server, start } from "./platform.mjs";

const STATION = "simulators/station/station-simulator";
const LONG_MS = 60_000;
const folder = mkdtempSync(join(tmpdir(), "egi-twin-"));
const running = new Set();
after(async () => {
  for (const each of running) each.kill();
  await Promise.all([...running].map((each) => each.ended));
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the twin of `device`; its flash stays over restarts. */
function power(device, ...flags) {
  const station = start(STATION, ["--server", server, "--device", device, "--state", join(folder, device), "--nack", "0", ...flags]);
  running.add(station);
  station.ended.then(() => running.delete(station));
  return station;
}

async function cut(station) {
  station.kill();
  await station.ended;
}

async function egictl(...args) {
  const { code, stdout, stderr } = await run("clients/cli/egictl", ["--server", server, "--json", ...args]);
  return { code, stderr, body: stdout.startsWith("{") ? JSON.parse(stdout) : undefined };
}

const device = async (id) => (await rest(`/api/sqal/devices/${id}`)).body.device;
const online = (id) => eventually(`${id} to come online`, async () => (await device(id))?.presence === "online", LONG_MS);
const samplesOf = async (id) => (await query("SELECT count(*)::int AS n FROM sqal_sensor_samples WHERE device_id = $1", [id]))[0].n;

test("WornLampDriftsOutOfItsChartTheStationRefusesSaysWhyAndIsCalibratedAgain", async () => {
  const id = `TWIN_LL_${unique()}`;
  // One measurement an hour: the lamp is worn by the readings of the references alone, 0.5 % a check.
  const station = power(id, "--interval", "3600", "--lamp-loss-pct", "10");
  await eventually("the first sample", async () => (await samplesOf(id)) === 1, LONG_MS);
  const white = ["gauge", "measure", id, "--reference", "tile 17", "--by", "user:3"];
  assert.match((await egictl(...white)).stderr, /was never calibrated/);

  const calibrated = await egictl(...white, "--calibrate", "--distance-offset-mm", "0");
  assert.equal(calibrated.code, 0, calibrated.stderr);
  assert.match(calibrated.body.message, /calibration 1 was made of the readings/);
  await eventually("the calibration in the station", async () => (await device(id)).calibration_id === 1 || /command \d+: COMMAND_OUTCOME_APPLIED/.test(station.output()));

  const golden = await egictl("gauge", "measure", id, "--kind", "golden_sample", "--reference", "resin liver", "--volume-mm3", "500000", "--by", "user:3");
  assert.equal(golden.code, 0, golden.stderr);
  assert.ok(golden.body.check.passed && Math.abs(golden.body.check.deviation_pct) < 3, JSON.stringify(golden.body.check));

  let checks = 0;
  let status;
  do {
    const { body, stderr } = await egictl(...white);
    assert.ok(body, stderr);
    assert.ok(body.check.passed, `every check passes by itself: ${body.check.message}`);
    status = body.status;
    checks += 1;
  } while (status.allowed && checks < 15);
  assert.equal(status.state, "drift", JSON.stringify(status));
  assert.match(status.reason, /white reference drifts: the average of its checks is -/);
  assert.ok(checks >= 3, `${checks} checks`);
  const chart = await egictl("gauge", "drift", id, "--kind", "white_reference");
  assert.ok(chart.body.drifting && chart.body.points.length === checks);
  assert.equal((await egictl("gauge", "status", id)).code, 1);

  await eventually("the refusal", () => /refuses to grade: white reference drifts/.test(station.output()));
  await eventually("the refusal in the registry", async () => /white reference drifts/.test((await device(id)).refuses_to_grade));
  // From now on a measurement would fall due ten times a second.
  assert.equal((await egictl("devices", "configure", id, "--interval-ms", "100", "--by", "user:3")).code, 0);
  await eventually("the configuration", async () => (await device(id)).configuration_revision === 1 || (await query("SELECT 1 FROM sqal_device_commands WHERE device_id = $1 AND kind = 'configuration' AND outcome = 'applied'", [id])).length === 1);
  assert.equal((await egictl(...white)).code, 0, "a station that must not grade measures references");
  assert.equal(await samplesOf(id), 1, "and sends no sample");

  assert.equal((await egictl(...white, "--calibrate")).code, 0);
  await eventually("samples again", async () => (await samplesOf(id)) > 5, LONG_MS);
  assert.match(station.output(), /grades again/);
  assert.equal((await egictl("gauge", "status", id)).code, 0);
  const [{ n }] = await query("SELECT count(*)::int AS n FROM rejected_messages WHERE device_id = $1", [id]);
  assert.equal(n, 0, "nothing the station sent was refused");
  await cut(station);
});

/** An image as docs/station.md describes it, with `size` bytes of payload. */
function image(version, size, boots = true) {
  const header = Buffer.alloc(64);
  header.write("EGIF");
  header[4] = 1;
  header[5] = boots ? 1 : 0;
  header.writeUInt32BE(size, 8);
  header.write(version, 12);
  const file = join(folder, `${version}.img`);
  writeFileSync(file, Buffer.concat([header, Buffer.from(Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8)) & 0xff))]));
  return file;
}

const upload = async (version, file) => {
  const { code, stderr } = await egictl("firmware", "upload", file, "--version", version, "--by", "user:3");
  assert.equal(code, 0, stderr);
};

async function rollOut(version, profile, ...flags) {
  const { code, body, stderr } = await egictl("firmware", "rollout", "start", version, "--profile", profile, "--by", "user:3", ...flags);
  assert.equal(code, 0, stderr);
  return async () => (await egictl("firmware", "status", String(body.rollout_id))).body;
}

test("UpdateGoesStageByStageIsResumedAfterCutsAndABadImageRollsBack", async () => {
  const profile = "foiegras_micuit";
  const ids = [1, 2].map((number) => `UPD_LL_${number}_${unique()}`);
  const stations = new Map();
  const turnOn = (id) => stations.set(id, power(id, "--interval", "3600", "--config-profile", profile));
  for (const id of ids) turnOn(id);
  for (const id of ids) {
    await online(id);
    assert.equal((await egictl("devices", "approve", id, "--by", "user:3")).code, 0);
  }
  await eventually("the profile of both", async () => (await Promise.all(ids.map(device))).every((each) => each.config_profile === profile), LONG_MS);

  // 40 pieces of 256 KiB, one each fifth of a second.
  await upload("v1.3.0", image("v1.3.0", 10 << 20));
  const status = await rollOut("v1.3.0", profile, "--stages", "50,100");
  const first = (await status()).updates.find((each) => each.stage === 1).device_id;
  const second = ids.find((id) => id !== first);
  const part = join(folder, first, "download.part");
  const loaded = () => (existsSync(part) ? statSync(part).size : 0);

  await eventually("some pieces", () => loaded() > 1 << 20, LONG_MS);
  await cut(stations.get(first));
  const kept = loaded();
  assert.ok(kept > 1 << 20 && kept < 10 << 20, `cut at ${kept} bytes`);
  turnOn(first);
  await eventually("pieces after the cut", () => {
    assert.ok(loaded() >= kept, "it begins where it was cut");
    return loaded() > kept + (1 << 20);
  }, LONG_MS);
  await control("restart server");
  await eventually("the first station to run v1.3.0", async () => (await status()).rollout.installed >= 1, LONG_MS);
  await eventually("the second stage", async () => (await status()).rollout.state === "completed", LONG_MS);
  assert.deepEqual((await status()).updates.map((each) => each.state), ["installed", "installed"]);
  for (const id of ids) {
    assert.match(stations.get(id).output(), /runs firmware v1\.3\.0/);
    assert.ok(readFileSync(join(folder, id, "slot-b.img")).equals(readFileSync(join(folder, "v1.3.0.img"))), "the slot holds the image, byte for byte");
  }
  await cut(stations.get(second));
  turnOn(second);
  await eventually("v1.3.0 after a restart", async () => (await device(second)).firmware_version === "v1.3.0", LONG_MS);

  await upload("v1.4.0", image("v1.4.0", 1000, false));
  const bad = await rollOut("v1.4.0", profile, "--stages", "50,100", "--max-failed", "10");
  const paused = await eventually("the pause", async () => {
    const now = await bad();
    return now.rollout.state === "paused" && now;
  }, LONG_MS);
  assert.deepEqual(paused.updates.map((each) => each.state).sort(), ["rolled_back", "waiting"]);
  const tried = paused.updates.find((each) => each.state === "rolled_back");
  assert.match(tried.message, /v1\.4\.0/);
  await eventually("the old version in the registry", async () => (await device(tried.device_id)).firmware_version === "v1.3.0", LONG_MS);
  assert.doesNotMatch(stations.get(tried.device_id).output(), /runs firmware v1\.4\.0/);
  for (const id of ids) await cut(stations.get(id));
});
