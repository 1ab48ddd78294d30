// A state's sign: its shape says as much as its colour.

import type { State } from "./row";

const shapes: Record<State, string> = {
  up: "M8 3.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9z",
  down: "M4.1 2.7L8 6.6l3.9-3.9 1.4 1.4L9.4 8l3.9 3.9-1.4 1.4L8 9.4l-3.9 3.9-1.4-1.4L6.6 8 2.7 4.1z",
  unknown: "M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3zm0 1.6a3.4 3.4 0 1 0 0 6.8a3.4 3.4 0 0 0 0-6.8z",
  paused: "M4.5 3.5h2.4v9H4.5zM9.1 3.5h2.4v9H9.1z",
  removed: "M3 7.2h10v1.6H3z",
};

export const Glyph = ({ state }: { state: State }) =>
  <svg class={"glyph " + state} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d={shapes[state]} fill="currentColor" /></svg>;

export const wordOf: Record<State, string> = { up: "up", down: "down", unknown: "not measured yet", paused: "paused", removed: "removed" };
