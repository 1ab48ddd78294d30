// What chooses the rows: search, states, labels, groups.

import type { RefObject } from "preact";
import { number } from "./format";
import { Glyph } from "./glyph";
import { states } from "./row";
import { byLocation, type Counts, type View } from "./view";

interface Props {
  view: View;
  counts: Counts;
  labels: string[];
  locations: string[];
  search: RefObject<HTMLInputElement | null>;
  change: (change: Partial<View>, replace?: boolean) => void;
}

export function Filters({ view, counts, labels, locations, search, change }: Props) {
  const toggle = (s: (typeof states)[number]) =>
    change({ states: view.states.includes(s) ? view.states.filter((x) => x !== s) : states.filter((x) => x === s || view.states.includes(x)) });
  const names = [...new Set([...labels, ...(view.group && view.group !== byLocation ? [view.group] : [])])];
  return <div class="filters">
    <input ref={search} type="search" value={view.q} placeholder="Search" aria-label="Search ids, URLs, labels, errors" aria-keyshortcuts="/" spellcheck={false} autocomplete="off"
      onInput={(e) => change({ q: e.currentTarget.value }, true)} />
    <div class="states" role="group" aria-label="States">
      {states.filter((s) => counts[s] || view.states.includes(s) || s === "up" || s === "down").map((s) =>
        <button type="button" key={s} class={"chip " + s} aria-pressed={view.states.includes(s)} onClick={() => toggle(s)}>
          <Glyph state={s} /><b>{number(counts[s])}</b> {s}
        </button>)}
    </div>
    {view.labels.map(([k, l], i) =>
      <button type="button" key={k + ":" + l} class="chip chosen" aria-label={`Leave out the filter ${k}: ${l}`} onClick={() => change({ labels: view.labels.filter((_, n) => n !== i) })}>{k}: {l} <span aria-hidden="true">×</span></button>)}
    <span class="grow" />
    {(locations.length > 1 || view.location) && <label class="choice"><span class="soft">Location</span> <select value={view.location} onChange={(e) => change({ location: e.currentTarget.value })}>
      <option value="">all</option>
      {[...new Set([...locations, ...(view.location ? [view.location] : [])])].map((l) => <option value={l}>{l}</option>)}
    </select></label>}
    {(names.length > 0 || locations.length > 1 || view.group) && <label class="choice"><span class="soft">Group by</span> <select value={view.group} onChange={(e) => change({ group: e.currentTarget.value })}>
      <option value="">nothing</option>
      {names.map((l) => <option value={l}>{l}</option>)}
      {(locations.length > 1 || view.group === byLocation) && <option value={byLocation}>location</option>}
    </select></label>}
  </div>;
}
