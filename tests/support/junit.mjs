// Reporter of node:test that writes JUnit XML, for Node 18.19 and newer: one <testcase> a test, suites and files left out unless they fail.
const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };
const escape = (text) =>
  String(text)
    .replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD]/g, "?")
    .replace(/[&<>"']/g, (each) => entities[each]);
const isContainer = (data) => data.details?.type === "suite" || /\.test\.mjs$/.test(data.name);

export default async function* junit(source) {
  const cases = [];
  let failures = 0;
  let skipped = 0;
  for await (const { type, data } of source) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    const failed = type === "test:fail";
    if (isContainer(data) && !failed) continue;
    const seconds = ((data.details?.duration_ms ?? 0) / 1000).toFixed(3);
    let inner = "";
    if (failed) {
      failures += 1;
      const error = data.details?.error;
      const cause = error?.cause ?? error;
      inner = `<failure message="${escape(cause?.message ?? cause ?? "failed").slice(0, 500)}">${escape(cause?.stack ?? error?.message ?? "")}</failure>`;
    } else if (data.skip !== undefined) {
      skipped += 1;
      inner = "<skipped/>";
    }
    cases.push(`<testcase name="${escape(data.name)}" time="${seconds}">${inner}</testcase>`);
  }
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites><testsuite name="node" tests="${cases.length}" failures="${failures}" skipped="${skipped}">\n${cases.join("\n")}\n</testsuite></testsuites>\n`;
}
