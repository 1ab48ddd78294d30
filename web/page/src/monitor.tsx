// The page of one monitor.

import { useEffect, useMemo, useState } from "preact/hooks";
import { go, home, href, useQuery } from "./router";
import { beside, closer, cut, given, names, narrower, parse, text, wider, write, type Range } from "./range";
import { pathOf, query as queryOf, remember, useMonitor } from "./monitor-data";
import { columns, type Cell } from "./series";
import { Hover, LatencyChart, PhaseChart, Readout } from "./monitor-charts";
import { Chosen } from "./chosen";
import { Figures, Head, Locations } from "./monitor-head";
import { Gaps, Incidents, Measurements } from "./lists";
import { Part, useTitle } from "./parts";
import { measurementHref } from "./detail";
import { clock } from "./format";
import { useRowKeys } from "./keys";
import { time } from "./time";

let zooms = 0; // how often the reader has zoomed on the way here

export function Monitor({ id }: { id: string }) {
  useTitle(id);
  const query = useQuery();
  const { range, problem } = useMemo(() => parse(query, time()), [String(query)]);
  const location = query.get("location") ?? "";
  const [limit, setLimit] = useState(50);
  const [hover] = useState(() => new Hover());
  const [picked, setPicked] = useState<Cell>();
  const view = useMonitor(id, range, location, limit);
  const shown = view.range ?? range;

  const at = (r: Range, where = location) => href({ monitor: id, query: { ...write(r), ...(where && { location: where }) } });
  const zoom = (from: number, to: number) => {
    zooms++;
    go(at(cut(from, to)));
  };
  useEffect(() => remember(id, at(range)));
  useEffect(() => { if (range.name) zooms = 0; }, [range.name]);
  useEffect(() => { hover.set(undefined); setPicked(undefined); }, [id, location, range.name || range.from, range.to * Number(!range.name)]);
  useRowKeys({
    escape: () => {
      if (range.name) return go(home());
      if (zooms > 0) {
        zooms--;
        return history.back();
      }
      go(href({ monitor: id, query: { location: location || undefined } }));
    },
  });

  const all = view.now?.locations ?? [];
  const here = location ? all.filter((s) => s.location === location) : all;
  const registration = (here[0] ?? all[0])?.registration;
  const every = registration?.every_us;
  const data = useMemo(() => view.series && columns(view.series, every), [view.series, every]);
  const nearer = data?.cells[0] && closer(shown, data.cells[0].from * 1000);
  // Where the address has no range, all that is known of a young monitor is shown, and no
  // day that is mostly empty; the address then says which range that is.
  const latest = here.map((s) => s.last?.scheduled_at ?? "").sort().at(-1); // of the last minute there is no bucket yet
  const choose = given(query) || shown.name !== range.name || !data ? undefined : data.cells[0] ? nearer : latest && closer(shown, Date.parse(latest));
  useEffect(() => { if (choose) go(at({ name: choose, from: 0, to: 0 }), { replace: true }); }, [choose, String(query)]);
  if (view.errors.now?.status === 404) {
    return <main class="monitor"><p class="hint">There is no monitor <b>{id}</b>. <a href={home()}>All monitors</a></p></main>;
  }
  const several = all.length > 1;
  const charts = data && !choose && { data, range: shown, every, onZoom: zoom, onHover: hover.set, onPick: setPicked };
  const empty = data?.cells.length === 0;

  return <main class={"monitor" + (view.loading ? " moving" : "")} aria-busy={view.loading}>
    <p class="crumbs"><a href={home()}>← all monitors</a></p>
    <Head id={id} statuses={here.length ? here : all} error={view.errors.now} />
    {several && <Locations all={all} chosen={location} hrefOf={(l) => at(range, l)} />}
    <RangeBar range={range} shown={shown} at={at} />
    {location && view.now && here.length === 0 && <p class="note" role="status">Nothing is known of this monitor at the location {location}.</p>}
    {problem && <p class="note" role="status">{problem}</p>}
    <Part name="summary" value={view.summary} error={view.errors.summary} height={64}>{(s) => <Figures summary={s} />}</Part>
    <section class="charts">
      <h2>Latency</h2>
      <Readout hover={hover} series={view.series}>
        {nearer && <a href={at({ name: nearer, from: 0, to: 0 })}>nothing is known before {clock(data!.cells[0]!.bucket.from)}: look closer</a>}
      </Readout>
      <Part name="series" value={charts || undefined} error={view.errors.series} height={440}>{(c) => <>
        <LatencyChart {...c} />
        <h2>Phases <span class="soft">mean of the slots that are up</span></h2>
        <PhaseChart {...c} />
      </>}</Part>
      {empty && <p class="hint">{emptyText(range, view.now?.locations.some((s) => s.last) ?? false)}</p>}
    </section>
    <Chosen cell={picked} latest={here.map((s) => s.last).find(Boolean)} step={view.series?.step_us ?? 0} onZoom={zoom} onClose={() => setPicked(undefined)} />
    <div class="columns">
      <section><h2>Incidents</h2>
        <Part name="incidents" value={view.incidents} error={view.errors.incidents} height={60}>{(l) => l.items.length ?
          <><Incidents items={l.items} several={several} onZoom={zoom} />{l.next && <p class="soft">The newest 100; choose a shorter range for the others.</p>}</> :
          <p class="soft">None in this range: nothing was seen down.</p>}</Part>
      </section>
      <section><h2>Not measured</h2>
        <Part name="gaps" value={view.gaps} error={view.errors.gaps} height={60}>{(l) => l.items.length ?
          <><Gaps items={l.items} several={several} />{l.next && <p class="soft">The newest 100; choose a shorter range for the others.</p>}</> :
          <p class="soft">No gaps in this range.</p>}</Part>
      </section>
    </div>
    <section><h2>Measurements <Export id={id} range={shown} location={location} /></h2>
      <Part name="measurements" value={view.measurements} error={view.errors.measurements} height={400}>{(l) => l.items.length ? <>
        <Measurements items={l.items} several={several && !location} href={measurementHref} />
        {l.next && (limit < 1000 ? <button onClick={() => setLimit(Math.min(limit * 4, 1000))}>Show more</button> :
          <p class="soft">The newest 1,000 of this range; choose a shorter one for the others.</p>)}
      </> : <p class="soft">None in this range.</p>}</Part>
    </section>
  </main>;
}

function Export({ id, range, location }: { id: string; range: Range; location: string }) {
  const to = (format: string) => pathOf(id).slice(1) + "/export" + queryOf({ kind: "measurements", format, from: text(range.from), to: text(range.to), location });
  return <span class="soft">all of this range as <a href={to("csv")} download>CSV</a> · <a href={to("ndjson")} download>NDJSON</a></span>;
}

function emptyText(range: Range, ever: boolean) {
  return ever ? "Nothing was scheduled in this time, or it is no longer kept." :
    range.name ? "Nothing is measured yet: the first slot is still to come." : "Nothing is known of this time.";
}

function RangeBar({ range, shown, at }: { range: Range; shown: Range; at: (r: Range) => string }) {
  const now = time();
  const form = (ms: number) => new Date(ms).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
  return <nav class="ranges" aria-label="Range of time">
    {names.map((name) => <a key={name} class="range" href={at({ name, from: 0, to: 0 })} aria-current={range.name === name ? "true" : undefined}>{name}</a>)}
    <span class="steps">
      <a class="range" href={at(beside(shown, -1, now))} aria-label="The time before" title="The time before">‹</a>
      <a class="range" href={at(beside(shown, 1, now))} aria-label="The time after" title="The time after">›</a>
      <a class="range" href={at(wider(shown, now))} aria-label="Zoom out" title="Zoom out">−</a>
      <a class="range" href={at(narrower(shown))} aria-label="Zoom in" title="Zoom in">+</a>
    </span>
    <span class="soft span">{form(shown.from)} – {range.name ? "now" : form(shown.to)}</span>
    <span class="soft hintkeys">drag to zoom{!range.name && ", esc goes back"}</span>
  </nav>;
}
