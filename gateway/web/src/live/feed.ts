// Joins the socket to the store, and tells the query cache which REST answers an event has made old.
import type { QueryClient } from "@tanstack/react-query";
import type { LiveMessage } from "./messages";
import { openResumingSocket } from "./socket";
import { reduceLive, useLive } from "./store";

const STALE_AFTER: Record<string, string[]> = {
  alert: ["alerts", "kpis", "overview"],
  lot_status: ["lots", "kpis"],
  gavage_realtime: ["lots"],
  device_status: ["devices"],
  sensor_update: ["overview", "devices"],
};
const REFRESH_EVERY_MS = 2_000;

/** Opens the live feed; the result closes it. A burst of events refreshes each answer once every two seconds at most. */
export function connectLiveFeed(queries: QueryClient): () => void {
  const stale = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const refresh = () => {
    timer = undefined;
    for (const key of stale) void queries.invalidateQueries({ queryKey: [key] });
    stale.clear();
  };
  const onMessage = (message: LiveMessage) => {
    useLive.setState((state) => reduceLive(state, message, Date.now()));
    for (const key of STALE_AFTER[message.type] ?? []) stale.add(key);
    if (stale.size > 0) timer ??= setTimeout(refresh, REFRESH_EVERY_MS);
  };
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const close = openResumingSocket({
    url: `${scheme}://${location.host}/ws/realtime/?format=unified`,
    onMessage,
    onLink: (link) => useLive.setState({ link }),
  });
  return () => {
    clearTimeout(timer);
    close();
  };
}
