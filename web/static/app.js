// The page: a list of monitors, and the latest measurements of one. Everything
// comes from the API, and all text goes in as text.

const every = 2000; // ms between two looks at the API
const stale = 5000; // ms without an answer until the page says so
const parts = ["dns", "connect", "tls", "request", "first_byte", "transfer"];

const main = document.getElementById("main");
const banner = document.getElementById("banner");
const counts = document.getElementById("counts");
const search = document.getElementById("search");

let answered = Date.now();
let monitors = [];
let asking; // aborts the question under way

// el makes an element: el("td", {class: "num"}, "text", child, ...).
function el(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(attributes || {})) e.setAttribute(k, v);
  e.append(...children.filter((c) => c !== null && c !== undefined));
  return e;
}

function duration(us) {
  if (us === undefined) return "";
  if (us < 1000) return us + " µs";
  if (us < 1e6) return (us / 1000).toFixed(us < 1e4 ? 2 : us < 1e5 ? 1 : 0) + " ms";
  return (us / 1e6).toFixed(2) + " s";
}

function ago(t) {
  const s = Math.max(0, Math.round((Date.now() - Date.parse(t)) / 1000));
  if (s < 90) return s + " s ago";
  if (s < 5400) return Math.round(s / 60) + " min ago";
  if (s < 129600) return Math.round(s / 3600) + " h ago";
  return Math.round(s / 86400) + " d ago";
}

function bar(phases) {
  const total = (phases && phases.total_us) || 0;
  const b = el("div", { class: "bar" });
  for (const p of parts) {
    const us = phases && phases[p + "_us"];
    if (!us || !total) continue;
    const i = el("i", { class: p, title: p.replace("_", " ") + " " + duration(us) });
    i.style.width = (100 * us) / total + "%";
    b.append(i);
  }
  return b;
}

function why(m) {
  if (!m || !m.error) return null;
  const phase = m.error.kind === "timeout" ? " in " + m.error.phase.replace("_", " ") : "";
  const text = m.error.kind.replaceAll("_", " ") + phase + ": " + m.error.message;
  return el("div", { class: "why small", title: text }, text);
}

// gapAfter is the monitor's gap when it is newer than its last measurement.
function gapAfter(m) {
  const g = m.last_gap;
  return g && (!m.last || g.last_at > m.last.scheduled_at) ? g : null;
}

const reasons = {
  overload: "the prober had too much to do", overlap: "the probe before still ran",
  stopped: "the prober was not running", clock: "the prober's clock jumped", paused: "the monitor is paused",
};

function row(m) {
  const r = m.registration || {}, l = m.last, g = gapAfter(m);
  const link = el("a", { href: "#" + encodeURIComponent(m.monitor) }, m.monitor);
  return el("tr", { "data-id": m.monitor },
    el("td", {}, el("span", { class: "state " + m.state }, m.state)),
    el("td", {}, link, el("div", { class: "soft small" }, r.url && !r.url.endsWith(m.monitor) ? r.url : ""), why(l),
      g ? el("div", { class: "gap small" }, "not measured: " + (reasons[g.reason] || g.reason)) : null),
    el("td", { class: "num wide" }, l && l.http ? String(l.http.status) : ""),
    el("td", { class: "num" }, l && l.phases ? duration(l.phases.total_us) : ""),
    el("td", { class: "wide" }, l ? bar(l.phases) : ""),
    el("td", { class: "num soft" }, l ? ago(l.scheduled_at) : "no measurement yet"),
    el("td", { class: "soft wide" }, m.location));
}

function table(heads, rows) {
  const tr = el("tr", {});
  for (const [text, cls] of heads) tr.append(el("th", { class: cls || "", scope: "col" }, text));
  return el("table", {}, el("thead", {}, tr), el("tbody", {}, ...rows));
}

function legend() {
  return el("ul", { class: "legend" }, ...parts.map((p) => el("li", {}, el("i", { class: p }), p.replace("_", " "))));
}

function drawList() {
  const word = search.value.trim().toLowerCase();
  const shown = monitors.filter((m) => m.state !== "removed" &&
    (!word || (m.monitor + " " + m.location + " " + ((m.registration || {}).url || "")).toLowerCase().includes(word)));
  const n = (s) => monitors.filter((m) => m.state === s).length;
  counts.textContent = monitors.length ? [n("up") + " up", n("down") + " down", n("unknown") ? n("unknown") + " not measured yet" : ""].filter(Boolean).join(" · ") : "";
  if (!monitors.length) {
    main.replaceChildren(el("p", { class: "hint" }, "No monitors yet. They appear as soon as a heartbeat announces them.", el("br"),
      el("code", {}, "MONITORINK_URLS=https://shop.example/health make run")));
    return;
  }
  if (!shown.length) {
    main.replaceChildren(el("p", { class: "hint" }, "No monitor matches the filter."));
    return;
  }
  const order = { down: 0, unknown: 1, up: 2, paused: 3 };
  shown.sort((a, b) => order[a.state] - order[b.state] || (a.monitor < b.monitor ? -1 : 1));
  main.replaceChildren(
    table([["State"], ["Monitor"], ["Status", "num wide"], ["Total", "num"], ["Phases", "wide"], ["Measured", "num"], ["Location", "wide"]], shown.map(row)),
    legend());
}

function drawMonitor(id, locations, items, gaps) {
  const r = (locations[0] || {}).registration || {};
  const rows = items.map((m) => [m.scheduled_at, el("tr", {},
    el("td", {}, el("span", { class: "state " + m.state }, m.state)),
    el("td", {}, new Date(m.scheduled_at).toLocaleTimeString(), el("div", { class: "soft small" }, m.location + (m.late_us > 1e5 ? ", began " + duration(m.late_us) + " late" : ""))),
    el("td", { class: "num wide" }, m.http ? String(m.http.status) : ""),
    el("td", { class: "num" }, m.phases ? duration(m.phases.total_us) : ""),
    el("td", { class: "wide" }, bar(m.phases)),
    el("td", { class: "small" }, why(m) || (m.expectations || []).map((e) => e.name + " " + (e.ok ? "ok" : "failed")).join(", ")))]);
  const oldest = items.length ? items[items.length - 1].scheduled_at : "";
  for (const g of gaps) {
    if (g.last_at < oldest) continue;
    rows.push([g.last_at, el("tr", {},
      el("td", {}, el("span", { class: "state gap" }, "gap")),
      el("td", {}, new Date(g.first_at).toLocaleTimeString() + " – " + new Date(g.last_at).toLocaleTimeString(), el("div", { class: "soft small" }, g.location)),
      el("td", { class: "wide" }), el("td", { class: "num" }, g.slots + (g.slots === 1 ? " slot" : " slots")), el("td", { class: "wide" }),
      el("td", { class: "small" }, "not measured: " + (reasons[g.reason] || g.reason)))]);
  }
  rows.sort((a, b) => (a[0] < b[0] ? 1 : -1));
  const when = r.every_us ? "every " + duration(r.every_us) : r.cron ? "cron " + r.cron + " " + (r.timezone || "UTC") : "";
  main.replaceChildren(
    el("p", {}, el("a", { class: "back soft", href: "#" }, "← all monitors")),
    el("h2", {}, id), el("p", { class: "facts" }, [r.method, r.url, when].filter(Boolean).join(" · ")),
    rows.length ? table([["State"], ["Slot"], ["Status", "num wide"], ["Total", "num"], ["Phases", "wide"], ["What was seen"]], rows.map((x) => x[1])) :
      el("p", { class: "hint" }, "Nothing measured yet: the first slot is still to come."),
    legend());
}

async function ask(path, signal) {
  const res = await fetch(path, { signal, headers: { Accept: "application/json" } });
  const body = await res.json();
  if (!res.ok) throw Object.assign(new Error(body.detail || res.statusText), { answered: true, status: res.status });
  return body;
}

async function askAll(signal) {
  let all = [], next = "";
  do {
    const page = await ask("api/v1/monitors?limit=1000" + (next && "&after=" + encodeURIComponent(next)), signal);
    all = all.concat(page.items);
    next = page.next;
  } while (next);
  return all;
}

// chosen is the id that the address names; an address that is not encoded is
// taken as it is.
function chosen() {
  const hash = location.hash.slice(1);
  try { return decodeURIComponent(hash); } catch { return hash; }
}

async function refresh() {
  if (asking) asking.abort();
  const mine = (asking = new AbortController());
  const id = chosen();
  try {
    if (id) {
      const path = "api/v1/monitors/" + encodeURIComponent(id);
      const [about, measurements, gaps] = await Promise.all([
        ask(path, mine.signal), ask(path + "/measurements?limit=50", mine.signal), ask(path + "/gaps?limit=50", mine.signal)]);
      if (mine.signal.aborted) return;
      drawMonitor(id, about.locations, measurements.items, gaps.items);
    } else {
      const all = await askAll(mine.signal);
      if (mine.signal.aborted) return;
      monitors = all;
      drawList();
    }
    answered = Date.now();
    banner.hidden = true;
  } catch (e) {
    if (mine.signal.aborted) return;
    if (e.status === 404 && id) {
      main.replaceChildren(el("p", { class: "hint" }, "There is no monitor " + id + ". ", el("a", { href: "#" }, "All monitors")));
    }
    if (e.answered || Date.now() - answered > stale) {
      banner.textContent = e.answered ? e.message : "No answer from the collector since " + new Date(answered).toLocaleTimeString() + ". What you see is as old; the page goes on trying.";
      banner.hidden = e.status === 404;
    }
  }
}

main.addEventListener("click", (e) => {
  const tr = e.target.closest("tr[data-id]");
  if (tr && !e.target.closest("a")) location.hash = encodeURIComponent(tr.dataset.id);
});
search.addEventListener("input", () => { if (!location.hash.slice(1)) drawList(); });
document.addEventListener("keydown", (e) => {
  if (e.key === "/" && document.activeElement !== search) { e.preventDefault(); search.focus(); }
  if (e.key === "Escape") { if (document.activeElement === search) search.blur(); else location.hash = ""; }
});
addEventListener("hashchange", refresh);
setInterval(() => { if (!document.hidden) refresh(); }, every);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
refresh();
