// Short words at the bottom, and the thin line at the top while something is on its way.

import { h } from "./dom.js";

export function toast(text, kind = "") {
  const node = h(`div.toast${kind ? "." + kind : ""}`, {}, text);
  const shown = document.getElementById("toasts");
  shown.append(node);
  while (shown.children.length > 2) shown.firstChild.remove();
  setTimeout(() => node.classList.add("leaving"), 2600);
  setTimeout(() => node.remove(), 3000);
}

let running = 0;

export function busy() {
  running += 1;
  const late = setTimeout(() => document.body.classList.add("busy"), 120);
  return () => {
    clearTimeout(late);
    running -= 1;
    if (!running) document.body.classList.remove("busy");
  };
}
