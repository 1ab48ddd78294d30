// The measured slots before and after one.

import { get } from "./api";
import type { List, Measurement, Status } from "./event";
import { pathOf, query } from "./monitor-data";
import { time } from "./time";

export interface Neighbours { before?: Measurement; after?: Measurement }

const day = 864e5;

// neighbours looks for the slots on both sides of at. Lists begin with the newest, so
// what comes next is looked for in a time that grows until it holds something.
export async function neighbours(monitor: string, location: string, at: string, signal: AbortSignal): Promise<Neighbours> {
  const list = (q: Record<string, string | number | undefined>) =>
    get<List<Measurement>>(pathOf(monitor) + "/measurements" + query({ ...q, location }), signal);
  const before = list({ to: at, limit: 1 }).then((l) => l.items[0]);
  const after = (async () => {
    const from = new Date(Date.parse(at) + 1).toISOString(), now = time();
    const status = (await get<{ locations: Status[] }>(pathOf(monitor), signal)).locations;
    let length = 20 * Math.max((status[0]?.registration?.every_us ?? 3600e6) / 1000, 1000);
    for (; ; length *= 8) {
      const to = Date.parse(from) + Math.min(length, 3650 * day);
      const got = await list({ from, to: new Date(to).toISOString(), limit: 1000 });
      if (got.items.length && !got.next) return got.items.at(-1);
      if (got.next) return oldest(list, from, to, got);
      if (to > now + day) return undefined;
    }
  })();
  const [b, a] = await Promise.all([before, after]);
  return { before: b, after: a };
}

// oldest halves the time until one page holds the rest of it.
async function oldest(list: (q: Record<string, string | number | undefined>) => Promise<List<Measurement>>, from: string, to: number, got: List<Measurement>) {
  const start = Date.parse(from);
  let end = to, best = got;
  while (best.next && end - start > 1) {
    end = start + (end - start) / 2;
    const less = await list({ from, to: new Date(end).toISOString(), limit: 1000 });
    if (!less.items.length) break;
    best = less;
  }
  return best.items.at(-1);
}
