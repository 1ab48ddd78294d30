// One row of the overview, and the heading of a group. A row is drawn again only when
// it, its strips or its place has changed; its age is a cell of its own.

import { Component, type ComponentChildren } from "preact";
import { Uptime, Spark, uptimeOf } from "./bars";
import { useSyncExternalStore } from "./external";
import { ago, clock, duration, number, share } from "./format";
import { Glyph, wordOf } from "./glyph";
import { href } from "./router";
import { states, type Row } from "./row";
import type { Strip } from "./strips";
import type { Group } from "./view";
import { time } from "./time";

interface Props { row: Row; rev: number; strip: Strip | undefined; days: number; index: number; active: boolean }

const reasons: Record<string, string> = {
  overload: "the prober had too much to do", overlap: "the probe before still ran", stopped: "the prober was not running",
  clock: "the prober's clock jumped", paused: "the monitor is paused",
};

// about is what a row says of its monitor: what is wrong, else where it looks.
function About({ row }: { row: Row }) {
  const e = row.error;
  if (e && row.state === "down") {
    const text = e.kind.replaceAll("_", " ") + (e.kind === "timeout" && e.phase ? " in " + e.phase.replaceAll("_", " ") : "") + ": " + e.message;
    return <span class="about why" title={text}>{text}</span>;
  }
  if (row.gap && row.state !== "paused" && row.state !== "removed") {
    const text = "not measured: " + (reasons[row.gap.reason] ?? row.gap.reason);
    return <span class="about gap" title={`${text}, until ${clock(row.gap.last_ms)}`}>{text}</span>;
  }
  return <span class="about soft" title={row.url ?? ""}>{row.url && row.url !== row.monitor ? row.url : ""}</span>;
}

export class RowView extends Component<Props> {
  override shouldComponentUpdate(next: Props) {
    const p = this.props;
    return p.row !== next.row || p.rev !== next.rev || p.strip !== next.strip || p.index !== next.index || p.days !== next.days || p.active !== next.active;
  }
  override render({ row, strip, days, index, active }: Props) {
    const last = row.last_ms, late = row.every_us !== null && row.state !== "paused" && row.state !== "removed" ? (2 * row.every_us) / 1000 + 30_000 : Infinity;
    const uptime = strip && uptimeOf(strip.days.slice(-days));
    return <div class={"row" + (active ? " active" : "")} role="row" aria-rowindex={index + 2} data-key={row.key}>
      <span role="cell" class={"c-state " + row.state}><Glyph state={row.state} /><span class="word">{row.state}</span></span>
      <span role="cell" class="c-id"><a href={href({ monitor: row.monitor })} title={row.monitor}>{row.monitor}</a><About row={row} /></span>
      <span role="cell" class="c-status num soft">{row.status ?? ""}</span>
      <span role="cell" class="c-latency num">{row.total_us === null ? "" : duration(row.total_us)}</span>
      <span role="cell" class="c-spark">{strip && <Spark strip={strip} />}</span>
      <span role="cell" class="c-uptime">{strip && <Uptime strip={strip} days={days} />}</span>
      <span role="cell" class="c-share num">{uptime === undefined ? "" : share(uptime)}</span>
      <span role="cell" class="c-last num soft">{last === null ? "not yet" : <Ago at={last} late={late} />}</span>
      <span role="cell" class="c-location soft" title={row.location}>{row.location}</span>
    </div>;
  }
}

const ticks = new Set<() => void>();
setInterval(() => { if (!document.hidden) for (const t of ticks) t(); }, 1000);
const onTick = (t: () => void) => {
  ticks.add(t);
  return () => ticks.delete(t);
};

function Ago({ at, late }: { at: number; late: number }) {
  const now = useSyncExternalStore(onTick, () => Math.floor(time() / 1000) * 1000);
  const overdue = now - at > late;
  return <time class={overdue ? "gap" : undefined} dateTime={new Date(at).toISOString()} title={clock(at) + (overdue ? ": later ones are overdue" : "")}>{ago(at, Math.max(now, at))}</time>;
}

export function GroupView({ group, closed, index, onToggle, label }: { group: Group; closed: boolean; index: number; onToggle: () => void; label: ComponentChildren }) {
  const c = group.counts;
  return <div class="row group" role="row" aria-rowindex={index + 2}>
    <span role="rowheader" class="c-group">
      <button type="button" aria-expanded={!closed} onClick={onToggle}><span class="arrow" aria-hidden="true">{closed ? "▸" : "▾"}</span>{label}</button>
      <span class="counts">{states.filter((s) => c[s]).map((s) => <span class={s} title={wordOf[s]}><Glyph state={s} />{number(c[s])}<span class="unseen"> {wordOf[s]}</span></span>)}</span>
    </span>
  </div>;
}
