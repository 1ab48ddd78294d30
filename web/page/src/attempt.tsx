// One attempt in full: what came, where the time went, what was expected, and what
// the probe knows of itself.

import { useState } from "preact/hooks";
import { curl } from "./curl";
import type { Address, Measurement } from "./event";
import { explain, words } from "./explain";
import { bytes, clock, duration } from "./format";
import { Sign } from "./lists";
import { Countdown } from "./monitor-head";
import { Hops, Waterfall } from "./waterfall";
import { time } from "./time";

export function Attempt({ m, decides, alone }: { m: Measurement; decides: boolean; alone: boolean }) {
  const [open, setOpen] = useState(decides);
  if (!decides) {
    return <details class="attempt earlier" open={open} onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary><Sign state={m.state} /> attempt {m.attempt} at {m.location}{m.error && <span class="soft">, {words(m.error.kind)}{m.error.phase && ` in ${words(m.error.phase)}`}</span>}</summary>
      {open && <Whole m={m} />}
    </details>;
  }
  return <article class="attempt" aria-label={`Attempt ${m.attempt} at ${m.location}`}>
    <h2><Sign state={m.state} /> {!alone && <span class="soft">attempt {m.attempt} at {m.location}, which decides</span>}
      {alone && m.attempt > 1 && <span class="soft">attempt {m.attempt}</span>}</h2>
    <Whole m={m} />
  </article>;
}

function Whole({ m }: { m: Measurement }) {
  return <>
    {m.error && <div class="error">
      <p class="why"><b>{words(m.error.kind)}{m.error.phase && ` in ${words(m.error.phase)}`}</b>: <span class="text">{m.error.message}</span></p>
      <p>{explain(m.error.kind, m.error.phase)}</p>
    </div>}
    <Facts m={m} />
    <Honest m={m} />
    <section><h3>Phases{(m.hops?.length ?? 0) > 1 && <span class="soft"> summed over {m.hops!.length} requests</span>}</h3>
      <Waterfall phases={m.phases ?? {}} caption={`Phases of attempt ${m.attempt}`} /></section>
    {m.expectations && m.expectations.length > 0 && <section><h3>Expectations</h3><Expectations m={m} /></section>}
    {m.hops && m.hops.length > 0 && <section><h3>Requests</h3><Hops hops={m.hops} total={m.phases?.total_us} /></section>}
    {m.addresses && m.addresses.length > 0 && <section><h3>Addresses</h3><Addresses list={m.addresses} unprobed={m.unprobed} /></section>}
    {m.captured && <section><h3>What came</h3><Captured captured={m.captured} /></section>}
    <section><h3>Ask it yourself</h3>
      <Copy text={curl(m)} label="Copy as curl" />
      <p class="soft">Headers, a body, a query and credentials of the definition are not in events, and so not here.</p></section>
    <details><summary>Raw JSON</summary><Copy text={JSON.stringify(m, null, 2)} label="Copy JSON" /></details>
  </>;
}

function Facts({ m }: { m: Measurement }) {
  const facts: [string, preact.ComponentChildren][] = [
    ["Request", <>{m.method} <span class="text">{m.url}</span></>],
    ["Answer", m.http ? <><b>{m.http.status}</b> {m.http.protocol}{m.http.body_bytes !== undefined && `, ${bytes(m.http.body_bytes)} read`}{m.http.redirects > 0 && `, after ${m.http.redirects === 1 ? "a redirect" : m.http.redirects + " redirects"}`}</> : "none"],
    ["From", m.http?.remote],
    ["TLS", m.tls && <>{m.tls.version}{m.tls.expires_at && <>, certificate <Countdown expires={m.tls.expires_at} now={time()} /></>}</>],
    ["Began", <>{clock(m.started_at)} <span class="soft text">{m.started_at}</span></>],
    ["By", <>{m.instance} <span class="soft">at {m.location}, definition {m.version}</span></>],
    ["Trace", m.trace && <code class="text">{m.trace}</code>],
  ];
  return <dl class="facts">{facts.filter(([, v]) => v).map(([name, v]) => <div key={name}><dt>{name}</dt><dd>{v}</dd></div>)}</dl>;
}

// Honest says what the prober knows of its own part in the measurement.
function Honest({ m }: { m: Measurement }) {
  const late = m.late_us, than = m.attempt > 1 ? "than its turn came" : "than its instant";
  return <p class={m.degraded_us || late >= 100_000 ? "note" : "soft"}>
    {late > 0 ? `The probe began ${duration(late)} later ${than}${late >= 100_000 ? ": the prober's fault, not the target's" : ""}. ` : "The probe began on time. "}
    {m.degraded_us ? `It may be up to ${duration(m.degraded_us)} too long, because the prober itself was starved.` : "Nothing of the prober's own made it longer."}
  </p>;
}

function Expectations({ m }: { m: Measurement }) {
  return <table class="rows"><thead><tr><th scope="col">Met</th><th scope="col">Expectation</th><th scope="col">Seen</th></tr></thead>
    <tbody>{m.expectations!.map((e, i) => <tr key={i}>
      <td><Sign state={e.ok ? "up" : "down"}>{e.ok ? "yes" : "no"}</Sign></td>
      <td>{e.name}</td><td><code class="text">{e.seen}</code></td></tr>)}</tbody></table>;
}

function Addresses({ list, unprobed }: { list: Address[]; unprobed?: number }) {
  const whole = Math.max(...list.map((a) => a.phases?.total_us ?? 0));
  return <><ol class="hops">{list.map((a) => <li key={a.remote}>
    <div class="line"><Sign state={a.state} /> <b>{a.remote}</b> <span class="soft">{a.status ?? "no answer"}</span></div>
    {a.error && <div class="why">{words(a.error.kind)}{a.error.phase && ` in ${words(a.error.phase)}`}: {a.error.message}</div>}
    {a.phases && <Waterfall phases={a.phases} whole={whole} caption={"Phases at " + a.remote} />}
  </li>)}</ol>{unprobed ? <p class="note">The name has {unprobed === 1 ? "one more address that was" : unprobed + " more addresses that were"} not probed.</p> : null}</>;
}

function Captured({ captured: { body, headers } }: { captured: NonNullable<Measurement["captured"]> }) {
  const list = Object.entries(headers ?? {});
  return <>
    {list.length > 0 && <table class="rows"><thead><tr><th scope="col">Header</th><th scope="col">Value</th></tr></thead>
      <tbody>{list.map(([k, v]) => <tr key={k}><th scope="row">{k}</th><td><code class="text">{v}</code></td></tr>)}</tbody></table>}
    {body !== undefined && <pre tabIndex={0} aria-label="The beginning of the body">{body || "(empty)"}</pre>}
    <p class="soft">The beginning only; secrets are masked.</p>
  </>;
}

// Copy shows a text and copies it.
export function Copy({ text, label }: { text: string; label: string }) {
  const [said, setSaid] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("copied");
    } catch {
      setSaid("the browser does not let the page copy; mark the text and copy it");
    }
    setTimeout(() => setSaid(""), 3000);
  };
  return <div class="copy"><button onClick={copy}>{label}</button> <span class="soft" role="status">{said}</span>
    <pre tabIndex={0} aria-label={label}>{text}</pre></div>;
}
