// A browser on the running platform named by EGI_BASE_URL, and messages as a station or a feeder would send them.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

export const base = process.env.EGI_BASE_URL;
assert.ok(base, "set EGI_BASE_URL to the gateway of a running platform, e.g. http://127.0.0.1:8000");

export function launch() {
  return chromium.launch({
    executablePath: process.env.EGI_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** Opens the live page and waits until its socket is connected. Errors of the page end up in `page.problems`. */
export async function openLivePage(browser, viewport = { width: 1440, height: 900 }) {
  const page = await browser.newPage({ viewport });
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  page.on("console", (message) => message.type() === "error" && page.problems.push(message.text()));
  await page.goto(base);
  await page.locator('[data-testid="connection"][data-state="open"]').waitFor({ timeout: 15_000 });
  return page;
}

/** Sends `message` on the socket `path` from inside the page and resolves with the first answer that is not the welcome. */
export function sendOnSocket(page, path, message) {
  return page.evaluate(
    ({ address, text }) =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(address);
        const timer = setTimeout(() => reject(new Error("no answer within 10 s")), 10_000);
        socket.onopen = () => socket.send(text);
        socket.onerror = () => reject(new Error(`cannot reach ${address}`));
        socket.onmessage = ({ data }) => {
          const answer = JSON.parse(data);
          if (answer.type === "connection_established") return;
          clearTimeout(timer);
          socket.close();
          resolve(answer);
        };
      }),
    { address: base.replace(/^http/, "ws") + path, text: JSON.stringify(message) },
  );
}

const matrix = (inside, outside) => Array.from({ length: 8 }, (_, row) => Array.from({ length: 8 }, (_, column) => (row > 1 && row < 6 && column > 1 && column < 6 ? inside : outside)));
const unique = () => `${Date.now().toString(36)}-${Math.floor(performance.now() * 1000).toString(36)}`;

/** A sample in the nested form of the specification (api.md A.1.1). */
export function sample({ tof = 0.79, spectral = 0.86, freshness = 0.88, oxidation = 0.12, device = "ESP32_LS_01" } = {}) {
  const score = 0.6 * tof + 0.4 * spectral;
  const grade = (value) => (value >= 0.85 ? "A+" : value >= 0.75 ? "A" : value >= 0.6 ? "B" : value >= 0.45 ? "C" : "REJECT");
  return {
    sample_id: `BROWSER-${unique()}`,
    device_id: device,
    timestamp: new Date().toISOString(),
    site_code: "LS",
    vl53l8ch: {
      raw: { distance_matrix: matrix(55.2, 95.8), reflectance_matrix: matrix(54, 71), amplitude_matrix: matrix(48, 9) },
      analysis: { volume_mm3: 548200.5, surface_uniformity: 0.81, quality_score: tof, grade: grade(tof) },
    },
    as7341: {
      raw: { F1_415nm: 402, F2_445nm: 596, F3_480nm: 511, F4_515nm: 1873, F5_555nm: 905, F6_590nm: 612, F7_630nm: 1139, F8_680nm: 744, Clear: 6480, NIR: 603 },
      analysis: { freshness_index: freshness, fat_quality_index: 0.84, oxidation_index: oxidation, quality_score: spectral },
    },
    fusion: { final_score: score, final_grade: grade(score), is_compliant: score >= 0.6 },
  };
}

/** A meal of api.md A.2 for the lot `code`. */
export function meal(code, changes = {}) {
  return {
    code_lot: code,
    gaveur_id: 4,
    gaveur_nom: "Gaveur 4",
    site: code.slice(0, 2),
    genetique: "Mulard",
    jour: 5,
    moment: "soir",
    dose_theorique: 343.0,
    dose_reelle: 338.6,
    poids_moyen: 5480.2,
    nb_canards_vivants: 49,
    taux_mortalite: 2.0,
    temperature_stabule: 20.8,
    humidite_stabule: 63.1,
    timestamp: new Date().toISOString(),
    pret_abattage: false,
    ...changes,
  };
}

/** A lot code nobody used in this installation, by the clock. */
export const freshLot = (site) => `${site}${String(Math.floor(Date.now() / 10) % 10_000_000).padStart(7, "0")}`;
