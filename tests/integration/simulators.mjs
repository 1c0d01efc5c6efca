// A simulator host as a real process, behind the gateway of the platform.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, program, rest, server, start } from "./platform.mjs";

const address = process.env.EGI_SIMULATORS;

/** Starts the host on a folder of its own: {restart, stop}. */
export async function startHost() {
  const data = mkdtempSync(join(tmpdir(), "egi-simulators-"));
  const run = () =>
    start("simulators/host/simulator-host", [
      "--listen", address, "--server", server, "--data", data,
      "--station-simulator", program("simulators/station/station-simulator"), "--lot-monitor", program("simulators/lot_monitor/lot-monitor"),
    ]);
  const ready = () => eventually("the simulator host answers", async () => (await rest("/api/simulators")).status === 200, 60_000);
  let host = run();
  await ready();
  return {
    address,
    output: () => host.output(),
    /** kill -9, and again on the same folder. */
    async restart() {
      host.kill();
      await host.ended;
      host = run();
      await ready();
    },
    async stop() {
      host.child.kill("SIGTERM");
      const { code, output } = await host.ended;
      rmSync(data, { recursive: true, force: true });
      assert.equal(code, 0, output);
    },
  };
}

/** Calls below /api/simulators; the answer must be 200. */
export async function simulators(path = "", body = undefined, method = body === undefined ? "GET" : "POST") {
  const answer = await rest(`/api/simulators${path}`, { method, body });
  assert.equal(answer.status, 200, `${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}
