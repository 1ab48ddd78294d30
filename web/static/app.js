// The page: a list of monitors, and the latest measurements of one. Everything
// comes from the API, and all text goes in as text.

const every = 2000; // ms between two looks at the API
const stale = 5000; // ms without an answer until the page says so
const patience = 15000; // ms that one look may take
const parts = ["dns", "connect", "tls", "request", "first_byte", "transfer"];

const main = document.getElementById("main");
const banner = document.getElementById("banner");
const counts = document.getElementById("counts");
const search = document.getElementById("search");

let answered = Date.now();
let waiting = answered; // since when an answer has been due
let monitors = [];
let asking; // aborts the look under way; undefined: none is
let drawn = ""; // what the view of one monitor shows
const rows = new Map(); // of the list, by monitor and location

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

// interval is a duration that someone chose, in the largest unit that is whole.
function interval(us) {
  for (const [unit, name] of [[864e8, "d"], [36e8, "h"], [6e7, "min"], [1e6, "s"], [1e3, "ms"]]) {
    if (us >= unit && us % unit === 0) return us / unit + " " + name;
  }
  return duration(us);
}

function ago(t) {
  const s = Math.max(0, Math.round((Date.now() - Date.parse(t)) / 1000));
  if (s < 90) return s + " s ago";
  if (s < 5400) return Math.round(s / 60) + " min ago";
  if (s < 129600) return Math.round(s / 3600) + " h ago";
  return Math.round(s / 86400) + " d ago";
}

// clock is a time of today, or a date and a time.
function clock(t) {
  const d = new Date(t);
  return d.toDateString() === new Date().toDateString() ? d.toLocaleTimeString() : d.toLocaleString();
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
  const when = el("td", { class: "num soft" });
  const tr = el("tr", { "data-id": m.monitor },
    el("td", {}, el("span", { class: "state " + m.state }, m.state)),
    el("td", {}, link, el("div", { class: "soft small" }, r.url && !r.url.endsWith(m.monitor) ? r.url : ""), why(l),
      g ? el("div", { class: "gap small" }, "not measured: " + (reasons[g.reason] || g.reason)) : null),
    el("td", { class: "num wide" }, l && l.http ? String(l.http.status) : ""),
    el("td", { class: "num" }, l && l.phases ? duration(l.phases.total_us) : ""),
    el("td", { class: "wide" }, l ? bar(l.phases) : ""), when,
    el("td", { class: "soft wide place" }, m.location));
  return { tr, when, at: l && l.scheduled_at };
}

// rowOf is the row that stands for m already, unless m has changed: with some
// thousand monitors the page draws only what is new.
function rowOf(m) {
  const key = JSON.stringify([m.monitor, m.location]), text = JSON.stringify(m);
  let r = rows.get(key);
  if (!r || r.text !== text) rows.set(key, (r = Object.assign(row(m), { text })));
  const when = r.at ? ago(r.at) : "not yet";
  if (r.when.textContent !== when) r.when.textContent = when;
  return r.tr;
}

// arrange makes list the children of body, and moves only what is not in place.
function arrange(body, list) {
  let here = body.firstChild;
  for (const e of list) {
    if (e === here) here = here.nextSibling;
    else body.insertBefore(e, here);
  }
  while (here) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
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
  counts.textContent = monitors.length ? [n("up") + " up", n("down") + " down", n("unknown") ? n("unknown") + " not measured yet" : "", n("paused") ? n("paused") + " paused" : ""].filter(Boolean).join(" · ") : "";
  if (!shown.length) {
    const hint = monitors.some((m) => m.state !== "removed") ? el("p", { class: "hint" }, "No monitor matches the filter.") :
      el("p", { class: "hint" }, "No monitors yet. They appear as soon as a heartbeat announces them.", el("br"),
        el("code", {}, "MONITORINK_URLS=https://shop.example/health make run"));
    main.replaceChildren(hint);
    return;
  }
  const order = { down: 0, unknown: 1, up: 2, paused: 3 };
  shown.sort((a, b) => order[a.state] - order[b.state] || (a.monitor < b.monitor ? -1 : a.monitor > b.monitor ? 1 : a.location < b.location ? -1 : 1));
  arrange(list.tBodies[0], shown.map(rowOf));
  if (list.parentNode !== main) main.replaceChildren(list, legend());
}

const list = table([["State"], ["Monitor"], ["Status", "num wide"], ["Total", "num"], ["Phases", "wide"], ["Measured", "num"], ["Location", "wide"]], []);

function drawMonitor(id, locations, items, gaps) {
  const text = JSON.stringify([id, locations, items, gaps]);
  if (text === drawn) return; // what has the focus keeps it
  drawn = text;
  const r = (locations[0] || {}).registration || {};
  const rows = items.map((m) => [m.scheduled_at, el("tr", {},
    el("td", {}, el("span", { class: "state " + m.state }, m.state)),
    el("td", {}, clock(m.scheduled_at), el("div", { class: "soft small" }, m.location + (m.late_us > 1e5 ? ", began " + duration(m.late_us) + " late" : ""))),
    el("td", { class: "num wide" }, m.http ? String(m.http.status) : ""),
    el("td", { class: "num" }, m.phases ? duration(m.phases.total_us) : ""),
    el("td", { class: "wide" }, bar(m.phases)),
    el("td", { class: "small" }, why(m) || (m.expectations || []).map((e) => e.name + " " + (e.ok ? "ok" : "failed")).join(", ")))]);
  const oldest = items.length ? items[items.length - 1].scheduled_at : "";
  for (const g of gaps) {
    if (g.last_at < oldest) continue;
    rows.push([g.last_at, el("tr", {},
      el("td", {}, el("span", { class: "state gap" }, "gap")),
      el("td", {}, clock(g.first_at) + (g.last_at === g.first_at ? "" : " – " + clock(g.last_at)), el("div", { class: "soft small" }, g.location)),
      el("td", { class: "wide" }), el("td", { class: "num" }, g.slots + (g.slots === 1 ? " slot" : " slots")), el("td", { class: "wide" }),
      el("td", { class: "small" }, "not measured: " + (reasons[g.reason] || g.reason)))]);
  }
  rows.sort((a, b) => (a[0] < b[0] ? 1 : -1));
  const when = r.every_us ? "every " + interval(r.every_us) : r.cron ? "cron " + r.cron + " " + (r.timezone || "UTC") : "";
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

async function look(id, signal) {
  if (!id) {
    const all = await askAll(signal);
    if (signal.aborted) return;
    monitors = all;
    drawn = "";
    drawList();
    const known = new Set(all.map((m) => JSON.stringify([m.monitor, m.location])));
    for (const key of rows.keys()) if (!known.has(key)) rows.delete(key);
    return;
  }
  const path = "api/v1/monitors/" + encodeURIComponent(id);
  const [about, measurements, gaps] = await Promise.all([
    ask(path, signal), ask(path + "/measurements?limit=50", signal), ask(path + "/gaps?limit=50", signal)]);
  if (!signal.aborted) drawMonitor(id, about.locations, measurements.items, gaps.items);
}

// refresh looks once; a look that is under way ends first, unless it takes too long.
async function refresh() {
  if (asking) return;
  const mine = (asking = new AbortController());
  const timer = setTimeout(() => mine.abort(), patience);
  const id = chosen();
  try {
    await look(id, mine.signal);
    if (mine.signal.aborted) return;
    answered = waiting = Date.now();
    banner.hidden = true;
  } catch (e) {
    if (mine.signal.aborted) return;
    if (e.answered) { // it answers, and says no
      waiting = Date.now();
      banner.textContent = e.message;
      banner.hidden = e.status === 404;
    }
    if (e.status === 404 && id) {
      drawn = "";
      main.replaceChildren(el("p", { class: "hint" }, "There is no monitor " + id + ". ", el("a", { href: "#" }, "All monitors")));
    }
  } finally {
    clearTimeout(timer);
    if (asking === mine) asking = undefined;
  }
}

function anew() {
  if (asking) asking.abort();
  asking = undefined;
  refresh();
}

// complain says that answers have stopped, whether they fail or only hang.
function complain() {
  if (document.hidden || Date.now() - waiting <= stale) return;
  banner.textContent = "No answer from the collector since " + clock(answered) + ". What you see is as old; the page goes on trying.";
  banner.hidden = false;
  if (!chosen() && monitors.length) drawList(); // the ages go on
}

main.addEventListener("click", (e) => {
  const tr = e.target.closest("tr[data-id]");
  if (tr && !e.target.closest("a")) location.hash = encodeURIComponent(tr.dataset.id);
});
search.addEventListener("input", () => { if (!chosen()) drawList(); });
document.addEventListener("keydown", (e) => {
  if (e.key === "/" && document.activeElement !== search) { e.preventDefault(); search.focus(); }
  if (e.key === "Escape") { if (document.activeElement === search) search.blur(); else location.hash = ""; }
});
addEventListener("hashchange", () => { scrollTo(0, 0); anew(); });
setInterval(() => { if (!document.hidden) refresh(); }, every);
setInterval(complain, 1000);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  waiting = Date.now(); // nothing was asked meanwhile
  anew();
});
refresh();
