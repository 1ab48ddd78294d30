// The page of one measurement: every attempt of a slot.

export function Detail({ id, at }: { id: string; at: string; location: string }) {
  return <main class="detail"><h1>{id}</h1><p>{at}</p></main>;
}
