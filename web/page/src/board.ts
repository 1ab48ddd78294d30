// The board holds every row, and tells once a frame that some have changed.

import { keyOf, rowOf, rowsOf, update, type Fields, type Overview, type Row } from "./row";

const rows = new Map<string, Row>();
const listeners = new Set<() => void>();
let frame = 0;

export const board = {
  rows,
  values: 0, // goes up when anything has changed
  shape: 0, // and this when rows may have come, gone or moved
  loaded: false,
};

export function load(o: Overview) {
  const now = rowsOf(o);
  const gone = new Set(rows.keys());
  for (const r of now) {
    gone.delete(r.key);
    const old = rows.get(r.key);
    if (old) update(old, { ...r, rev: old.rev } as Partial<Fields>);
    else rows.set(r.key, r);
  }
  for (const key of gone) rows.delete(key);
  board.loaded = true;
  board.shape++;
  tell();
}

export function apply(changes: (Partial<Fields> & Pick<Fields, "monitor" | "location">)[]) {
  for (const c of changes) {
    const old = rows.get(keyOf(c.monitor, c.location));
    if (old) {
      if (update(old, c)) board.shape++;
    } else {
      const r = rowOf(c);
      rows.set(r.key, r);
      board.shape++;
    }
  }
  tell();
}

function tell() {
  board.values++;
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    for (const l of listeners) l();
  });
}

export function subscribe(l: () => void): () => void {
  listeners.add(l);
  return () => listeners.delete(l);
}
