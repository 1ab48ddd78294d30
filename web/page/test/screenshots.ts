// The pictures of the README: make screenshots. A monitor's page shows what the real
// program has measured in four minutes, with an outage of its target and a stretch in which
// it stood still itself; the overview and the status page, which tell of 90 days, a store
// that was filled.

import { mkdirSync } from "node:fs";
import test from "node:test";
import { setTimeout as pass } from "node:timers/promises";
import { filled, monitorink, targets } from "./daemons";
import { look, type Fixture } from "./fixture";

const to = "../../docs/images/";
mkdirSync(to, { recursive: true });

async function see(at: string, name: string, path: string, ready: string, height: number) {
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await look({ url: at } as Fixture, path, { colorScheme, viewport: { width: 1320, height } });
    await page.locator(ready).first().waitFor();
    await page.waitForLoadState("networkidle", { timeout: 3000 }).catch(() => undefined); // the stream of events goes on
    await page.mouse.move(0, 0);
    await page.screenshot({ path: `${to}${name}-${colorScheme}.png` });
  }
}

test("a monitor, measured", async () => {
  const t = await targets();
  const d = await monitorink(`monitors:
  - { id: shop, url: "${t.url}/varied", every: 500ms, labels: { team: web } }
`);
  const began = new Date();
  await pass(100_000);
  t.flapping = 503;
  await pass(15_000);
  t.flapping = 200;
  await pass(50_000);
  d.signal!("SIGSTOP");
  await pass(20_000);
  d.signal!("SIGCONT");
  await pass(55_000);
  await see(d.url, "monitor", `?monitor=shop&from=${began.toISOString()}&to=${new Date().toISOString()}`, "canvas", 1120);
  await d.stop();
  t.close();
});

test("many monitors, filled", async () => {
  const d = await filled({ monitors: 60, odd: "false" });
  await see(d.url, "overview", "", "svg.uptime", 620);
  await see(d.url, "status", "status", "main", 700);
  await d.stop();
});
