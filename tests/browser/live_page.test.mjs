// The live page at `/`, in a real browser against the running platform.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { base, freshLot, launch, meal, openLivePage, sample, sendOnSocket } from "./platform.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

test("ANewSampleFillsHeatMapSpectrumGradeAndScore", async () => {
  const page = await openLivePage(browser);
  const sent = sample({ tof: 0.79, spectral: 0.86 });
  const ack = await sendOnSocket(page, "/ws/sensors/", sent);
  assert.equal(ack.status, "saved");
  const liver = page.locator(`[data-testid="latest-liver"][data-sample="${sent.sample_id}"]`);
  await liver.waitFor({ timeout: 10_000 });
  // 0.6 * 0.79 + 0.4 * 0.86 = 0.818: grade A.
  assert.match(await liver.getByTestId("score").innerText(), /0,818/);
  assert.equal(await liver.locator(".grade-large").innerText(), "A");
  assert.ok((await page.locator('[data-testid="heat-map"] svg path').count()) >= 64, "the heat map draws its 64 zones");
  assert.ok((await page.locator('[data-testid="spectrum"] svg path').count()) >= 9, "the spectrum draws its channels");
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("ABadSampleOpensAnAlertThatANamedPersonAcknowledges", async () => {
  const page = await openLivePage(browser);
  const device = `ESP32_LS_B${Date.now() % 100_000}`;
  await sendOnSocket(page, "/ws/sensors/", sample({ tof: 0.3, spectral: 0.3, device }));
  const alerts = page.locator('[data-testid="alert"][data-state="open"]').filter({ hasText: device });
  await alerts.first().waitFor({ timeout: 15_000 });
  const button = alerts.first().getByRole("button", { name: /^Acquitter/ });
  assert.equal(await button.isDisabled(), (await page.locator(".who input").inputValue()) === "", "nobody can acknowledge without a name");
  await page.locator(".who input").fill("Inspecteur du test");
  await button.click();
  const handled = page.getByTestId("handled-alerts");
  await handled.waitFor({ timeout: 15_000 });
  await handled.locator("summary").click();
  const acknowledged = handled.locator('[data-testid="alert"][data-state="acknowledged"]').filter({ hasText: device });
  await acknowledged.filter({ hasText: "Acquittée par Inspecteur du test" }).first().waitFor({ timeout: 15_000 });
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("AMealShowsDayWeightMortalityAndLastMealOfItsLot", async () => {
  const page = await openLivePage(browser);
  const code = freshLot("LL");
  assert.equal((await sendOnSocket(page, "/ws/gavage", meal(code))).status, "saved");
  const row = page.locator(`[data-testid="lot"][data-lot="${code}"]`);
  await row.waitFor({ timeout: 15_000 });
  const text = (await row.innerText()).replace(/\s/g, " ");
  for (const part of ["LL", "Mulard", "J5", "5 480 g", "2,0 %", "soir, 339 g"]) assert.ok(text.includes(part), `${part} in: ${text}`);
  await page.close();
});

test("AStationShowsPresenceCountersAndWhyItRefusesToGrade", async () => {
  const device = `ESP32_LS_P${Date.now() % 100_000}`;
  const beat = (fields) =>
    fetch(`${base}/api/sqal/devices/${device}/heartbeat`, { method: "POST", body: JSON.stringify({ firmware_version: "1.4.2", buffer_size: 3, nack_count: 7, ...fields }) });
  assert.equal((await beat({ refuses_to_grade: "calibration expired" })).status, 200);
  const page = await openLivePage(browser);
  const station = page.locator(`[data-testid="station"][data-device="${device}"]`);
  await station.waitFor({ timeout: 15_000 });
  assert.equal(await station.getAttribute("data-presence"), "online");
  const text = (await station.innerText()).replace(/\s/g, " ");
  for (const part of ["LS", "à approuver", "en ligne depuis", "3 mesures en attente", "7 transferts refusés", "micrologiciel 1.4.2", "Refuse de grader : calibration expired"]) {
    assert.ok(text.includes(part), `${part} in: ${text}`);
  }
  await beat({});
  await page.waitForFunction((id) => !document.querySelector(`[data-device="${id}"]`).textContent.includes("Refuse"), device, { timeout: 15_000 });
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("ThePageFitsAPhoneAndADesk", async () => {
  const folder = process.env.EGI_SCREENSHOTS;
  if (folder) await mkdir(folder, { recursive: true });
  for (const width of [1440, 390]) {
    const page = await openLivePage(browser, { width, height: 900 });
    await page.locator('[data-testid="latest-liver"]').waitFor({ timeout: 10_000 });
    await page.waitForFunction(() => !document.body.innerText.includes("Chargement"), undefined, { timeout: 10_000 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `no sideways scrolling at ${width} px, found ${overflow} px`);
    if (folder) await page.screenshot({ path: `${folder}/live-${width}.png`, fullPage: true });
    await page.close();
  }
});

test("ThePageSpeaksFrenchFirstAndEnglishOnRequest", async () => {
  const page = await openLivePage(browser);
  await page.getByRole("heading", { name: "Lots en cours" }).waitFor();
  await page.getByRole("button", { name: "EN", exact: true }).click();
  await page.getByRole("heading", { name: "Running lots" }).waitFor();
  await page.close();
});

test("TheApiDocumentationOpensWithoutTheInternet", async () => {
  const page = await browser.newPage();
  const foreign = [];
  page.on("request", (request) => request.url().startsWith(base) || request.url().startsWith("data:") || request.url().startsWith("blob:") || foreign.push(request.url()));
  await page.goto(`${base}/docs`);
  await page.getByText("/api/sqal/samples/latest").first().waitFor({ timeout: 15_000 });
  assert.deepEqual(foreign, []);
  await page.close();
});
