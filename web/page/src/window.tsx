// A list of which only the rows in the window are drawn. Every row is as high as the
// next, and the page itself scrolls.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

const beyond = 8; // rows above and below the window, so that scrolling finds them drawn

interface Props {
  count: number;
  height: number; // px of a row
  row: (index: number) => ComponentChildren;
  onRange: (first: number, end: number) => void; // after it was drawn
}

export function Windowed({ count, height, row, onRange }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState({ first: 0, end: Math.ceil(innerHeight / height) + beyond });
  useLayoutEffect(() => {
    let frame = 0;
    const measure = () => {
      frame = 0;
      const y = -(box.current?.getBoundingClientRect().top ?? 0);
      const first = Math.max(0, Math.min(Math.floor(y / height), count - 1) - beyond);
      const end = Math.min(count, Math.ceil((y + innerHeight) / height) + beyond);
      setRange((old) => (old.first === first && old.end === end ? old : { first, end }));
    };
    const later = () => { frame ||= requestAnimationFrame(measure); };
    measure();
    addEventListener("scroll", later, { passive: true });
    addEventListener("resize", later);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("scroll", later);
      removeEventListener("resize", later);
    };
  }, [count, height]);
  const first = Math.min(range.first, Math.max(0, count - 1)), end = Math.min(range.end, count);
  useLayoutEffect(() => onRange(first, end));
  const rows: ComponentChildren[] = [];
  for (let i = first; i < end; i++) rows.push(row(i));
  return <div class="windowed" role="rowgroup" ref={box} style={{ height: count * height + "px" }}>
    <div role="presentation" class="seen" style={{ transform: `translateY(${first * height}px)` }}>{rows}</div>
  </div>;
}

// reveal scrolls as little as is needed for a row to be seen whole.
export function reveal(box: Element, index: number, height: number, above: number) {
  const y = box.getBoundingClientRect().top + index * height;
  if (y < above) scrollBy({ top: y - above, behavior: "instant" });
  else if (y + height > innerHeight) scrollBy({ top: y + height - innerHeight, behavior: "instant" });
}
