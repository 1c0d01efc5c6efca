import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { backOffMs, type Link, openResumingSocket } from "./socket";

class FakeSocket {
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  constructor(readonly url: string) {}
  close() {
    this.onclose?.({ code: 1006 });
  }
  receive(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

let sockets: FakeSocket[] = [];
let links: Link[] = [];
const open = (url: string) => {
  const socket = new FakeSocket(url);
  sockets.push(socket);
  return socket as unknown as WebSocket;
};
const start = () => openResumingSocket({ url: "ws://h/ws/realtime/?format=unified", onMessage: () => {}, onLink: (link) => links.push(link), random: () => 0.5, open });

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  links = [];
});
afterEach(() => vi.useRealTimers());

test("ReconnectsFromTheLastEventItSaw", () => {
  start();
  sockets[0]!.receive({ type: "connection_established" });
  sockets[0]!.receive({ type: "sensor_update", event_id: "e1" });
  sockets[0]!.receive({ type: "sensor_update", event_id: "e/2" });
  sockets[0]!.close();
  vi.advanceTimersByTime(30_000);
  expect(sockets[1]!.url).toBe("ws://h/ws/realtime/?format=unified&since=e%2F2");
});

test("ForgetsAPositionTheServerNoLongerKeeps", () => {
  start();
  sockets[0]!.receive({ type: "sensor_update", event_id: "old" });
  sockets[0]!.onclose?.({ code: 4409 });
  vi.advanceTimersByTime(30_000);
  expect(sockets[1]!.url).not.toContain("since");
});

test("TakesASilentSocketForDead", () => {
  start();
  sockets[0]!.receive({ type: "connection_established" });
  vi.advanceTimersByTime(74_000);
  expect(sockets).toHaveLength(1);
  vi.advanceTimersByTime(31_000);
  expect(sockets).toHaveLength(2);
});

test("BackOffGrowsToThirtySecondsAndIsJittered", () => {
  expect(backOffMs(1, () => 0)).toBe(500);
  expect(backOffMs(1, () => 1)).toBe(1000);
  expect(backOffMs(50, () => 1)).toBe(30_000);
});

test("StaysClosedWhenClosedOnPurpose", () => {
  const close = start();
  close();
  vi.advanceTimersByTime(120_000);
  expect(sockets).toHaveLength(1);
});
