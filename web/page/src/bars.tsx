// The two small drawings of a row. What was not observed is dotted, what was down
// stands out above the rest, and where nothing was scheduled there is but a dot.

import { day, duration, number, share } from "./format";
import type { Bucket, Strip } from "./strips";
import { hideTip, showTip } from "./tip";

const pitch = 3, high = 20, top = 5, bottom = 18;

const measured = (b: Bucket) => b.up + b.down;

// said is what became of a bucket, in words.
function said(b: Bucket | undefined): string[] {
  if (!b) return ["nothing was scheduled"];
  const n = measured(b);
  const lines = n ? [`${share(b.up / n)} up of ${number(n)} measured`] : ["not observed"];
  if (b.down) lines.push(`${number(b.down)} down`);
  if (b.missed) lines.push(`${number(b.missed)} not measured`);
  if (b.mean !== null && b.up) lines.push(`mean ${duration(b.mean)}`);
  return lines;
}

// uptimeOf is the share of what was measured that was up; undefined: nothing was.
export function uptimeOf(buckets: (Bucket | undefined)[]): number | undefined {
  let up = 0, n = 0;
  for (const b of buckets) if (b) { up += b.up; n += measured(b); }
  return n ? up / n : undefined;
}

export function Uptime({ strip, days }: { strip: Strip; days: number }) {
  const list = strip.days.slice(-days);
  let up = "", down = "", missed = "", none = "", failures = 0, unseen = 0, empty = 0;
  list.forEach((b, i) => {
    const x = i * pitch;
    if (!b || !(measured(b) + b.missed)) {
      empty++;
      none += `M${x} 16h2v2h-2z`;
      return;
    }
    const all = measured(b) + b.missed, length = bottom - top;
    let y = bottom;
    if (b.missed) {
      if (b.missed === all) unseen++;
      const part = Math.max(3, Math.round((length * b.missed) / all));
      missed += `M${x + 1} ${y}V${y - part}`;
      y -= part;
    }
    if (b.down) {
      failures++;
      const part = Math.max(4, Math.round(((length + 4) * b.down) / all));
      down += `M${x} 1h2v${Math.min(part, y - 1)}h-2z`;
      if (b.up && y > 1 + part) up += `M${x} ${Math.max(top, 1 + part)}h2V${y}h-2z`;
    } else if (b.up && y > top) up += `M${x} ${top}h2V${y}h-2z`;
  });
  const u = uptimeOf(list), width = days * pitch - 1;
  const label = u === undefined ? `Nothing measured in ${days} days` :
    `Uptime of ${days} days: ${share(u)} of what was measured, ${failures} ${failures === 1 ? "day" : "days"} with failures` +
    (unseen ? `, ${unseen} not observed` : "") + (empty ? `, ${empty} without anything scheduled` : "");
  const point = (e: PointerEvent) => {
    const box = (e.currentTarget as Element).getBoundingClientRect();
    const i = Math.min(days - 1, Math.max(0, Math.floor(((e.clientX - box.left) / box.width) * days)));
    const at = strip.firstDay + (strip.days.length - days + i) * 86400e3;
    showTip(box.left + ((i + 0.5) / days) * box.width, box.top, [day(at) + " (UTC)", ...said(list[i])]);
  };
  return <svg class="uptime" role="img" aria-label={label} width={width} height={high} viewBox={`0 0 ${width} ${high}`} onPointerMove={point} onPointerLeave={hideTip}>
    <path class="none" d={none} /><path class="ok" d={up} /><path class="bad" d={down} /><path class="unseen-slots" d={missed} />
  </svg>;
}

export function Spark({ strip }: { strip: Strip }) {
  const list = strip.hours, step = 4, width = list.length * step;
  const means = list.map((b) => (b && b.up && b.mean !== null ? b.mean : undefined));
  const max = Math.max(...means.map((m) => m ?? 0));
  let line = "", bad = "", unseen = "", before = false;
  means.forEach((m, i) => {
    const x = i * step + step / 2, b = list[i];
    if (b?.down) bad += `M${i * step} 17h${step - 1}v3h-${step - 1}z`;
    if (b?.missed && !measured(b)) unseen += `M${i * step} 18.5h${step}`;
    if (m !== undefined) {
      const y = (15 - (13 * m) / max).toFixed(1);
      line += before ? `L${x} ${y}` : `M${x} ${y}h${means[i + 1] === undefined ? 1.5 : 0.01}`;
    }
    before = m !== undefined;
  });
  const last = means.findLast((m) => m !== undefined);
  const label = last === undefined ? "No latency in the last 24 hours" : `Mean latency by the hour, last 24 hours: up to ${duration(max)}, ${duration(last)} in the last hour that was measured`;
  const point = (e: PointerEvent) => {
    const box = (e.currentTarget as Element).getBoundingClientRect();
    const i = Math.min(list.length - 1, Math.max(0, Math.floor(((e.clientX - box.left) / box.width) * list.length)));
    const at = new Date(strip.firstHour + i * 3600e3), hour = (d: Date) => d.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    showTip(box.left + ((i + 0.5) / list.length) * box.width, box.top, [`${hour(at)} – ${hour(new Date(at.getTime() + 3600e3))}`, ...said(list[i])]);
  };
  return <svg class="spark" role="img" aria-label={label} width={width} height={high} viewBox={`0 0 ${width} ${high}`} onPointerMove={point} onPointerLeave={hideTip}>
    <path class="unseen-slots" d={unseen} /><path class="bad" d={bad} /><path class="line" d={line} />
  </svg>;
}
