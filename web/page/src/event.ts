// The words of the API, as docs/events.md and docs/api.md have them: durations are
// whole microseconds, instants RFC 3339, and what is absent was not measured.

export const phaseNames = ["dns", "connect", "tls", "request", "first_byte", "transfer"] as const;
export type PhaseName = (typeof phaseNames)[number];
export type Phases = { [P in PhaseName as `${P}_us`]?: number } & { total_us?: number };

export interface Failure { kind: string; phase: string; message: string }
export interface Expectation { name: string; ok: boolean; seen: string }
export interface Hop { url: string; status?: number; remote?: string; phases?: Phases }
export interface Address { remote: string; state: string; status?: number; phases?: Phases; error?: Failure }

export interface Measurement {
  monitor: string; location: string; instance: string; version: string;
  scheduled_at: string; attempt: number; state: "up" | "down"; started_at: string; late_us: number; degraded_us: number;
  method: string; url: string;
  http?: { status: number; protocol: string; remote: string; redirects: number; body_bytes?: number };
  tls?: { version: string; expires_at?: string };
  phases?: Phases; hops?: Hop[]; addresses?: Address[]; unprobed?: number;
  expectations?: Expectation[]; error?: Failure; trace?: string;
  captured?: { body?: string; headers?: Record<string, string> };
}

export interface Gap { monitor: string; location: string; version: string; first_at: string; last_at: string; slots: number; reason: string }

export interface Registration {
  monitor: string; location: string; version: string; from: string; every_us?: number; cron?: string; timezone?: string;
  timeout_us?: number; method?: string; url?: string; labels?: Record<string, string>; paused?: boolean; removed?: boolean;
}

export interface Status { monitor: string; location: string; state: string; registration?: Registration; last?: Measurement; last_gap?: Gap }

export interface Latency { count: number; min_us: number; mean_us: number; max_us: number; p50_us: number; p95_us: number; p99_us: number }

export interface Bucket {
  from: string; up: number; down: number; gaps?: Record<string, number>; errors?: Record<string, number>;
  total?: Latency; phases?: { [P in PhaseName]?: Latency };
}

export interface Series { monitor: string; step_us: number; tier: string; since?: string; items: Bucket[] }

export interface Incident { monitor: string; location: string; from: string; to?: string; last: string; down: number; cause?: Failure }

// A Slot is all that is known of one scheduled instant.
export interface Slot { items: Measurement[]; gaps?: Gap[] }

export interface Summary {
  up: number; down: number; gaps?: Record<string, number>; uptime?: number; coverage?: number;
  latency?: { min_us: number; mean_us: number; max_us: number };
}

export interface List<T> { items: T[]; next?: string }
