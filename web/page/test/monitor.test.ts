// The page of a monitor, in a browser.

import assert from "node:assert/strict";
import test from "node:test";
import type { Page } from "playwright-core";
import { evil, ids } from "./answers";
import { accessible, look, serve } from "./fixture";

const f = await serve();

const monitor = (id: string, query: Record<string, string> = {}) => "?" + new URLSearchParams({ monitor: id, ...query });
const plain = monitor(ids.plain);
const ready = async (page: Page) => {
  await page.waitForSelector(".u-over");
  await page.waitForSelector("main[aria-busy=false]");
};
const query = (page: Page) => new URL(page.url()).searchParams;

test("what is known of a monitor is shown, and all text is text", async () => {
  for (const id of Object.values(ids)) {
    const page = await look(f, monitor(id));
    await ready(page);
    assert.equal(await page.locator("h1 .text").textContent(), id);
    const text = await page.locator("main").innerText();
    for (const want of [/every 10 s, timeout 5 s/, /https:\/\/shop\.example\/it's\?q=\[1\]/, /9 days left/, /the prober was not running/, /not measured: /, /lasted 7 min/, /2 expectations met/, /Uptime\s+99\.\d+ %/, /Coverage\s+97\.\d+ %/]) assert.match(text, want);
    assert.ok(text.includes("body does not match " + evil) && text.includes("note: " + evil));
    assert.equal(await page.locator("main img, main script").count(), 0);
    assert.equal(await page.title(), id + " · Monitorink");
  }
});

test("dragging over a chart zooms, and the address says so; esc goes back", async () => {
  const page = await look(f, plain);
  await ready(page);
  const over = (await page.locator(".u-over").first().boundingBox())!;
  const drag = async (from: number, to: number) => {
    await page.mouse.move(over.x + over.width * from, over.y + 50);
    await page.mouse.down();
    await page.mouse.move(over.x + over.width * to, over.y + 80, { steps: 4 });
    await page.mouse.up();
  };
  await drag(0.25, 0.5);
  await page.waitForURL(/from=/);
  const length = Date.parse(query(page).get("to")!) - Date.parse(query(page).get("from")!);
  assert.ok(Math.abs(length - 6 * 3600e3) < 600e3, `a quarter of a day was dragged, and ${length / 3600e3} h are shown`);
  await ready(page);
  await drag(0.75, 0.5); // to the left
  await page.waitForURL((u) => Date.parse(u.searchParams.get("to")!) - Date.parse(u.searchParams.get("from")!) < 2 * 3600e3);
  await page.keyboard.press("Escape");
  await page.waitForURL((u) => Date.parse(u.searchParams.get("to")!) - Date.parse(u.searchParams.get("from")!) === length);
  await page.keyboard.press("Escape");
  await page.waitForURL((u) => !u.searchParams.has("from"));
  await page.goForward();
  await page.waitForURL(/from=/);
  await page.keyboard.press("Escape"); // nothing to go back to: the usual range
  await page.waitForURL((u) => !u.searchParams.has("from"));
  await page.keyboard.press("Escape");
  await page.waitForURL((u) => !u.searchParams.has("monitor"));
});

test("a click on a chart chooses a bucket, and its phases are shown", async () => {
  const page = await look(f, monitor(ids.plain, { range: "7d" }));
  await ready(page);
  const over = (await page.locator(".u-over").first().boundingBox())!;
  await page.mouse.click(over.x + over.width * 0.6, over.y + 60);
  await page.waitForSelector("text=/mean of 1\\d\\d up/");
  assert.match(await page.locator(".readout").innerText(), /p50 .* p95 .* p99 .*1\d\d up/);
  assert.equal(query(page).get("from"), null);
  await page.getByRole("button", { name: "Zoom to it" }).click();
  await page.waitForURL((u) => Date.parse(u.searchParams.get("to")!) - Date.parse(u.searchParams.get("from")!) === 1800e3);
});

test("the keyboard moves over a chart, chooses and zooms", async () => {
  const page = await look(f, plain);
  await ready(page);
  await page.locator(".chart").first().focus();
  const said = async (key: string) => { // what is said once the key has done its work
    const old = await page.locator(".readout").innerText();
    await page.keyboard.press(key);
    await page.waitForFunction((old) => (document.querySelector(".readout") as HTMLElement).innerText !== old, old);
    return page.locator(".readout").innerText();
  };
  const first = await said("Home"), second = await said("ArrowRight");
  assert.notEqual(first, second);
  assert.equal(await said("ArrowLeft"), first);
  assert.notEqual(await said("End"), second);
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=mean of");
  await page.keyboard.press("+");
  await page.waitForURL(/from=/);
});

test("ranges are links; what is no range is told", async () => {
  const page = await look(f, plain);
  await ready(page);
  await page.getByRole("link", { name: "30d" }).click();
  await page.waitForURL(/range=30d/);
  assert.equal(await page.locator(".ranges [aria-current]").innerText(), "30d");
  const bad = await look(f, monitor(ids.plain, { from: "2026-11-28T10:00:00Z", to: "2026-11-28T09:00:00Z" }));
  await bad.waitForSelector("text=in the address is not before to=2026-11-28T09:00:00Z");
  await ready(bad);
});

test("a monitor that is young is shown from near, unless the address has chosen", async () => {
  f.since = Date.now() - 60e3;
  try {
    const page = await look(f, plain);
    await page.waitForURL(/range=live/);
    await ready(page);
    assert.equal(await page.evaluate("history.length"), 2); // about:blank, and this one
    await page.getByRole("link", { name: "24h" }).click();
    await page.waitForURL(/range=24h/);
    await ready(page);
    await page.getByRole("link", { name: /look closer/ }).click();
    await page.waitForURL(/range=live/);
  } finally {
    delete f.since;
  }
});

test("j, k and enter go through the measurements to one of them, and esc comes back", async () => {
  const page = await look(f, monitor(ids.plain, { range: "1h" }));
  await ready(page);
  await page.waitForSelector("tr[data-href]");
  for (const key of ["j", "j", "k", "j"]) await page.keyboard.press(key);
  const href = await page.evaluate(() => (document.activeElement as HTMLAnchorElement).href);
  assert.equal(href, await page.locator("tr[data-href] a").nth(1).evaluate((a: HTMLAnchorElement) => a.href));
  await page.keyboard.press("Enter");
  await page.waitForSelector("main.detail article");
  assert.equal(page.url(), href);
  await page.keyboard.press("Escape");
  await page.waitForSelector("main.monitor");
  assert.equal(query(page).get("range"), "1h");
});

test("what is new appears by itself; nothing else moves or is drawn anew", async () => {
  const page = await look(f, monitor(ids.plain, { range: "live" }));
  await ready(page);
  await page.waitForSelector("tr[data-href]");
  await page.waitForLoadState("networkidle"); // what is asked for at first is all there
  await page.evaluate(async () => {
    for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
    type Shift = PerformanceEntry & { value: number; sources: { node?: Element; previousRect: DOMRect; currentRect: DOMRect }[] };
    const w = window as unknown as { shifts: string[] };
    w.shifts = [];
    new PerformanceObserver((list) => (list.getEntries() as Shift[]).forEach((e) => {
      if (e.value >= 0.001) w.shifts.push(e.value + " " + e.sources.map((s) => (s.node?.outerHTML ?? "").slice(0, 80) + " from " + s.previousRect.y + " to " + s.currentRect.y).join("; "));
    })).observe({ type: "layout-shift", buffered: false });
    for (const e of document.querySelectorAll("canvas, tr[data-href]")) e.setAttribute("data-kept", "");
  });
  const first = page.locator("tr[data-href]").first();
  const newest = await first.getAttribute("data-href");
  f.change();
  await page.waitForFunction((old) => document.querySelector("tr[data-href]")!.getAttribute("data-href") !== old, newest, { timeout: 15_000 });
  assert.equal(await page.locator("canvas[data-kept]").count(), 2);
  assert.ok(await page.locator("tr[data-kept]").count() >= 48);
  assert.deepEqual(await page.evaluate("window.shifts"), [], "the page moved");
});

test("a page that nobody sees asks for nothing", async () => {
  const page = await look(f, monitor(ids.plain, { range: "live" }));
  await page.clock.install();
  await page.reload();
  await ready(page);
  const hide = (hidden: boolean) => page.evaluate((h) => {
    Object.defineProperty(document, "hidden", { value: h, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
  await hide(true);
  await page.waitForLoadState("networkidle");
  f.asked.length = 0;
  f.change();
  await page.clock.runFor(60_000);
  assert.deepEqual(f.asked, []);
  await hide(false);
  await page.waitForResponse(/series/);
});

test("the API goes away and comes back", async () => {
  const page = await look(f, monitor(ids.plain, { range: "live" }));
  await ready(page);
  const uptime = await page.locator(".figures").innerText();
  f.gone = true;
  for (const l of f.listeners) l.destroy();
  try {
    await page.waitForSelector(".banner", { timeout: 15_000 });
    assert.equal(await page.locator(".figures").innerText(), uptime);
    assert.equal(await page.locator("main .note:visible", { hasText: "may be old" }).count(), 0, "it is told once");
  } finally {
    f.gone = false;
  }
  await page.waitForSelector(".banner", { state: "detached", timeout: 30_000 });
});

test("a page that is opened while the API is away fills itself once it is back", async () => {
  f.gone = true;
  let pages: Page[];
  try {
    pages = [await look(f, plain), await look(f, monitor(ids.plain, { from: "2026-11-01T00:00:00Z" })), await look(f, monitor(ids.plain, { at: new Date(Math.floor(Date.now() / 10e3) * 10e3 - 600e3).toISOString() }))];
    for (const page of pages) await page.waitForSelector(".banner");
  } finally {
    f.gone = false;
  }
  for (const page of pages) await page.waitForSelector("main .waterfall", { timeout: 15_000 });
});

test("a range is exported as it is shown", async () => {
  const page = await look(f, monitor(ids.odd, { from: "2026-11-27T00:00:00Z", to: "2026-11-28T00:00:00Z" }));
  await ready(page);
  const url = new URL(await page.getByRole("link", { name: "CSV", exact: true }).evaluate((a: HTMLAnchorElement) => a.href));
  assert.equal(url.pathname, `/api/v1/monitors/${encodeURIComponent(ids.odd)}/export`);
  assert.deepEqual(Object.fromEntries(url.searchParams), { kind: "measurements", format: "csv", from: "2026-11-27T00:00:00Z", to: "2026-11-28T00:00:00Z" });
});

test("a monitor that there is not", async () => {
  const page = await look(f, monitor("<b>nobody</b>"));
  await page.waitForSelector("text=There is no monitor <b>nobody</b>");
  await page.getByRole("link", { name: "All monitors", exact: true }).click();
  await page.waitForURL((u) => !u.searchParams.has("monitor"));
});

test("several locations are a choice", async () => {
  f.locations = ["ber1", "nyc1"];
  try {
    const page = await look(f, plain);
    await ready(page);
    assert.ok(await page.locator("tr[data-href]", { hasText: "nyc1" }).count() > 10);
    await page.getByRole("link", { name: /nyc1/ }).first().click();
    await page.waitForURL(/location=nyc1/);
    await page.waitForFunction(() => !document.querySelector("table.rows")!.textContent!.includes("ber1"));
    assert.ok(f.asked.some((p) => /series\?.*location=nyc1/.test(p)));
  } finally {
    f.locations = ["ber1"];
  }
});

test("what was down is red and what nobody saw is hatched, in both themes, and a change of theme is drawn at once", async () => {
  const page = await look(f, plain);
  await ready(page);
  const share = (name: string) => page.evaluate((name) => {
    const canvas = document.querySelector("canvas")!, { width, height } = canvas;
    const colour = getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
    const want = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    let n = 0;
    for (let i = 0; i < data.length; i += 4) if (want.every((v, k) => Math.abs(v - data[i + k]!) < 4) && data[i + 3]! > 200) n++;
    return n;
  }, name);
  for (const theme of ["light", "dark"]) {
    for (const name of ["up", "down", "gap"]) assert.ok(await share(name) > 10, `no ${name} in the ${theme} theme`);
    await page.getByRole("button", { name: /theme/ }).click();
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  }
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`nothing keeps anyone out, ${colorScheme}`, async () => {
    const page = await look(f, plain, { colorScheme });
    await ready(page);
    await accessible(page);
  });
}

test("a phone shows it all without moving sideways", async () => {
  const page = await look(f, plain, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await ready(page);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
});

test("esc comes back to the overview as it was", async () => {
  const page = await look(f, "?q=shop&sort=latency");
  await page.evaluate((q) => { history.pushState(null, "", q); dispatchEvent(new PopStateEvent("popstate")); }, plain);
  await ready(page);
  await page.keyboard.press("Escape");
  await page.waitForURL((u) => u.search === "?q=shop&sort=latency");
});
