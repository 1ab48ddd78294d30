// The recent past of the rows that are seen: a bar of 90 days, and a curve of 24 hours.
// It is read when a row comes into view, up to 100 monitors at a time, and kept; what
// is still going on is read again every minute.

import { get } from "./api";
import { time } from "./time";

const hour = 3600_000, dayLong = 24 * hour;
export const days = 90, hours = 24;

export interface Bucket { up: number; down: number; missed: number; mean: number | null } // mean: µs of what is up
export interface Strip {
  days: (Bucket | undefined)[]; // oldest first, today last; undefined: nothing was scheduled
  hours: (Bucket | undefined)[];
  firstDay: number; // ms
  firstHour: number;
}

interface Kept { strips: Map<string, Strip>; day: number; hour: number; read: number } // of a monitor, by location
interface Answer { step_us: number; from: string; items: { monitor: string; location: string; buckets: [number, number, number, number, number | null][] }[] }

const keep = 3000; // monitors
const fresh = 60_000; // ms
const kept = new Map<string, Kept>();
const listeners = new Set<() => void>();
let seen: string[] = []; // monitors in view
let timer: ReturnType<typeof setTimeout> | undefined;
let asking = false;

export const stripOf = (monitor: string, location: string) => kept.get(monitor)?.strips.get(location);
export function onStrips(l: () => void): () => void {
  listeners.add(l);
  return () => listeners.delete(l);
}

// see says which monitors are in view. What is only scrolled past is not asked for.
export function see(monitors: string[]) {
  seen = monitors;
  want(120);
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) want(0); }); // a page that is hidden asks for nothing

function want(after: number) {
  clearTimeout(timer);
  timer = setTimeout(ask, after);
}

async function ask() {
  if (asking || document.hidden) return;
  const now = time(), today = Math.floor(now / dayLong) * dayLong, thisHour = Math.floor(now / hour) * hour;
  const stale = [...new Set(seen)].filter((m) => {
    const k = kept.get(m);
    return !k || k.hour !== thisHour || now - k.read > fresh;
  }).slice(0, 100);
  if (stale.length) {
    asking = true;
    try {
      await read(stale, today, thisHour, now);
      for (const l of listeners) l();
      want(0);
    } catch {
      want(10_000); // the row says what it knows without them; the banner tells of the collector
    } finally {
      asking = false;
    }
  } else want(5000);
}

async function read(monitors: string[], today: number, thisHour: number, now: number) {
  const iso = (ms: number) => new Date(ms).toISOString().replace(".000Z", "Z");
  const one = (list: string[], step: string, from: number, to: number) => {
    if (!list.length) return undefined;
    const q = new URLSearchParams({ step, from: iso(from), to: iso(to) });
    for (const m of list) q.append("monitor", m);
    return get<Answer>("api/v1/strips?" + q);
  };
  const firstDay = today - (days - 1) * dayLong, firstHour = thisHour - (hours - 1) * hour;
  const newDays = monitors.filter((m) => kept.get(m)?.day !== today), newHours = monitors.filter((m) => kept.get(m)?.hour !== thisHour);
  const [pastDays, day, pastHours, lastHour] = await Promise.all([
    one(newDays, "1d", firstDay, today), one(monitors, "1d", today, today + dayLong),
    one(newHours, "1h", firstHour, thisHour), one(monitors, "1h", thisHour, thisHour + hour)]);
  const next = new Map(monitors.map((m) => [m, new Map<string, Strip>()]));
  const strip = (monitor: string, location: string): Strip => {
    const all = next.get(monitor)!, old = kept.get(monitor)?.strips.get(location), known = kept.get(monitor);
    let s = all.get(location);
    if (!s) {
      s = {
        days: old && known?.day === today ? old.days.slice() : Array(days).fill(undefined),
        hours: old && known?.hour === thisHour ? old.hours.slice() : Array(hours).fill(undefined), firstDay, firstHour,
      };
      all.set(location, s);
    }
    return s;
  };
  const fill = (a: Answer | undefined, of: "days" | "hours", first: number, step: number) => {
    for (const item of a?.items ?? []) {
      if (!next.has(item.monitor)) continue;
      const s = strip(item.monitor, item.location), base = Math.round((Date.parse(a!.from) - first) / step);
      for (const [offset, up, down, missed, mean] of item.buckets) s[of][base + offset] = { up, down, missed, mean };
    }
  };
  fill(pastDays, "days", firstDay, dayLong);
  fill(day, "days", firstDay, dayLong);
  fill(pastHours, "hours", firstHour, hour);
  fill(lastHour, "hours", firstHour, hour);
  for (const m of monitors) {
    kept.delete(m); // the newest is last
    kept.set(m, { strips: next.get(m)!, day: today, hour: thisHour, read: now });
  }
  for (const m of kept.keys()) {
    if (kept.size <= keep) break;
    kept.delete(m);
  }
}

