// The control charts of the live page, in a real browser against the running platform.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { launch, openLivePage, sample, sendOnSocket } from "./platform.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

test("AControlChartOfTheScoresIsDrawnWithItsLimitsAndFitsAPhoneAndADesk", async () => {
  const folder = process.env.EGI_SCREENSHOTS;
  if (folder) await mkdir(folder, { recursive: true });
  for (const width of [1440, 390]) {
    const page = await openLivePage(browser, { width, height: 900 });
    // Two scores at least, so that there is a spread.
    for (const tof of [0.7, 0.8]) {
      assert.equal((await sendOnSocket(page, "/ws/sensors/", sample({ tof, spectral: 0.86 }))).status, "saved");
    }
    const section = page.getByTestId("spc");
    await section.locator("select").first().waitFor({ state: "hidden" });
    await section.locator("summary").click();
    await page.getByTestId("spc-characteristic").selectOption("fusion_score");
    await page.getByTestId("spc-kind").selectOption("ewma");
    const answer = section.locator('[data-testid="spc-answer"][data-kind="ewma"]');
    await answer.waitFor({ timeout: 10_000 });
    assert.ok(Number(await answer.getAttribute("data-points")) >= 2);
    assert.ok((await answer.locator("svg path").count()) >= 4, "points, centre line and both limits are drawn");
    assert.match(await answer.innerText(), /Moyenne pondérée/);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `no sideways scrolling at ${width} px, found ${overflow} px`);
    if (folder) await section.screenshot({ path: `${folder}/spc-${width}.png` });
    await page.close();
  }
});
