// One tooltip for all small drawings, which have no elements of their own to point at.

let box: HTMLElement | undefined;

export function showTip(x: number, y: number, lines: string[]) {
  if (!box) {
    box = document.createElement("div");
    box.id = "tip";
    box.setAttribute("aria-hidden", "true"); // drawings say the same in their label
    document.body.append(box);
    addEventListener("scroll", hideTip, { passive: true });
  }
  box.replaceChildren(...lines.map((line, i) => {
    const e = document.createElement(i ? "div" : "b");
    e.textContent = line;
    return e;
  }));
  box.hidden = false;
  const { width, height } = box.getBoundingClientRect();
  box.style.left = Math.max(8, Math.min(x - width / 2, document.documentElement.clientWidth - width - 8)) + "px";
  box.style.top = (y - height - 10 < 4 ? y + 26 : y - height - 10) + "px";
}

export function hideTip() {
  if (box) box.hidden = true;
}
