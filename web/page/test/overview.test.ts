// The overview, over a store that is full of monitors.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import type { Page } from "playwright-core";
import { filled, type Daemon } from "./daemons";
import { accessible, look, type Fixture } from "./fixture";

let many: Daemon, some: Daemon;
before(async () => { [many, some] = await Promise.all([filled({ monitors: 10_000 }), filled({ monitors: 50 })]); });
after(async () => { await Promise.all([many.stop(), some.stop()]); });

const see = async (d: Daemon, path = "", options = {}): Promise<Page> => {
  const page = await look(d as unknown as Fixture, path, options);
  await page.waitForSelector(".windowed .row, .hint");
  return page;
};
const ids = (page: Page) => page.locator(".windowed .c-id a").allTextContents();
const query = (page: Page) => new URL(page.url()).searchParams;

test("rows say what is known, and texts stay texts", async () => {
  const page = await see(some);
  await page.waitForSelector("svg.uptime");
  const shown = await ids(page);
  for (const id of ["<script>ran = 1</script>", "a/b?c=d#e 50%", "images-0"]) assert.ok(shown.includes(id), id + " is not among " + shown.join(", "));
  assert.match(await page.locator(".row", { hasText: "images-0" }).innerText(), /down[\s\S]*timeout in connect: no answer within 5s <script>ran = 1/);
  assert.match(await page.locator(".row", { hasText: "checkout-1" }).innerText(), /not measured: the prober was not running/);
  assert.match((await page.locator(".row", { hasText: "checkout-4" }).locator("svg.uptime").getAttribute("aria-label"))!, /^Uptime of 90 days: 100 % of what was measured, 0 days with failures, [5-7] not observed/);
  assert.ok(await page.locator(".row", { hasText: "checkout-4" }).locator("path.unseen-slots").count());
  assert.match(await page.title(), /^2 down/);
  await page.locator("svg.uptime").first().hover();
  assert.match(await page.locator("#tip").innerText(), /\(UTC\)/);
});

test("nothing serious for axe, in both themes and at three widths", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1280, 820, 390]) {
      const page = await see(some, width === 820 ? "?group=team" : "", { colorScheme, viewport: { width, height: 800 } });
      await page.waitForSelector("svg.uptime");
      await accessible(page);
      assert.equal(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true, `at ${width} it is wider than the window`);
    }
  }
  const page = await see(some, "?q=nothing-is-called-so");
  await accessible(page);
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await accessible(page);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("at any width it is said what is wrong", async () => {
  for (const width of [1280, 1041, 820, 701]) {
    const page = await see(some, "", { viewport: { width, height: 800 } });
    const why = page.locator(".row", { hasText: "images-0" }).locator(".why");
    const [seen, whole] = await why.evaluate((e) => [e.clientWidth, e.scrollWidth]);
    assert.ok(seen! >= Math.min(whole!, 300), `at ${width} there are ${seen} px for ${whole}`);
  }
});

test("search, states, labels, order and groups stand in the address", async () => {
  const page = await see(many);
  await page.keyboard.press("/");
  await page.keyboard.type("shop");
  await page.waitForFunction(() => [...document.querySelectorAll(".windowed .c-id")].every((e) => e.textContent!.includes("shop")));
  await page.getByRole("button", { name: /down/ }).click();
  await page.getByRole("columnheader", { name: "Latency" }).getByRole("button").click();
  await page.getByRole("columnheader", { name: "Latency" }).getByRole("button").click();
  await page.getByLabel("Group by").selectOption("team");
  await page.waitForSelector(".row.group");
  assert.deepEqual([...query(page)], [["q", "shop"], ["state", "down"], ["sort", "-latency"], ["group", "team"]]);
  const before = await page.locator(".windowed .row").allTextContents();
  await page.reload();
  await page.waitForSelector(".row.group");
  assert.equal((await page.locator(".windowed .row").allTextContents()).length, before.length);
  assert.equal(await page.getByRole("searchbox").inputValue(), "shop");
  await page.goBack();
  await page.waitForFunction(() => !document.querySelector(".row.group"));
  const open = await see(many, "?label=team:web&label=tier:0");
  await open.getByRole("button", { name: "Leave out the filter tier: 0" }).click();
  await open.waitForFunction(() => !location.search.includes("tier"));
  assert.deepEqual(query(open).getAll("label"), ["team:web"]);
});

test("the keyboard does all", async () => {
  const page = await see(many, "?sort=id");
  await page.waitForSelector(".windowed .row");
  for (const key of ["j", "j", "j", "k"]) await page.keyboard.press(key);
  const focused = () => page.evaluate<string>("document.activeElement.textContent");
  const second = (await ids(page))[1]!;
  assert.equal(await focused(), second);
  for (let i = 0; i < 60; i++) await page.keyboard.press("j");
  await page.waitForFunction(() => document.activeElement!.closest(".row")?.getAttribute("aria-rowindex") === "63");
  assert.ok(await page.evaluate("(() => { const r = document.activeElement.getBoundingClientRect(); return r.top > 0 && r.bottom <= innerHeight })()"), "the row is not in the window");
  const here = await focused();
  await page.keyboard.press("Enter");
  await page.waitForSelector("main.monitor");
  assert.equal(query(page).get("monitor"), here);
  await page.keyboard.press("Escape");
  await page.waitForSelector(".row.active");
  assert.equal(await page.locator(".row.active a").innerText(), here);
  await page.keyboard.press("/");
  await page.keyboard.type("zzz");
  await page.getByText("No monitor matches.").waitFor();
  await page.getByRole("button", { name: "Show all" }).click();
  await page.waitForSelector(".windowed .row");
});

test("a chosen theme stays", async () => {
  const page = await see(some, "", { colorScheme: "light" });
  await page.getByRole("button", { name: "Use the dark theme" }).click();
  await page.reload();
  assert.equal(await page.evaluate("document.documentElement.dataset.theme"), "dark");
  await page.getByRole("button", { name: "Use the light theme" }).click();
  assert.equal(await page.evaluate("document.documentElement.dataset.theme"), "light");
});

// took is how long an action takes in the browser, until after the frame that shows it.
// The best of three counts, since others share the machine.
const took = async (page: Page, path: string, action: string) => {
  const all: number[] = [];
  for (let i = 0; i < 3; i++) {
    await page.goto(path);
    await page.waitForSelector("svg.uptime");
    all.push(await once(page, action));
  }
  return Math.min(...all);
};
const once = (page: Page, action: string) => page.evaluate<number>(`new Promise((done) => {
  const began = performance.now();
  (() => { ${action} })();
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
})`);

test("with 10,000 monitors it paints within a second, and answers within 100 ms", async (t) => {
  const page = await see(many);
  const paint = await page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0].startTime");
  const clicks: Record<string, string> = {
    sort: "document.querySelector('.c-latency button').click()",
    filter: "document.querySelector('.chip.down').click()",
    search: "const i = document.querySelector('input[type=search]'); i.value = 'shop'; i.dispatchEvent(new InputEvent('input', { bubbles: true }))",
    group: "const s = [...document.querySelectorAll('select')].at(-1); s.value = 'team'; s.dispatchEvent(new Event('change', { bubbles: true }))",
    open: "document.querySelector('.windowed .c-id a').click()",
  };
  const figures: Record<string, number> = { "first paint": paint };
  for (const [name, action] of Object.entries(clicks)) figures[name] = await took(page, many.url, action);
  t.diagnostic("ms: " + Object.entries(figures).map(([k, v]) => `${k} ${v.toFixed(0)}`).join(", "));
  const slack = Number(process.env.SLACK ?? 2); // 1 on a machine of its own
  assert.ok(paint <= 1000 * slack, `the first paint took ${paint} ms`);
  for (const name of Object.keys(clicks)) assert.ok(figures[name]! <= 100 * slack, `${name} took ${figures[name]} ms`);
});

test("what came into view while the page was hidden gets its bars once it is seen", async () => {
  const page = await see(many, "?sort=id"), bars = page.locator(".windowed svg.uptime");
  await bars.first().waitFor();
  const hide = (hidden: boolean) => page.evaluate((h) => {
    Object.defineProperty(document, "hidden", { value: h, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
  await hide(true);
  await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)");
  await page.waitForFunction(() => !document.querySelector(".windowed svg.uptime"));
  await page.evaluate(() => new Promise((done) => setTimeout(done, 500))); // after its own timer
  assert.equal(await bars.count(), 0);
  await hide(false);
  await bars.first().waitFor();
});

test("10,000 rows scroll, and only those in the window are drawn", async () => {
  const page = await see(many, "?sort=id");
  await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)");
  await page.waitForFunction(() => [...document.querySelectorAll(".windowed .row")].at(-1)?.getAttribute("aria-rowindex") === document.querySelector(".table")!.getAttribute("aria-rowcount"));
  assert.ok((await page.locator(".windowed .row").count()) < 80);
  await page.evaluate("scrollTo(0, document.documentElement.scrollHeight / 2)");
  await page.waitForFunction(() => Number(document.querySelector(".windowed .row")!.getAttribute("aria-rowindex")) < 6000);
  assert.ok((await page.locator(".windowed .row").count()) < 80);
});
