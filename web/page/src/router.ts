// Which page is shown stands in the address's query, so that any id will do, and the
// page needs no paths of the server's: /?monitor=shop&at=2026-11-28T09:00:00.000Z.
// What else is in the query belongs to the page.

import { useSyncExternalStore } from "./external";

export interface Place {
  monitor?: string;
  at?: string; // a slot of the monitor
  query?: Record<string, string | string[] | undefined>;
}

// href is the address of a place, relative to the page.
export function href(p: Place): string {
  const q = new URLSearchParams();
  if (p.monitor !== undefined) q.set("monitor", p.monitor);
  if (p.at !== undefined) q.set("at", p.at);
  for (const [name, value] of Object.entries(p.query ?? {})) {
    for (const v of value === undefined ? [] : [value].flat()) q.append(name, v);
  }
  return q.size ? "?" + q.toString().replaceAll("%3A", ":") : "./";
}

// go shows another place. With replace the back button does not come back to this one.
export function go(to: string, options: { replace?: boolean } = {}) {
  const url = new URL(to, document.baseURI);
  if (url.href === location.href) return;
  const kept = sameView(url);
  history[options.replace ? "replaceState" : "pushState"](null, "", url);
  if (!kept) scrollTo(0, 0);
  changed();
}

const sameView = (to: URL) => ["monitor", "at"].every((name) => to.searchParams.get(name) === new URLSearchParams(location.search).get(name));

let overview = "./";

// home is the address of the overview, as it was last seen.
export const home = () => overview;

const listeners = new Set<() => void>();
function changed() {
  if (!new URLSearchParams(location.search).has("monitor")) overview = location.search || "./";
  listeners.forEach((l) => l());
}
changed();
addEventListener("popstate", changed);

const subscribe = (l: () => void) => {
  listeners.add(l);
  return () => listeners.delete(l);
};

// useQuery is the address's query; it changes with it.
export function useQuery(): URLSearchParams {
  return new URLSearchParams(useSyncExternalStore(subscribe, () => location.search));
}

// follow makes plain clicks on links within the page change the place and load nothing.
export function follow(e: MouseEvent) {
  if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
  const link = (e.target as Element | null)?.closest?.("a");
  if (!link || link.target || link.hasAttribute("download")) return;
  const url = new URL(link.href, document.baseURI), here = new URL(document.baseURI);
  if (url.origin !== here.origin || url.pathname !== here.pathname || url.hash) return;
  e.preventDefault();
  go(url.href);
}
