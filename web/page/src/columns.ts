// What fits into the window: how many days a bar has, and how many lines a row.

import { useSyncExternalStore } from "./external";

const wide = matchMedia("(min-width: 1240px)"), narrow = matchMedia("(max-width: 1040px)"), phone = matchMedia("(max-width: 700px)");
const all = [wide, narrow, phone];

const subscribe = (f: () => void) => {
  for (const m of all) m.addEventListener("change", f);
  return () => { for (const m of all) m.removeEventListener("change", f); };
};

export interface Columns { days: 90 | 60 | 30; lines: 1 | 2; height: number } // the heights are overview.css's

const columns = { wide: { days: 90, lines: 1, height: 34 }, middle: { days: 60, lines: 1, height: 34 }, narrow: { days: 60, lines: 2, height: 50 }, phone: { days: 30, lines: 2, height: 56 } } satisfies Record<string, Columns>;

export function useColumns(): Columns {
  return columns[useSyncExternalStore(subscribe, () => (phone.matches ? "phone" : narrow.matches ? "narrow" : wide.matches ? "wide" : "middle"))];
}
