// What the pages share: a part with its own loading and error state, the title of the
// window, a clock that ticks.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "./api";
import { time } from "./time";

// Part shows a value once it is there. Until then it keeps the place of it; an error
// stands above what was there before, unless the head of the page tells of it: that
// nobody answers is told once.
export function Part<T>({ name, value, error, height, children }: {
  name: string; value?: T; error?: Problem; height: number; children: (value: T) => ComponentChildren;
}) {
  return <>
    {error && error.status !== 0 && <p class="note" role="status">{value === undefined ? `No ${name} to show: ` : `The ${name} may be old: `}{error.message}</p>}
    {value !== undefined ? children(value) : error && error.status !== 0 ? null : <div class="waiting" style={{ height: height + "px" }} role="status" aria-label={`Waiting for the ${name}`} />}
  </>;
}

export function useTitle(title: string) {
  useEffect(() => {
    const before = document.title;
    document.title = title + " · Monitorink";
    return () => { document.title = before; };
  }, [title]);
}

// useNow is the time, every second while the page is seen.
export function useNow(): number {
  const [now, setNow] = useState(time());
  useEffect(() => {
    const timer = setInterval(() => { if (!document.hidden) setNow(time()); }, 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

// sentence makes one of a text that begins small and has no end.
export const sentence = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? "" : ".");
