// What comes live, and what is told when nothing does.

import assert from "node:assert/strict";
import test from "node:test";
import type { Page } from "playwright-core";
import { filled, monitorink, targets } from "./daemons";
import { accessible, look, type Fixture } from "./fixture";

const see = (url: string, path = "") => look({ url } as unknown as Fixture, path);
const row = (page: Page, id: string) => page.locator(".windowed .row", { has: page.getByRole("link", { name: id, exact: true }) });

test("real monitors: what goes down is seen to, and opens in every detail", async () => {
  const t = await targets();
  const d = await monitorink(`monitors:
  - { id: up, url: "${t.url}/up", every: 500ms, labels: { team: "<script>ran = 1</script>" } }
  - { id: slow, url: "${t.url}/slow", every: 1s }
  - { id: down, url: "${t.url}/down", every: 500ms }
  - { id: flapping, url: "${t.url}/flapping", every: 500ms }
`);
  const page = await see(d.url);
  await row(page, "down").filter({ hasText: "503" }).locator(".c-state.down").waitFor();
  await row(page, "flapping").locator(".c-state.up").waitFor();
  await row(page, "slow").filter({ hasText: /1\d\d ms/ }).waitFor();
  t.flapping = 500;
  await row(page, "flapping").locator(".c-state.down").waitFor(); // live: nothing was reloaded
  t.flapping = 200;
  await row(page, "flapping").locator(".c-state.up").waitFor();
  await accessible(page);
  await row(page, "down").getByRole("link").click();
  await page.locator("main.monitor [data-href] a").first().click();
  await page.waitForSelector("main.detail");
  await page.getByText("503").first().waitFor();
  await accessible(page);
  await see(d.url, "?monitor=nobody").then((p) => p.getByText("There is no monitor").waitFor());
  await d.stop();
  await page.locator(".banner").waitFor();
  t.close();
});

test("a device that is offline is told, and goes on once it is back", async () => {
  const d = await filled({ monitors: 20 }); // without changes: a stream that still tells of some is a connection
  const page = await see(d.url);
  await page.locator(".pulse.live").waitFor();
  await page.context().setOffline(true);
  await page.locator(".banner", { hasText: "offline" }).waitFor();
  await accessible(page);
  await page.context().setOffline(false);
  await page.locator(".pulse.live").waitFor();
  await page.locator(".banner").waitFor({ state: "detached" });
  await d.stop();
});

test("a collector that is gone is told, and so is that it is back", async () => {
  const first = await filled({ monitors: 20 });
  const page = await see(first.url);
  await page.locator(".pulse.live").waitFor();
  await first.stop();
  await page.locator(".banner", { hasText: "No answer from the collector since" }).waitFor();
  assert.ok((await page.locator(".windowed .row").count()) > 10, "the rows are gone");
  const again = await filled({ monitors: 30, addr: new URL(first.url).host });
  await page.locator(".pulse.live").waitFor();
  await row(page, "shop-2").waitFor(); // read anew
  await again.stop();
});

test("a stream that something on the way holds back is told, and the page asks instead", async () => {
  const d = await filled({ monitors: 20, rate: 20 });
  const page = await see(d.url);
  await page.locator(".pulse.live").waitFor();
  await page.route("**/api/v1/events?*", () => {}); // it neither fails nor opens
  await page.reload();
  await page.locator(".pulse.polled").waitFor();
  const latencies = () => page.locator(".windowed .c-latency").allInnerTexts();
  const before = String(await latencies());
  while (String(await latencies()) === before) await page.waitForTimeout(100);
  assert.equal(await page.locator(".banner").count(), 0);
  assert.equal(await page.getByRole("button", { name: "Sign out" }).count(), 0, "nobody has signed in");
  await accessible(page);
  await page.unroute("**/api/v1/events?*");
  await page.evaluate("dispatchEvent(new Event('online'))");
  await page.locator(".pulse.live").waitFor();
  await d.stop();
});

test("who is not signed in any more is told", async () => {
  const d = await filled({ monitors: 20 });
  for (const path of ["", "?monitor=shop-2"]) {
    const page = await see(d.url, path);
    await page.locator(".pulse.live").waitFor();
    await page.route("**/api/v1/**", (r) => r.fulfill({ status: 401, contentType: "application/problem+json", body: `{"status":401,"detail":"a token is required"}` }));
    await page.evaluate("dispatchEvent(new Event('online'))"); // so that it asks for the stream anew
    await page.locator(".banner", { hasText: "not signed in any more" }).getByRole("link", { name: "Sign in" }).waitFor();
    await page.unroute("**/api/v1/**");
    await page.locator(".pulse.live").waitFor();
    await page.locator(".banner").waitFor({ state: "detached" });
  }
  await d.stop();
});

test("who has signed in by the form can sign out", async () => {
  const t = await targets();
  const d = await monitorink(`monitors: [{ id: up, url: "${t.url}/up" }]`, { MONITORINK_TOKEN: "a-token-of-a-test" });
  const page = await see(d.url, "?q=up");
  await page.getByLabel("Token").fill("a-token-of-a-test");
  await page.getByRole("button", { name: "Sign in" }).click();
  await row(page, "up").waitFor();
  await accessible(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(d.url + "login");
  await page.goto(d.url);
  await page.getByLabel("Token").waitFor();
  await d.stop();
  t.close();
});

test("a device whose clock is wrong shows what is on time as on time", async () => {
  const d = await filled({ monitors: 20, rate: 20 });
  for (const off of [-3600e3, 3600e3]) {
    const page = await see(d.url);
    await page.addInitScript(`{ const right = Date.now; Date.now = () => right() + ${off}; }`);
    await page.reload();
    await page.locator(".pulse.live").waitFor();
    await page.locator(".c-last", { hasText: /^\d+ s ago/ }).first().waitFor();
    assert.ok(!(await page.locator(".c-last").allInnerTexts()).includes("1 h ago"));
    const id = await page.locator(".row", { has: page.locator(".c-last", { hasText: /^\d s ago/ }) }).locator(".c-id a").first().innerText();
    await page.goto(d.url + "?range=live&monitor=" + encodeURIComponent(id));
    await page.locator("main.monitor [data-href] a").first().waitFor(); // it is in the last ten minutes
    await page.locator("dd", { hasText: /^\d+ s ago/ }).first().waitFor();
  }
  await d.stop();
});

test("nothing to show says what to do", async () => {
  const d = await filled({ monitors: 0 });
  const page = await see(d.url);
  await page.getByText("No monitors yet").waitFor();
  await accessible(page);
  await page.route("**/api/**", (r) => r.abort());
  await page.reload();
  await page.getByText("The monitors could not be read").waitFor();
  await accessible(page);
  await page.unroute("**/api/**");
  await page.getByRole("button", { name: "Try now" }).first().click();
  await page.getByText("No monitors yet").waitFor();
  await d.stop();
});
