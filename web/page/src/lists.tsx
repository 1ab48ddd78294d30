// The lists of a monitor's page: incidents, gaps, and the latest measurements.

import type { ComponentChildren } from "preact";
import type { Gap, Incident, Measurement } from "./event";
import { because, words } from "./explain";
import { clock, duration, span } from "./format";
import { Glyph } from "./glyph";
import { states, type State } from "./row";
import { Bar } from "./waterfall";
import { time } from "./time";

// Incidents lists the runs of down; choosing one zooms to it.
export function Incidents({ items, several, onZoom }: { items: Incident[]; several: boolean; onZoom: (from: number, to: number) => void }) {
  return <ul class="list">
    {items.map((i) => {
      const from = Date.parse(i.from), to = i.to ? Date.parse(i.to) : time();
      return <li key={i.location + i.from}>
        <button class="link when" onClick={() => onZoom(from - (to - from) / 4 - 10e3, to + (to - from) / 4 + 10e3)} title="Show this time in the charts">{clock(i.from)}</button>
        <span class={"badge " + (i.to ? "over" : "down")}>{i.to ? "lasted " + span(to - from) : "for " + span(to - from) + " so far"}</span>
        <span class="soft">{i.down === 1 ? "1 slot down" : i.down + " slots down"}{several && ` at ${i.location}`}{i.to && `, up again ${clock(i.to)}`}</span>
        {i.cause && <div class="why">{words(i.cause.kind)}{i.cause.kind === "timeout" && i.cause.phase && ` in ${words(i.cause.phase)}`}: {i.cause.message}</div>}
      </li>;
    })}
  </ul>;
}

// Gaps lists the slots that nobody measured, and why.
export function Gaps({ items, several }: { items: Gap[]; several: boolean }) {
  return <ul class="list">
    {items.map((g) => <li key={g.location + g.first_at + g.reason + g.version}>
      <span class="when" title={`${g.first_at} – ${g.last_at}`}>{clock(g.first_at)}{g.last_at !== g.first_at && ` for ${span(Date.parse(g.last_at) - Date.parse(g.first_at))}`}</span>
      <span class="badge gap">{g.slots === 1 ? "1 slot" : `${g.slots} slots`}</span>
      <span>{because(g.reason)}{several && <span class="soft"> at {g.location}</span>}</span>
    </li>)}
  </ul>;
}

// Measurements lists slots, newest first; the attempts before the one that decided
// stand below it.
export function Measurements({ items, several, href }: { items: Measurement[]; several: boolean; href: (m: Measurement) => string }) {
  const last = new Map<string, number>(); // the attempt that decides each slot
  for (const m of items) last.set(slot(m), Math.max(last.get(slot(m)) ?? 0, m.attempt));
  return <table class="rows">
    <thead><tr><th scope="col">State</th><th scope="col">Slot</th>{several && <th scope="col">Location</th>}<th scope="col" class="num wide">Status</th>
      <th scope="col" class="num">Total</th><th scope="col" class="wide">Phases</th><th scope="col" class="saw">What was seen</th></tr></thead>
    <tbody>
      {items.map((m) => {
        const decides = m.attempt === last.get(slot(m));
        return <tr key={slot(m) + m.attempt} class={decides ? undefined : "earlier"} data-href={href(m)}>
          <td><Sign state={m.state} /></td>
          <td>{decides ? <a href={href(m)}>{clock(m.scheduled_at)}</a> : <span class="soft">attempt {m.attempt}</span>}
            {decides && m.attempt > 1 && <div class="soft">attempt {m.attempt} decided</div>}</td>
          {several && <td class="soft">{m.location}</td>}
          <td class="num wide">{m.http?.status ?? ""}</td>
          <td class="num">{m.phases?.total_us === undefined ? "–" : duration(m.phases.total_us)}</td>
          <td class="wide"><Bar phases={m.phases} /></td>
          <td class="saw"><Seen m={m} /></td>
        </tr>;
      })}
    </tbody>
  </table>;
}

const slot = (m: Measurement) => m.scheduled_at + " " + m.location;

function Seen({ m }: { m: Measurement }) {
  const notes: ComponentChildren[] = [];
  if (m.error) notes.push(<span class="why">{words(m.error.kind)}{m.error.phase && ` in ${words(m.error.phase)}`}: {m.error.message}</span>);
  else if (m.expectations?.length) notes.push(<span class="soft">{m.expectations.length === 1 ? m.expectations[0]!.name + " met" : `${m.expectations.length} expectations met`}</span>);
  if (m.late_us >= 100_000) notes.push(<span class="note">began {duration(m.late_us)} late</span>);
  if (m.degraded_us) notes.push(<span class="note">up to {duration(m.degraded_us)} too long: the prober was starved</span>);
  return <>{notes.map((n, i) => <div key={i}>{n}</div>)}</>;
}

// Sign is a state by shape and word, not by colour alone; the word may be another.
export function Sign({ state, children }: { state: string; children?: string }) {
  return <span class={"state " + state}>{isState(state) && <Glyph state={state} />} {children ?? state}</span>;
}

const isState = (s: string): s is State => (states as readonly string[]).includes(s);
