// A chart over time on a canvas. It redraws when its data, its size or the theme
// change, and does nothing while the page is hidden. Dragging chooses a range; with
// the keyboard the arrows move over the buckets and enter picks one.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "preact/hooks";
import { laneSpace } from "./marks";
import { cellAt, type Cell } from "./series";
import type { Range } from "./range";
import { duration } from "./format";

export interface ChartProps {
  label: string; // what it shows, for those who do not see it
  height: number;
  range: Range;
  data: uPlot.AlignedData;
  cells: Cell[];
  lane?: boolean; // leaves space for one above it
  series: (colour: Colour) => uPlot.Series[];
  bands?: (colour: Colour) => uPlot.Band[];
  plugins: (colour: Colour) => uPlot.Plugin[];
  onZoom: (from: number, to: number) => void; // ms
  onHover: (cell?: Cell) => void;
  onPick: (cell: Cell) => void;
}

export type Colour = (name: string, alpha?: number) => string;

// colour reads a colour of the theme, which has them as #rrggbb, as it is now.
const colour: Colour = (name, alpha = 1) => {
  const value = getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim() || "gray";
  return alpha < 1 && /^#[0-9a-f]{6}$/i.test(value) ? value + Math.round(alpha * 255).toString(16).padStart(2, "0") : value;
};

const together = uPlot.sync("monitor"); // the cursors of all charts move as one

export function Chart(props: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const now = useRef(props); // what the hooks of the chart see
  now.current = props;

  useEffect(() => {
    const element = box.current!;
    const u = (chart.current = new uPlot(options(element, now), now.current.data, element));
    together.sub(u);
    const size = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (width && width !== u.width) u.setSize({ width, height: now.current.height });
    });
    size.observe(element);
    const theme = new MutationObserver(() => u.redraw(false, true));
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "class"] });
    const scheme = matchMedia("(prefers-color-scheme: dark)"), redraw = () => u.redraw(false, true);
    scheme.addEventListener("change", redraw);
    return () => {
      size.disconnect();
      theme.disconnect();
      scheme.removeEventListener("change", redraw);
      together.unsub(u);
      u.destroy();
    };
  }, []);

  useEffect(() => {
    const u = chart.current!;
    u.batch(() => {
      u.setData(props.data, false);
      u.setScale("x", { min: props.range.from / 1000, max: props.range.to / 1000 });
    });
  }, [props.data, props.range.from, props.range.to]);

  return <div class="chart" ref={box} tabIndex={0} role="group" aria-label={props.label} style={{ height: props.height + "px" }}
    onKeyDown={(e) => { if (chart.current && keys(chart.current, now.current, e.key)) { e.preventDefault(); e.stopPropagation(); } }}
    onBlur={() => { chart.current?.setCursor({ left: -10, top: -10 }); }} />;
}

// keys moves the cursor, picks or zooms; false: the key is none of a chart's.
function keys(u: uPlot, { cells, onPick, onZoom, range }: ChartProps, key: string): boolean {
  const at = u.cursor.left !== undefined && u.cursor.left! >= 0 ? u.posToVal(u.cursor.left!, "x") : undefined;
  const index = at === undefined ? -1 : cells.findIndex((c) => at >= c.from && at < c.to);
  const go = (i: number) => {
    const c = cells[Math.min(Math.max(i, 0), cells.length - 1)];
    if (!c) return true;
    const middle = (Math.max(c.from, range.from / 1000) + Math.min(c.to, range.to / 1000)) / 2; // of what is in sight
    u.setCursor({ left: u.valToPos(middle, "x"), top: 10 });
    return true;
  };
  switch (key) {
    case "ArrowLeft": return go(index < 0 ? cells.length - 1 : index - 1);
    case "ArrowRight": return go(index < 0 ? 0 : index + 1);
    case "Home": return go(0);
    case "End": return go(cells.length - 1);
    case "Enter":
      if (index < 0) return false;
      onPick(cells[index]!);
      return true;
    case "+": {
      const middle = at === undefined ? (range.from + range.to) / 2 : at * 1000, quarter = (range.to - range.from) / 4;
      onZoom(middle - quarter, middle + quarter);
      return true;
    }
  }
  return false;
}

// anything says whether there is a value to draw; without one an axis has no scale.
const anything = ([, ...columns]: uPlot.AlignedData) => columns.some((c) => c.some((v) => v !== null));

const hours = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const seconds = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const days = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const months = new Intl.DateTimeFormat(undefined, { month: "short", year: "numeric" });

// tick is the text of an instant on the axis; its day stands below it where it begins.
function tick(t: number, before: number | undefined, step: number): string {
  const at = new Date(t * 1000), day = days.format(at);
  if (step >= 28 * 86400) return months.format(at);
  if (step >= 86400) return day;
  const time = (step < 60 ? seconds : hours).format(at);
  return before !== undefined && days.format(new Date(before * 1000)) === day ? time : time + "\n" + day;
}

function options(box: HTMLElement, now: { current: ChartProps }): uPlot.Options {
  const p = now.current;
  const axis = { stroke: () => colour("soft"), grid: { stroke: () => colour("line"), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
  let pressed = 0; // where a click began; a drag is none
  return {
    width: box.clientWidth || 300, height: p.height,
    padding: [p.lane ? laneSpace : 8, 8, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: together.key, setSeries: false },
      points: { show: false }, y: false,
      drag: { x: true, y: false, setScale: false, dist: 5 },
      bind: { dblclick: () => null },
    },
    scales: {
      x: { time: true, range: (_, min, max) => [min, max] },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: [
      { ...axis, space: 64, size: 36, values: (_, ticks, __, ___, step) => ticks.map((t, i) => tick(t, ticks[i - 1], step)) },
      { ...axis, size: 62, space: 34, values: (u, ticks) => ticks.map((v) => (!anything(u.data) ? "" : v ? duration(v * 1000) : "0")) },
    ],
    series: [{}, ...p.series(colour)],
    ...(p.bands && { bands: p.bands(colour) }),
    plugins: p.plugins(colour),
    hooks: {
      setCursor: [(u) => {
        const left = u.cursor.left ?? -1;
        now.current.onHover(left < 0 ? undefined : cellAt(now.current.cells, u.posToVal(left, "x")));
      }],
      setSelect: [(u) => {
        if (u.select.width <= 0) return;
        const from = u.posToVal(u.select.left, "x"), to = u.posToVal(u.select.left + u.select.width, "x");
        u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        now.current.onZoom(from * 1000, to * 1000);
      }],
      init: [(u) => {
        u.over.addEventListener("mousedown", (e) => { pressed = e.clientX; });
        u.over.addEventListener("click", (e) => {
          if (Math.abs(e.clientX - pressed) > 4) return;
          const cell = cellAt(now.current.cells, u.posToVal(e.clientX - u.over.getBoundingClientRect().left, "x"));
          if (cell) now.current.onPick(cell);
        });
      }],
    },
  };
}
