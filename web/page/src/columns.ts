// What fits into the window: how many days a bar has, and how high a row is.

import { useSyncExternalStore } from "./external";

const wide = matchMedia("(min-width: 1240px)"), phone = matchMedia("(max-width: 700px)");

const subscribe = (f: () => void) => {
  wide.addEventListener("change", f);
  phone.addEventListener("change", f);
  return () => {
    wide.removeEventListener("change", f);
    phone.removeEventListener("change", f);
  };
};

export function useColumns(): { days: number; height: number } {
  const kind = useSyncExternalStore(subscribe, () => (phone.matches ? "phone" : wide.matches ? "wide" : "middle"));
  return { days: kind === "wide" ? 90 : kind === "middle" ? 60 : 30, height: kind === "phone" ? 56 : 34 }; // the heights are overview.css's
}
