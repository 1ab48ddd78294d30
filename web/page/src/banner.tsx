// What a reader must know of what is shown: that it is old, and why.

import { useSyncExternalStore } from "./external";
import { clock } from "./format";
import { connection, onConnection, open } from "./live";

export function Banner() {
  const c = useSyncExternalStore(onConnection, connection);
  let text = "";
  if (c.state === "offline") text = `This device is offline. What you see is as of ${clock(c.since)}; it goes on by itself once the device is back.`;
  else if (c.state === "lost" && c.problem?.status === 401) text = `You are not signed in any more. What you see is as of ${clock(c.since)}.`;
  else if (c.state === "lost" && c.problem?.status) text = `The collector says: ${c.problem.message}.`;
  else if (c.state === "lost") text = `No answer from the collector since ${clock(c.since)}. What you see is as old; the page goes on trying.`;
  else if (c.stale) text = `The collector's store does not answer since ${clock(c.stale)}. What you see is as old; the collector goes on trying.`;
  return <div role="status" aria-live="polite">
    {text && <p class="banner"><span>{text}</span>{c.state === "lost" && (c.problem?.status === 401 ? <a href="login">Sign in</a> : <button type="button" onClick={open}>Try now</button>)}</p>}
  </div>;
}

const words = { live: "live", polled: "every few seconds", connecting: "connecting", lost: "not connected", offline: "offline" };

const titles: Partial<Record<string, string>> = {
  live: "What changes is shown within a second or two",
  polled: "Something on the way to the collector holds back what it tells as it happens, so the page asks every few seconds",
};

export function Pulse() {
  const c = useSyncExternalStore(onConnection, connection);
  const state = c.stale && c.state === "live" ? "lost" : c.state;
  return <span class={"pulse " + state} title={titles[state] ?? ""}>{c.stale && c.state === "live" ? "old" : words[c.state]}</span>;
}
