// A row is a monitor at a location, as /api/v1/overview and /api/v1/events tell of it.

export type State = "down" | "unknown" | "up" | "paused" | "removed";
export const states: readonly State[] = ["down", "unknown", "up", "paused", "removed"];

export interface Fields {
  monitor: string;
  location: string;
  state: State;
  last_ms: number | null;
  total_us: number | null;
  status: number | null;
  error: { kind: string; phase: string; message: string } | null;
  url: string | null;
  labels: Record<string, string> | null;
  gap: { reason: string; last_ms: number } | null;
  expires_ms: number | null;
  every_us: number | null;
}

export interface Row extends Fields {
  key: string;
  rev: number; // goes up with each change
  text: string; // what a search looks at, in small letters
}

export const keyOf = (monitor: string, location: string) => JSON.stringify([monitor, location]);

const none: Omit<Fields, "monitor" | "location"> = {
  state: "unknown", last_ms: null, total_us: null, status: null, error: null, url: null, labels: null, gap: null, expires_ms: null, every_us: null,
};

export function rowOf(f: Partial<Fields> & Pick<Fields, "monitor" | "location">): Row {
  const row: Row = { ...none, ...f, key: keyOf(f.monitor, f.location), rev: 0, text: "" };
  row.text = textOf(row);
  return row;
}

const textOf = (r: Fields) =>
  [r.monitor, r.url ?? "", ...Object.values(r.labels ?? {}), r.error ? r.error.kind + " " + r.error.message : "", r.location].join("\n").toLowerCase();

// update brings a row up to date, and says whether it may belong elsewhere in a
// list now, which a new time or latency alone does not make it.
export function update(row: Row, change: Partial<Fields>): boolean {
  const moved = ("state" in change && change.state !== row.state) || "error" in change || "labels" in change || "url" in change || "gap" in change;
  Object.assign(row, change);
  row.rev++;
  if (moved) row.text = textOf(row);
  return moved;
}

type Column = unknown[] | { values: unknown[]; index: number[] };
export interface Overview { at: string; cursor: string; rows: number; columns: Record<string, Column>; stale_since?: string }

// rowsOf reads the columns of an overview.
export function rowsOf(o: Overview): Row[] {
  const names = Object.keys(o.columns);
  const at = names.map((name) => {
    const c = o.columns[name]!;
    return Array.isArray(c) ? (i: number) => c[i] : (i: number) => c.values[c.index[i]!];
  });
  return Array.from({ length: o.rows }, (_, i) => {
    const f: Record<string, unknown> = {};
    names.forEach((name, n) => { f[name] = at[n]!(i) ?? null; });
    return rowOf(f as unknown as Fields);
  });
}
