// What of the rows is shown, and in which order.

import assert from "node:assert/strict";
import test from "node:test";
import { rowOf, update, type Fields } from "../src/row";
import { arrange, isGroup, parse } from "../src/view";

const row = (monitor: string, f: Partial<Fields> = {}) => rowOf({ monitor, location: "ber1", state: "up", ...f });
const rows = [
  row("b", { total_us: 30, last_ms: 3, labels: { team: "web" }, url: "https://shop.example/" }),
  row("a", { total_us: 200, last_ms: 1, state: "down", error: { kind: "timeout", phase: "connect", message: "No answer" }, labels: { team: "data" } }),
  row("d", { total_us: null, last_ms: null, state: "unknown" }),
  row("c", { total_us: 4, last_ms: 2, location: "nyc1", labels: { team: "web" } }),
  row("e", { state: "removed" }),
];
const shown = (query: string, closed: string[] = []) => arrange(rows, parse(new URLSearchParams(query)), new Set(closed)).items.map((i) => (isGroup(i) ? "= " + i.name : i.monitor)).join(" ");

test("rows are ordered by what the address says; what has no value is last either way", () => {
  for (const [query, want] of [
    ["", "a d b c"], ["sort=-state", "b c d a"], ["sort=id", "a b c d"], ["sort=-id", "d c b a"], ["sort=latency", "c b a d"], ["sort=-latency", "a b c d"],
    ["sort=last", "a c b d"], ["sort=-last", "b c a d"], ["sort=location", "a b d c"], ["sort=-location", "c a b d"], ["sort=nonsense", "a d b c"],
  ] as const) assert.equal(shown(query), want, query);
});

test("every filter leaves out what it does not name", () => {
  for (const [query, want] of [
    ["q=SHOP", "b"], ["q=no+answer", "a"], ["q=answer+timeout", "a"], ["q=answer+shop", ""], ["q=web", "b c"], ["state=down", "a"], ["state=down&state=unknown", "a d"], ["state=removed", "e"],
    ["label=team:web", "b c"], ["label=team:web&location=nyc1", "c"], ["location=ber1&sort=id", "a b d"], ["label=team", "a d b c"],
  ] as const) assert.equal(shown(query), want, query);
});

test("counts are of what all but the states' filter let through", () => {
  const { counts, shown: n } = arrange(rows, parse(new URLSearchParams("label=team:web&state=down")), new Set());
  assert.deepEqual([counts.up, counts.down, counts.all, n], [2, 0, 2, 0]);
});

test("groups are in order, those without the label last, and one that is closed shows no rows", () => {
  assert.equal(shown("group=team&sort=id"), "= data a = web b c =  d");
  assert.equal(shown("group=team&sort=id", ["web"]), "= data a = web =  d");
});

test("a new time moves no row of a view that does not show it; a new state does", () => {
  const r = row("x", { total_us: 1 });
  assert.equal(update(r, { last_ms: 9, total_us: 2, state: "up" }), false);
  assert.equal(update(r, { state: "down", error: { kind: "dns", phase: "dns", message: "No such host" } }), true);
  assert.ok(r.text.includes("no such host"));
});
