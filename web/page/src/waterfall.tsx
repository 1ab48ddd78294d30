// The phases of one measurement, or their means in one bucket, one after another.

import { phaseNames, type Bucket, type Hop, type PhaseName, type Phases } from "./event";
import { words } from "./explain";
import { duration } from "./format";

export interface Part { name: PhaseName; us: number; from: number }

// parts lays phases one after another; those that were not measured are left out.
export function parts(p: Phases, from = 0): Part[] {
  const list: Part[] = [];
  for (const name of phaseNames) {
    const us = p[`${name}_us`];
    if (us === undefined) continue;
    list.push({ name, us, from });
    from += us;
  }
  return list;
}

// meansOf are the means of a bucket's phases, such that they add up to the mean total.
export function meansOf(b: Bucket): Phases {
  const p: Phases = {};
  if (!b.total?.count) return p;
  for (const name of phaseNames) {
    const phase = b.phases?.[name];
    if (phase?.count) p[`${name}_us`] = Math.round((phase.mean_us * phase.count) / b.total.count);
  }
  p.total_us = b.total.mean_us;
  return p;
}

const percent = (part: number, whole: number) => (whole > 0 ? Math.min(100, (100 * part) / whole) : 0);

export function Waterfall({ phases, from = 0, whole, caption }: { phases: Phases; from?: number; whole?: number; caption: string }) {
  const list = parts(phases, from);
  const total = phases.total_us ?? list.reduce((sum, p) => sum + p.us, 0);
  const width = Math.max(whole ?? total, 1);
  if (!list.length) {
    return <p class="soft">{phases.total_us === undefined ? "No phase was measured." : `It took ${duration(total)}; no phase was measured.`}</p>;
  }
  return <table class="waterfall">
    <caption class="unseen">{caption}</caption>
    <thead class="unseen"><tr><th scope="col">Phase</th><th scope="col">Where in the whole</th><th scope="col">Time</th><th scope="col">Share</th></tr></thead>
    <tbody>
      {list.map((p) => <tr key={p.name}>
        <th scope="row">{words(p.name)}</th>
        <td class="track"><i class={"phase " + p.name} style={{ marginLeft: percent(p.from, width) + "%", width: percent(p.us, width) + "%" }} /></td>
        <td class="num">{duration(p.us)}</td>
        <td class="num soft">{percent(p.us, total).toFixed(0)} %</td>
      </tr>)}
      <tr class="total"><th scope="row">total</th>
        <td class="track"><i class="phase all" style={{ marginLeft: percent(from, width) + "%", width: percent(total, width) + "%" }} /></td>
        <td class="num">{duration(total)}</td><td /></tr>
    </tbody>
  </table>;
}

// Hops shows each request on the way through redirects, where in the whole it was.
export function Hops({ hops, total }: { hops: Hop[]; total?: number }) {
  let from = 0;
  return <ol class="hops">
    {hops.map((hop, i) => {
      const start = from, took = hop.phases?.total_us ?? 0;
      from += took;
      return <li key={i}>
        <div class="line"><b>{hop.status ?? "no answer"}</b> <span class="text">{hop.url}</span></div>
        <div class="soft">{[hop.remote, hop.phases && duration(took)].filter(Boolean).join(" · ")}</div>
        {hop.phases && <Waterfall phases={hop.phases} from={start} whole={total} caption={`Phases of request ${i + 1}`} />}
      </li>;
    })}
  </ol>;
}

// Bar is the phases in one line, as lists have them.
export function Bar({ phases }: { phases?: Phases }) {
  const list = phases ? parts(phases) : [], total = phases?.total_us || 1;
  return <span class="bar" aria-hidden="true">
    {list.map((p) => <i key={p.name} class={"phase " + p.name} title={`${words(p.name)} ${duration(p.us)}`} style={{ width: percent(p.us, total) + "%" }} />)}
  </span>;
}

export function Legend() {
  return <ul class="legend">{phaseNames.map((name) => <li key={name}><i class={"phase " + name} /> {words(name)}</li>)}</ul>;
}
