// A WebSocket that reconnects for ever with jittered exponential back-off and resumes where it stopped.
import { type LiveMessage, parseLiveMessage } from "./messages";

export type Link = { state: "connecting" | "open" | "waiting"; attempt: number };

export interface SocketOptions {
  /** Address without `since`. */
  url: string;
  onMessage: (message: LiveMessage) => void;
  onLink: (link: Link) => void;
  /** Silence after which the socket is taken for dead, ms; the server pings every 30 s. */
  silenceMs?: number;
  random?: () => number;
  open?: (url: string) => WebSocket;
}

/** Delay before attempt n (1, 2, ...): half fixed, half random, doubling from 0.5 s to 30 s. */
export function backOffMs(attempt: number, random: () => number): number {
  const ceiling = Math.min(30_000, 500 * 2 ** Math.min(attempt, 10));
  return ceiling / 2 + (random() * ceiling) / 2;
}

/** Opens the socket; the result closes it for good. */
export function openResumingSocket(options: SocketOptions): () => void {
  const { url, onMessage, onLink, silenceMs = 75_000, random = Math.random, open = (address) => new WebSocket(address) } = options;
  let lastEvent: string | undefined;
  let attempt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let watchdog: ReturnType<typeof setTimeout> | undefined;
  let socket: WebSocket | undefined;
  let closed = false;

  const watch = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => socket?.close(), silenceMs);
  };

  const connect = () => {
    onLink({ state: "connecting", attempt });
    const address = lastEvent ? `${url}${url.includes("?") ? "&" : "?"}since=${encodeURIComponent(lastEvent)}` : url;
    const mine = open(address);
    socket = mine;
    watch();
    mine.onmessage = (event) => {
      watch();
      const message = parseLiveMessage(String(event.data));
      if (!message) return;
      if (message.type === "connection_established") {
        attempt = 0;
        onLink({ state: "open", attempt });
      }
      if (message.event_id) lastEvent = message.event_id;
      onMessage(message);
    };
    mine.onclose = (event) => {
      clearTimeout(watchdog);
      if (closed) return;
      // 4409: the position is older than the server keeps. Start from a fresh snapshot.
      if (event.code === 4409) lastEvent = undefined;
      attempt += 1;
      onLink({ state: "waiting", attempt });
      timer = setTimeout(connect, backOffMs(attempt, random));
    };
  };

  connect();
  return () => {
    closed = true;
    clearTimeout(timer);
    clearTimeout(watchdog);
    socket?.close();
  };
}
