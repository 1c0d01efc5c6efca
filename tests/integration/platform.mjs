// The running platform of this test run (see tests/support/platform_main.cc): its sockets, its REST, its database, its processes.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import net from "node:net";
import { after } from "node:test";
import { promisify } from "node:util";
import pg from "pg";
import WebSocket from "ws";

const from = (name) => {
  assert.ok(process.env[name], `${name} is not set: run this under //tests/support:platform`);
  return process.env[name];
};
export const base = from("EGI_BASE_URL");
export const server = from("EGI_SERVER");
export const databaseUrl = from("EGI_DATABASE_URL");

const DEADLINE_MS = 10_000;

// What a failed test leaves open must not keep the process alive.
const open = new Set();
after(() => {
  for (const each of open) each.terminate();
});

/** A program among the runfiles, e.g. "clients/cli/egictl". */
export const program = (path) => `${process.env.EGI_RUNFILES ?? "."}/${path}`;

/** A feeder known by number, as one that a device brought along. */
export const knownFeeder = (id, site) =>
  query("INSERT INTO gaveurs_euralis (id, nom, site_code) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING", [id, `Gaveur ${id}`, site]);

/** The day `days` from today, ISO. */
export const dayFromNow = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

/** Runs a program to its end: {code, stdout, stderr}. */
export async function run(path, args, { timeout = 120_000, env = {} } = {}) {
  try {
    const { stdout, stderr } = await promisify(execFile)(program(path), args, { timeout, maxBuffer: 64 << 20, env: { ...process.env, ...env } });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return { code: error.code ?? -1, stdout: error.stdout ?? "", stderr: error.stderr || String(error) };
  }
}

/** Starts a program in the background; kill() is kill -9, ended resolves with {code, signal, output}. */
export function start(path, args) {
  const child = spawn(program(path), args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output = (output + chunk).slice(-20_000)));
  const ended = new Promise((resolve) => {
    child.on("error", (error) => resolve({ code: -1, output: String(error) }));
    child.on("close", (code, signal) => resolve({ code, signal, output }));
  });
  return { child, ended, kill: () => child.kill("SIGKILL"), output: () => output };
}

/** "restart gateway", "stop server", "start server", "memory server", ...: the answer's last word. */
export function control(request) {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = net.createConnection(from("EGI_CONTROL"), () => socket.write(`${request}\n`));
    socket.on("data", (chunk) => (answer += chunk));
    socket.on("error", reject);
    socket.on("close", () => (answer.startsWith("ok") ? resolve(Number(answer.split(" ")[1] ?? 0)) : reject(new Error(`${request}: ${answer}`))));
  });
}

let pool;
/** Rows of a query. */
export async function query(sql, values = []) {
  pool ??= new pg.Pool({ connectionString: databaseUrl, max: 2, allowExitOnIdle: true }).on("error", () => {});
  return (await pool.query(sql, values)).rows;
}

/** No liver can be stored, so no inspection completed, until the function this gives is called; the server gives up waiting after 20 s. */
export async function holdSamples() {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query("BEGIN");
  await client.query("LOCK TABLE sqal_samples IN SHARE ROW EXCLUSIVE MODE");
  return () => client.end();
}

const UNFINISHED = `SELECT a.code_lot, a.attempt, a.owner FROM sqal_inspection_attempts a JOIN lots_gavage l USING (code_lot)
  WHERE a.outcome = 'running' AND NOT EXISTS (SELECT FROM sqal_samples s WHERE s.lot_id = l.id) LIMIT 1`;

/** Kills with `kill(owner)` an inspector that holds a lot of which it has stored nothing; {code_lot, attempt, owner} once its lease has lapsed. */
export async function killAnInspector(kill, deadline) {
  const release = await holdSamples();
  let held;
  try {
    held = await eventually("an inspector holds a lot", async () => (await query(UNFINISHED))[0], deadline);
    await kill(held.owner);
  } finally {
    await release();
  }
  const outcome = "SELECT outcome FROM sqal_inspection_attempts WHERE code_lot = $1 AND attempt = $2 AND outcome <> 'running'";
  const [{ outcome: found }] = await eventually("the lease of the killed one ends", async () => {
    const rows = await query(outcome, [held.code_lot, held.attempt]);
    return rows.length > 0 && rows;
  }, deadline);
  assert.equal(found, "lapsed", JSON.stringify(held));
  return held;
}

/** Calls `probe` until it gives something truthy, and returns that. */
export async function eventually(what, probe, deadline = DEADLINE_MS) {
  const end = Date.now() + deadline;
  let last;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${deadline / 1000} s; last seen: ${last}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A REST call: {status, headers, body}; a JSON body is parsed. */
export async function rest(path, { method = "GET", body, headers = {} } = {}) {
  const response = await fetch(base + path, {
    method,
    redirect: "manual",
    headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
    body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const json = /json/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, headers: response.headers, body: json && text ? JSON.parse(text) : text };
}

/** A WebSocket whose messages are kept in order; until() goes through them. */
export class Socket {
  static async open(path, { welcome = true } = {}) {
    const socket = new Socket(path);
    await new Promise((resolve, reject) => {
      socket.raw.once("open", resolve);
      socket.raw.once("error", reject);
    });
    if (welcome) assert.equal((await socket.next()).type, "connection_established", `the first message on ${path}`);
    return socket;
  }

  constructor(path) {
    this.messages = [];
    this.position = 0;
    this.waiting = [];
    this.closed = undefined;
    this.raw = new WebSocket(base.replace(/^http/, "ws") + path, { perMessageDeflate: false });
    this.raw.on("message", (data) => {
      this.messages.push(JSON.parse(data));
      this.#wake();
    });
    this.raw.on("close", (code) => {
      open.delete(this.raw);
      this.closed = code;
      this.#wake();
    });
    this.raw.on("error", () => {});
    open.add(this.raw);
  }

  #wake() {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  send(message) {
    this.raw.send(typeof message === "string" || Buffer.isBuffer(message) ? message : JSON.stringify(message), { binary: false });
  }

  /** The next message that `wanted` accepts; those before it are passed over. */
  async until(wanted, what = String(wanted), deadline = DEADLINE_MS) {
    const end = Date.now() + deadline;
    for (;;) {
      while (this.position < this.messages.length) {
        const message = this.messages[this.position++];
        if (wanted(message)) return message;
      }
      const left = end - Date.now();
      if (this.closed !== undefined) throw new Error(`socket closed with ${this.closed} while waiting for ${what}`);
      if (left <= 0) throw new Error(`no ${what} within ${deadline / 1000} s; last message: ${JSON.stringify(this.messages.at(-1))?.slice(0, 400)}`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left);
        this.waiting.push(() => (clearTimeout(timer), resolve()));
      });
    }
  }

  next() {
    return this.until(() => true, "message");
  }

  /** Sends and returns the answer: an acknowledgement or an error. */
  async ask(message) {
    this.send(message);
    return this.until((answer) => answer.type === "ack" || answer.type === "error", "ack or error");
  }

  close() {
    return new Promise((resolve) => {
      if (this.raw.readyState === WebSocket.CLOSED) return resolve();
      this.raw.once("close", resolve);
      this.raw.close();
    });
  }
}
