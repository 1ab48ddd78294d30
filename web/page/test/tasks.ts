// What the page's main thread has to do, in time of the processor: it is the same
// however many others share the machine.

import type { Page } from "playwright-core";

interface Event { name: string; ph: string; pid: number; tid: number; dur?: number; tdur?: number; args: { name?: string } }

// tasks is how long each task of a page's main thread took while something was done,
// in ms of the processor, the longest first.
export async function tasks(page: Page, during: () => Promise<unknown>): Promise<number[]> {
  const browser = page.context().browser()!;
  await browser.startTracing(page, { categories: ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"] });
  await during();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: Event[] };
  const main = new Set(traceEvents.filter((e) => e.name === "thread_name" && e.args.name === "CrRendererMain").map((e) => e.pid + " " + e.tid));
  return traceEvents.filter((e) => /RunTask$/.test(e.name) && main.has(e.pid + " " + e.tid)).map((e) => (e.tdur ?? e.dur ?? 0) / 1000).sort((a, b) => b - a);
}
