// Servers of their own for the tests: the page over a store full of monitors (bin/page),
// and the real thing (bin/monitorink).

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

const bin = (name: string) => join("..", "..", "bin", name);
const running = new Set<ChildProcess>();
after(() => { for (const p of running) p.kill("SIGKILL"); });

export interface Daemon { url: string; stop: (signal?: NodeJS.Signals) => Promise<void>; signal?: (name: NodeJS.Signals) => void }

function start(name: string, args: string[], env: NodeJS.ProcessEnv = {}): { process: ChildProcess; stop: Daemon["stop"] } {
  const p = spawn(bin(name), args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...env } });
  running.add(p);
  const ended = new Promise<void>((done) => p.on("exit", () => { running.delete(p); done(); }));
  return { process: p, stop: (signal = "SIGTERM") => { p.kill(signal); return ended; } };
}

// filled serves monitors that there are not; it prints its address when it is there.
export async function filled(args: Record<string, string | number>): Promise<Daemon> {
  const { process: p, stop } = start("page", Object.entries(args).map(([k, v]) => `--${k}=${v}`));
  const url = await new Promise<string>((there, wrong) => {
    p.stdout!.on("data", (text: Buffer) => there(text.toString().trim()));
    p.on("exit", (code) => wrong(new Error(`bin/page has ended with ${code}`)));
  });
  return { url, stop: () => stop("SIGKILL") };
}

export interface Targets { url: string; flapping: number; close: () => void } // flapping: the status of /flapping

export async function targets(): Promise<Targets> {
  const t: Targets = { url: "", flapping: 200, close: () => server.close() };
  const server = createServer((req, res) => {
    if (req.url === "/moved") return res.writeHead(302, { Location: "/" }).end();
    if (req.url === "/slow") return setTimeout(() => res.end("slow"), 120);
    if (req.url === "/varied" && t.flapping === 200) return setTimeout(() => res.end("varied"), 12 + 30 * Math.random() ** 4 + 8 * Math.sin(Date.now() / 20_000));
    res.writeHead(req.url === "/down" ? 503 : /^\/(flapping|varied)/.test(req.url!) ? t.flapping : 200).end("<script>ran = 1</script>");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  t.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return t;
}

async function freePort(): Promise<number> {
  const s = createServer();
  await new Promise<void>((listening) => s.listen(0, "127.0.0.1", listening));
  const { port } = s.address() as AddressInfo;
  await new Promise((closed) => s.close(closed));
  return port;
}

// monitorink runs the real program over a file of monitors.
export async function monitorink(monitors: string, env: NodeJS.ProcessEnv = {}): Promise<Daemon> {
  const dir = mkdtempSync(join(tmpdir(), "page-")), port = await freePort(), url = `http://127.0.0.1:${port}/`;
  writeFileSync(join(dir, "monitors.yaml"), monitors);
  const { stop, process: p } = start("monitorink", ["run"], {
    MONITORINK_COLLECTOR_ADDR: `127.0.0.1:${port}`, MONITORINK_MONITORS: join(dir, "monitors.yaml"), MONITORINK_DATA_DIR: join(dir, "data"), MONITORINK_LOG_LEVEL: "error", ...env,
  });
  for (let left = 200; ; left--) {
    const there = await fetch(url + "api/v1/monitors").then((r) => r.ok || r.status === 401, () => false);
    if (there) break;
    if (!left) throw new Error("bin/monitorink does not answer");
    await new Promise((r) => setTimeout(r, 50));
  }
  return { url, signal: (name) => p.kill(name), stop: async () => { await stop(); rmSync(dir, { recursive: true }); } };
}
