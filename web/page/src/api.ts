// The API, asked.

import { session } from "./session";
import { heard } from "./time";

// A Problem is why there is no answer: what the server said (problem details), or
// that it could not be reached, which is status 0.
export class Problem extends Error {
  constructor(message: string, readonly status: number) { super(message); }
}

// at is an address under the one that the page came from, which may be a folder of
// somebody's proxy.
export const at = (path: string) => new URL(path.replace(/^\//, ""), document.baseURI).href;

const patience = 30_000; // ms

// get asks for JSON; it throws a Problem, or what the signal was aborted with.
export async function get<T = unknown>(path: string, signal?: AbortSignal): Promise<T> {
  const limit = AbortSignal.timeout(patience);
  const asked = Date.now();
  let res: Response;
  try {
    res = await fetch(at(path), { signal: signal ? AbortSignal.any([signal, limit]) : limit, headers: { Accept: "application/json" } });
  } catch (e) {
    signal?.throwIfAborted();
    throw new Problem(navigator.onLine ? "the collector does not answer" : "this device is offline", 0);
  }
  heard(res, asked);
  session(res);
  try {
    const body = await res.json();
    if (res.ok) return body as T;
    throw new Problem(typeof body?.detail === "string" ? body.detail : res.statusText, res.status);
  } catch (e) {
    signal?.throwIfAborted();
    if (e instanceof Problem) throw e;
    throw new Problem(res.ok ? "the answer of the collector was cut off" : `the answer is ${res.status} ${res.statusText}`, res.ok ? 0 : res.status);
  }
}
