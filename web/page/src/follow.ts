// The changes of one monitor, as the store tells of them.

import { connection, onChange } from "./live";

// follow calls changed whenever the monitor has changed, and when the stream has begun
// anew, since what changed meanwhile is not known. It goes on until it is ended.
export function follow(monitor: string, changed: () => void): { open: () => boolean; end: () => void } {
  const end = onChange((monitors) => { if (!monitors || monitors.has(monitor)) changed(); });
  return { open: () => connection().state === "live", end };
}
