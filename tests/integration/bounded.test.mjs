// The promise Bounded: dashboards that do not read cost bounded memory and nobody else anything.
import assert from "node:assert/strict";
import { test } from "node:test";
import { control, run, base, Socket } from "./platform.mjs";

const BOUND_KIB = { server: 512 * 1024, gateway: 512 * 1024 };
const load = async (name) => {
  const { code, stdout, stderr } = await run("tests/sockets/wsload", ["--gateway", base.replace("http://", ""), "--rate", "0", "--producers", "4", "--dashboards", "5", "--duration", "8s", "--device", `ESP32_${name}`]);
  assert.equal(code, 0, `wsload finds a lost or repeated sample or fails: ${stderr}${stdout}`);
  return JSON.parse(stdout);
};

test("StalledDashboardsCostBoundedMemoryAndLoseNobodyASample", async () => {
  const stalled = await Promise.all(Array.from({ length: 20 }, () => Socket.open("/ws/realtime/")));
  for (const each of stalled) each.raw.pause();
  const result = await load("BESIDE_STALLED");
  assert.ok(result.samples > 0 && result.missing === 0 && result.repeated === 0, JSON.stringify(result));
  assert.equal(result.delivered, result.samples * result.dashboards);
  for (const [part, bound] of Object.entries(BOUND_KIB)) {
    const used = await control(`memory ${part}`);
    assert.ok(used > 0 && used < bound, `${part} uses ${used} KiB, bound ${bound} KiB`);
  }
  for (const each of stalled) each.raw.terminate();
});

test("MemoryDoesNotGrowFromLoadToLoad", async () => {
  const measure = async () => Object.fromEntries(await Promise.all(Object.keys(BOUND_KIB).map(async (part) => [part, await control(`memory ${part}`)])));
  await load("WARM_1");
  const warm = await measure();
  for (const round of [2, 3]) await load(`WARM_${round}`);
  const later = await measure();
  for (const part of Object.keys(BOUND_KIB)) assert.ok(later[part] < 1.5 * warm[part] + 64 * 1024, `${part}: ${warm[part]} KiB after the first load, ${later[part]} KiB after the third`);
});
