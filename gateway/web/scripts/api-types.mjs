// Writes src/api/schema.d.ts from the gateway's API description, so that no type of the API is written by hand.
// usage: node scripts/api-types.mjs SWAGGER_2_JSON
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";
import converter from "swagger2openapi";

const source = process.argv[2];
if (!source) {
  console.error("usage: node scripts/api-types.mjs SWAGGER_2_JSON");
  process.exit(2);
}
const { openapi } = await converter.convertObj(JSON.parse(await readFile(source, "utf8")), { patch: true, warnOnly: true });
// The gateway emits every field, so every property of an answer is present.
const types = await openapiTS(openapi, { propertiesRequiredByDefault: true });
await writeFile(new URL("../src/api/schema.d.ts", import.meta.url), astToString(types));
