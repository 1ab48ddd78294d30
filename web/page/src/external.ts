// State that lives outside of components.

import { useEffect, useReducer } from "preact/hooks";

// useSyncExternalStore draws again when the snapshot has changed.
export function useSyncExternalStore<T>(subscribe: (changed: () => void) => () => void, snapshot: () => T): T {
  const [, draw] = useReducer<number, void>((n) => n + 1, 0);
  const now = snapshot();
  useEffect(() => {
    let last = now;
    const look = () => {
      const next = snapshot();
      if (Object.is(last, next)) return;
      last = next;
      draw();
    };
    look();
    return subscribe(look) as () => void;
  }, []);
  return now;
}
