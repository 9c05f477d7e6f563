// The right phone: the mini-program's frame – a stack of pages, five tabs, and the way in.

import { h, fill, icon, ICONS, clockTime } from "./dom.js";
import { api, attempt, emit, loggedIn, login, on, state } from "./api.js";
import { shopPage } from "./shop.js";
import { looksPage } from "./looks.js";
import { boxPage, boxDetail } from "./box.js";
import { bookingPage } from "./booking.js";
import { mePage } from "./me.js";
import { orderDetail } from "./orders.js";
import { PURPOSES } from "./words.js";

const TABS = [
  ["shop", "商店", shopPage], ["looks", "灵感", looksPage], ["box", "盒子", boxPage],
  ["booking", "造型", bookingPage], ["me", "我的", mePage],
];
const view = {};
let tab = "shop", stack = [], drawing = 0;

export function startMini(root) {
  view.clock = h("span.time");
  view.title = h("b", {}, "盒子");
  view.back = h("button.plain", { title: "返回", onclick: back }, icon(ICONS.back));
  view.body = h("div.page", { id: "mini-page" });
  view.tabs = h("nav.tabs", {}, TABS.map(([name, words]) =>
    h("button", { dataset: { tab: name }, onclick: () => go(name) }, icon(ICONS[name], 25), words)));
  fill(root,
    h("div.notch"), h("div.status", {}, view.clock, h("span.signal", {}, h("i"), h("i"), h("i"), h("i"), h("u"))),
    h("header.mini-head", {}, view.back, view.title, h("span.capsule", {}, h("i"), h("i"), h("i"), h("u"))),
    h("div.progress"), view.body, view.tabs);
  on("tick", () => { view.clock.textContent = clockTime(state.now); });
  on("person", () => { tab = "shop"; stack = []; draw(); });
  on("changed", () => draw(true));
  on("heard", () => { if (loggedIn() && !busyTyping()) draw(true); });
}

const busyTyping = () => view.body.contains(document.activeElement) && /INPUT|TEXTAREA/.test(document.activeElement.tagName)
  || Boolean(document.querySelector("#mini-phone .veil"));

export function go(name) {
  tab = name;
  stack = [];
  draw();
}

/** Put a page on the stack: `render(page)` fills it. */
export function push(title, render) {
  stack.push({ title, render });
  draw();
}

export function back() {
  stack.pop();
  draw();
}

/** Open a path as the chat's cards and menus name it: pages/box/detail?id=3. */
export function openPage(path) {
  const [, room = "shop"] = path.match(/pages\/(\w+)/) ?? [];
  const id = Number(path.match(/[?&]id=(\d+)/)?.[1]);
  const known = { shop: "shop", index: "shop", look: "looks", looks: "looks", box: "box", boxes: "box", booking: "booking", bookings: "booking", me: "me", member: "me", plan: "me", points: "me", order: "me", orders: "me" };
  go(known[room] ?? "shop");
  if (known[room] === "box" && id) push("盒子", (page) => boxDetail(page, id));
  if (room === "order" && id) push("订单", (page) => orderDetail(page, id));
}

/** Draw the page on top into a fresh node and swap it in when it is ready; `still` keeps the place scrolled to. */
async function draw(still = false) {
  const turn = ++drawing, top = stack.at(-1), [, words, tabPage] = TABS.find(([name]) => name === tab);
  view.title.textContent = top?.title ?? (tab === "shop" ? "盒子" : words);
  view.back.style.visibility = stack.length ? "visible" : "hidden";
  for (const button of view.tabs.children) button.classList.toggle("on", button.dataset.tab === tab);
  const page = h("div.inner");
  const drawn = loggedIn() ? await attempt(() => (top?.render ?? tabPage)(page), { quiet: still }) : welcome(page);
  if (turn !== drawing) return;
  if (!drawn && !page.childNodes.length) fill(page, h("div.empty", {}, "没有打开", h("button.ghost", { onclick: () => draw() }, "再试一次")));
  const place = view.body.scrollTop, before = view.body.firstChild?.dataset?.state;
  fill(view.body, page);
  // A box that has moved on is read from the top again.
  view.body.scrollTop = still && before === page.dataset.state ? place : 0;
}

export const redraw = () => draw(true);

// The way in --------------------------------------------------------------------------------------

function welcome(page) {
  const agreed = h("input", { type: "checkbox", id: "agree", checked: false });
  page.classList.add("welcome");
  fill(page,
    h("img.seal", { src: "seal.svg", alt: "盒子" }),
    h("h2", {}, "盒子"), h("p.verse", {}, "先穿上身，再谈喜欢。"),
    h("button.go", { id: "login", onclick: () => enter(agreed) }, "微信一键登录"),
    h("label.agree", {}, agreed, `我已阅读并同意《${PURPOSES.terms}》`));
  return true;
}

async function enter(agreed) {
  if (!agreed.checked) {
    agreed.parentElement.classList.remove("shake");
    requestAnimationFrame(() => agreed.parentElement.classList.add("shake"));
    return;
  }
  await attempt(async () => {
    await login();
    await api("/me/consents/terms", { given: true }, "PUT");
    emit("said");
    await draw();
  });
}
