// The pictures of the README: make screenshots.

import { mkdirSync } from "node:fs";
import test from "node:test";
import { filled } from "./daemons";
import { look, type Fixture } from "./fixture";

test("pictures", async () => {
  const to = "../../docs/images/";
  mkdirSync(to, { recursive: true });
  const d = await filled({ monitors: 60, odd: "false" });
  for (const colorScheme of ["light", "dark"] as const) {
    const see = async (name: string, path: string, ready: string, height: number) => {
      const page = await look(d as unknown as Fixture, path, { colorScheme, viewport: { width: 1320, height } });
      await page.locator(ready).first().waitFor();
      await page.waitForLoadState("networkidle", { timeout: 3000 }).catch(() => undefined); // the stream of events goes on
      await page.mouse.move(0, 0);
      await page.screenshot({ path: `${to}${name}-${colorScheme}.png` });
    };
    await see("overview", "", "svg.uptime", 620);
    await see("monitor", "?monitor=shop-0", "canvas", 1120);
    await see("status", "status", "main", 700);
  }
  await d.stop();
});
