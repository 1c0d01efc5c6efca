// Signing in through REST on the real processes: the first admin, tokens, sessions, who sees whose name, what is never written down.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { spawnSync } from "node:child_process";
import os from "node:os";
import path from "node:path";
import { before, test } from "node:test";
import { base, control, databaseUrl, program, query, rest, server, Socket } from "./platform.mjs";

const PASSWORD = "douze canards gras";
const NAME = "Castelnaudary";
const post = (route, body, headers = {}) => rest(route, { method: "POST", body, headers });
const as = (token) => ({ authorization: `Bearer ${token}` });
const login = async (name, password = PASSWORD) => {
  const answer = await post("/api/auth/login", name.includes("@") ? { email: name, password } : { username: name, password });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
};
let admin, feeder;

before(async () => {
  const first = { username: "chef", password: PASSWORD, role: "admin" };
  const refused = await post("/api/accounts", first);
  assert.deepEqual([refused.status, refused.body.reason], [401, "NOT_SIGNED_IN"], "a page of any browser could be behind a call that comes through the gateway");
  assert.equal((await post("/api/accounts", first, { "grpc-metadata-egi-transport": "grpc" })).status, 401);
  const home = mkdtempSync(path.join(os.tmpdir(), "egictl."));
  const made = spawnSync(program("clients/cli/egictl"), ["--server", server, "accounts", "add", "--role", "admin", "--username", "chef"],
    { input: `${PASSWORD}\n`, encoding: "utf8", env: { ...process.env, XDG_CONFIG_HOME: home }, timeout: 60_000 });
  assert.equal(made.status, 0, made.stderr);
  admin = await login("chef");
  const registered = await post("/api/gaveurs/", {
    nom: NAME, prenom: "Odile", email: "odile@ferme.example", telephone: "05 62 00 11 22", site_code: "MT", password: PASSWORD, request_id: "identity-test",
  });
  assert.equal(registered.status, 201, JSON.stringify(registered.body));
  feeder = registered.body.id;
});

test("LoginAnswersTheNamesOfTheFrontEnds", async () => {
  const response = await post("/api/auth/login/", { email: "odile@ferme.example", password: PASSWORD });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("cache-control"), "no-store");
  const { access_token, refresh_token, user_info, ...rest_ } = response.body;
  assert.deepEqual(rest_, { token_type: "Bearer", expires_in: 900, refresh_expires_in: 2592000 });
  assert.equal(access_token.split(".").length, 3);
  assert.match(refresh_token, /^[\w-]{43}$/);
  assert.deepEqual(user_info, {
    id: user_info.id, email: "odile@ferme.example", nom: NAME, prenom: "Odile", role: "gaveur", user_type: "gaveur", sites: ["MT"], username: null, gaveur_id: feeder,
  });
  assert.equal(JSON.parse(Buffer.from(access_token.split(".")[0], "base64url")).alg, "ES256");
  assert.doesNotMatch(Buffer.from(access_token.split(".")[1], "base64url").toString(), /odile|Castel/i, "a token names nobody");
  const me = await rest("/api/auth/me", { headers: as(access_token) });
  assert.deepEqual(me.body, user_info);
  assert.equal(me.headers.get("cache-control"), "no-store");
});

test("WrongPasswordAndUnknownAccountAreTheSame401", async () => {
  const answers = [await post("/api/auth/login", { username: "chef", password: "wrong one" }), await post("/api/auth/login", { username: "nobody", password: "wrong one" })];
  for (const { status, headers, body } of answers) {
    assert.equal(status, 401);
    assert.match(headers.get("content-type"), /problem\+json/);
    assert.equal(headers.get("www-authenticate"), 'Bearer realm="egi"');
    assert.equal(headers.get("cache-control"), "no-store");
    assert.deepEqual([body.code, body.reason, body.detail], ["unauthenticated", "LOGIN_REFUSED", answers[0].body.detail]);
  }
});

test("TokenThatIsNotValidIsRefusedOnEveryRoute", async () => {
  for (const [method, route] of [["GET", "/api/euralis/sites"], ["GET", "/api/sqal/samples?limit=1"], ["GET", "/api/exports/lots"], ["GET", "/api/auth/me"], ["POST", "/api/gaveurs/gavage"], ["POST", "/api/auth/login"]]) {
    for (const authorization of ["Bearer nonsense", "Basic Y2hlZjp4", `Bearer ${admin.access_token.slice(0, -6)}AAAAAA`]) {
      const { status, headers, body } = await rest(route, { method, headers: { authorization }, body: method === "POST" ? {} : undefined });
      assert.equal(status, 401, `${method} ${route} ${JSON.stringify(body)}`);
      assert.match(headers.get("www-authenticate"), /invalid_token/);
      assert.equal(body.reason, "TOKEN_REFUSED");
    }
  }
  assert.equal((await rest("/api/euralis/sites")).status, 200, "without a token, as before");
  assert.equal((await rest("/api/euralis/sites", { headers: as(admin.access_token) })).status, 200);
});

test("NamesAreToldByRole", async () => {
  const make = async (username, role, sites) => {
    const made = await post("/api/accounts", { username, role, sites, password: PASSWORD }, as(admin.access_token));
    assert.equal(made.status, 201, JSON.stringify(made.body));
    return (await login(username)).access_token;
  };
  const seen = { admin: admin.access_token, feeder: (await login("odile@ferme.example")).access_token, supervisor: await make("chef.mt", "supervisor", ["MT"]) };
  const unseen = { nobody: undefined, neighbour: await make("chef.ll", "supervisor", ["LL"]), auditor: await make("audit", "auditor") };
  const ask = async (token) => {
    const headers = token ? as(token) : {};
    const one = (await rest(`/api/euralis/gaveurs/${feeder}`, { headers })).body;
    const listed = (await rest("/api/euralis/sites/MT/gaveurs", { headers })).body.find((each) => each.id === feeder);
    return [one, listed].map(({ nom, prenom, email, telephone }) => ({ nom, prenom, email, telephone }));
  };
  const told = { nom: NAME, prenom: "Odile", email: "odile@ferme.example", telephone: "05 62 00 11 22" };
  const hidden = { nom: `Gaveur ${feeder}`, prenom: null, email: null, telephone: null };
  for (const [who, token] of Object.entries(seen)) assert.deepEqual(await ask(token), [told, told], who);
  for (const [who, token] of Object.entries(unseen)) assert.deepEqual(await ask(token), [hidden, hidden], who);
});

test("AccountsAreForAdmins", async () => {
  const own = await login("odile@ferme.example");
  for (const [headers, status] of [[{}, 401], [as(own.access_token), 403]]) {
    assert.equal((await rest("/api/accounts", { headers })).status, status);
    assert.equal((await post("/api/accounts", { username: "more", role: "admin", password: PASSWORD }, headers)).status, status);
    assert.equal((await post(`/api/accounts/${admin.user_info.id}/disable`, {}, headers)).status, status);
    assert.equal((await post(`/api/accounts/${admin.user_info.id}/password`, { password: "mine all mine" }, headers)).status, status);
  }
  const listed = await rest("/api/accounts", { headers: as(admin.access_token) });
  assert.ok(listed.body.accounts.some((each) => each.email === "odile@ferme.example"), JSON.stringify(listed.body));
  assert.doesNotMatch(JSON.stringify(listed.body), /argon2|password/);
  const refused = await query("SELECT count(*)::int AS rows FROM identity_audit WHERE outcome = 'refused' AND act <> 'login'");
  assert.equal(refused[0].rows, 4, "refusals of those signed in are kept");
});

test("FormsAndPlainTextReachNoLogin", async () => {
  for (const kind of ["text/plain", "application/x-www-form-urlencoded"]) {
    const { status, headers } = await post("/api/auth/login", JSON.stringify({ username: "chef", password: PASSWORD }), { "content-type": kind });
    assert.equal(status, 415, kind);
    assert.match(headers.get("content-type"), /problem\+json/);
  }
});

test("RefreshTokensWorkOnceAndAReusedOneEndsTheSession", async () => {
  const old = await login("odile@ferme.example");
  const next = await post("/api/auth/refresh", { refresh_token: old.refresh_token });
  assert.equal(next.status, 200);
  assert.equal((await post("/api/auth/refresh", { refresh_token: old.refresh_token })).status, 401);
  assert.equal((await post("/api/auth/refresh", { refresh_token: next.body.refresh_token })).status, 401, "the whole family");
  const me = await rest("/api/auth/me", { headers: as(next.body.access_token) });
  assert.deepEqual([me.status, me.body.reason], [401, "SESSION_ENDED"]);
});

test("LogoutNeedsNoBody", async () => {
  const session = await login("odile@ferme.example");
  const out = await rest("/api/auth/logout", { method: "POST", headers: as(session.access_token) });
  assert.deepEqual([out.status, out.body], [200, { success: true }]);
  assert.equal((await rest("/api/auth/me", { headers: as(session.access_token) })).status, 401);
  assert.equal((await post("/api/auth/refresh", { refresh_token: session.refresh_token })).status, 401);
});

test("TokensOutliveTheServer", async () => {
  await control("restart server");
  assert.equal((await rest("/api/auth/me", { headers: as(admin.access_token) })).status, 200);
});

test("EgictlSignsInAndAdministers", async () => {
  const home = mkdtempSync(path.join(os.tmpdir(), "egictl."));
  const egictl = (input, ...args) =>
    spawnSync(program("clients/cli/egictl"), ["--server", server, ...args], { input, encoding: "utf8", env: { ...process.env, XDG_CONFIG_HOME: home }, timeout: 60_000 });
  const anonymous = egictl("", "accounts", "list");
  assert.equal(anonymous.status, 1, anonymous.stdout);
  const signed = egictl(`${PASSWORD}\n`, "login", "chef");
  assert.equal(signed.status, 0, signed.stderr);
  assert.equal(statSync(path.join(home, "egi/session.json")).mode & 0o777, 0o600);
  const added = egictl("encore un mot\n", "--json", "accounts", "add", "--role", "analyst", "--username", "bruno");
  assert.equal(added.status, 0, added.stderr);
  const { id } = JSON.parse(added.stdout);
  assert.match(egictl("", "accounts", "list").stdout, /bruno/);
  assert.equal(egictl("un autre mot\n", "accounts", "password", String(id)).status, 0);
  assert.equal((await post("/api/auth/login", { username: "bruno", password: "encore un mot" })).status, 401);
  const bruno = await login("bruno", "un autre mot");
  assert.equal(egictl("", "accounts", "disable", String(id)).status, 0);
  assert.equal((await rest("/api/auth/me", { headers: as(bruno.access_token) })).status, 401);
  assert.equal(egictl("", "accounts", "enable", String(id)).status, 0);
  await login("bruno", "un autre mot");
  assert.equal(egictl("", "logout").status, 0);
  assert.equal(egictl("", "accounts", "list").status, 1);
});

test("FailedLoginsAreLimited", async () => {
  let answer;
  for (let i = 0; i < 11; ++i) answer = await post("/api/auth/login", { email: "guess@ferme.example", password: `guess number ${i}` });
  assert.equal(answer.status, 429, JSON.stringify(answer.body));
  assert.equal(answer.body.reason, "TOO_MANY_LOGINS");
  assert.ok(Number(answer.headers.get("retry-after")) > 800);
  await login("chef");
});

// Last: it looks at everything the tests above may have left.
test("LogsTokensOfSocketsAndTheDatabaseTellNoSecret", async () => {
  const socket = await Socket.open(`/ws/realtime/?token=${admin.access_token}`);
  await socket.close();
  assert.equal((await rest(`/api/euralis/sites?token=${admin.access_token}`)).status, 200);
  const folder = new URL(databaseUrl.replace("postgresql://postgres@/", "postgresql://postgres@localhost/")).searchParams.get("host");
  const secrets = [PASSWORD, NAME, "odile@ferme", "05 62 00 11 22", admin.access_token.split(".")[1], admin.access_token.split(".")[2], admin.refresh_token, "guess number"];
  for (const log of ["server.log", "gateway.log", "postgres.log"]) {
    const text = readFileSync(path.join(folder, log), "utf8");
    for (const secret of secrets) assert.ok(!text.includes(secret), `${log} holds a secret`);
  }
  const [row] = await query(
    "SELECT (SELECT count(*) FROM accounts a WHERE a::text LIKE '%' || $1 || '%') + (SELECT count(*) FROM refresh_tokens t WHERE t::text LIKE '%' || $2 || '%') " +
      "+ (SELECT count(*) FROM identity_audit i WHERE i::text LIKE '%ferme%') AS rows", [PASSWORD, admin.refresh_token]);
  assert.equal(Number(row.rows), 0);
  assert.ok(base.startsWith("http://127.0.0.1"));
});
