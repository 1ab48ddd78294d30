// What a monitor's page shows, and how it is kept fresh. Each part is asked for by
// itself, so that one that does not answer leaves the others.

import { useEffect, useState } from "preact/hooks";
import { get, Problem } from "./api";
import { connection, onChange } from "./live";
import { href } from "./router";
import type { Gap, Incident, List, Measurement, Series, Status, Summary } from "./event";
import { named, refreshEvery, text, type Range } from "./range";
import { off, time } from "./time";

export interface Answers {
  range: Range; // of the parts over time
  now: { monitor: string; locations: Status[] };
  series: Series;
  summary: Summary;
  incidents: List<Incident>;
  gaps: List<Gap>;
  measurements: List<Measurement>;
}
export type View = { [P in keyof Answers]?: Answers[P] } & { errors: { [P in keyof Answers]?: Problem }; loading: boolean };

// What was last shown of a monitor: where one comes back to from a measurement.
let last = { monitor: "", address: "" };
export const remember = (monitor: string, address: string) => { last = { monitor, address }; };
export const backTo = (monitor: string) => (last.monitor === monitor ? last.address : href({ monitor }));

export const pathOf = (id: string) => "/api/v1/monitors/" + encodeURIComponent(id);

export function query(values: Record<string, string | number | undefined>): string {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(values)) if (v !== undefined && v !== "") q.set(k, String(v));
  return q.size ? "?" + q : "";
}

const pause = 5000; // ms between two looks while the store does not tell of changes, or does not answer

// worthTrying says whether another try may have an answer.
export const worthTrying = (e: unknown) => !(e instanceof Problem) || e.status === 0 || e.status >= 500;

// useMonitor reads a monitor, and again as it changes: what is new at once, but at
// most every second, what sums up a range at the pace of the range. A page that is
// hidden asks for nothing.
export function useMonitor(id: string, range: Range, location: string, limit: number): View {
  const key = JSON.stringify([id, location, range.name || [range.from, range.to]]);
  const [view, setView] = useState<View & { key: string }>({ key, errors: {}, loading: true });

  useEffect(() => {
    const stop = new AbortController();
    let failed = false;
    const ask = async (parts: Partial<Record<keyof Answers, string>>, r: Range) => {
      const names = Object.keys(parts) as (keyof Answers)[];
      const got = await Promise.allSettled(names.map((name) => get(parts[name]!, stop.signal)));
      if (stop.signal.aborted) return;
      failed = got.some((g) => g.status === "rejected" && worthTrying(g.reason));
      setView((old) => {
        const next = { ...(old.key === key || same(old.key, id) ? old : { errors: {} }), key, range: r, loading: false } as View & { key: string };
        next.errors = { ...next.errors };
        got.forEach((g, i) => {
          const name = names[i]!;
          if (g.status === "fulfilled") {
            Object.assign(next, { [name]: g.value });
            delete next.errors[name];
          } else next.errors[name] = g.reason as Problem;
        });
        return next;
      });
    };
    const current = () => (range.name ? named(range.name, time()) : range);
    const bounds = (r: Range) => ({ from: text(r.from), to: text(r.to), location });
    const path = pathOf(id);
    const fresh = (r: Range) => ({ now: path, measurements: path + "/measurements" + query({ ...bounds(r), limit }) });
    const whole = () => {
      const r = current(), b = bounds(r);
      return ask({
        ...fresh(r), series: path + "/series" + query(b), summary: path + "/summary" + query(b),
        incidents: path + "/incidents" + query({ ...b, limit: 100 }), gaps: path + "/gaps" + query({ ...b, limit: 100 }),
      }, r);
    };
    // One look at a time; one that is wanted meanwhile comes after it.
    let busy = false, wanted = false, all = false, last = 0, looked = 0, timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      timer = undefined;
      if (document.hidden) return;
      busy = true;
      wanted = false;
      const now = Date.now();
      all ||= Boolean(range.name) && now - last >= refreshEvery(range);
      looked = now;
      const r = current(), was = off();
      try {
        if (all) {
          last = now;
          all = false;
          await whole();
        } else await ask(fresh(r), r);
      } finally {
        busy = false;
        if (failed) all = true;
        if (was !== off()) want(Boolean(range.name)); // what ends now ends elsewhere
        else if (wanted || failed) want(false, failed ? pause : 1000);
      }
    };
    const want = (everything = false, wait = everything ? 0 : 1000) => {
      all ||= everything;
      wanted = true;
      if (!busy && timer === undefined && !stop.signal.aborted) timer = setTimeout(look, wait);
    };
    setView((old) => ({ ...(same(old.key, id) ? old : { errors: {} }), key: old.key, loading: true }) as View & { key: string });
    want(true);
    const unfollow = range.name ? onChange((monitors) => { if (!monitors || monitors.has(id)) want(); }) : undefined;
    const pace = range.name ? setInterval(() => {
      const now = Date.now();
      if (now - last >= refreshEvery(range) || (connection().state !== "live" && now - looked >= pause)) want();
    }, 1000) : undefined;
    const seen = () => { if (!document.hidden) want(Boolean(range.name)); };
    document.addEventListener("visibilitychange", seen);
    return () => {
      stop.abort();
      clearTimeout(timer);
      clearInterval(pace);
      unfollow?.();
      document.removeEventListener("visibilitychange", seen);
    };
  }, [key, limit]);
  return view;
}

const same = (key: string, id: string) => JSON.parse(key)[0] === id;
