// The range of time in the address.

import assert from "node:assert/strict";
import test from "node:test";
import { beside, closer, cut, given, lengthOf, named, names, parse, text, wider, write } from "../src/range";

const now = Date.parse("2026-11-28T12:00:00.400Z"), hour = 3600e3;
const of = (query: string) => parse(new URLSearchParams(query), now);

test("a name ends now, and without one a day is shown until the page knows better", () => {
  for (const name of names) {
    const { range, problem } = of("range=" + name);
    assert.equal(problem, undefined);
    assert.equal(range.name, name);
    assert.equal(text(range.to), "2026-11-28T12:00:01Z");
  }
  assert.equal(lengthOf(of("").range), 24 * hour);
  assert.deepEqual(write(of("").range), { range: "24h" });
  assert.deepEqual(["", "location=ber1", "range=24h", "from=x", "to=x"].map((q) => given(new URLSearchParams(q))), [false, false, true, true, true]);
});

test("what is written is read again", () => {
  for (const query of ["range=live", "range=1y", "from=2026-11-28T09:00:00Z&to=2026-11-28T10:00:00Z", "from=2026-11-28T09:00:00.250Z&to=2026-11-28T10:00:00Z"]) {
    const { range } = of(query);
    assert.deepEqual(of(new URLSearchParams(write(range)).toString()).range, range);
    assert.equal(decodeURIComponent(new URLSearchParams(write(range)).toString()), query);
  }
});

test("what is no range is told, by its name and value, and the usual one shown", () => {
  for (const [query, want] of [
    ["range=fortnight", /range=fortnight .* one of live, 1h, 6h, 24h/], ["from=yesterday", /from=yesterday .* no instant such as/],
    ["from=2026-11-28T09:00:00Z&to=soon", /to=soon .* no instant/], ["to=2026-11-28T09:00:00Z", /from= .* no instant/],
    ["from=2026-11-28T10:00:00Z&to=2026-11-28T09:00:00Z", /not before to=2026-11-28T09:00:00Z/], ["from=2027-01-01T00:00:00Z", /not before to=now/],
    ["from=2026-13-45T00:00:00Z", /no instant/], ["range=toString", /range=toString/], ["range=__proto__", /range=__proto__/],
  ] as const) {
    const { range, problem } = of(query);
    assert.match(problem ?? "", want, query);
    assert.equal(range.name, "24h");
  }
});

test("from alone is until now", () => assert.equal(text(of("from=2026-11-28T11:00:00Z").range.to), "2026-11-28T12:00:01Z"));

test("a part that is dragged is on whole seconds, in either direction, and never empty", () => {
  const want = { name: "", from: 10_000, to: 13_000 };
  assert.deepEqual(cut(10_400, 12_100), want);
  assert.deepEqual(cut(12_100, 10_400), want);
  assert.ok(lengthOf(cut(10_400, 10_400)) >= 2000);
});

test("beside and wider do not pass now", () => {
  const day = named("24h", now);
  assert.equal(beside(day, -1, now).to, day.from);
  assert.equal(beside(day, 1, now).to, day.to);
  assert.equal(wider(day, now).to, day.to);
  assert.equal(lengthOf(wider(day, now)), 2 * lengthOf(day));
});

test("a range that is mostly empty has a closer one", () => {
  const ago = (s: number, name = "24h") => closer(named(name, now), now - s * 1000);
  assert.deepEqual([ago(60), ago(1800), ago(5 * 3600), ago(7 * 3600), ago(60, "live"), ago(2 * 86400, "30d")], ["live", "1h", "6h", undefined, undefined, "7d"]);
  assert.equal(closer({ name: "", from: 0, to: 100e3 }, 99e3), undefined);
});
