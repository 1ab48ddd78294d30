// What people read, unit by unit: node --test, no browser.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { ago, bytes, duration, interval, number, share, span } from "../src/format";

const table = <T>(name: string, f: (v: T) => string, want: [T, string][]) =>
  test(name, () => { for (const [v, s] of want) assert.equal(f(v), s); });

table("durations keep three digits", duration, [
  [0, "0 ms"], [7, "7 µs"], [312, "312 µs"], [4213, "4.21 ms"], [45120, "45.1 ms"], [115236, "115 ms"], [1_500_000, "1.5 s"], [126_000_000, "2.1 min"], [7_200_000_000, "2 h"],
]);
table("intervals keep their unit", interval, [[90e6, "90 s"], [60e6, "1 min"], [10e6, "10 s"], [100e3, "100 ms"], [86400e6, "1 d"], [1500, "1500 µs"]]);
table("spans have two units", span, [[200e3, "3 min 20 s"], [86400e3 * 2 + 3600e3 * 4 + 60e3, "2 d 4 h"], [1000, "1 s"], [86400e3 + 5e3, "1 d"], [250, "250 ms"]]);
table("a share is 100 % only when nothing is missing, and what the status page writes of it", share,
  Object.entries(JSON.parse(readFileSync("../testdata/percent.json", "utf8")) as Record<string, string>).map(([part, want]) => [Number(part), want]));
table("ago", (s: number) => ago(0, s * 1000), [[0, "0 s ago"], [89, "89 s ago"], [120, "2 min ago"], [7200, "2 h ago"], [864000, "10 d ago"], [-5, "0 s ago"]]);
table("numbers are grouped", number, [[1234567, "1\u202f234\u202f567"], [999, "999"]]);
table("bytes", bytes, [[12, "12 B"], [18220, "18.2 kB"], [2_500_000, "2.5 MB"]]);
