// The messages of /ws/realtime/?format=unified that the page uses (asyncapi.json describes them all).

export type Grade = "A+" | "A" | "B" | "C" | "REJECT";
export type Matrix = number[][];

export interface SensorUpdate {
  type: "sensor_update";
  event_id?: string;
  timestamp: string;
  sample_id: string;
  device_id: string;
  site_code?: string | null;
  code_lot?: string | null;
  vl53l8ch: {
    raw: { distance_matrix: Matrix; reflectance_matrix: Matrix; amplitude_matrix: Matrix };
    analysis: { volume_mm3?: number | null; surface_uniformity?: number | null; quality_score?: number | null };
  };
  as7341: {
    raw: Record<string, number>;
    analysis: {
      freshness_index?: number | null;
      fat_quality_index?: number | null;
      oxidation_index?: number | null;
      quality_score?: number | null;
    };
  };
  fusion: {
    final_score: number;
    final_grade: Grade;
    is_compliant: boolean;
    declared_score?: number | null;
    comparison?: "agrees" | "disagrees" | "not_declared" | "unknown_profile" | null;
    computed?: { fused_score: number; tof_score: number; spectral_score: number; grade: Grade; limiting_sensor: "vl53l8ch" | "as7341" | null } | null;
  };
}

export interface MealData {
  code_lot: string;
  gaveur_id: number;
  site: string;
  jour: number;
  moment: string;
  dose_reelle: number | null;
  poids_moyen: number | null;
  nb_canards_vivants: number | null;
  taux_mortalite: number | null;
  timestamp: string;
  pret_abattage: boolean;
}

export type LiveMessage = { event_id?: string; seq?: number } & (
  | SensorUpdate
  | { type: "gavage_realtime"; data: MealData }
  | { type: "alert" | "device_status" | "lot_status"; data: Record<string, unknown> }
  | { type: "connection_established" | "current" | "latest_sample" | "ping" | "heartbeat_ack" | "subscribe_ack" }
);

/** The message in `text`, or null when it is not one: a message that cannot be read is never shown as data. */
export function parseLiveMessage(text: string): LiveMessage | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string" ? (value as LiveMessage) : null;
  } catch {
    return null;
  }
}
