// The range of time that a monitor's page shows. It stands in the address: a name
// that ends now (range=24h), or two instants (from=…&to=…).

export interface Range {
  name: string; // of one that ends now; empty: from and to are fixed
  from: number; // ms since the epoch
  to: number;
}

const second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;

export const names = ["live", "1h", "6h", "24h", "7d", "30d", "1y"];
export const usual = "24h";
export const shortest = 2 * second;

const lengths: Record<string, number> = { live: 10 * minute, "1h": hour, "6h": 6 * hour, "24h": day, "7d": 7 * day, "30d": 30 * day, "1y": 365 * day };

export const lengthOf = (r: Range) => r.to - r.from;

// named is the range of a name that ends now, on whole seconds.
export function named(name: string, now: number): Range {
  const to = Math.ceil(now / second) * second;
  return { name, from: to - (lengths[name] ?? lengths[usual]!), to };
}

// given says whether an address has a range; one that has none leaves it to the page.
export const given = (query: URLSearchParams) => ["range", "from", "to"].some((name) => query.has(name));

// parse reads the range of an address. What cannot be one is told, and the usual
// range shown.
export function parse(query: URLSearchParams, now: number): { range: Range; problem?: string } {
  const from = query.get("from"), to = query.get("to"), name = query.get("range");
  const instead = "; the last " + usual + " are shown instead";
  if (from !== null || to !== null) {
    const f = instant(from), t = to === null ? Math.ceil(now / second) * second : instant(to);
    if (f === undefined) return { range: named(usual, now), problem: `from=${from ?? ""} in the address is no instant such as 2026-11-28T09:00:00Z${instead}.` };
    if (t === undefined) return { range: named(usual, now), problem: `to=${to} in the address is no instant such as 2026-11-28T10:00:00Z${instead}.` };
    if (f >= t) return { range: named(usual, now), problem: `from=${from} in the address is not before to=${to ?? "now"}${instead}.` };
    return { range: { name: "", from: f, to: Math.max(t, f + shortest) } };
  }
  if (name !== null && !names.includes(name)) {
    return { range: named(usual, now), problem: `range=${name} in the address is not one of ${names.join(", ")}${instead}.` };
  }
  return { range: named(name ?? usual, now) };
}

// instant reads RFC 3339; undefined: it is not.
function instant(text: string | null): number | undefined {
  if (text === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

// write is the part of an address that parse reads.
export function write(r: Range): Record<string, string> {
  if (r.name) return { range: r.name };
  return { from: text(r.from), to: text(r.to) };
}

// text is an instant as the API takes it.
export const text = (ms: number) => new Date(ms).toISOString().replace(".000Z", "Z");

// cut is the part of a range that was chosen by dragging, on whole seconds and not
// too short.
export function cut(from: number, to: number): Range {
  const f = Math.floor(Math.min(from, to) / second) * second;
  return { name: "", from: f, to: Math.max(Math.ceil(Math.max(from, to) / second) * second, f + shortest) };
}

// beside is the range before (-1) or after (1); one that would end after now ends now.
export function beside(r: Range, direction: number, now: number): Range {
  const length = lengthOf(r);
  const to = Math.min(r.to + direction * length, Math.ceil(now / second) * second);
  return { name: "", from: to - length, to };
}

// wider is twice the range about the same middle, at most until now.
export function wider(r: Range, now: number): Range {
  const length = Math.min(2 * lengthOf(r), 10 * 365 * day);
  const to = Math.min(r.to + (length - lengthOf(r)) / 2, Math.ceil(now / second) * second);
  return cut(to - length, to);
}

// narrower is half the range about the same middle.
export const narrower = (r: Range) => cut(r.from + lengthOf(r) / 4, r.to - lengthOf(r) / 4);

// refreshEvery is how often a range that ends now is read again.
export function refreshEvery(r: Range): number {
  return Math.min(Math.max(lengthOf(r) / 600, second), minute);
}

// closer is the shortest named range that has all since an instant, if that is much
// shorter than the named range that is shown: most of that would be empty.
export function closer(shown: Range, since: number): string | undefined {
  if (!shown.name || shown.to - since > lengthOf(shown) / 4) return undefined;
  const name = names.find((n) => lengths[n]! >= shown.to - since)!;
  return name === shown.name ? undefined : name;
}
