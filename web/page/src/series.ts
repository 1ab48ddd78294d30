// What a series of buckets is to a chart: columns, each value at the middle of its
// bucket. Time is in seconds, latency in milliseconds, as the charts have them.

import { phaseNames, type Bucket, type Series } from "./event";

export type Column = (number | null)[];

export interface Cell { from: number; to: number; bucket: Bucket; missed: number }

export interface Columns {
  cells: Cell[];
  x: number[];
  p50: Column; p95: Column; p99: Column;
  stack: Column[]; // for each phase the mean of it and of all before it
}

export const missed = (b: Bucket) => sum(b.gaps);
export const sum = (counts?: Record<string, number>) => Object.values(counts ?? {}).reduce((a, n) => a + n, 0);

// columns makes columns of a series. A slot stands for the time until the next one:
// every is the monitor's interval in microseconds, or 0.
export function columns(s: Series, every = 0): Columns {
  const step = s.step_us / 1e6, reach = Math.max(step, every / 1e6);
  const c: Columns = { cells: [], x: [], p50: [], p95: [], p99: [], stack: phaseNames.map(() => []) };
  s.items.forEach((bucket, i) => {
    const from = Date.parse(bucket.from) / 1000, next = s.items[i + 1];
    const to = next ? Math.min(from + reach, Date.parse(next.from) / 1000) : from + reach;
    const total = bucket.total?.count ? bucket.total : undefined;
    c.cells.push({ from, to, bucket, missed: missed(bucket) });
    c.x.push(from + step / 2);
    c.p50.push(ms(total?.p50_us));
    c.p95.push(ms(total?.p95_us));
    c.p99.push(ms(total?.p99_us));
    let below = 0;
    phaseNames.forEach((name, k) => {
      const phase = bucket.phases?.[name];
      // Of slots without the phase it took no time: the parts add up to the mean total.
      if (phase && total) below += (phase.mean_us * phase.count) / total.count;
      c.stack[k]!.push(total && bucket.phases ? below / 1000 : null);
    });
  });
  return c;
}

const ms = (us?: number) => (us === undefined ? null : us / 1000);

// cellAt is the cell that t, in seconds, falls in; undefined: none.
export function cellAt(cells: Cell[], t: number): Cell | undefined {
  let low = 0, high = cells.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cells[middle]!.from <= t) low = middle + 1;
    else high = middle;
  }
  const cell = cells[low - 1];
  return cell && t < cell.to ? cell : undefined;
}
