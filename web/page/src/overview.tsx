// All monitors.

export function Overview() {
  return <main class="overview"><p class="hint">No monitors yet.</p></main>;
}
