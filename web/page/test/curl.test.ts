// The command that asks what a probe has asked, read by a real shell.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { curl, quote } from "../src/curl";

// words is what a shell makes of a text: its words.
const words = (text: string) => execFileSync("sh", ["-c", `for w in ${text}; do printf '%s\\0' "$w"; done`]).toString().split("\0").slice(0, -1);

test("a word comes through a shell as it is", () => {
  for (const text of ["plain", "", " ", "it's", "'", "''", "'\\''", `"double"`, "a b", "$HOME", "`id`", "$(id)", "\\", "a\nb", "!!", "*", "~", "#x", "a;b|c&d>e<f(g)", "é🚀", "-n", "{a,b}", "[a-z]"]) {
    assert.deepEqual(words(quote(text)), [text]);
  }
});

test("random words come through a shell as they are", () => {
  const seed = Date.now() >>> 0;
  let x = seed;
  const next = (n: number) => (x = (Math.imul(x, 1664525) + 1013904223) >>> 0) % n;
  const letters = `'"\\ $\`!*?[]{}()<>|&;#~=%\n\té漢🚀ab-`;
  const list = Array.from({ length: 200 }, () => Array.from({ length: next(12) }, () => [...letters][next([...letters].length)]).join(""));
  assert.deepEqual(words(list.map(quote).join(" ")), list, `seed ${seed}`);
});

test("the command has what the event has", () => {
  const m = { method: "GET", url: "https://shop.example/health" };
  const http = { status: 200, protocol: "HTTP/2.0", remote: "203.0.113.7:443", redirects: 0 };
  for (const [want, got] of [
    ["curl --include --compressed https://shop.example/health", curl(m)],
    ["curl --include --http2 --compressed --max-time 2.5 https://shop.example/health", curl({ ...m, http }, 2_500_000)],
    ["curl --head --http1.1 --compressed https://shop.example/health", curl({ ...m, method: "HEAD", http: { ...http, protocol: "HTTP/1.1" } })],
    ["curl --include --request POST --location --http2-prior-knowledge --compressed http://a.example/", curl({ method: "POST", url: "http://a.example/", http: { ...http, redirects: 2 } })],
    [`curl --include --compressed --globoff 'https://a.example/it'\\''s?q=[1]{2}'`, curl({ method: "GET", url: "https://a.example/it's?q=[1]{2}" })],
  ]) assert.equal(got, want);
  assert.deepEqual(words(curl({ method: "G'ET", url: "http://a.example/'$(id)" })), ["curl", "--include", "--request", "G'ET", "--compressed", "http://a.example/'$(id)"]);
});

test("what is masked is left out, and nothing else", () => {
  assert.match(curl({ method: "GET", url: "https://…@shop.example/a@b" }), / https:\/\/shop\.example\/a@b$/);
  assert.match(curl({ method: "GET", url: "https://shop.example/…@b" }), /https:\/\/shop\.example\/…@b'$/);
});
