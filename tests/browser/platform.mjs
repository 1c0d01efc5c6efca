// A browser on the running platform named by EGI_BASE_URL.
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

export { flatSample, freshLot, meal, sample } from "../support/messages.mjs";
