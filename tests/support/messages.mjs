// Messages as stations and feeders send them; no packages needed.
const matrix = (inside, outside) => Array.from({ length: 8 }, (_, row) => Array.from({ length: 8 }, (_, column) => (row > 1 && row < 6 && column > 1 && column < 6 ? inside : outside)));
const grade = (value) => (value >= 0.85 ? "A+" : value >= 0.75 ? "A" : value >= 0.6 ? "B" : value >= 0.45 ? "C" : "REJECT");

let count = 0;
/** A text no other test of this run has used. */
export const unique = () => `${Date.now().toString(36)}-${process.pid.toString(36)}-${(count += 1)}`;

/** A lot code nobody used in this installation, by the clock. */
export const freshLot = (site) => `${site}${String((Math.floor(Date.now() / 10) + (count += 1) * 10_007) % 10_000_000).padStart(7, "0")}`;

/** A sample in the nested form of the specification (api.md A.1.1). */
export function sample({ tof = 0.79, spectral = 0.86, freshness = 0.88, oxidation = 0.12, device = "ESP32_LS_01", site = "LS", ...more } = {}) {
  const score = Number((0.6 * tof + 0.4 * spectral).toFixed(4));
  return {
    sample_id: `S-${unique()}`,
    device_id: device,
    timestamp: new Date().toISOString(),
    site_code: site,
    vl53l8ch: {
      raw: { distance_matrix: matrix(55.2, 95.8), reflectance_matrix: matrix(54, 71), amplitude_matrix: matrix(48, 9) },
      analysis: { volume_mm3: 548200.5, surface_uniformity: 0.81, quality_score: tof, grade: grade(tof) },
    },
    as7341: {
      raw: { F1_415nm: 402, F2_445nm: 596, F3_480nm: 511, F4_515nm: 1873, F5_555nm: 905, F6_590nm: 612, F7_630nm: 1139, F8_680nm: 744, Clear: 6480, NIR: 603 },
      analysis: { freshness_index: freshness, fat_quality_index: 0.84, oxidation_index: oxidation, quality_score: spectral },
    },
    fusion: { final_score: score, final_grade: grade(score), is_compliant: score >= 0.6 },
    ...more,
  };
}

/** A sample in the flat form (api.md A.1.2). */
export function flatSample({ tof = 0.8, spectral = 0.88, device = "ESP32_SIM_0007", ...more } = {}) {
  const score = Number((0.6 * tof + 0.4 * spectral).toFixed(4));
  return {
    type: "sensor_data",
    timestamp: new Date().toISOString(),
    device_id: device,
    sample_id: `SAMPLE-${unique()}`,
    vl53l8ch: {
      distance_matrix: matrix(56, 96),
      reflectance_matrix: matrix(55, 70),
      amplitude_matrix: matrix(47, 10),
      volume_mm3: 537900.0,
      avg_height_mm: 31.2,
      surface_uniformity: 0.83,
      height_variation_mm: 4.4,
      quality_score: tof,
      grade: grade(tof),
      defects: [],
      bins_analysis: {},
      reflectance_analysis: {},
    },
    as7341: {
      channels: { F1_415nm: 410, F2_445nm: 601, F3_480nm: 498, F4_515nm: 1905, F5_555nm: 897, F6_590nm: 604, F7_630nm: 1151, F8_680nm: 752, Clear: 6510, NIR: 598 },
      integration_time: 100,
      gain: 4,
      freshness_index: 0.9,
      fat_quality_index: 0.86,
      oxidation_index: 0.09,
      color_uniformity: 0.91,
      quality_score: spectral,
      grade: grade(spectral),
      defects: [],
      spectral_analysis: {},
      color_analysis: {},
    },
    fusion: { final_score: score, final_grade: grade(score), vl53l8ch_score: tof, as7341_score: spectral, defects: [] },
    meta: { firmware_version: "1.0.0", temperature_c: 21.5, humidity_percent: 48.2, config_profile: "foiegras_standard_barquette" },
    ...more,
  };
}

/** A flat sample as the twin of the original sends it (api.md part E): about 140 kB, computed floats, long French grades. */
export function twinSample({ tofGrade = "A+ - Premium", finalGrade = "A+ - Premium", ...changes } = {}) {
  const message = flatSample(changes);
  const wave = (centre, spread) => Array.from({ length: 8 }, (_, row) => Array.from({ length: 8 }, (_, column) => centre + spread * Math.sin(1 + row * 3.1 + column * 1.7)));
  message.vl53l8ch.distance_matrix = wave(75.3, 20.1);
  message.vl53l8ch.reflectance_matrix = wave(62.7, 9.3);
  message.vl53l8ch.amplitude_matrix = wave(30.2, 17.9);
  message.vl53l8ch.grade = tofGrade;
  message.as7341.grade = "A - Très bonne qualité";
  message.fusion.final_grade = finalGrade;
  message.vl53l8ch_raw = { histograms: Array.from({ length: 64 }, (_, zone) => Array.from({ length: 114 }, (_, bin) => Math.sin(zone * 114 + bin) * 1000)) };
  message.as7341_raw = { ...message.as7341.channels, integration_time: 100, gain: 4 };
  return message;
}

/** A feeder of each site, as the simulators have them. */
export const feederOf = { LL: 4, LS: 5, MT: 3 };

/** A meal of api.md A.2 for the lot `code`. */
export function meal(code, changes = {}) {
  return {
    code_lot: code,
    gaveur_id: feederOf[code.slice(0, 2)],
    gaveur_nom: `Gaveur ${feederOf[code.slice(0, 2)]}`,
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
