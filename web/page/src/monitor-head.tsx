// The head of a monitor's page: what it is and how it is now; and its figures.

import type { ComponentChildren } from "preact";
import type { Problem } from "./api";
import type { Status, Summary } from "./event";
import { because, words } from "./explain";
import { ago, clock, duration, interval, number, share } from "./format";
import { Sign } from "./lists";
import { sentence, useNow } from "./parts";

const order = ["down", "unknown", "up", "paused", "removed"];
const worst = (list: Status[]) => list.map((s) => s.state).sort((a, b) => order.indexOf(a) - order.indexOf(b))[0] ?? "unknown";

export function Head({ id, statuses, error }: { id: string; statuses: Status[]; error?: Problem }) {
  const now = useNow();
  const r = statuses.find((s) => s.registration)?.registration;
  const down = statuses.filter((s) => s.state === "down" && s.last?.error);
  const last = newest(statuses.map((s) => s.last?.scheduled_at));
  const expires = statuses.map((s) => s.last?.tls?.expires_at).filter(Boolean).sort()[0];
  const gap = statuses.map((s) => s.last_gap).filter((g) => g !== undefined).sort((a, b) => (a.last_at < b.last_at ? 1 : -1))[0];
  const labels = Object.entries(r?.labels ?? {});
  return <div class="head">
    <h1><Sign state={statuses.length ? worst(statuses) : "unknown"} /> <span class="text">{id}</span></h1>
    {error && error.status !== 0 && <p class="note" role="status">{sentence(error.message)}</p>}
    <p class="facts">{r?.method} <span class="text">{r?.url ?? " "}</span></p>
    <dl class="facts">
      <Fact name="Schedule">{r?.every_us ? "every " + interval(r.every_us) : r?.cron ? `${r.cron} ${r.timezone ?? "UTC"}` : undefined}
        {r?.timeout_us && <span class="soft">, timeout {interval(r.timeout_us)}</span>}</Fact>
      <Fact name="Last measured">{last && <time dateTime={last} title={clock(last)}>{ago(last, now)}</time>}</Fact>
      <Fact name="Certificate">{expires && <Countdown expires={expires} now={now} />}</Fact>
      <Fact name="Last gap">{gap && <span title={`${clock(gap.first_at)} – ${clock(gap.last_at)}`}>{ago(gap.last_at, now)}, {gap.slots} {gap.slots === 1 ? "slot" : "slots"}: {because(gap.reason)}</span>}</Fact>
      {statuses.length === 1 && <Fact name="Location">{statuses[0]!.location}</Fact>}
      {labels.length > 0 && <Fact name="Labels">{labels.map(([k, v]) => <span key={k} class="label">{k}: {v}</span>)}</Fact>}
    </dl>
    {down.map((s) => <p key={s.location} class="why">{statuses.length > 1 && <b>{s.location}: </b>}{words(s.last!.error!.kind)}{s.last!.error!.phase && ` in ${words(s.last!.error!.phase)}`}: {s.last!.error!.message}</p>)}
  </div>;
}

const newest = (list: (string | undefined)[]) => list.filter((t) => t !== undefined).sort().at(-1);

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  const nothing = children === undefined || children === "" || (Array.isArray(children) && children.every((c) => !c));
  return nothing ? null : <div><dt>{name}</dt><dd>{children}</dd></div>;
}

// Countdown says how long a certificate is still valid.
export function Countdown({ expires, now }: { expires: string; now: number }) {
  const days = (Date.parse(expires) - now) / 864e5;
  const left = days < 0 ? "ended " + ago(expires, now) : days < 2 ? `ends in ${Math.floor(days * 24)} hours` : `${Math.floor(days)} days left`;
  return <span class={days < 3 ? "why" : days < 14 ? "note" : undefined} title={clock(expires)}>
    {left}<span class="soft">, {days < 0 ? "" : "until "}{new Date(expires).toLocaleDateString(undefined, { dateStyle: "medium" })}</span></span>;
}

export function Locations({ all, chosen, hrefOf }: { all: Status[]; chosen: string; hrefOf: (location: string) => string }) {
  return <nav class="locations" aria-label="Location">
    <a class="range" href={hrefOf("")} aria-current={chosen ? undefined : "true"}>all locations</a>
    {all.map((s) => <a key={s.location} class="range" href={hrefOf(s.location)} aria-current={chosen === s.location ? "true" : undefined}><Sign state={s.state} /> {s.location}</a>)}
  </nav>;
}

// Figures are the counts of a range: uptime of what was measured, and how much that was.
export function Figures({ summary: s }: { summary: Summary }) {
  const gaps = Object.entries(s.gaps ?? {}).filter(([, n]) => n > 0);
  const missed = gaps.reduce((sum, [, n]) => sum + n, 0), all = s.up + s.down + missed;
  return <dl class="figures">
    <Figure name="Uptime" note={s.up + s.down ? "of what was measured" : "nothing was measured"}>{s.uptime === undefined ? "–" : share(s.uptime)}</Figure>
    <Figure name="Coverage" note={missed ? `${number(missed)} of ${number(all)} slots not measured: ${gaps.map(([r, n]) => (gaps.length > 1 ? number(n) + " " : "") + because(r)).join(", ")}` : all ? "every slot was measured" : ""}>
      {s.coverage === undefined ? "–" : share(s.coverage)}</Figure>
    <Figure name="Up">{number(s.up)}</Figure>
    <Figure name="Down">{number(s.down)}</Figure>
    <Figure name="Mean latency" note={s.latency && `${duration(s.latency.min_us)} to ${duration(s.latency.max_us)}`}>{s.latency ? duration(s.latency.mean_us) : "–"}</Figure>
  </dl>;
}

function Figure({ name, note, children }: { name: string; note?: string; children: ComponentChildren }) {
  return <div><dt>{name}</dt><dd><b>{children}</b>{note && <span class="soft">{note}</span>}</dd></div>;
}
