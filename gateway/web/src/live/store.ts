// The live values of the page: one store, fed by the socket only.
import { create } from "zustand";
import type { LiveMessage, MealData, SensorUpdate } from "./messages";
import type { Link } from "./socket";

/** How many livers the strip of recent grades keeps. */
export const RECENT_LIVERS = 60;

export interface LiveState {
  link: Link;
  /** Wall-clock time of the last message of any kind, ms; null before the first. */
  lastMessageAt: number | null;
  latest: SensorUpdate | null;
  recent: Pick<SensorUpdate, "sample_id" | "device_id" | "timestamp" | "fusion">[];
  meals: Record<string, MealData>;
}

export const initialLiveState: LiveState = { link: { state: "connecting", attempt: 0 }, lastMessageAt: null, latest: null, recent: [], meals: {} };

/** The state after `message`. Older data never replaces newer data. */
export function reduceLive(state: LiveState, message: LiveMessage, now: number): LiveState {
  const next = { ...state, lastMessageAt: now };
  if (message.type === "sensor_update") {
    const { sample_id, device_id, timestamp, fusion } = message;
    if (!state.latest || Date.parse(timestamp) >= Date.parse(state.latest.timestamp)) next.latest = message;
    if (!state.recent.some((liver) => liver.sample_id === sample_id && liver.device_id === device_id)) {
      next.recent = [...state.recent, { sample_id, device_id, timestamp, fusion }].slice(-RECENT_LIVERS);
    }
  } else if (message.type === "gavage_realtime") {
    const known = state.meals[message.data.code_lot];
    if (!known || Date.parse(message.data.timestamp) >= Date.parse(known.timestamp)) {
      next.meals = { ...state.meals, [message.data.code_lot]: message.data };
    }
  }
  return next;
}

export const useLive = create<LiveState>(() => initialLiveState);
