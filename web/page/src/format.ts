// Numbers and instants as people read them.

const units: [number, string][] = [[86400e6, "d"], [3600e6, "h"], [60e6, "min"], [1e6, "s"], [1e3, "ms"], [1, "µs"]];

// duration is three digits of microseconds: 312 µs, 4.21 ms, 1.5 s, 2.1 min.
export function duration(us: number): string {
  if (!us) return "0 ms";
  const [unit, name] = units.find(([u]) => Math.abs(us) >= u) ?? [1, "µs"];
  const n = us / unit;
  const digits = Math.abs(n) >= 100 ? 0 : Math.abs(n) >= 10 ? 1 : 2;
  return String(Number(n.toFixed(digits))) + " " + name;
}

// interval is a duration in its largest whole unit: every 90 s, not 1.5 min.
export function interval(us: number): string {
  const unit = units.find(([u]) => us >= u && us % u === 0);
  return unit ? us / unit[0] + " " + unit[1] : duration(us);
}

// span is a length of time in ms, in its two largest units: 3 min 20 s, 2 d 4 h.
export function span(ms: number): string {
  if (ms < 1000) return duration(ms * 1000);
  let s = Math.round(ms / 1000);
  const parts: string[] = [];
  for (const [unit, name] of units) {
    const n = unit >= 1e6 ? Math.floor(s / (unit / 1e6)) : 0;
    if (!n) { if (parts.length) break; continue; }
    parts.push(n + " " + name);
    s -= n * (unit / 1e6);
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}

// ago is how long before now an instant was.
export function ago(instant: string | number, now: number): string {
  const s = Math.max(0, Math.floor((now - (typeof instant === "number" ? instant : Date.parse(instant))) / 1000));
  if (s < 90) return s + " s ago";
  if (s < 5400) return Math.round(s / 60) + " min ago";
  if (s < 129600) return Math.round(s / 3600) + " h ago";
  return Math.round(s / 86400) + " d ago";
}

const timeOfDay = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const dateAndTime = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const dayOnly = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric", timeZone: "UTC" });

// clock is a time of today, or a date and a time, where the reader is.
export function clock(instant: string | number): string {
  const d = new Date(instant);
  return d.toDateString() === new Date().toDateString() ? timeOfDay.format(d) : dateAndTime.format(d);
}

// day is the date of a day of the rollups, which are UTC's.
export const day = (instant: string | number) => dayOnly.format(new Date(instant));

// share is a part of 1 in percent. What is not whole never reads 100 %, nor 0 %.
export function share(part: number): string {
  if (part >= 1) return "100 %";
  if (part <= 0) return "0 %";
  const digits = part > 0.9999 || part < 0.0001 ? 4 : 2;
  const steps = 10 ** (2 + digits);
  const n = part > 0.5 ? Math.min(Math.floor(part * steps + 1e-6), steps - 1) : Math.max(Math.ceil(part * steps - 1e-6), 1);
  return (n / 10 ** digits).toFixed(digits) + " %";
}

const plain = new Intl.NumberFormat("en").format;

// number groups its digits by narrow spaces, as no language takes for a decimal mark.
export const number = (n: number) => plain(n).replaceAll(",", "\u202f");

// bytes is a size: 512 B, 18.2 kB.
export function bytes(n: number): string {
  for (const [unit, name] of [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]] as const) {
    if (n >= unit) return (n / unit).toFixed(n >= 100 * unit ? 0 : 1) + " " + name;
  }
  return n + " B";
}
