// The page of one monitor.

export function Monitor({ id }: { id: string }) {
  return <main class="monitor"><h1>{id}</h1></main>;
}
