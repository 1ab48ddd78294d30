// The charts of a monitor's page, and what they say of the bucket under the cursor.

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useReducer, useRef } from "preact/hooks";
import type uPlot from "uplot";
import { Chart } from "./chart";
import type { Series } from "./event";
import { because, words } from "./explain";
import { clock, duration, span } from "./format";
import type { Range } from "./range";
import { missed, type Cell, type Columns } from "./series";
import { marks } from "./marks";
import { stack } from "./stack";
import { Legend } from "./waterfall";

export interface ChartsProps {
  data: Columns; range: Range;
  onZoom: (from: number, to: number) => void; onHover: (cell?: Cell) => void; onPick: (cell: Cell) => void;
}

export function LatencyChart({ data, ...rest }: ChartsProps) {
  const now = useRef(data); // what the marks see
  now.current = data;
  const columns = useMemo(() => [data.x, data.p99, data.p95, data.p50] as uPlot.AlignedData, [data]);
  return <>
    <Chart {...rest} cells={data.cells} data={columns} height={240} lane label={label(data)} plugins={(colour) => [marks(() => now.current.cells, colour)]}
      series={(colour) => {
        const points = { show: lonely, size: 4, fill: () => colour("latency"), stroke: () => colour("latency") };
        return [
          { label: "p99", stroke: () => colour("latency", 0.35), width: 1, points: { show: false } },
          { label: "p95", stroke: () => colour("latency", 0.55), width: 1, points: { show: false } },
          { label: "p50", stroke: () => colour("latency"), width: 1.75, points },
        ];
      }}
      bands={(colour) => [
        { series: [1, 2], fill: () => colour("latency", 0.12) },
        { series: [2, 3], fill: () => colour("latency", 0.24) },
      ]} />
    <ul class="legend">
      <li><i class="line" /> p50</li><li><i class="band95" /> to p95</li><li><i class="band99" /> to p99</li>
      <li><i class="mark up" /> up</li><li><i class="mark down" /> down</li><li><i class="mark gap" /> not measured</li>
    </ul>
  </>;
}

export function PhaseChart({ data, ...rest }: ChartsProps) {
  // Its scale is of the whole; the parts are painted.
  const columns = useMemo(() => [data.x, data.stack.at(-1)!] as uPlot.AlignedData, [data]);
  const now = useRef(data);
  now.current = data;
  return <>
    <Chart {...rest} cells={data.cells} data={columns} height={150} label="The mean time of each phase, stacked, over time."
      series={() => [{ label: "phases", paths: () => null, points: { show: false } }]}
      plugins={(colour) => [stack(() => now.current, colour)]} />
    <Legend />
  </>;
}

// lonely shows the points that have no neighbour to draw a line to.
const lonely: uPlot.Series.Points.Show = (u, i) => {
  const d = u.data[i]!;
  return d.length < 40 || d.some((v, k) => v !== null && (d[k - 1] ?? null) === null && (d[k + 1] ?? null) === null);
};

function label({ cells }: Columns): string {
  let up = 0, down = 0, unseen = 0;
  for (const c of cells) {
    up += c.bucket.up;
    down += c.bucket.down;
    unseen += c.missed;
  }
  return `Latency over time: ${cells.length} buckets with ${up} slots up, ${down} down and ${unseen} not measured. Arrow keys move over the buckets, enter chooses one, plus zooms.`;
}

// A Hover is the cell under the cursor. Only the readout is drawn as it moves.
export class Hover {
  cell?: Cell;
  changed = () => {};
  set = (cell?: Cell) => {
    if (cell === this.cell) return;
    this.cell = cell;
    this.changed();
  };
}

// Readout says what is under the cursor. It keeps its height.
export function Readout({ hover, series, children }: { hover: Hover; series?: Series; children?: ComponentChildren }) {
  const [, draw] = useReducer<number, void>((n) => n + 1, 0);
  useEffect(() => { hover.changed = () => draw(); }, [hover]);
  const { cell } = hover;
  if (!cell) {
    return <p class="readout soft"><span>{series ? `${series.items.length === 1 ? "1 bucket" : series.items.length + " buckets"} of ${span(series.step_us / 1000)}, ${tiers[series.tier] ?? "from " + series.tier}` +
      (series.since ? `; kept since ${clock(series.since)}` : "") : " "}</span>{children}</p>;
  }
  const { bucket: b } = cell, t = b.total;
  return <p class="readout" aria-live="polite">
    <b>{clock(b.from)}</b>
    {t?.count ? <span>p50 {duration(t.p50_us)} · p95 {duration(t.p95_us)} · p99 {duration(t.p99_us)}</span> : null}
    <span>{[b.up && `${b.up} up`, b.down && `${b.down} down${counts(b.errors, words)}`, missed(b) && `${missed(b)} not measured${counts(b.gaps, because)}`].filter(Boolean).join(" · ")}</span>
  </p>;
}

const tiers: Record<string, string> = { raw: "from every measurement", minute: "from sums by the minute", hour: "from sums by the hour", day: "from sums by the day" };

function counts(of: Record<string, number> | undefined, name: (key: string) => string): string {
  const list = Object.entries(of ?? {}).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  return list.length ? " (" + list.map(([k, n]) => (list.length > 1 ? `${n} × ` : "") + name(k)).join(", ") + ")" : "";
}
