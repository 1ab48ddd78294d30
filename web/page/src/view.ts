// What of the rows is shown, and in which order. It stands in the address:
// ?q=shop&state=down&label=team:web&location=ber1&sort=-latency&group=team.

import { states, type Row, type State } from "./row";

export const sorts = ["state", "id", "latency", "last", "location"] as const;
export type Sort = (typeof sorts)[number];

export interface View {
  q: string;
  states: State[]; // empty: all but those that are removed
  labels: [string, string][];
  location: string; // empty: any
  sort: Sort;
  descending: boolean;
  group: string; // a label, or "location:" (which no label's name can be); empty: none
}

export const byLocation = "location:";

export function parse(q: URLSearchParams): View {
  const sort = (q.get("sort") ?? "state").replace(/^-/, "") as Sort;
  return {
    q: q.get("q") ?? "",
    states: states.filter((s) => q.getAll("state").includes(s)),
    labels: q.getAll("label").filter((l) => l.includes(":")).map((l) => [l.slice(0, l.indexOf(":")), l.slice(l.indexOf(":") + 1)]),
    location: q.get("location") ?? "",
    sort: sorts.includes(sort) ? sort : "state",
    descending: (q.get("sort") ?? "").startsWith("-"),
    group: q.get("group") ?? "",
  };
}

// write is the part of an address that parse reads, and no more than is needed.
export function write(v: View): Record<string, string | string[] | undefined> {
  const sort = (v.descending ? "-" : "") + v.sort;
  return {
    q: v.q || undefined, state: v.states, label: v.labels.map(([k, l]) => k + ":" + l), location: v.location || undefined,
    sort: sort === "state" ? undefined : sort, group: v.group || undefined,
  };
}

export interface Counts extends Record<State, number> { all: number }
export interface Group { group: string; name: string; counts: Counts } // name: of the value; "": of those without one
export type Item = Row | Group;

export interface Arranged {
  items: Item[];
  shown: number; // rows
  counts: Counts; // of the rows that all but the state's filter let through
  locations: string[];
  labels: string[]; // by which rows can be grouped
}

const zero = (): Counts => ({ down: 0, unknown: 0, up: 0, paused: 0, removed: 0, all: 0 });
const count = (c: Counts, s: State) => { c[s]++; if (s !== "removed") c.all++; };

// arrange filters, sorts and groups; closed are the names of groups that show no rows.
export function arrange(rows: Iterable<Row>, v: View, closed: ReadonlySet<string>): Arranged {
  const counts = zero(), locations = new Set<string>(), labels = new Set<string>();
  const words = v.q.toLowerCase().split(/\s+/).filter(Boolean);
  const list: Row[] = [];
  for (const r of rows) {
    locations.add(r.location);
    for (const k in r.labels) labels.add(k);
    if (words.some((w) => !r.text.includes(w))) continue;
    if (v.location && r.location !== v.location) continue;
    if (v.labels.some(([k, l]) => r.labels?.[k] !== l)) continue;
    count(counts, r.state);
    if (v.states.length ? v.states.includes(r.state) : r.state !== "removed") list.push(r);
  }
  list.sort(order(v));
  return { items: v.group ? grouped(list, v.group, closed) : list, shown: list.length, counts, locations: [...locations].sort(), labels: [...labels].sort() };
}

const rank: Record<State, number> = { down: 0, unknown: 1, up: 2, paused: 3, removed: 4 };
const texts = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const ids = (a: Row, b: Row) => texts(a.monitor, b.monitor) || texts(a.location, b.location);

// order compares by the view's sort, then by id. What has no value is last either way.
function order(v: View): (a: Row, b: Row) => number {
  const sign = v.descending ? -1 : 1;
  const numbers = (f: "total_us" | "last_ms") => (a: Row, b: Row) => {
    const x = a[f], y = b[f];
    if (x === null || y === null) return Number(x === null) - Number(y === null) || ids(a, b);
    return sign * (x - y) || ids(a, b);
  };
  switch (v.sort) {
    case "latency": return numbers("total_us");
    case "last": return numbers("last_ms");
    case "id": return (a, b) => sign * ids(a, b);
    case "location": return (a, b) => sign * texts(a.location, b.location) || ids(a, b);
    case "state": return (a, b) => sign * (rank[a.state] - rank[b.state]) || ids(a, b);
  }
}

function grouped(list: Row[], by: string, closed: ReadonlySet<string>): Item[] {
  const groups = new Map<string, Row[]>();
  for (const r of list) {
    const name = by === byLocation ? r.location : (r.labels?.[by] ?? "");
    const g = groups.get(name);
    if (g) g.push(r);
    else groups.set(name, [r]);
  }
  const items: Item[] = [];
  for (const name of [...groups.keys()].sort((a, b) => Number(a === "") - Number(b === "") || texts(a, b))) {
    const counts = zero(), rows = groups.get(name)!;
    for (const r of rows) count(counts, r.state);
    items.push({ group: by, name, counts });
    if (!closed.has(name)) for (const r of rows) items.push(r);
  }
  return items;
}

export const isGroup = (i: Item): i is Group => "group" in i;
export const keyOfItem = (i: Item) => (isGroup(i) ? "group\n" + i.name : i.key);
