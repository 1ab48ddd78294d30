// The connection: the overview is read once, and kept up by /api/v1/events. There is
// one stream, of all monitors or of the one that is looked at, and none while the
// page is hidden: a browser has six connections for all its windows. Where something
// on the way holds the stream back, the overview is read now and then.

import { at, get, Problem } from "./api";
import { apply, load } from "./board";
import type { Fields, Overview } from "./row";

export interface Connection {
  state: "connecting" | "live" | "polled" | "lost" | "offline"; // polled: the stream does not get through
  since: number; // ms: what is shown was new then
  problem?: Problem; // why the overview could not be read
  stale?: string; // since when the store does not answer the collector
}

const quiet = 20_000; // ms without an event, after which the collector is asked what there is
const patience = 5000; // ms for a stream to open
const grace = 2500; // ms that a stream may take to come back, before anybody is told

let now: Connection = { state: "connecting", since: Date.now() };
const listeners = new Set<() => void>();
const followers = new Set<(monitors: Set<string> | undefined) => void>();

export const connection = () => now;
export function onConnection(l: () => void): () => void {
  listeners.add(l);
  return () => listeners.delete(l);
}
function set(change: Partial<Connection>) {
  now = { ...now, ...change };
  for (const l of listeners) l();
}

// onChange calls f with the monitors that have changed; undefined: any may have.
export function onChange(f: (monitors: Set<string> | undefined) => void): () => void {
  followers.add(f);
  return () => followers.delete(f);
}

let scope: string | undefined; // the monitor that is looked at; undefined: all
let started = false;
let cursor = ""; // up to which the board is
let stream: EventSource | undefined;
let began = 0; // when it was asked for
let heard = 0;
let told = 0; // changes so far
let refused = false; // the last stream was: why, only another question tells
let retry: ReturnType<typeof setTimeout> | undefined;
let tries = 0;

// look chooses what the stream tells of: one monitor, or all.
export function look(monitor: string | undefined) {
  if (started && monitor === scope) return;
  scope = monitor;
  if (!started) start();
  else open();
}

function start() {
  started = true;
  addEventListener("online", open);
  addEventListener("offline", () => { if (now.state !== "offline") set({ state: "offline" }); });
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pageshow", (e) => { if (e.persisted) open(); });
  addEventListener("pagehide", close);
  setInterval(check, 1000);
  open();
}

function close() {
  clearTimeout(retry);
  retry = undefined;
  stream?.close();
  stream = undefined;
}

// again tries once more, later each time.
function again() {
  close();
  if (document.hidden) return;
  retry = setTimeout(open, Math.min(1000 * 2 ** tries++, 10_000) * (0.75 + Math.random() / 2));
}

export function open() {
  close();
  if (document.hidden) return;
  const one = scope;
  if (refused || (one === undefined && !cursor)) void ask().then(() => {
    refused = false;
    if (one === scope && !stream) listen();
  }, (e) => {
    if (one !== scope || stream) return;
    set({ state: navigator.onLine ? "lost" : "offline", problem: e instanceof Problem ? e : new Problem(String(e), 0) });
    again();
  });
  else listen();
}

// ask asks what there is: the overview or, where only one monitor is looked at, whether
// there is an answer. It says whether there was anything new.
async function ask(): Promise<boolean> {
  if (scope !== undefined) {
    await get("api/v1/monitors?limit=1");
    return false;
  }
  const before = told, o = await get<Overview>("api/v1/overview");
  if (told !== before) return false; // the stream may be ahead of it
  const fresh = o.cursor !== cursor;
  cursor = o.cursor;
  if (fresh) load(o);
  set({ since: Date.now(), problem: undefined, stale: o.stale_since });
  return fresh;
}

function listen() {
  close();
  if (document.hidden) return;
  const one = scope;
  const query = new URLSearchParams(one === undefined ? { after: cursor } : { monitor: one });
  const mine = (stream = new EventSource(at("api/v1/events?" + query)));
  began = Date.now();
  const on = (name: string, f: (data: string, id: string) => void) =>
    mine.addEventListener(name, (e) => {
      if (mine !== stream) return;
      alive();
      f((e as MessageEvent<string>).data, (e as MessageEvent<string>).lastEventId);
    });
  mine.addEventListener("open", () => {
    if (mine !== stream) return;
    tries = 0;
    alive();
    if (one !== undefined) tell(undefined);
  });
  on("change", (data, id) => {
    const changes = JSON.parse(data) as Fields[];
    told++;
    if (one === undefined) {
      cursor = id;
      apply(changes);
    }
    tell(new Set(changes.map((c) => c.monitor)));
  });
  on("reset", () => { // all is read anew, and only then what comes after it: no change falls between the two
    if (one === undefined) {
      cursor = "";
      again();
    }
    tell(undefined);
  });
  on("stale", (data) => set({ stale: (JSON.parse(data) as { since: string }).since }));
  on("fresh", () => set({ stale: undefined }));
  mine.addEventListener("error", () => {
    if (mine !== stream) return;
    setTimeout(() => { if (stream === mine && mine.readyState !== EventSource.OPEN) lost(); }, grace);
    if (mine.readyState === EventSource.CLOSED) {
      refused = true;
      lost();
      again();
    }
  });
}

const tell = (monitors: Set<string> | undefined) => followers.forEach((f) => f(monitors));

function alive() {
  heard = Date.now();
  if (now.state !== "live" || now.problem) set({ state: "live", since: heard, problem: undefined });
  else now.since = heard;
}

function lost() {
  if (now.state !== "lost" && now.state !== "offline") set({ state: navigator.onLine ? "lost" : "offline" });
}

// check asks what there is when a stream is quiet, or does not open: one that hangs says
// nothing, and one that is held back does not say so.
let checking = false;
async function check() {
  if (!stream || checking) return;
  const mine = stream, open = mine.readyState === EventSource.OPEN;
  if (Date.now() - Math.max(heard, began) < (open && now.state !== "polled" ? quiet : patience)) return;
  checking = true;
  try {
    const fresh = await ask();
    if (mine !== stream) return;
    if (fresh || mine.readyState !== EventSource.OPEN) {
      set({ state: "polled", problem: undefined });
      tell(undefined);
    }
    heard = now.since = Date.now();
  } catch {
    if (mine !== stream) return;
    lost();
    again();
  } finally {
    checking = false;
  }
}
