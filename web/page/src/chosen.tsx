// The waterfall of the bucket that was chosen in a chart, or else of the latest measurement.

import type { Measurement } from "./event";
import { measurementHref } from "./detail";
import { clock, duration, span } from "./format";
import type { Cell } from "./series";
import { meansOf, Waterfall } from "./waterfall";

interface Props { cell?: Cell; latest?: Measurement; step: number; onZoom: (from: number, to: number) => void; onClose: () => void }

export function Chosen({ cell, latest, step, onZoom, onClose }: Props) {
  if (cell) {
    const { bucket } = cell, from = Date.parse(bucket.from);
    return <section class="chosen"><h2>{clock(bucket.from)} <span class="soft">{span(step / 1000)}, mean of {bucket.up} up</span></h2>
      <p class="actions">
        {step > 2e6 && <button onClick={() => onZoom(from, from + step / 1000)}>Zoom to it</button>}
        <button onClick={onClose}>Latest measurement</button>
      </p>
      {bucket.total?.count ? <>
        <Waterfall phases={meansOf(bucket)} caption={"Mean phases at " + clock(bucket.from)} />
        <p class="soft">min {duration(bucket.total.min_us)} · p50 {duration(bucket.total.p50_us)} · p95 {duration(bucket.total.p95_us)} · p99 {duration(bucket.total.p99_us)} · max {duration(bucket.total.max_us)}</p>
      </> : <p class="soft">No slot of it was seen up, so there is no latency to show.</p>}
    </section>;
  }
  if (!latest) return null;
  return <section class="chosen"><h2>Latest measurement <span class="soft">{clock(latest.scheduled_at)}</span></h2>
    <p class="actions"><a href={measurementHref(latest)}>Details</a></p>
    <Waterfall phases={latest.phases ?? {}} caption="Phases of the latest measurement" />
  </section>;
}
