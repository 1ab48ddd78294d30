// What a chart is made of.

import assert from "node:assert/strict";
import test from "node:test";
import type { Bucket, Latency, Series } from "../src/event";
import { cellAt, columns } from "../src/series";
import { meansOf, parts } from "../src/waterfall";

const latency = (count: number, mean: number): Latency => ({ count, min_us: mean, mean_us: mean, max_us: mean, p50_us: mean, p95_us: mean, p99_us: mean });
const from = (s: number) => new Date(s * 1000).toISOString();
const up: Bucket = { from: from(60), up: 4, down: 0, gaps: {}, errors: {}, total: latency(4, 10_000), phases: { dns: latency(1, 4_000), first_byte: latency(4, 9_000) } };
const down: Bucket = { from: from(70), up: 0, down: 1, gaps: { stopped: 2, overlap: 1 }, errors: { timeout: 1 }, phases: {} };
const series: Series = { monitor: "a", step_us: 10e6, tier: "raw", items: [up, down, { ...up, from: from(120) }] };

test("values stand in the middle of their bucket; a bucket without any has none", () => {
  const c = columns(series);
  assert.deepEqual(c.x, [65, 75, 125]);
  assert.deepEqual(c.p50, [10, null, 10]);
  assert.deepEqual(c.cells.map((x) => [x.from, x.to, x.missed]), [[60, 70, 0], [70, 80, 3], [120, 130, 0]]);
});

test("phases add up to the mean total, though few slots had one of them", () => {
  const c = columns(series);
  assert.deepEqual(c.stack.map((s) => s[0]), [1, 1, 1, 1, 10, 10]);
  assert.deepEqual(c.stack.map((s) => s[1]), [null, null, null, null, null, null]);
  const means = meansOf(up);
  assert.equal(parts(means).reduce((sum, p) => sum + p.us, 0), means.total_us);
});

test("a slot stands for the time until the next one", () => {
  assert.deepEqual(columns(series, 30e6).cells.map((x) => [x.from, x.to]), [[60, 70], [70, 100], [120, 150]]);
});

test("the cell of an instant", () => {
  const { cells } = columns(series);
  assert.deepEqual([59, 60, 69.9, 70, 80, 119, 120, 130].map((t) => cellAt(cells, t)?.from), [undefined, 60, 60, 70, undefined, undefined, 120, undefined]);
  assert.equal(cellAt([], 1), undefined);
});
