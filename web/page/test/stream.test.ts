// What the page makes of what the stream tells.

import assert from "node:assert/strict";
import test, { after } from "node:test";
import { filled } from "./daemons";
import { feed } from "./feed";
import { look, type Fixture } from "./fixture";

const d = await filled({ monitors: 50 });
after(() => d.stop());

async function see() {
  const page = await look({ url: d.url } as Fixture, "?monitor=none");
  await page.addInitScript(feed);
  await page.goto(d.url + "?sort=id");
  await page.locator("svg.uptime").first().waitFor();
  await page.locator(".pulse.live").waitFor();
  const row = page.locator(".windowed .row").filter({ has: page.getByRole("link", { name: "checkout-0", exact: true }) });
  const tell = (name: string, data: unknown, id = "9") => page.evaluate(`tell(${JSON.stringify(name)}, ${JSON.stringify(data)}, "${id}")`);
  return { page, row, tell };
}
const change = { monitor: "checkout-0", location: "ber1", state: "down", last_ms: Date.now(), total_us: 1234e3, error: { kind: "dns", phase: "dns", message: "<b>gone</b>" } };

test("a change is drawn at once, and as text", async () => {
  const { row, tell } = await see();
  await row.locator(".c-state.up").waitFor();
  await tell("change", [change]);
  await row.locator(".c-state.down").waitFor();
  assert.match(await row.innerText(), /dns: <b>gone<\/b>[\s\S]*1\.23 s/);
  assert.equal(await row.locator("b").count(), 0);
});

test("after a reset all is read anew, and the stream goes on from there", async () => {
  const { page, row, tell } = await see();
  await tell("change", [change, { ...change, monitor: "nobody any more" }], "ended");
  await row.locator(".c-state.down").waitFor();
  const read = page.waitForResponse(/overview/);
  await tell("reset", {});
  const { cursor } = await (await read).json();
  await row.locator(".c-state.up").waitFor(); // as the collector has it
  await page.getByRole("link", { name: "nobody any more" }).waitFor({ state: "detached" });
  await page.waitForFunction(() => (window as unknown as { streams: unknown[] }).streams.length === 2);
  assert.equal(new URL(await page.evaluate<string>("streams[1].url"), d.url).searchParams.get("after"), cursor);
});

test("a store that does not answer is told, and that it does again", async () => {
  const { page, tell } = await see();
  await tell("stale", { since: new Date(Date.now() - 60e3).toISOString() });
  await page.locator(".banner", { hasText: "store does not answer since" }).waitFor();
  await page.locator(".pulse.lost", { hasText: "old" }).waitFor();
  await tell("fresh", {});
  await page.locator(".banner").waitFor({ state: "detached" });
});

test("the strip of a row is of that monitor", async () => {
  const { page } = await see();
  const rows = page.locator(".windowed .row:has(svg.uptime)");
  const labels = await rows.evaluateAll((all) => all.map((r) => r.querySelector("svg.uptime")!.getAttribute("aria-label")! + [...r.querySelectorAll("path")].map((p) => p.getAttribute("d"))));
  assert.ok(labels.length > 10);
  assert.ok(new Set(labels).size > labels.length * 0.8, `only ${new Set(labels).size} of ${labels.length} differ`);
});

test("a device that says it is offline is believed at once, though no stream has ended", async () => {
  const { page } = await see();
  await page.context().setOffline(true);
  await page.locator(".banner", { hasText: "offline" }).waitFor({ timeout: 5000 });
  await page.context().setOffline(false);
  await page.locator(".banner").waitFor({ state: "detached" });
});
