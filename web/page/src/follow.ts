// The changes of one monitor, as the store tells of them.

import { at } from "./api";

const pause = 5000; // ms before a stream that was refused is tried again

// follow calls changed whenever the monitor has changed, and when the stream has begun
// anew, since what changed meanwhile is not known. It goes on until it is ended.
export function follow(monitor: string, changed: () => void): { open: () => boolean; end: () => void } {
  let events: EventSource | undefined, timer: ReturnType<typeof setTimeout> | undefined;
  const begin = () => {
    events = new EventSource(at("/api/v1/events?" + new URLSearchParams({ monitor })));
    for (const name of ["open", "change", "reset"]) events.addEventListener(name, changed);
    events.addEventListener("error", () => {
      if (events?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      clearTimeout(timer);
      timer = setTimeout(begin, pause);
    });
  };
  begin();
  return {
    open: () => events?.readyState === EventSource.OPEN,
    end: () => {
      clearTimeout(timer);
      events?.close();
    },
  };
}
