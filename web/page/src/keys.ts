// The keys of a page of rows: j and k move, enter opens, esc leaves.

import { useEffect, useRef } from "preact/hooks";

export interface Keys { escape?: () => void; j?: () => void; k?: () => void }

// useRowKeys moves over what has data-href, unless the page has its own j and k.
export function useRowKeys(keys: Keys) {
  const now = useRef(keys);
  now.current = keys;
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || typing(e.target) || document.querySelector("dialog[open]")) return;
      const { escape, j, k } = now.current;
      if (e.key === "Escape" && escape) escape();
      else if (e.key === "j") (j ?? (() => step(1)))();
      else if (e.key === "k") (k ?? (() => step(-1)))();
      else return;
      e.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

// typing says whether keys go into something that takes text.
const typing = (t: EventTarget | null) => t instanceof HTMLElement && (t.isContentEditable || /^(input|textarea|select)$/i.test(t.tagName));

// step moves the focus to the link of the row before or after the one that has it.
function step(by: number) {
  const links = [...document.querySelectorAll<HTMLElement>("main [data-href] a")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const link = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1)];
  link?.focus();
  link?.scrollIntoView({ block: "nearest" });
}
