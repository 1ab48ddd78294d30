// What much costs: many changes, and a page that is left open all day.

import assert from "node:assert/strict";
import test from "node:test";
import type { Page } from "playwright-core";
import { filled } from "./daemons";
import { feed } from "./feed";
import { look, type Fixture } from "./fixture";
import { tasks } from "./tasks";

const ms = (list: number[]) => list.map((n) => n.toFixed(0)).join(", ");

// heapOf measures what is kept, in MB: the least of some looks, since what is going on
// holds more for a moment.
async function heapOf(page: Page) {
  const cdp = await page.context().newCDPSession(page);
  return async () => {
    const looks: number[] = [];
    for (let i = 0; i < 5; i++) {
      await cdp.send("HeapProfiler.collectGarbage");
      looks.push((await cdp.send("Runtime.getHeapUsage")).usedSize / 1e6);
      await page.waitForTimeout(200);
    }
    return Math.min(...looks);
  };
}

test("1,000 changes a second of 10,000 monitors drop no frames, and the heap does not grow", async (t) => {
  const d = await filled({ monitors: 10_000, rate: 1000 });
  const page = await look({ url: d.url } as Fixture, "?sort=last");
  await page.locator("svg.uptime").first().waitFor();
  const heap = await heapOf(page);
  await page.waitForTimeout(3000);
  const before = await heap();
  const newest = () => page.locator(".windowed .c-id a").allTextContents().then(String);
  const first = await newest();
  const longest = await tasks(page, () => page.waitForTimeout(1000 * Number(process.env.LIVE_SECONDS ?? 10)));
  assert.notEqual(await newest(), first, "nothing has moved");
  const after = await heap();
  t.diagnostic(`longest tasks ${ms(longest.slice(0, 5))} ms of the processor, all together ${ms([longest.reduce((a, n) => a + n, 0)])}; heap ${before.toFixed(1)} MB, then ${after.toFixed(1)} MB`);
  assert.ok(longest.length > 20, "no tasks were seen");
  assert.ok(longest[0]! < 100, `tasks of ${ms(longest.slice(0, 5))} ms`);
  assert.ok(after - before < 4, `the heap went from ${before} MB to ${after} MB`);
  await d.stop();
});

// hurried is a clock that the test sets: pass(n) is that many seconds in which five rows
// change each, twenty seconds a frame.
const hurried = `{
  const real = Date.now;
  let ahead = 0;
  Date.now = () => real() + ahead;
  window.pass = async (seconds) => {
    const ids = window.all;
    for (let tick = 0; tick < seconds; tick++) {
      ahead += 1000;
      tell("change", Array.from({ length: 5 }, (_, i) => {
        const n = tick * 5 + i, down = n % 97 === 0;
        const error = { kind: "timeout", phase: "connect", message: "no answer within 5s, at " + Date.now() };
        return { ...ids[n % ids.length], state: down ? "down" : "up", last_ms: Date.now(), total_us: 20000 + (n * 7919) % 90000, ...((down || n % 97 === 5) && { error: down ? error : null }) };
      }), String(tick));
      streams.splice(0, streams.length - 1);
      if (tick % 20 === 0) await new Promise(requestAnimationFrame);
      if (tick % 100 === 0) scrollTo(0, (tick * 31) % document.documentElement.scrollHeight);
    }
  };
}`;

test("a page that is left open all day does not grow", async (t) => {
  const hours = Number(process.env.LIVE_HOURS ?? 1), d = await filled({ monitors: 120 });
  const page = await look({ url: d.url } as Fixture, "?monitor=none");
  await page.addInitScript(feed + hurried);
  // What the collector says is as old as it is by its clock, which the page must not learn.
  await page.route("**/api/v1/**", async (r) => {
    const answer = await r.fetch().catch(() => undefined);
    await (answer ? r.fulfill({ status: answer.status(), contentType: "application/json", body: await answer.body() }) : r.abort()).catch(() => undefined);
  });
  await page.goto(d.url + "?sort=last");
  await page.locator("svg.uptime").first().waitFor();
  await page.evaluate(`fetch("api/v1/overview").then((r) => r.json()).then(({ columns, rows }) => {
    const at = (c, i) => (Array.isArray(c) ? c[i] : c.values[c.index[i]]);
    window.all = Array.from({ length: rows }, (_, i) => ({ monitor: at(columns.monitor, i), location: at(columns.location, i) }));
  })`);
  const heap = await heapOf(page), round = (seconds: number) => page.evaluate(`pass(${seconds})`);
  const sizes: number[] = [];
  for (let h = -3; h <= hours; h++) { // by the start all code has run, and what is kept is kept
    await round(h < 0 ? 600 : 3600);
    await page.locator(".windowed a").first().click(); // to a monitor, whose charts come and go
    await page.locator("main.monitor").waitFor(); // waitForSelector would keep the element, and with it the whole page that was left
    await page.keyboard.press("Escape");
    await page.locator("svg.uptime").first().waitFor();
    if (h >= 0) sizes.push(await heap());
  }
  t.diagnostic(`heap ${sizes.map((s) => s.toFixed(2)).join(", ")} MB at first and after each of ${hours} h`);
  // What grows by each change grows in every hour: 40 bytes of a change are seen after one.
  const half = Math.ceil(sizes.length / 2), [first, then] = [Math.min(...sizes.slice(0, half)), Math.min(...sizes.slice(half))];
  assert.ok(then < first * 1.15, `the heap grew: ${sizes} MB`);
  await d.stop();
});
