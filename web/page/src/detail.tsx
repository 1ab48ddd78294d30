// The page of one slot: every attempt in full.

import { useEffect, useState } from "preact/hooks";
import { get, type Problem } from "./api";
import type { Gap, Measurement, Slot } from "./event";
import { because } from "./explain";
import { clock, span } from "./format";
import { useRowKeys } from "./keys";
import { backTo, pathOf, query, worthTrying } from "./monitor-data";
import { neighbours, type Neighbours } from "./neighbours";
import { Attempt } from "./attempt";
import { sentence, useTitle } from "./parts";
import { go, home, href } from "./router";

// measurementHref is the address of the slot of m, at its location.
export const measurementHref = (m: Pick<Measurement, "monitor" | "location" | "scheduled_at">) =>
  href({ monitor: m.monitor, at: m.scheduled_at, query: { location: m.location } });

export function Detail({ id, at, location }: { id: string; at: string; location: string }) {
  useTitle(`${id} at ${at}`);
  const key = JSON.stringify([id, at, location]);
  const [got, setGot] = useState<{ key: string; slot?: Slot; error?: Problem }>();
  const [beside, setBeside] = useState<Neighbours & { key?: string }>({});

  const [looks, setLooks] = useState(0); // how often for what may have come meanwhile

  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const here = pathOf(id) + "/measurements/" + encodeURIComponent(at) + query({ location });
    const ask = () => get<Slot>(here, stop.signal).then((slot) => setGot({ key, slot }), (error) => {
      if (stop.signal.aborted) return;
      setGot((old) => ({ slot: old?.key === key ? old.slot : undefined, key, error }));
      if (worthTrying(error)) timer = setTimeout(ask, 5000);
    });
    void ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [key]);
  useEffect(() => {
    const stop = new AbortController();
    neighbours(id, location, at, stop.signal).then((n) => setBeside({ ...n, key }), () => {}); // without them the page is whole
    return () => stop.abort();
  }, [key, looks]);

  const { before, after } = beside.key === key ? beside : ({} as Neighbours);
  const up = backTo(id);
  useRowKeys({
    escape: () => go(up),
    j: () => { if (before) go(measurementHref(before), { replace: true }); },
    k: () => {
      if (after) go(measurementHref(after), { replace: true });
      else setLooks(looks + 1);
    },
  });

  const settled = got?.key === key, error = settled ? got?.error : undefined;
  const items = (!error && got?.slot?.items) || [], gaps = (!error && got?.slot?.gaps) || [];
  return <main class="detail" aria-busy={!settled}>
    <p class="crumbs"><a href={home()}>all monitors</a> / <a class="text" href={up}>{id}</a></p>
    <div class="head"><h1>{Number.isNaN(Date.parse(at)) ? at : clock(at)} <span class="soft">{location}</span></h1>
      <p class="facts">The slot of <time class="text" dateTime={at}>{at}</time></p></div>
    <nav class="ranges" aria-label="Slots">
      <Go to={before} key="before" mark="j">← slot before</Go>
      <Go to={after} key="after" mark="k">slot after →</Go>
    </nav>
    {error && <p class="hint">{sentence(error.message)} <a href={up}>To the monitor</a></p>}
    {!got && <div class="waiting" style={{ height: "400px" }} role="status" aria-label="Waiting for the measurement" />}
    {gaps.map((g) => <Unmeasured key={g.location + g.reason + g.first_at} gap={g} measured={items.some((m) => m.location === g.location)} />)}
    {items.map((m, i) => <Attempt key={m.location + m.scheduled_at + m.attempt} m={m} decides={items[i - 1]?.location !== m.location} alone={items.length === 1} />)}
  </main>;
}

function Unmeasured({ gap, measured }: { gap: Gap; measured: boolean }) {
  if (measured) return null; // a measurement always wins over a gap that covers it
  return <article class="attempt"><h2><span class="state gap">not measured</span> <span class="soft">at {gap.location}</span></h2>
    <p>{sentence(because(gap.reason))} Of the target nothing is known here. The gap has {gap.slots === 1 ? "this slot only" : `${gap.slots} slots, from ${clock(gap.first_at)} for ${span(Date.parse(gap.last_at) - Date.parse(gap.first_at))}`}.</p>
  </article>;
}

function Go({ to, mark, children }: { to?: Measurement; mark: string; children: string }) {
  const text = <>{children} <kbd>{mark}</kbd></>;
  return to ? <a class="range" href={measurementHref(to)}>{text}</a> : <span class="range none" aria-disabled="true">{text}</span>;
}
