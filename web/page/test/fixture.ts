// A server of the built page with answers that are made up, and a browser that looks
// at it and notes what it must not do.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, afterEach } from "node:test";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { answer } from "./answers";

export interface Fixture {
  url: string;
  locations: string[];
  since?: number; // what there is of a series begins here
  gone: boolean; // the API does not answer
  asked: string[]; // paths of the API, in order
  change: () => void; // tells the listeners of a change
  listeners: Set<ServerResponse>;
}

const kinds: Record<string, string> = { html: "text/html; charset=utf-8", js: "text/javascript", css: "text/css", svg: "image/svg+xml" };

export async function serve(): Promise<Fixture> {
  const f: Fixture = { url: "", locations: ["ber1"], gone: false, asked: [], listeners: new Set(), change: () => f.listeners.forEach((l) => l.write("event: change\nid: 2\ndata: []\n\n")) };
  const server = createServer((req, res) => {
    const path = new URL(req.url!, "http://x").pathname;
    res.setHeader("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
    if (path.startsWith("/api/")) {
      if (f.gone) return req.socket.destroy();
      f.asked.push(req.url!);
      if (path === "/api/v1/events") {
        res.writeHead(200, { "Content-Type": "text/event-stream" }).write(": here\n\n");
        f.listeners.add(res);
        return res.on("close", () => f.listeners.delete(res));
      }
      const { status, body } = answer(req.url!, f) ?? { status: 404, body: { detail: "there is nothing here" } };
      return res.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    }
    const name = path === "/" ? "index.html" : path.slice(1);
    try {
      return res.writeHead(200, { "Content-Type": kinds[name.split(".").at(-1)!] ?? "text/plain" }).end(readFileSync("dist/" + name));
    } catch {
      return res.writeHead(404).end();
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  servers.push(server);
  f.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return f;
}

const servers: Server[] = [];
let browser: Browser | undefined;
after(async () => {
  await browser?.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

const open: { page: Page; wrong: string[] }[] = [];

// look opens a page. When the test has ended the page is closed; it must have had no
// error, and have asked no other host. Refused connections are the test's own doing.
export async function look(f: Fixture, path: string, options: BrowserContextOptions = {}): Promise<Page> {
  browser ??= await chromium.launch({ executablePath: process.env.WEB_BROWSER ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB", ...options });
  const page = await context.newPage(), wrong: string[] = [];
  page.on("pageerror", (e) => wrong.push(String(e)));
  page.on("console", (m) => { if (["error", "warning"].includes(m.type()) && !/Failed to load resource|ERR_/.test(m.text())) wrong.push(m.text()); });
  page.on("request", (r) => { if (!r.url().startsWith(f.url) && !/^(data|blob):/.test(r.url())) wrong.push("it asked " + r.url()); });
  open.push({ page, wrong });
  await page.goto(f.url + path);
  return page;
}

afterEach(async () => {
  for (const { page, wrong } of open.splice(0)) {
    assert.equal(await page.evaluate("window.ran"), undefined, "a text has run as a script");
    await page.context().close();
    assert.deepEqual(wrong, []);
  }
});

// accessible asks axe for what is serious.
export async function accessible(page: Page) {
  await page.evaluate(readFileSync("node_modules/axe-core/axe.min.js", "utf8"));
  const found = await page.evaluate("axe.run().then((r) => r.violations.filter((v) => /serious|critical/.test(v.impact)).map((v) => v.id + ': ' + v.nodes.map((n) => n.target + ' ' + n.failureSummary).join('; ')))");
  assert.deepEqual(found, []);
}
