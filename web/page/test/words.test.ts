// What the page explains, against what the documentation and the code have; and the
// colours of phases, as those see them who do not see all colours.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { phaseNames } from "../src/event";
import { because, explain, explainedKinds } from "../src/explain";

test("every kind of error is explained, and no other", () => {
  const kinds = [...readFileSync("../../docs/errors.md", "utf8").matchAll(/^### (.*)$/gm)].flatMap((m) => [...m[1]!.matchAll(/`(\w+)`/g)].map((k) => k[1]!));
  assert.ok(kinds.length > 15);
  assert.deepEqual(explainedKinds().toSorted(), kinds.toSorted());
  for (const kind of kinds) assert.match(explain(kind), /^[A-Z].*[.?]$/);
});

test("a timeout says what was waited for", () => {
  for (const phase of phaseNames) assert.notEqual(explain("timeout", phase), explain("timeout"), phase);
});

test("every reason of a gap has words", () => {
  const reasons = [...readFileSync("../../data/event.go", "utf8").matchAll(/^\t\w+ +Reason = "(\w+)"/gm)].map((m) => m[1]!);
  assert.ok(reasons.length >= 5);
  for (const r of reasons) assert.notEqual(because(r), r);
});

// Machado, Oliveira and Fernandes, 2009, at full severity; on linear light.
const eyes: Record<string, number[][]> = {
  all: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

function lab(hex: string, eye: number[][]): number[] {
  const light = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  const [r, g, b] = eye.map((row) => Math.min(1, Math.max(0, row.reduce((sum, k, i) => sum + k * light[i]!, 0)))) as [number, number, number];
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505), y = f(0.2126 * r + 0.7152 * g + 0.0722 * b), z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

test("phases are told apart by every eye, in both themes", () => {
  const themes = readFileSync("src/theme.css", "utf8").split("}").map((block) => [...block.matchAll(/--(phase-[\w-]+): (#[0-9a-f]{6})/g)].map((m) => [m[1]!, m[2]!] as const)).filter((t) => t.length);
  assert.deepEqual(themes.map((t) => t.length), [6, 6]);
  for (const theme of themes) {
    for (const [name, eye] of Object.entries(eyes)) {
      theme.forEach(([a, x], i) => theme.slice(i + 1).forEach(([b, y]) => {
        const apart = Math.hypot(...lab(x, eye).map((v, k) => v - lab(y, eye)[k]!));
        assert.ok(apart >= 12, `${a} and ${b} are ${apart.toFixed(1)} apart for ${name}; 12 are needed`);
      }));
    }
  }
});
