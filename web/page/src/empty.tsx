// What stands where rows will be.

import { useSyncExternalStore } from "./external";
import { connection, onConnection, open } from "./live";

export function Waiting() {
  const { problem } = useSyncExternalStore(onConnection, connection);
  if (problem?.status === 401) return <p class="hint">Sign in to see the monitors. <a href="login">Sign in</a></p>;
  if (problem) {
    return <div class="hint">
      <p><b>The monitors could not be read</b></p>
      <p>{problem.message}.{problem.status === 0 && " Is it running, and is this the right address?"} The page goes on trying.</p>
      <p><button type="button" onClick={open}>Try now</button></p>
    </div>;
  }
  return <div class="skeleton" role="status" aria-label="Reading the monitors">{Array.from({ length: 14 }, (_, i) => <i key={i} />)}</div>;
}

export function Empty() {
  return <div class="hint">
    <p><b>No monitors yet</b></p>
    <p>They appear by themselves as soon as a heartbeat announces them. To watch two URLs:</p>
    <p><code>MONITORINK_URLS=https://shop.example/health,https://api.example/ make run</code></p>
    <p>Or describe them in a file: <code>monitors.yaml</code></p>
  </div>;
}

export const NoMatch = ({ onClear }: { onClear: () => void }) =>
  <div role="rowgroup"><div role="row"><div role="cell" class="hint"><p>No monitor matches.</p><p><button type="button" onClick={onClear}>Show all</button></p></div></div></div>;
