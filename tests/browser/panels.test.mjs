// The panels of the quality control on the live page: alerts that are shelved, disagreements, gauge control, figures by site.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { base, flatSample, launch, openLivePage, sample, sendOnSocket } from "./platform.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

let count = 0;
const newDevice = (site) => `ESP32_${site}_G${(Date.now() + (count += 1)) % 1_000_000}`;

async function post(path, body) {
  const answer = await fetch(base + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  assert.equal(answer.status, 200, `${path}: ${await answer.clone().text()}`);
  return answer.json();
}

const WHITE = { f1_415nm: 400, f2_445nm: 600, f3_480nm: 500, f4_515nm: 1900, f5_555nm: 900, f6_590nm: 600, f7_630nm: 1150, f8_680nm: 750, clear: 6500, nir: 600 };

/** A station that is known, calibrated, and whose golden sample was found off by these fractions, one check after the other. */
async function checkedStation(site, deviations) {
  const device = newDevice(site);
  await post(`/api/sqal/devices/${device}/heartbeat`, { firmware_version: "1.4.2" });
  await post(`/api/sqal/devices/${device}/gauge/calibrations`, { white_reference: WHITE, distance_offset_mm: 0.5, calibrated_by: "user:3" });
  for (const deviation of deviations) {
    const volumes_mm3 = [1, 1.001, 0.999].map((each) => 500_000 * (each + deviation));
    await post(`/api/sqal/devices/${device}/gauge/checks`, { kind: "golden_sample", reference: "resin liver 3", performed_by: "user:3", reference_volume_mm3: 500_000, volumes_mm3 });
  }
  return device;
}

test("AnAlertIsShelvedByANamedPersonForAWhileAndTakenBack", async () => {
  const page = await openLivePage(browser);
  const device = newDevice("LS");
  for (let i = 0; i < 2; i += 1) await sendOnSocket(page, "/ws/sensors/", sample({ tof: 0.3, spectral: 0.3, device }));
  const mine = (state) => page.locator(`[data-testid="alert"][data-state="${state}"]`).filter({ hasText: device }).filter({ hasText: "REJECT" });
  await mine("open").filter({ hasText: "2 fois" }).waitFor({ timeout: 15_000 });
  await page.locator(".who input").fill("Inspectrice du test");
  await mine("open").getByRole("button", { name: /^Mettre en veille/ }).click();
  const confirm = mine("open").getByRole("button", { name: "Confirmer la veille" });
  assert.ok(await confirm.isDisabled(), "a reason is needed");
  await mine("open").getByLabel("Durée").selectOption({ label: "8 heures" });
  await mine("open").getByLabel("Motif").fill("pièce commandée");
  await page.keyboard.press("Enter");
  const handled = page.getByTestId("handled-alerts");
  await handled.waitFor({ timeout: 15_000 });
  await handled.locator("summary").click();
  const text = await mine("shelved").innerText({ timeout: 15_000 });
  assert.match(text, /En veille jusqu'au .*, par Inspectrice du test : pièce commandée/);
  const [shelved] = (await (await fetch(`${base}/api/sqal/alerts?state=shelved`)).json()).filter((alert) => alert.device_id === device);
  const hours = (Date.parse(shelved.shelved_until) - Date.now()) / 3.6e6;
  assert.ok(hours > 7.9 && hours <= 8, `shelved for ${hours} h`);
  await mine("shelved").getByRole("button", { name: /^Lever la veille/ }).click();
  await mine("open").waitFor({ timeout: 15_000 });
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("AStationThatDriftsIsShownWithItsReasonAndItsDriftChart", async () => {
  const device = await checkedStation("LS", [0.002, 0.008, 0.014, 0.018, 0.022, 0.026, 0.03, 0.03, 0.03]);
  const page = await openLivePage(browser);
  const status = page.locator(`[data-testid="gauge-status"][data-device="${device}"]`);
  await status.waitFor({ timeout: 15_000 });
  assert.equal(await status.getAttribute("data-state"), "drift");
  assert.match((await status.innerText()).replace(/\s+/g, " "), /ne doit pas grader : dérive l'échantillon étalon dérive : la moyenne de ses vérifications est de \+\d,\d\d %/);
  const panel = page.getByTestId("gauge");
  await panel.getByLabel("Station").selectOption(device);
  const drift = panel.locator(`[data-testid="drift"][data-device="${device}"][data-kind="golden_sample"]`);
  await drift.waitFor({ timeout: 15_000 });
  assert.deepEqual([await drift.getAttribute("data-points"), await drift.getAttribute("data-drifting")], ["9", "true"]);
  assert.ok((await drift.locator("svg path").count()) >= 9 + 3, "points, average and both limits are drawn");
  await panel.getByLabel("Référence").selectOption("white_reference");
  await panel.getByText("Aucune vérification depuis l'étalonnage.").waitFor();
  await page.getByRole("button", { name: "EN", exact: true }).click();
  assert.match((await status.innerText()).replace(/\s+/g, " "), /must not grade: drift golden sample drifts/);
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("AStationThatFailedACheckIsTakenBackWhenItIsCalibrated", async () => {
  const device = await checkedStation("MT", [0.08]);
  const page = await openLivePage(browser);
  const status = page.locator(`[data-testid="gauge-status"][data-device="${device}"]`);
  await status.waitFor({ timeout: 15_000 });
  assert.match(await status.innerText(), /vérification \d+ de l'échantillon étalon échouée le .* volume à \+8,0 % de sa référence/);
  await page.locator('[data-testid="alert"]').filter({ hasText: device }).filter({ hasText: "hors étalonnage" }).waitFor({ timeout: 15_000 });
  await post(`/api/sqal/devices/${device}/gauge/calibrations`, { white_reference: WHITE, distance_offset_mm: 0.5, calibrated_by: "user:3" });
  await page.locator(`[data-testid="gauge-status"][data-device="${device}"][data-state="in_calibration"]`).waitFor({ timeout: 15_000 });
  await page.close();
});

test("DeclaredAndComputedScoresAreShownAndDisagreementsCounted", async () => {
  const page = await openLivePage(browser);
  const device = newDevice("LL");
  const samples = [flatSample({ device }), flatSample({ device })];  // the page shows the newest by device time
  const sent = samples[1];
  for (const each of samples) assert.equal((await sendOnSocket(page, "/ws/sensors/", each)).status, "saved");
  const comparison = page.locator(`[data-sample="${sent.sample_id}"]`).getByTestId("comparison");
  await comparison.waitFor({ timeout: 15_000 });
  assert.equal(await comparison.getAttribute("data-comparison"), "disagrees");
  assert.match(await comparison.innerText(), /Déclaré 0,832 · recalculé 0,\d{3} · écart supérieur à 0,02/);
  const station = page.locator(`[data-testid="station"][data-device="${device}"]`);
  await station.getByText("2 écarts entre score déclaré et recalculé en 24 h").waitFor({ timeout: 15_000 });
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("LiversOfASiteAreCountedWithTheirMeanScore", async () => {
  const page = await openLivePage(browser);
  await sendOnSocket(page, "/ws/sensors/", sample({ site: "LS" }));
  await page.reload();
  const row = page.locator('[data-testid="site"][data-site="LS"]');
  await row.waitFor({ timeout: 15_000 });
  assert.match((await row.innerText()).replace(/\s+/g, " "), /^LS \d+ 0,\d\d \d+,\d %$/);
  await page.close();
});

test("EveryPanelFitsAPhoneAndADeskInBothLanguagesAndEveryButtonHasAName", async () => {
  const folder = process.env.EGI_SCREENSHOTS;
  if (folder) await mkdir(folder, { recursive: true });
  await checkedStation("LL", [0.001, -0.002]);
  for (const width of [1440, 390]) {
    const page = await openLivePage(browser, { width, height: 900 });
    for (const language of ["FR", "EN"]) {
      await page.getByRole("button", { name: language, exact: true }).click();
      await page.getByTestId("drift").locator("svg").waitFor({ timeout: 15_000 });
      assert.equal(await page.evaluate(() => document.documentElement.lang), language.toLowerCase());
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(overflow <= 0, `no sideways scrolling at ${width} px, found ${overflow} px`);
      const nameless = await page.evaluate(() =>
        [...document.querySelectorAll("button, input, select")].filter((each) => !(each.getAttribute("aria-label") || each.textContent.trim() || each.labels?.length)).map((each) => each.outerHTML),
      );
      assert.deepEqual(nameless, [], "every control has a name");
      assert.ok(!(await page.evaluate(() => document.body.innerText)).match(/\b(?:alerts|gauge|devices|sites|spc|kpi|sqal|liver)\.[a-z_]+/i), "no key of the catalogue is shown");
      if (folder) await page.screenshot({ path: `${folder}/panels-${language}-${width}.png`, fullPage: true });
    }
    await page.close();
  }
});
