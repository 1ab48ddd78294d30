// All monitors.

import { useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import { board, subscribe } from "./board";
import { GroupView, RowView } from "./cells";
import { Empty, NoMatch, Waiting } from "./empty";
import { useSyncExternalStore } from "./external";
import { Filters } from "./filters";
import { number } from "./format";
import { connection, onConnection } from "./live";
import { onStrips, see, stripOf } from "./strips";
import { useColumns } from "./columns";
import { go, href, useQuery } from "./router";
import { arrange, byLocation, isGroup, keyOfItem, parse, write, type Arranged, type Sort, type View } from "./view";
import { reveal, Windowed } from "./window";

let remembered = ""; // the row that had the focus, for when the reader comes back

export function Overview() {
  const query = useQuery();
  const view = useMemo(() => parse(query), [String(query)]);
  const change = (c: Partial<View>, replace = false) => go(href({ query: write({ ...parse(new URLSearchParams(location.search)), ...c }) }), { replace });
  const search = useRef<HTMLInputElement>(null), head = useRef<HTMLDivElement>(null), list = useRef<HTMLDivElement>(null);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const { days, lines, height } = useColumns();
  const held = useRef(false); // the order stands while somebody points at a row
  const rows = useArranged(view, closed, held);
  const [active, setActive] = useState(remembered);
  const focus = useRef(false);
  useTitle(rows);
  remembered = active;

  // The row that j and k chose has the focus, as soon as it is drawn.
  const settle = () => {
    const link = focus.current && list.current?.querySelector<HTMLElement>(".row.active a");
    if (!link) return;
    focus.current = false;
    link.focus({ preventScroll: true });
  };
  useLayoutEffect(() => { // back from a monitor: where the reader was
    if (active) step(0);
  }, []);
  const step = (by: number) => {
    const at = rows.items.findIndex((i) => keyOfItem(i) === active);
    if (at < 0 && by === 0) return;
    const next = at < 0 ? (by > 0 ? 0 : -1) : Math.min(Math.max(at + by, 0), rows.items.length - 1);
    const item = rows.items.at(next), box = list.current?.querySelector(".windowed");
    if (!item || !box) return;
    focus.current = true;
    setActive(keyOfItem(item));
    reveal(box, next < 0 ? rows.items.length - 1 : next, height, head.current?.getBoundingClientRect().bottom ?? 0);
  };
  useKeys({
    "/": () => search.current?.select(), j: () => step(1), k: () => step(-1), ArrowDown: () => step(1), ArrowUp: () => step(-1),
    Escape: () => { setActive(""); (document.activeElement as HTMLElement | null)?.blur(); },
  }, () => document.activeElement === search.current, list);

  const seen = useRef<string[]>([]);
  const drawn = (first: number, end: number) => {
    settle();
    const now: string[] = [];
    for (const i of rows.items.slice(first, end)) if (!isGroup(i)) now.push(i.monitor);
    if (now.length !== seen.current.length || now.some((m, i) => m !== seen.current[i])) see((seen.current = now));
  };
  useEffect(() => { see(seen.current); return () => see([]); }, []);
  const [strips, redraw] = useReducer<number, void>((n) => n + 1, 0);
  useEffect(() => onStrips(() => redraw()), []);

  if (!board.loaded) return <main class="overview"><Waiting /></main>;
  if (!board.rows.size) return <main class="overview"><Empty /></main>;
  return <main class="overview">
    <h1 class="unseen">All monitors</h1>
    <Filters view={view} counts={rows.counts} labels={rows.labels} locations={rows.locations} search={search} change={change} />
    <p class="unseen" role="status">{number(rows.shown)} shown</p>
    <div class={`table d${days} lines${lines}` + (rows.locations.length > 1 ? " places" : "")} role="table" aria-label="Monitors" aria-rowcount={rows.items.length + 1} ref={list}
      onFocusIn={(e) => { const key = (e.target as Element).closest<HTMLElement>("[data-key]")?.dataset.key; if (key) setActive(key); }}
      onPointerEnter={() => { held.current = true; }} onPointerLeave={() => { held.current = false; }}>
      <div role="rowgroup" class="heads" ref={head}><div role="row" aria-rowindex={1} class="row heading"><Heads view={view} change={change} days={days} /></div></div>
      {rows.items.length === 0 ? <NoMatch onClear={() => change({ q: "", states: [], labels: [], location: "" })} /> :
        <Windowed count={rows.items.length} height={height} onRange={drawn} row={(index) => {
          const i = rows.items[index]!;
          if (isGroup(i)) {
            const name = i.name || (i.group === byLocation ? "nowhere" : "without " + i.group);
            return <GroupView key={keyOfItem(i)} group={i} index={index} closed={closed.has(i.name)} label={<><span class="soft">{i.group === byLocation ? "location" : i.group}</span> {name}</>}
              onToggle={() => setClosed((old) => { const next = new Set(old); if (!next.delete(i.name)) next.add(i.name); return next; })} />;
          }
          return <RowView key={i.key} row={i} rev={i.rev} strip={stripOf(i.monitor, i.location)} days={days} index={index} active={active === i.key} />;
        }} />}
    </div>
    <span hidden>{strips}</span>
  </main>;
}

// useArranged is the rows as the view wants them. What the reader does is done at once;
// what only comes live waits while somebody points at a row, so that none moves away.
function useArranged(view: View, closed: ReadonlySet<string>, held: { current: boolean }): Arranged {
  const [, draw] = useReducer<number, void>((n) => n + 1, 0);
  useEffect(() => subscribe(() => draw()), []);
  const last = useRef<{ view: View; closed: ReadonlySet<string>; shape: number; values: number; rows: number; got: Arranged } | undefined>(undefined);
  const l = last.current, live = view.sort === "latency" || view.sort === "last";
  const asked = !l || l.view !== view || l.closed !== closed;
  const moved = !!l && (l.shape !== board.shape || (live && l.values !== board.values));
  if (asked || (moved && (!held.current || l.rows !== board.rows.size))) {
    last.current = { view, closed, shape: board.shape, values: board.values, rows: board.rows.size, got: arrange(board.rows.values(), view, closed) };
  } else if (moved) last.current = { ...l, got: { ...l.got, counts: arrange(board.rows.values(), view, closed).counts } };
  return last.current!.got;
}

const titles: Record<Sort, string> = { state: "State", id: "Monitor", latency: "Latency", last: "Measured", location: "Location" };

function Heads({ view, change, days }: { view: View; change: (c: Partial<View>) => void; days: number }) {
  const sort = (s: Sort, cls: string) => {
    const on = view.sort === s;
    return <span role="columnheader" class={cls} aria-sort={on ? (view.descending ? "descending" : "ascending") : "none"}>
      <button type="button" onClick={() => change({ sort: s, descending: on && !view.descending })}>{titles[s]}<span class="arrow" aria-hidden="true">{on ? (view.descending ? "↓" : "↑") : ""}</span></button>
    </span>;
  };
  return <>
    {sort("state", "c-state")}{sort("id", "c-id")}
    <span role="columnheader" class="c-status num">HTTP</span>
    {sort("latency", "c-latency num")}
    <span role="columnheader" class="c-spark">24 hours</span>
    <span role="columnheader" class="c-uptime">Uptime of {days} days</span>
    <span role="columnheader" class="c-share num"><span class="unseen">Uptime</span></span>
    {sort("last", "c-last num")}{sort("location", "c-location")}
  </>;
}

function useTitle(rows: Arranged) {
  const c = useSyncExternalStore(onConnection, connection);
  const down = rows.counts.down;
  useEffect(() => { document.title = (c.state === "lost" || c.state === "offline" ? "? " : down ? `${down} down · ` : "") + "Monitorink"; }, [down, c.state]);
}

// useKeys calls what a key stands for, unless somebody types.
function useKeys(keys: Record<string, () => void>, searching: () => boolean, list: { current: HTMLElement | null }) {
  const now = useRef(keys);
  now.current = keys;
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
      const t = e.target as HTMLElement, typing = /^(input|select|textarea)$/i.test(t.tagName);
      if (typing && !(searching() && (e.key === "Escape" || e.key === "ArrowDown" || e.key === "Enter"))) return;
      if (e.key.startsWith("Arrow") && !searching() && !list.current?.contains(t)) return; // they scroll the page
      const f = now.current[searching() && e.key === "Enter" ? "ArrowDown" : e.key];
      if (!f) return;
      e.preventDefault();
      f();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

