// Building elements: no markup is ever made from text that came from outside.

/** h("button.primary", {onclick, disabled, dataset: {…}}, "text", child, [children]) */
export function h(selector, props = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(node.dataset, value);
    else if (name === "style") node.setAttribute("style", value);
    else if (name in node && name !== "list" && name !== "form") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  add(node, children);
  return node;
}

export function add(node, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

export function fill(node, ...children) {
  node.replaceChildren();
  return add(node, children);
}

/** A drawn icon from one path on a 24 × 24 sheet. */
export function icon(path, size = 22) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("width", size);
  svg.setAttribute("height", size);
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(ns, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export const ICONS = {
  shop: "M4 9h16l-1 11H5L4 9ZM8 9V7a4 4 0 0 1 8 0v2",
  looks: "M12 4l2.3 5.2 5.7.6-4.3 3.8 1.3 5.6L12 16.3 7 19.2l1.3-5.6L4 9.8l5.7-.6L12 4Z",
  box: "M4 9h16v10a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V9ZM3 5h18v4H3V5ZM12 5v15",
  booking: "M5 6h14v14H5V6ZM5 10h14M9 3v5M15 3v5M9 15l2 2 4-4",
  me: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 21c.6-4.4 3.6-6.5 8-6.5s7.400 2.100 8 6.500",
  back: "M15 4l-8 8 8 8",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  plus: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 8v8M8 12h8",
  voice: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM10 9.500a4 4 0 0 1 0 5M13 7.500a7 7 0 0 1 0 9",
  check: "M5 12.500l5 5 9-10",
  close: "M6 6l12 12M18 6L6 18",
};

export const yuan = (fen) => `¥${(fen / 100).toFixed(fen % 100 ? 2 : 0)}`;

const zone = { timeZone: "Asia/Shanghai" };
const format = (options) => {
  const made = new Intl.DateTimeFormat("zh-CN", { ...zone, ...options });
  return (instant) => made.format(new Date(instant));
};
export const clockTime = format({ hour: "2-digit", minute: "2-digit", hour12: false });
export const dayTime = format({ month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
export const fullDay = format({ year: "numeric", month: "long", day: "numeric", weekday: "long" });
export const shortDay = format({ month: "numeric", day: "numeric", weekday: "short" });
export const isoDay = (instant) =>
  new Intl.DateTimeFormat("en-CA", { ...zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date(instant));

/** The last minute of a half-open end: 00:00 of the next day is read as 24:00. */
export function until(instant) {
  const at = new Date(instant);
  if (clockTime(at) !== "00:00" && clockTime(at) !== "24:00") return dayTime(at);
  return `${format({ month: "numeric", day: "numeric" })(at - 60_000)} 24:00`;
}

/** The last day, included, of a period that ends at 00:00 of the next one. */
export const lastDay = (end) => format({ year: "numeric", month: "long", day: "numeric" })(new Date(end).getTime() - 60_000);

export function left(instant, now) {
  const minutes = Math.round((new Date(instant) - now) / 60_000);
  if (minutes <= 0) return "已到期";
  const days = Math.floor(minutes / 1440), hours = Math.floor((minutes % 1440) / 60);
  return days ? `还剩 ${days} 天 ${hours} 小时` : hours ? `还剩 ${hours} 小时 ${minutes % 60} 分` : `还剩 ${minutes} 分`;
}
