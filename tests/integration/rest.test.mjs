// The REST routes of api.md part B as the platform serves them: exact names, with and without a trailing slash, CORS, problems, descriptions.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { get } from "node:http";
import { before, test } from "node:test";
import { flatSample, freshLot, meal, sample } from "../support/messages.mjs";
import { base, query, rest, Socket } from "./platform.mjs";

const lot = freshLot("LS");
const inspected = sample({ device: "ESP32_LS_01", site: "LS" });
const measured = flatSample({ device: "ESP32_LS_01" });  // with gain and integration time
// A control chart answers 409 until there is a spread: two heights at least.
const higher = flatSample({ device: "ESP32_LS_01" });
higher.vl53l8ch.avg_height_mm = 33.4;
const poor = sample({ device: "ESP32_LS_01", site: "LS", tof: 0.3, spectral: 0.3 });

before(async () => {
  const feeder = await Socket.open("/ws/gavage");
  const station = await Socket.open("/ws/sensors/");
  for (const moment of ["matin", "soir"]) assert.equal((await feeder.ask(meal(lot, { moment, taux_mortalite: 6, temperature_stabule: 29 }))).status, "saved");
  for (const each of [{ ...inspected, lot_id: lot }, poor, measured, higher]) assert.equal((await station.ask(each)).status, "saved");
  await Promise.all([feeder.close(), station.close()]);
});

const LOT = "id code_lot site_code gaveur_id souche debut_lot itm sigma duree_gavage_reelle pctg_perte_gavage statut";
const DEVICE = "device_id device_name firmware_version site_code status config_profile created_at last_seen";
const HOURLY = "bucket device_id sample_count avg_quality_score count_a_plus count_a count_b count_c count_reject avg_volume_mm3 avg_freshness_index compliance_rate_pct";
const SAMPLE =
  "time sample_id device_id lot_id vl53l8ch_distance_matrix vl53l8ch_reflectance_matrix vl53l8ch_amplitude_matrix vl53l8ch_integration_time vl53l8ch_temperature_c vl53l8ch_volume_mm3 vl53l8ch_avg_height_mm vl53l8ch_max_height_mm " +
  "vl53l8ch_min_height_mm vl53l8ch_surface_uniformity vl53l8ch_bins_analysis vl53l8ch_reflectance_analysis vl53l8ch_amplitude_consistency vl53l8ch_quality_score vl53l8ch_grade vl53l8ch_score_breakdown vl53l8ch_defects as7341_channels " +
  "as7341_integration_time as7341_gain as7341_freshness_index as7341_fat_quality_index as7341_oxidation_index as7341_spectral_analysis as7341_color_analysis as7341_quality_score as7341_grade as7341_score_breakdown as7341_defects " +
  "fusion_final_score fusion_final_grade fusion_vl53l8ch_score fusion_as7341_score fusion_defects fusion_is_compliant meta_firmware_version meta_temperature_c meta_humidity_percent meta_config_profile created_at";
const CARDS =
  "totalSamples samplesProcessedToday samplesProcessedWeek samplesProcessedMonth averageQuality successRate activeDevices totalDevices offlineDevices recentAlerts qualityTrend processingRate recentAnalyses gradeDistribution";
const SQAL_ALERT = "time alert_id device_id sample_id alert_type severity message data_context is_acknowledged acknowledged_at acknowledged_by";
const EURALIS_ALERT = "id time niveau site_code type_alerte severite message acquittee lot_id gaveur_id criticite titre description valeur_observee valeur_attendue ecart_pct";

/** Parts of the business metrics with the fields the specification prints; nothing where it prints none. */
const BUSINESS = {
  operational: "",
  quality_scores: "",
  instant_metrics: "lobe_thickness_mm l_star delta_e volume_mm3",
  process_capability: "cp cpk process_capability mean std is_centered",
  moving_average: "moving_avg moving_avg_10 moving_avg_50 trend slope",
  dimensional_deviation: "deviation_mm deviation_percent target_mm tolerance_mm is_within_tolerance",
  maturity_index: "maturity_index maturity_stage spectral_ratio_red_nir",
  freshness_score: "freshness_score freshness_trend estimated_shelf_life_hours spectral_degradation_rate",
  color_homogeneity: "color_homogeneity_cv color_uniformity color_std_delta_e color_mean_delta_e",
  spectral_bands: "spectral_bands spectral_profile red_orange_ratio total_intensity",
  alerts: "",
  targets: "conformity_target cadence_target",
};

const first = (list) => (assert.ok(Array.isArray(list) && list.length > 0, "a list with entries"), list[0]);
const inside = (name) => (body) => first(body[name]);
const self = (body) => body;

/** route, field names the specification prints, where they are in the answer. */
const routes = [
  ["/api/euralis/sites", "id code nom region capacite_gavage_max nb_gaveurs_actifs", first],
  ["/api/euralis/sites/LL", "id code nom region capacite_gavage_max nb_gaveurs_actifs", self],
  ["/api/euralis/sites/LS/stats", "site_code site_nom nb_lots nb_gaveurs itm_moyen mortalite_moyenne production_foie_kg", self],
  ["/api/euralis/sites/LS/lots", LOT, first],
  ["/api/euralis/sites/compare?metrique=itm", "site_code site_nom valeur itm_moyen mortalite production_kg nb_lots rank", first],
  ["/api/euralis/dashboard/kpis", "production_totale_kg nb_lots_actifs nb_lots_termines nb_gaveurs_actifs itm_moyen_global mortalite_moyenne_globale nb_alertes_critiques", self],
  ["/api/euralis/lots", LOT, first],
  [`/api/euralis/lots/${lot}`, `${LOT} nb_canards_meg nb_canards_accroches total_corn_real`, self],
  [`/api/euralis/lots/${lot}/doses`, "jour_gavage feed_target feed_real corn_variation cumul_corn repas moment date delta_feed", first],
  ["/api/euralis/alertes", EURALIS_ALERT, first],
  ["/api/euralis/health", "status service database sites lots timestamp", self],
  ["/api/euralis/gavages/recent", "code_lot jour moment dose_reelle poids_moyen nb_canards_vivants taux_mortalite timestamp site genetique gaveur_id", first],
  [`/api/gaveurs/history?lot=${lot}`, "code_lot jour moment dose_reelle", first],
  ["/api/sqal/health", "status timestamp active_devices last_sample_age_seconds database_connected", self],
  ["/api/sqal/devices", "devices total", self],
  ["/api/sqal/devices", DEVICE, inside("devices")],
  ["/api/sqal/devices/ESP32_LS_01", "device latest_sample hourly_stats stats_24h", self],
  ["/api/sqal/devices/ESP32_LS_01", HOURLY, inside("hourly_stats")],
  ["/api/sqal/devices/ESP32_LS_01", "total_samples avg_quality_score", (body) => body.stats_24h],
  ["/api/sqal/samples/latest", SAMPLE, self],
  ["/api/sqal/latest", SAMPLE, self],
  [`/api/sqal/samples/${inspected.sample_id}`, SAMPLE, self],
  ["/api/sqal/samples?fields=full", "samples count period", self],
  ["/api/sqal/samples?fields=full", SAMPLE, inside("samples")],
  ["/api/sqal/history?hours=24", "samples count", self],
  ["/api/sqal/stats/hourly", HOURLY, inside("stats")],
  ["/api/sqal/stats/hourly", "stats count period", self],
  ["/api/sqal/quality/scores", HOURLY, inside("stats")],
  ["/api/sqal/statistics", "period_start period_end total_samples grade_distribution", self],
  ["/api/sqal/stats/sites", "period_start period_end total_samples avg_quality_score compliance_rate_pct grade_distribution top_devices sites", self],
  ["/api/sqal/stats/grade-distribution", "distribution total percentages period", self],
  ["/api/sqal/alerts", SQAL_ALERT, first],
  ["/api/sqal/dashboard/overview", "stats_24h grade_distribution_7d active_alerts critical_alerts total_devices active_devices timestamp", self],
  ["/api/sqal/dashboard/overview", CARDS, self],
  ["/api/dashboard/metrics", CARDS, self],
  ["/api/sqal/stats?hours=24", "period_start period_end total_samples grade_distribution", self],
  ["/api/sensors/devices", DEVICE, inside("devices")],
  ["/api/sensors/devices/ESP32_LS_01", "device latest_sample hourly_stats stats_24h", self],
  ["/api/sensors/vl53l8ch/latest", SAMPLE, self],
  ["/api/sensors/as7341?hours=1", "samples count period", self],
  ["/api/sensors/fusion", "samples count period", self],
  ["/api/analysis/history/ESP32_LS_01", SAMPLE, inside("samples")],
  [`/api/sqal/integration/lot/${lot}`, "lot_id total_samples avg_quality_score compliance_rate_pct grade_distribution samples code_lot itm sigma liver_mass_g_mean itm_sensor_estimate", self],
  ["/api/sqal/pending-lots", "lots total", self],
  ["/api/sqal/integration/correlation?min_samples=1", "lots count pearson spearman", self],
  ["/api/sqal/dashboard/business-metrics?hours=24", Object.keys(BUSINESS).join(" "), self],
  ...Object.entries(BUSINESS)
    .filter(([, names]) => names)
    .map(([part, names]) => ["/api/sqal/dashboard/business-metrics?hours=24", names, (body) => body[part]]),
  ["/api/sqal/models", "models count", self],
  ["/api/sqal/models", "model_id model_name model_type version framework file_path accuracy precision recall f1_score training_date is_active hyperparameters feature_importance created_at", inside("models")],
  ["/api/sqal/models/1/drift", "model status available needed inputs period", self],
  [`/api/sqal/lots/${lot}/quality-forecast`, "lot_id code_lot status expected_score grade_distribution baseline_score model", self],
];

for (const [route, names, pick] of routes) {
  test(`GET ${route.replaceAll(lot, "LOT").replaceAll(inspected.sample_id, "SAMPLE")} has ${names.split(" ").slice(0, 3).join(", ")} ... in both spellings`, async () => {
    const [path, parameters] = route.split("?");
    for (const spelling of [path, `${path}/`]) {
      const { status, body } = await rest(parameters ? `${spelling}?${parameters}` : spelling);
      assert.equal(status, 200, `${spelling}: ${JSON.stringify(body).slice(0, 300)}`);
      const found = Object.keys(pick(body));
      assert.deepEqual(names.split(" ").filter((name) => !found.includes(name)), [], `missing in ${found}`);
    }
  });
}

test("PredictionStandsBesideTheOfficialGrade", async () => {
  const official = (await rest(`/api/sqal/samples/${measured.sample_id}`)).body;
  const { status, body } = await rest(`/api/sqal/predict?sample_id=${measured.sample_id}`, { method: "POST" });
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual([body.rule_grade, Object.keys(body.probabilities).length, body.defects.length], [official.fusion_final_grade, 5, 4]);
  const { status: refused, body: problem } = await rest(`/api/sqal/predict?sample_id=${inspected.sample_id}`, { method: "POST" });
  assert.deepEqual([refused, problem.reason], [409, "SAMPLE_NOT_PREDICTABLE"]);
  assert.equal((await rest("/api/sqal/predict?sample_id=nowhere", { method: "POST" })).status, 404);
});

test("LotsAreFoundByNumberAndByCodeAndSaysWhatTheMealsSaid", async () => {
  const byCode = (await rest(`/api/euralis/lots/${lot}`)).body;
  const byNumber = (await rest(`/api/euralis/lots/${byCode.id}`)).body;
  assert.deepEqual(byNumber, byCode);
  assert.deepEqual([byCode.code_lot, byCode.site_code, byCode.gaveur_id, byCode.genetique, byCode.poids_moyen_actuel, byCode.statut], [lot, "LS", 5, "Mulard", 5480.2, "en_gavage"]);
  const { body: doses } = await rest(`/api/euralis/lots/${lot}/doses`);
  assert.deepEqual(doses.map((dose) => [dose.moment, dose.feed_real]), [["matin", 338.6], ["soir", 338.6]]);
});

test("SampleCarriesItsMatricesChannelsAndLot", async () => {
  const { body } = await rest(`/api/sqal/samples/${inspected.sample_id}`);
  assert.deepEqual(body.vl53l8ch_distance_matrix.length, 8);
  for (const [name, sent] of [["distance", "distance_matrix"], ["reflectance", "reflectance_matrix"], ["amplitude", "amplitude_matrix"]]) {
    const matrix = body[`vl53l8ch_${name}_matrix`];
    for (let i = 0; i < 64; i += 1) assert.ok(Math.abs(matrix[i >> 3][i & 7] - inspected.vl53l8ch.raw[sent][i >> 3][i & 7]) < 0.05, `${sent} cell ${i}`);
  }
  assert.equal(Object.keys(body.as7341_channels).length, 10);
  assert.equal(body.as7341_channels.F4_515nm, 1873);
  assert.deepEqual([body.fusion_final_grade, body.fusion_is_compliant, body.vl53l8ch_volume_mm3], ["A", true, 548200.5]);
  const [{ id }] = await query("SELECT id FROM lots_gavage WHERE code_lot = $1", [lot]);
  assert.equal(body.lot_id, id);
});

test("GradeDistributionAgreesWithSqlAndAddsUpToAHundred", async () => {
  const { body } = await rest("/api/sqal/stats/grade-distribution");
  const rows = await query("SELECT fusion_final_grade AS grade, count(*)::int AS n FROM sqal_sensor_samples GROUP BY 1");
  assert.deepEqual(Object.fromEntries(Object.entries(body.distribution).filter(([, n]) => n > 0)), Object.fromEntries(rows.map(({ grade, n }) => [grade, n])));
  assert.equal(body.total, rows.reduce((sum, { n }) => sum + n, 0));
  const hundred = Object.values(body.percentages).reduce((sum, each) => sum + each, 0);
  assert.ok(Math.abs(hundred - 100) < 0.5, `${hundred}`);
});

test("AlertsAreAcknowledgedOnceAndAgain", async () => {
  const { body: quality } = await rest("/api/sqal/alerts?is_acknowledged=false");
  const { alert_id } = quality.find((alert) => alert.device_id === "ESP32_LS_01") ?? assert.fail("the poor sample opened an alert");
  for (const round of ["first", "again"]) {
    const { status, body } = await rest(`/api/sqal/alerts/${alert_id}/acknowledge?acknowledged_by=user:3`, { method: "POST" });
    assert.deepEqual([status, body.success, body.alert_id, body.acknowledged_by], [200, true, alert_id, "user:3"], round);
  }
  assert.ok(!(await rest("/api/sqal/alerts?is_acknowledged=false")).body.some((alert) => alert.alert_id === alert_id));
  const { body: feeding } = await rest("/api/euralis/alertes?acquittee=false");
  const { id } = first(feeding);
  for (const body of [{ user_id: 3, commentaire: "vu" }, {}]) assert.equal((await rest(`/api/euralis/alertes/${id}/acquitter`, { method: "POST", body })).status, 200);
  assert.equal((await rest("/api/euralis/alertes/999999/acquitter", { method: "POST", body: {} })).status, 404);
  assert.equal((await rest("/api/sqal/alerts/999999/acknowledge?acknowledged_by=x", { method: "POST" })).status, 404);
});

test("MealByPostIsCreatedAndARepeatIsAConflictOrTheSame", async () => {
  const sent = meal(freshLot("MT"));
  const created = await rest("/api/gaveurs/gavage/", { method: "POST", body: sent });
  assert.equal(created.status, 201, JSON.stringify(created.body));
  for (const name of ["gavage_id", "ecart_courbe_theorique", "alerte_generee", "recommandations"]) assert.ok(name in created.body, name);
  const again = await rest("/api/gaveurs/gavage", { method: "POST", body: sent });
  assert.ok([200, 409].includes(again.status), `${again.status}`);
  assert.equal((await query("SELECT count(*)::int AS n FROM doses_journalieres WHERE code_lot = $1", [sent.code_lot]))[0].n, 1);
});

test("MealByPostNamesItsLotByIdAndRecentMealsTellIt", async () => {
  const { id } = (await rest(`/api/euralis/lots/${lot}`)).body;
  const { code_lot, ...unnamed } = meal(lot, { jour: 6, moment: "matin" });
  const created = await rest("/api/gaveurs/gavage", { method: "POST", body: { ...unnamed, lot_id: id } });
  assert.equal(created.status, 201, JSON.stringify(created.body));
  assert.equal((await rest("/api/gavage", { method: "POST", body: { ...unnamed, code_lot: id } })).body.status, "duplicate");
  assert.equal((await rest("/api/gavage", { method: "POST", body: { ...unnamed, code_lot: lot, lot_id: id } })).body.status, "duplicate");
  const other = await rest("/api/gavage", { method: "POST", body: { ...unnamed, code_lot: freshLot("LS"), lot_id: id } });
  assert.equal(other.status, 400, JSON.stringify(other.body));
  assert.match(JSON.stringify(other.body.errors), new RegExp(`lot_id.*${lot}.*name one lot`));
  assert.equal((await rest("/api/gavage", { method: "POST", body: { ...unnamed, lot_id: 999_999 } })).status, 404);
  const recent = (await rest("/api/euralis/gavages/recent?site_code=LS")).body;
  assert.equal(recent.find((each) => each.code_lot === code_lot).lot_id, id);
});

test("FeederOfAnotherSiteMakesNoLot", async () => {
  const abroad = meal(freshLot("MT"), { gaveur_id: 5, gaveur_nom: "Gaveur 5" });
  const refused = await rest("/api/gaveurs/gavage", { method: "POST", body: abroad });
  assert.deepEqual([refused.status, refused.body.reason], [409, "GAVEUR_OF_OTHER_SITE"], JSON.stringify(refused.body));
  assert.match(refused.body.message, /gaveur 5 belongs to site LS/);
  assert.equal((await rest(`/api/euralis/lots/${abroad.code_lot}`)).status, 404);
});

test("ExportIsAFileWhoseTrailerHoldsItsDigest", async () => {
  for (const [format, type] of [["csv", "text/csv; charset=utf-8"], ["ndjson", "application/x-ndjson"]]) {
    const { headers, trailers, body } = await download(`/api/sqal/export/samples?format=${format}&fields=full&device_id=ESP32_LS_01`);
    assert.equal(headers["content-type"], type);
    const [{ n }] = await query("SELECT count(*)::int AS n FROM sqal_sensor_samples WHERE device_id = 'ESP32_LS_01'");
    assert.equal(trailers["x-egi-rows"], String(n));
    assert.equal(body.toString().trim().split("\n").length, format === "csv" ? n + 1 : n);
    assert.equal(trailers["content-digest"], `sha-256=:${createHash("sha256").update(body).digest("base64")}:`);
  }
  const bad = await rest("/api/sqal/export/samples?format=xls&end_time=2000-01-01T00:00:00Z&start_time=2001-01-01T00:00:00Z");
  assert.equal(bad.status, 400);
  assert.deepEqual(bad.body.errors.map(({ field }) => field).sort(), ["end_time", "format"]);
});

/** A body with its trailers, which fetch does not show. */
async function download(path) {
  return new Promise((resolve, reject) =>
    get(base + path, (response) => {
      const pieces = [];
      response.on("data", (piece) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => resolve({ headers: response.headers, trailers: response.trailers, body: Buffer.concat(pieces) }));
    }).on("error", reject),
  );
}

test("EveryBadParameterIsNamedAndAZeroThatSomebodyWroteIsOne", async () => {
  const { status, body } = await rest("/api/sqal/samples?limit=many&start_time=2026-02-03&unknown=1");
  assert.equal(status, 400);
  assert.deepEqual(body.errors, [
    { field: "limit", description: 'is "many", must be a whole number' },
    { field: "start_time", description: 'is "2026-02-03", must be a time with its zone (RFC 3339), e.g. 2026-02-03T09:00:00Z' },
  ]);
  assert.deepEqual((await rest("/api/sqal/alerts?limit=0")).body.errors, [{ field: "limit", description: "is 0, must be at least 1" }]);
});

test("CursorPagesOfSamplesHaveNoGapAndNoRepeatAndBelongToTheirFilter", async () => {
  const everything = (await rest("/api/sqal/samples?limit=1000&device_id=ESP32_LS_01&fields=summary")).body.samples.map((each) => each.sample_id);
  const found = [];
  for (let token = ""; ; ) {
    const { headers, body } = await rest(`/api/sqal/samples?limit=2&device_id=ESP32_LS_01&fields=summary&page_token=${encodeURIComponent(token)}`);
    found.push(...body.samples.map((each) => each.sample_id));
    assert.ok(body.samples.every((each) => each.vl53l8ch_distance_matrix.length === 0), "no matrix in a summary");
    token = headers.get("x-next-page-token") ?? "";
    if (!token) break;
    assert.equal((await rest(`/api/sqal/samples?limit=2&page_token=${encodeURIComponent(token)}`)).status, 400, "of another filter");
  }
  assert.deepEqual(found, everything);
  assert.ok(found.length >= 4);
  assert.equal((await rest("/api/sqal/samples?limit=1&fields=full")).body.samples[0].vl53l8ch_distance_matrix.length, 8);
});

test("ARefusedUpgradeIsAProblemLikeEveryOtherError", async () => {
  for (const [path, expected, code] of [["/ws/sensors/", 426, "upgrade_required"], ["/ws/gaveur/nobody", 404, "not_found"], ["/ws/realtime/?min_grade=Z", 400, "invalid_argument"]]) {
    const { status, headers, body } = await rest(path);
    assert.deepEqual([status, body.code, headers.get("content-type")], [expected, code, "application/problem+json"], path);
  }
});

const problems = [
  ["/api/euralis/sites/ZZ9", 400],
  ["/api/euralis/lots/LL9999999", 404],
  ["/api/euralis/lots/LL9999999/doses", 404],
  ["/api/sqal/samples/nobody-sent-this", 404],
  ["/api/sqal/devices/ESP32_XX_99", 404],
  ["/api/sqal/samples/latest?device_id=ESP32_XX_99", 404],
  ["/api/euralis/lots?limit=many", 400],
  ["/api/euralis/lots?limit=-1", 400],
  ["/api/sqal/samples?start_time=yesterday", 400],
  ["/api/euralis/sites/compare?metrique=taille", 400],
  ["/api/no/such/route", 404],
];
for (const [route, expected] of problems) {
  test(`GET ${route} is a ${expected} problem`, async () => {
    const { status, headers, body } = await rest(route);
    assert.equal(status, expected, JSON.stringify(body));
    assert.match(headers.get("content-type"), /^application\/problem\+json/);
    assert.deepEqual([body.status, body.detail], [expected, body.message]);
    assert.ok(body.code && body.title && Array.isArray(body.details));
  });
}

for (const origin of ["http://localhost:3000", "http://localhost:3001", "http://localhost:5173"]) {
  test(`CorsNames ${origin} on success, error and preflight`, async () => {
    for (const path of ["/api/euralis/sites", "/api/no/such/route", "/health"]) {
      const { headers } = await rest(path, { headers: { origin } });
      assert.equal(headers.get("access-control-allow-origin"), origin, path);
      assert.equal(headers.get("access-control-allow-credentials"), "true", path);
      assert.match(headers.get("vary"), /origin/i);
    }
    const preflight = await rest("/api/gaveurs/gavage", { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" } });
    assert.equal(preflight.status, 204);
    assert.match(preflight.headers.get("access-control-allow-methods"), /POST/);
    assert.match(preflight.headers.get("access-control-allow-headers"), /content-type/i);
  });
}

test("CorsNamesNoOtherOrigin", async () => {
  for (const origin of ["http://localhost:4000", "https://example.org", "null"]) {
    assert.equal((await rest("/api/euralis/sites", { headers: { origin } })).headers.get("access-control-allow-origin"), null, origin);
  }
});

test("HealthLiveAndReadySayThatAllWorks", async () => {
  const health = await rest("/health");
  assert.deepEqual([health.status, health.body.status], [200, "healthy"]);
  assert.equal((await rest("/health/live")).status, 200);
  const ready = await rest("/health/ready");
  assert.deepEqual([ready.status, ready.body.checks.database], [200, "connected"]);
});

test("MetricsCountSocketsWithoutNamingLotsOrDevices", async () => {
  const { status, body } = await rest("/metrics");
  assert.equal(status, 200);
  const own = body.split("\n").filter((line) => line.startsWith("egi_"));
  assert.ok(own.length > 5, "metrics of the gateway");
  assert.ok(!own.some((line) => /ESP32|L[LS]\d{7}|MT\d{7}/.test(line)), "no lot or device as a label");
});

test("OpenApiDescribesTheRoutesThatAnswer", async () => {
  const { status, body } = await rest("/openapi.json");
  assert.equal(status, 200);
  assert.match(body.openapi, /^3\./);
  const described = Object.keys(body.paths);
  for (const path of ["/api/euralis/sites", "/api/euralis/lots", "/api/sqal/samples/latest", "/api/sqal/alerts", "/api/gaveurs/gavage"]) assert.ok(described.includes(path), path);
  const references = JSON.stringify(body).match(/"#\/components\/schemas\/[^"]+"/g) ?? [];
  for (const reference of new Set(references)) assert.ok(body.components.schemas[JSON.parse(reference).split("/").at(-1)], reference);
  for (const path of described.filter((each) => body.paths[each].get && !each.includes("{"))) {
    const { status: answered } = await rest(path);
    const nobodyThere = answered === 503 && path.startsWith("/api/simulators"); // this platform has no simulator host
    const signedInOnly = answered === 401 && ["/api/auth/me", "/api/accounts"].includes(path);
    assert.ok(answered === 200 || answered === 400 || answered === 404 || nobodyThere || signedInOnly, `${path} is described and answers ${answered}`);
  }
});

test("DocsAndAsyncApiAreServed", async () => {
  const docs = await rest("/docs");
  assert.equal(docs.status, 200);
  assert.match(docs.headers.get("content-type"), /html/);
  const { body } = await rest("/asyncapi.json");
  assert.match(body.asyncapi, /^[23]\./);
  for (const path of ["/ws/sensors", "/ws/gavage", "/ws/realtime", "/ws/gaveur"]) assert.ok(JSON.stringify(body).includes(path), path);
});

test("ThePageIsServedAtTheRoot", async () => {
  const { status, headers, body } = await rest("/");
  assert.equal(status, 200);
  assert.match(headers.get("content-type"), /html/);
  assert.match(body, /<script/);
});
