// A measurement as a command for a shell. It holds what the event holds: the event
// has no secrets, no headers, no body and no query, and so the command has none.

import type { Measurement } from "./event";

// quote makes one word of text for a POSIX shell.
export function quote(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : "'" + text.replaceAll("'", "'\\''") + "'";
}

// curl is the command that asks what the probe has asked.
export function curl(m: Pick<Measurement, "method" | "url" | "http" | "hops">, timeoutUs?: number): string {
  const words = ["curl"];
  if (m.method === "HEAD") words.push("--head");
  else {
    words.push("--include");
    if (m.method && m.method !== "GET") words.push("--request", quote(m.method));
  }
  if (m.http?.redirects || (m.hops?.length ?? 0) > 1) words.push("--location");
  if (m.http?.protocol === "HTTP/1.1") words.push("--http1.1");
  if (m.http?.protocol === "HTTP/2.0") words.push(m.url.startsWith("http:") ? "--http2-prior-knowledge" : "--http2");
  words.push("--compressed");
  if (timeoutUs) words.push("--max-time", String(timeoutUs / 1e6));
  if (/[[\]{}]/.test(m.url)) words.push("--globoff"); // curl takes them for patterns
  words.push(quote(withoutUser(m.url)));
  return words.join(" ");
}

// withoutUser leaves out what stands for a user and a password: events have them masked.
function withoutUser(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/?#]*…[^/?#]*@/i, "$1");
}
