// The page of one slot, in a browser.

import assert from "node:assert/strict";
import test from "node:test";
import { evil, fate, ids } from "./answers";
import { accessible, look, serve } from "./fixture";

const f = await serve();

// slot is the newest instant, some time ago, with this fate.
function slot(want: string): string {
  let t = Math.floor(Date.now() / 10e3) * 10e3 - 600e3;
  while (fate(t) !== want || fate(t + 10e3) !== want || fate(t - 10e3) !== want) t -= 10e3;
  return new Date(t).toISOString();
}
const detail = (at: string, id = ids.plain) => "?" + new URLSearchParams({ monitor: id, at, location: "ber1" });

test("everything of a slot that was down is shown", async () => {
  const page = await look(f, detail(slot("down"), ids.odd));
  await page.waitForSelector("article");
  const text = await page.locator("main").innerText();
  for (const want of [
    "body does not match " + evil, "An answer came, but not the one that was expected", "503 HTTP/2.0, 18.2 kB read, after a redirect", "203.0.113.7:443", "TLS 1.3",
    "240 ms later than its turn came: the prober's fault", "up to 12 ms too long", "attempt 2 at ber1, which decides", "https://www.shop.example/" + evil,
    "[2001:db8::7]:443", "2 more addresses that were not probed", "<h1>Sorry</h1>", "Retry-After", "4bf92f3577b34da6a3ce929d0e0e4736",
    `curl --include --location --http2 --compressed --globoff 'https://shop.example/it'\\''s?q=[1]'`,
  ]) assert.ok(text.includes(want), `${want} is not in\n${text}`);
  for (const phase of ["dns", "connect", "tls", "request", "first byte", "transfer", "total"]) assert.ok(await page.locator("article .waterfall").first().getByRole("rowheader", { name: phase, exact: true }).count() === 1, phase);
  assert.equal(await page.locator("details.earlier article, details.earlier section").count(), 0);
  await page.locator("details.earlier > summary").click();
  await page.waitForSelector("details.earlier .waterfall");
});

test("bars stand one after another, and as wide as their part", async () => {
  const page = await look(f, detail(slot("up")));
  await page.waitForSelector("article");
  const boxes = await page.locator("article .waterfall").first().locator("tr:not(.total) .phase").evaluateAll((list) => list.map((e) => e.getBoundingClientRect()).map((r) => [r.left, r.right] as const));
  assert.equal(boxes.length, 6);
  boxes.slice(1).forEach(([left], i) => assert.ok(Math.abs(left - boxes[i]![1]) < 2, "a bar begins where the one before ends"));
});

test("curl and JSON are copied", async () => {
  const page = await look(f, detail(slot("up")), { permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByRole("button", { name: "Copy as curl" }).click();
  await page.waitForSelector("text=copied");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `curl --include --http2 --compressed --globoff 'https://shop.example/it'\\''s?q=[1]'`);
  await page.locator("summary", { hasText: "Raw JSON" }).click();
  await page.getByRole("button", { name: "Copy JSON" }).click();
  await page.waitForFunction(async () => (await navigator.clipboard.readText()).startsWith("{"));
  assert.equal(JSON.parse(await page.evaluate(() => navigator.clipboard.readText())).schema, "measurement/1");
});

test("j goes to the slot before, k to the one after, over gaps, and back needs one step", async () => {
  const at = slot("up"), page = await look(f, "?monitor=shop");
  await page.waitForSelector("tr[data-href]");
  await page.evaluate((q) => { history.pushState(null, "", q); dispatchEvent(new PopStateEvent("popstate")); }, detail(at));
  const near = (ms: number) => new Date(Date.parse(at) + ms).toISOString();
  const wait = (t: string) => page.waitForURL((u) => u.searchParams.get("at") === t);
  await page.waitForSelector("nav a:has-text('slot before')");
  await page.keyboard.press("j");
  await wait(near(-10e3));
  await page.waitForSelector("nav a:has-text('slot after')");
  await page.keyboard.press("k");
  await wait(at);
  await page.goBack();
  await page.waitForSelector("main.monitor");

  let last = Date.parse(slot("stopped"));
  while (fate(last) === "stopped") last -= 10e3;
  const edge = await look(f, detail(new Date(last).toISOString()));
  await edge.waitForSelector("nav a:has-text('slot after')");
  await edge.keyboard.press("k");
  await edge.waitForURL((u) => Date.parse(u.searchParams.get("at")!) > last + 600e3);
});

test("a slot that was not measured, and what is no slot", async () => {
  const gap = await look(f, detail(slot("stopped")));
  await gap.waitForSelector("text=The prober was not running. Of the target nothing is known here");
  const none = await look(f, detail("2026-01-01T00:00:00.001Z"));
  await none.waitForSelector("text=Nothing is known of this slot");
  await (await look(f, detail("yesterday"))).waitForSelector("text=yesterday");
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`nothing keeps anyone out, ${colorScheme}`, async () => {
    const page = await look(f, detail(slot("down")), { colorScheme });
    await page.waitForSelector("article");
    await page.locator("details.earlier > summary").click();
    await accessible(page);
  });
}

test("a phone shows it all without moving sideways", async () => {
  const page = await look(f, detail(slot("down")), { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await page.waitForSelector("article");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
});
