// Marks on a chart: a lane above it that says for each bucket what was seen, and
// behind the lines what was down (tinted) and what nobody saw (hatched). The lane
// differs by shape too: up is a thin line, down a full block, unobserved is hatched.

import type uPlot from "uplot";
import type { Cell } from "./series";

const lane = 12; // CSS pixels

// laneSpace is what a chart leaves above itself for the lane.
export const laneSpace = lane + 8;

export function marks(cells: () => Cell[], colour: (name: string) => string): uPlot.Plugin {
  let hatching: { key: string; pattern: CanvasPattern } | undefined;

  // hatch is a pattern of oblique lines.
  const hatch = (ctx: CanvasRenderingContext2D) => {
    const ink = colour("gap"), size = Math.round(6 * devicePixelRatio), key = ink + size;
    if (hatching?.key !== key) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = size;
      const c = tile.getContext("2d")!;
      c.strokeStyle = ink;
      c.lineWidth = size / 5;
      c.beginPath();
      for (const shift of [-size, 0, size]) {
        c.moveTo(shift, size);
        c.lineTo(shift + size, 0);
      }
      c.stroke();
      hatching = { key, pattern: ctx.createPattern(tile, "repeat")! };
    }
    return hatching.pattern;
  };

  // each calls fill with the place of every cell that is in sight.
  const each = (u: uPlot, fill: (cell: Cell, x: number, width: number) => void) => {
    const { left, width } = u.bbox;
    for (const cell of cells()) {
      const x0 = Math.max(Math.round(u.valToPos(cell.from, "x", true)), left);
      const x1 = Math.min(Math.round(u.valToPos(cell.to, "x", true)), left + width);
      if (x1 >= x0 && x0 <= left + width) fill(cell, x0, Math.max(x1 - x0, 1));
    }
  };

  const behind = (u: uPlot) => {
    const { ctx, bbox: { top, height } } = u;
    const down = colour("down"), unseen = hatch(ctx);
    ctx.save();
    each(u, ({ bucket, missed }, x, width) => {
      const all = bucket.up + bucket.down + missed;
      if (bucket.down) {
        ctx.globalAlpha = 0.1 + (0.18 * bucket.down) / all;
        ctx.fillStyle = down;
        ctx.fillRect(x, top, width, height);
      }
      if (missed === all) {
        ctx.globalAlpha = 0.3;
        ctx.fillStyle = unseen;
        ctx.fillRect(x, top, width, height);
      }
    });
    ctx.restore();
  };

  const above = (u: uPlot) => {
    const { ctx, bbox: { top } } = u, px = devicePixelRatio;
    const height = Math.round(lane * px), bottom = top - Math.round(4 * px);
    const up = colour("up"), down = colour("down"), unseen = hatch(ctx);
    ctx.save();
    each(u, ({ bucket, missed }, x, width) => {
      const all = bucket.up + bucket.down + missed;
      // What is rare is seen too: half of the lane at least, and two pixels wide.
      const block = (n: number, style: string | CanvasPattern, most: number) => {
        const h = Math.round(height * Math.min(Math.max(n / all, 0.5), most));
        ctx.fillStyle = style;
        ctx.fillRect(x, bottom - h, Math.max(width, Math.round(2 * px)), h);
      };
      if (bucket.up) {
        ctx.fillStyle = up;
        ctx.fillRect(x, bottom - Math.round(3 * px), width, Math.round(3 * px));
      }
      if (missed) block(bucket.down ? all : missed, unseen, 1);
      if (bucket.down) block(bucket.down, down, missed ? 0.5 : 1);
    });
    ctx.restore();
  };

  return { hooks: { drawClear: [behind], draw: [above] } };
}
