// Phases stacked as bars: each as wide as its bucket, in the order of the phases.

import type uPlot from "uplot";
import { phaseNames } from "./event";
import type { Columns } from "./series";

export function stack(columns: () => Columns, colour: (name: string) => string): uPlot.Plugin {
  const paint = (u: uPlot) => {
    const { ctx, bbox: { left, top, width, height } } = u, { cells, stack } = columns();
    const floor = u.valToPos(0, "y", true);
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    phaseNames.forEach((name, k) => {
      ctx.fillStyle = colour("phase-" + name.replace("_", "-"));
      cells.forEach(({ from, to }, i) => {
        const high = stack[k]![i], low = k ? stack[k - 1]![i]! : 0;
        if (high === null || high === undefined || high <= low) return;
        const x = Math.round(u.valToPos(from, "x", true)), right = Math.round(u.valToPos(to, "x", true));
        const y = u.valToPos(high, "y", true), below = k ? u.valToPos(low, "y", true) : floor;
        ctx.fillRect(x, y, Math.max(right - x, Math.round(devicePixelRatio)), below - y);
      });
    });
    ctx.restore();
  };
  return { hooks: { draw: [paint] } };
}
