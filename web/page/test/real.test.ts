// A monitor's page and a measurement's over the real program and its real API.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import test, { after } from "node:test";
import { monitorink, targets } from "./daemons";
import { accessible, look, type Fixture } from "./fixture";

const there = await targets();
const id = `shop/<b>'é`;
const daemon = await monitorink(`
defaults: { every: 200ms, timeout: 90ms, attempts: 2, attempt_delay: 10ms }
monitors:
  - { id: "${id}", url: "${there.url}/flapping?it's=[1]", capture: { body: 200, headers: true }, expect: { status: 200 }, labels: { note: "<i>bold</i>" } }
  - { id: moved, url: "${there.url}/moved", redirects: 3 }
  - { id: late, url: "${there.url}/slow", every: 100ms, timeout: 100ms, attempts: 1 }
`);
after(async () => {
  there.close();
  await daemon.stop();
});
const f = { url: daemon.url } as Fixture;
const place = (monitor: string, query: Record<string, string> = {}) => "?" + new URLSearchParams({ monitor, ...query });

test("what happens to a real target is seen at once, and opens in every detail", async () => {
  const page = await look(f, place(id, { range: "live" }));
  await page.waitForSelector("h1 .state.up");
  await page.waitForSelector("tr[data-href]");
  assert.match(await page.locator("main").innerText(), /every 200 ms, timeout 90 ms/);
  there.flapping = 503;
  await page.waitForSelector("h1 .state.down");
  await page.waitForSelector(".list .badge.down");
  await page.waitForSelector("tr.earlier"); // the attempt before the one that decided
  await accessible(page);
  await page.locator("tr[data-href]:has(.down) a").first().click();
  await page.waitForSelector("main.detail article");
  await page.waitForSelector("text=An answer came, but not the one that was expected");
  const text = await page.locator("main").innerText();
  for (const want of ["503 HTTP/1.1", "<script>ran = 1</script>", "attempt 2", "The probe began"]) assert.ok(text.includes(want), `${want} is not in\n${text}`);
  const command = await page.locator(".copy pre").first().innerText();
  assert.match((await promisify(execFile)("sh", ["-c", command + " --silent --max-time 10"])).stdout, /^HTTP\/1\.1 503 /);
  await page.waitForSelector("nav a:has-text('slot before')");
  const at = new URL(page.url()).searchParams.get("at")!;
  await page.keyboard.press("j");
  await page.waitForURL((u) => u.searchParams.get("at")! < at);
  there.flapping = 200;
  await page.keyboard.press("Escape");
  await page.waitForSelector("h1 .state.up");
  await page.waitForSelector(".list .badge.over");
  await page.waitForSelector(".monitor .waterfall");
});

test("of a monitor that is young all is shown, and the address says which range that is; a day is a choice", async () => {
  const page = await look(f, place("moved"));
  await page.waitForURL((u) => u.searchParams.get("range") === "live");
  await page.waitForSelector(".u-over");
  await page.getByRole("link", { name: "24h" }).click();
  await page.waitForURL((u) => u.searchParams.get("range") === "24h");
  await page.waitForSelector("main[aria-busy=false] .u-over");
  assert.equal(new URL(page.url()).searchParams.get("range"), "24h");
  await page.keyboard.press("Escape");
  await page.waitForURL((u) => !u.searchParams.has("monitor"));
});

test("every request of a real redirect is shown", async () => {
  const page = await look(f, place("moved", { range: "live" }));
  await page.locator("tr[data-href] a").first().click();
  await page.waitForSelector(".hops li:nth-child(2) .waterfall");
  const text = await page.locator(".hops").innerText();
  assert.match(text, /302 http[^\s]*\/moved/);
  assert.match(await page.locator("main").innerText(), /after a redirect/);
});

test("slots that nobody measured are told of, and why", async () => {
  const page = await look(f, place("late", { range: "live" }));
  await page.waitForSelector("text=/slots not measured: .*the probe before still ran/");
});
