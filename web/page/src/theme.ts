// The theme: what the system prefers, unless the reader has chosen. This file is
// also a script of its own that runs before the first paint, so that nothing flashes.

export type Theme = "light" | "dark";

const key = "monitorink.theme";

const stored = (): Theme | undefined => {
  try {
    const v = localStorage.getItem(key);
    return v === "light" || v === "dark" ? v : undefined;
  } catch { return undefined; } // storage may be denied
};

const preferred = (): Theme => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

export const theme = (): Theme => stored() ?? preferred();

// apply sets the theme, and tells of it: what draws on a canvas draws again.
function apply() {
  const now = theme();
  if (document.documentElement.dataset.theme === now) return;
  document.documentElement.dataset.theme = now;
  dispatchEvent(new CustomEvent("theme", { detail: now }));
}

// choose keeps what the reader wants; what the system prefers is not kept.
export function choose(t: Theme) {
  try {
    if (t === preferred()) localStorage.removeItem(key);
    else localStorage.setItem(key, t);
  } catch { /* then it lasts as long as the page */ }
  document.documentElement.dataset.theme = t;
  dispatchEvent(new CustomEvent("theme", { detail: t }));
}

apply();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
