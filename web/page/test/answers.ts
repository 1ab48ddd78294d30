// Answers of the API for one monitor, made up: the same for the same question. It has
// what a page must show: what was down, what nobody measured, attempts, redirects, a
// certificate that ends soon, and texts that would be markup if they were not text.

export const evil = `<img src=x onerror="window.ran=1"><script>window.ran=1</script>`;
export const ids = { plain: "shop", odd: `a/b?c#d 50% "'é🚀 <b>` };

const every = 10_000;
const iso = (ms: number) => new Date(ms).toISOString();
const noise = (n: number) => { // 0 to 1, by n alone
  let x = (Math.floor(n) * 2654435761) >>> 0;
  x ^= x >>> 15; x = Math.imul(x, 2246822519) >>> 0; x ^= x >>> 13;
  return (x >>> 0) / 2 ** 32;
};

// A day of it ends at a tenth of a day from now, so that what has happened is always as
// long ago.
const day = 86400e3, origin = Math.floor(Date.now() / every) * every - 0.9 * day;

// fate says what became of the slot at t: the same at the same time of every day.
export function fate(t: number): string {
  const part = (((t - origin) % day) + day) % day / day;
  if (part > 0.30 && part < 0.32) return "stopped";
  if (part > 0.62 && part < 0.625) return "down";
  if (part > 0.80 && part < 0.802) return "overlap";
  return noise(t / every) > 0.9985 ? "down" : "up";
}

const phasesAt = (t: number): Record<string, number> => {
  const slow = 1 + 0.5 * Math.sin(t / 7200e3) + noise(t / every + 7) ** 12 * 4;
  const p: Record<string, number> = { dns_us: 900 + 400 * noise(t), connect_us: 7000 * slow, tls_us: 14000 * slow, request_us: 60, first_byte_us: 42000 * slow, transfer_us: 5200 * slow };
  for (const k of Object.keys(p)) p[k] = Math.round(p[k]!);
  return { ...p, total_us: Object.values(p).reduce((a, b) => a + b, 0) };
};

export function measurement(monitor: string, t: number, attempt = 1, location = "ber1") {
  const up = fate(t) === "up";
  const m = {
    schema: "measurement/1", monitor, location, instance: "hb-0", version: "9f2c41d0", scheduled_at: iso(t), attempt, state: up ? "up" : "down",
    started_at: iso(t + 2).replace("Z", "123Z"), late_us: up ? 2123 : 240_000, degraded_us: up ? 0 : 12_000, method: "GET", url: "https://shop.example/it's?q=[1]",
    http: { status: up ? 200 : 503, protocol: "HTTP/2.0", remote: "203.0.113.7:443", redirects: up ? 0 : 1, body_bytes: 18220 },
    tls: { version: "TLS 1.3", expires_at: iso(Date.now() + 9.5 * 86400e3) }, phases: phasesAt(t),
    expectations: [{ name: "status", ok: up, seen: up ? "200" : "503" }, { name: "body.matches", ok: up, seen: evil }],
  };
  if (up) return m;
  const half = Object.fromEntries(Object.entries(m.phases).map(([k, v]) => [k, Math.round(v / 2)]));
  return {
    ...m, error: { kind: "expectation", phase: "", message: "body does not match " + evil },
    hops: [{ url: "https://shop.example/it's?q=[1]", status: 302, remote: "203.0.113.7:443", phases: half }, { url: "https://www.shop.example/" + evil, status: 503, remote: "203.0.113.8:443", phases: half }],
    addresses: [{ remote: "203.0.113.7:443", state: "up", status: 200, phases: half }, { remote: "[2001:db8::7]:443", state: "down", error: { kind: "timeout", phase: "connect", message: "no answer" }, phases: { dns_us: 900, total_us: 900 } }],
    unprobed: 2, trace: "4bf92f3577b34da6a3ce929d0e0e4736", captured: { body: "<h1>Sorry</h1>\n" + evil, headers: { "Retry-After": "120", "Set-Cookie": "•••" } },
  };
}

const latency = (t: number, n: number, us: number) => {
  const wide = 1 + 0.6 * noise(t / 1000 + us);
  return { count: n, min_us: Math.round(us * 0.8), mean_us: Math.round(us * 1.08), max_us: Math.round(us * 3 * wide), p50_us: Math.round(us), p95_us: Math.round(us * 1.3 * wide), p99_us: Math.round(us * 1.7 * wide) };
};

type Counts = Record<string, number>;

function series(from: number, to: number, step: number) {
  const items = [];
  for (let t = Math.floor(from / step) * step; t < Math.min(to, Date.now()); t += step) {
    const b = { from: iso(t), up: 0, down: 0, gaps: {} as Counts, errors: {} as Counts, total: undefined as unknown, phases: {} as Record<string, unknown> };
    const slots = Math.max(1, Math.round(step / every)), look = Math.min(slots, 24);
    for (let i = 0; i < look; i++) {
      const f = fate(t + Math.floor((i * slots) / look) * every), n = Math.round(slots / look);
      if (f === "up") b.up += n;
      else if (f === "down") { b.down += n; b.errors.expectation = (b.errors.expectation ?? 0) + n; } else b.gaps[f] = (b.gaps[f] ?? 0) + n;
    }
    if (b.up) {
      const p = phasesAt(t);
      b.total = latency(t, b.up, p.total_us!);
      for (const k of ["dns", "connect", "tls", "request", "first_byte", "transfer"]) b.phases[k] = latency(t, b.up, p[k + "_us"]!);
    }
    items.push(b);
  }
  return items;
}

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400].map((s) => s * 1000);
const problem = (status: number, detail: string) => ({ status, body: { type: "about:blank", title: "", status, detail } });

// runs are the times of day in which fate stays the same, from and to as shares.
const runs = (from: number, to: number, a: number, b: number): [number, number][] => {
  const list: [number, number][] = [];
  for (let d = Math.floor((to - origin) / day); d >= Math.floor((from - origin) / day) && list.length < 60; d--) {
    const [f, t] = [a, b].map((s) => Math.ceil((origin + (d + s) * day) / every) * every) as [number, number];
    if (f < to && t > from && f < Date.now()) list.push([f, Math.min(t, Math.floor(Date.now() / every) * every)]);
  }
  return list;
};

// answer is {status, body} for a path of the API; undefined: it has none.
export function answer(url: string, { locations = ["ber1"], known = Object.values(ids), since = 0 } = {}): { status: number; body: unknown } | undefined {
  const u = new URL(url, "http://x"), parts = u.pathname.split("/").slice(3).map(decodeURIComponent), q = u.searchParams;
  if (parts[0] !== "monitors" || parts.length < 2) return undefined;
  const id = parts[1]!, now = Date.now();
  if (!known.includes(id)) return problem(404, "there is no monitor of this id; /api/v1/monitors lists them");
  const from = q.has("from") ? Date.parse(q.get("from")!) : now - 86400e3, to = Math.min(q.has("to") ? Date.parse(q.get("to")!) : now, now);
  const ok = (body: unknown) => ({ status: 200, body });
  const where = q.get("location") ? [q.get("location")!] : locations;
  switch (parts[2]) {
    case undefined: {
      const t = Math.floor(now / every) * every;
      return ok({ monitor: id, locations: locations.map((location) => ({
        monitor: id, location, state: measurement(id, t).state, last: measurement(id, t, 1, location),
        registration: { schema: "registration/1", monitor: id, location, instance: "hb-0", version: "9f2c41d0", from: "2026-01-01T00:00:00.000Z", every_us: every * 1000, timeout_us: 5e6, method: "GET", url: "https://shop.example/it's?q=[1]", labels: { team: "web", note: evil } },
        last_gap: { schema: "gap/1", monitor: id, location, instance: "hb-0", version: "9f2c41d0", first_at: iso(now - 7200e3), last_at: iso(now - 7000e3), slots: 21, reason: "stopped" },
      })) });
    }
    case "series": {
      const step = steps.find((s) => (to - from) / s <= 500) ?? 86400e3;
      return ok({ monitor: id, step_us: step * 1000, tier: step < 60e3 ? "raw" : step < 3600e3 ? "minute" : step < 86400e3 ? "hour" : "day", items: series(Math.max(from, since), to, step) });
    }
    case "summary": {
      const s = { monitor: id, up: 0, down: 0, gaps: {} as Counts };
      for (const b of series(from, to, Math.max(every, Math.ceil((to - from) / 500 / every) * every))) {
        s.up += b.up; s.down += b.down;
        for (const [k, n] of Object.entries(b.gaps)) s.gaps[k] = (s.gaps[k] ?? 0) + n;
      }
      const missed = Object.values(s.gaps).reduce((a, n) => a + n, 0);
      return ok({ ...s, ...(s.up + s.down && { uptime: s.up / (s.up + s.down), coverage: (s.up + s.down) / (s.up + s.down + missed) }), ...(s.up && { latency: { min_us: 41000, mean_us: 71000, max_us: 410000 } }) });
    }
    case "incidents":
      return ok({ items: runs(from, to, 0.62, 0.625).map(([f, t]) => ({ monitor: id, location: where[0], from: iso(f), ...(t < now - every && { to: iso(t) }), last: iso(t - every), down: (t - f) / every, cause: { kind: "expectation", phase: "", message: "body does not match " + evil } })) });
    case "gaps":
      return ok({ items: [...runs(from, to, 0.30, 0.32).map((r) => [...r, "stopped"] as const), ...runs(from, to, 0.80, 0.802).map((r) => [...r, "overlap"] as const)].map(([f, t, reason]) => ({ monitor: id, location: where[0], version: "9f2c41d0", first_at: iso(f), last_at: iso(t - every), slots: (t - f) / every, reason })).sort((a, b) => (a.last_at < b.last_at ? 1 : -1)) });
    case "measurements": {
      if (parts[3]) {
        const t = Date.parse(parts[3]);
        if (Number.isNaN(t)) return problem(400, `${parts[3]} is no instant`);
        if (t % every === 0 && ["stopped", "overlap"].includes(fate(t))) {
          return ok({ items: [], gaps: where.map((location) => ({ schema: "gap/1", monitor: id, location, instance: "hb-0", version: "9f2c41d0", first_at: iso(t - 600e3), last_at: iso(t + 600e3), slots: 121, reason: fate(t) })) });
        }
        const items = t % every || t > now || t < now - 90 * day ? [] : where.flatMap((l) => fate(t) === "up" ? [measurement(id, t, 1, l)] : [measurement(id, t, 2, l), measurement(id, t, 1, l)]);
        return items.length ? ok({ items, gaps: [] }) : problem(404, "nothing is known of this slot: it was not scheduled, has not come yet, is on its way, or has expired");
      }
      const items: unknown[] = [], limit = Number(q.get("limit") ?? 100);
      for (let t = Math.ceil(to / every) * every - every; t >= from && items.length < limit; t -= every) {
        if (!["up", "down"].includes(fate(t))) continue;
        for (const l of where) items.push(...(fate(t) === "up" ? [measurement(id, t, 1, l)] : [measurement(id, t, 2, l), measurement(id, t, 1, l)]));
      }
      return ok({ items: items.slice(0, limit), ...(items.length >= limit && { next: "more" }) });
    }
  }
  return undefined;
}
