// What the keys do.

import { useEffect, useRef } from "preact/hooks";

const keys: [string[], string][] = [
  [["/"], "search"], [["j"], "next row, or slot before"], [["k"], "row above, or slot after"], [["Enter"], "open"],
  [["Esc"], "leave the search, or go back"], [["?"], "this help"],
];

export function Help({ open, onClose }: { open: boolean; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return <dialog ref={dialog} aria-labelledby="help-title" onClose={onClose} onClick={(e) => { if (e.target === dialog.current) onClose(); }}>
    <div>
      <h2 id="help-title">Keys</h2>
      <dl>{keys.map(([names, what]) => <div><dt>{names.map((k) => <kbd>{k}</kbd>)}</dt><dd>{what}</dd></div>)}</dl>
      <h2>Signs</h2>
      <p class="soft">In a bar, a full column is a day that was up. Red stands out above it: the part of the day that was down. A dotted part was <b>not observed</b>: nobody knows.
        A single dot: nothing was scheduled. Days are UTC's; percentages are of what was measured.</p>
      <p class="soft"><a href="licences.txt">Licences</a> of what this page is built with · <a href="api/v1/openapi.json">API</a></p>
      <button type="button" autofocus onClick={onClose}>Close</button>
    </div>
  </dialog>;
}
