// The left phone: the chat with the official account.

import { h, fill, icon, ICONS, clockTime, dayTime } from "./dom.js";
import { act, attempt, emit, on, sandbox, state } from "./api.js";
import { openPage } from "./mini.js";
import { choose as chooseSheet, ask } from "./sheets.js";

const view = {};
let last = 0, lastAt = 0, asking = false, known = "";

export function startChat(root) {
  view.clock = h("span.time");
  view.list = h("div.lines", { id: "chat-lines" });
  view.typing = h("div.typing", { hidden: true }, h("i"), h("i"), h("i"));
  view.scroll = h("div.scroll", { id: "chat-scroll" }, view.list, view.typing);
  view.input = h("input", { id: "chat-input", placeholder: "发消息…", maxLength: 600, onkeydown: (e) => e.key === "Enter" && !e.isComposing && send() });
  view.menu = h("nav.menus", { id: "chat-menus" });
  view.popover = h("div.popover", { hidden: true });
  view.bottom = h("footer.composer", {},
    h("div.typed", {},
      h("button.round", { title: "语音（识别成文字）", onclick: speak }, icon(ICONS.voice, 26)),
      view.input,
      h("button.send", { id: "chat-send", onclick: send }, "发送"),
      h("button.round", { id: "chat-more", title: "更多", onclick: more }, icon(ICONS.plus, 26))),
    view.menu, view.popover);
  view.card = h("div.profile", { hidden: true });
  view.title = h("b", {}, "盒子 HEZI");
  fill(root,
    h("div.notch"),
    h("div.status", {}, view.clock, h("span.signal", {}, h("i"), h("i"), h("i"), h("i"), h("u"))),
    h("header.chat-head", {}, icon(ICONS.back), view.title, h("button.plain", { title: "公众号资料", onclick: more }, icon(ICONS.more))),
    view.scroll, view.card, view.bottom);
  document.addEventListener("click", (event) => {
    if (!view.popover.hidden && !event.target.closest(".composer, .chat-head")) view.popover.hidden = true;
  });
  on("person", reset);
  on("tick", () => { view.clock.textContent = clockTime(state.now); poll(); });
  on("said", poll);
}

async function reset() {
  last = 0; lastAt = 0; known = "";
  fill(view.list);
  drawFollow();
  await Promise.all([drawMenu(), poll()]);
}

/** Ask for what is new; the mini-program hears that something happened, too. */
async function poll() {
  if (asking || !state.person) return;
  asking = true;
  const person = state.person;
  try {
    const { items, typing } = await sandbox(`/people/${person.id}/chat?after=${last}`);
    if (person !== state.person && person.id !== state.person.id) return;
    view.typing.hidden = !typing.includes("official");
    const mine = items.filter((item) => item.account === "official" || item.kind === "subscribe");
    if (items.length) {
      const first = last === 0;
      last = items.at(-1).n;
      mine.forEach(show);
      view.scroll.scrollTo({ top: view.scroll.scrollHeight, behavior: first ? "auto" : "smooth" });
      if (!first) emit("heard");
    }
  } catch {
    // Away for a moment; the next beat asks again.
  } finally {
    asking = false;
  }
}

function drawFollow() {
  const follows = state.person.follows;
  view.card.hidden = follows;
  view.bottom.classList.toggle("off", !follows);
  fill(view.card,
    h("img", { src: "seal.svg", alt: "" }),
    h("h2", {}, "盒子 HEZI"),
    h("p.sub", {}, "服务号 · 杭州盒子服饰有限公司"),
    h("p.words", {}, "五到八件，先穿后买。留下喜欢的，其余叫快递取走。"),
    h("button.follow", { id: "follow", onclick: () => follow() }, "关注公众号"),
    h("button.link", { id: "scan-first", onclick: scan }, "扫一个带场景的二维码"));
}

export async function refreshPerson() {
  Object.assign(state.person, await sandbox(`/people/${state.person.id}`));
  drawFollow();
}

async function follow() {
  await attempt(async () => {
    await act("follow");
    await refreshPerson();
    await poll();
    emit("heard");
  });
}

async function scan() {
  const scene = await ask("扫码", "二维码的场景值", "store-01", ["store-01", "wifi-hz-lakeside", "invite-spring"]);
  if (!scene) return;
  await attempt(async () => { await act("scan", { scene }); await refreshPerson(); await poll(); });
}

async function send() {
  const content = view.input.value.trim();
  if (!content) return;
  view.input.value = "";
  await attempt(async () => { await act("text", { content }); await poll(); }, { quiet: true });
}

async function speak() {
  const words = await ask("按住说话", "说了什么（微信会识别成文字）", "帮我约周六下午三点的造型师");
  if (words) await attempt(async () => { await act("voice", { recognition: words }); await poll(); }, { quiet: true });
}

async function more() {
  const chosen = await chooseSheet("盒子 HEZI", [
    ["scan", "扫一扫（带场景的二维码）"], ["wifi", "连上门店 Wi-Fi"], ["location", "发送位置"], ["image", "发一张照片"],
    state.person.follows ? ["unfollow", "不再关注", "danger"] : ["follow", "关注公众号"],
  ]);
  const acts = {
    scan, follow,
    wifi: () => attempt(async () => { await act("wifi", { shop_id: "hz-lakeside" }); await poll(); }, { done: "连上了湖滨店的 Wi-Fi" }),
    location: () => attempt(async () => { await act("location", { latitude: 30.25, longitude: 120.16, label: "杭州市上城区湖滨路" }); await poll(); }),
    image: () => attempt(async () => { await act("image"); await poll(); }),
    unfollow: () => attempt(async () => { await act("unfollow"); await refreshPerson(); }, { done: "已取消关注" }),
  };
  await acts[chosen]?.();
}

// The menu ----------------------------------------------------------------------------------------

async function drawMenu() {
  const { menu } = await sandbox("/menu");
  const shown = JSON.stringify(menu);
  if (shown === known) return;
  known = shown;
  const buttons = menu?.button ?? [];
  fill(view.menu, buttons.map((button) =>
    h("button", { onclick: (event) => button.sub_button?.length ? unfold(button, event.currentTarget) : tap(button) },
      button.sub_button?.length ? h("i.bars") : null, button.name)));
  view.menu.hidden = !buttons.length;
}

function unfold(button, at) {
  if (!view.popover.hidden && view.popover.dataset.of === button.name) {
    view.popover.hidden = true;
    return;
  }
  fill(view.popover, button.sub_button.map((one) => h("button", { onclick: () => { view.popover.hidden = true; tap(one); } }, one.name)));
  view.popover.dataset.of = button.name;
  view.popover.hidden = false;
  const middle = at.offsetLeft + at.offsetWidth / 2;
  view.popover.style.left = `${Math.max(8, Math.min(middle - 66, at.parentElement.offsetWidth - 140))}px`;
}

async function tap(button) {
  await attempt(async () => {
    if (button.type === "miniprogram") {
      await act("menu", { pagepath: button.pagepath });
      openPage(button.pagepath);
    } else if (button.type === "view") {
      await act("menu", { url: button.url });
    } else {
      await act("menu", { key: button.key });
    }
    await poll();
  }, { quiet: true });
}

// Lines -------------------------------------------------------------------------------------------

function show(item) {
  const node = item.direction === "in" ? mine(item) : theirs(item);
  if (!node) return;
  const at = new Date(item.at).getTime();
  if (at - lastAt > 5 * 60_000) view.list.append(h("div.when", {}, dayTime(at)));
  lastAt = at;
  node.dataset.kind = item.kind;
  view.list.append(node);
}

const GREY = {
  subscribe: "你已关注「盒子 HEZI」", unsubscribe: "你已取消关注", SCAN: "你扫描了二维码", WifiConnected: "你连上了门店 Wi-Fi",
  user_get_card: "你领取了一张卡券", view_miniprogram: "你打开了小程序",
};

function mine(item) {
  if (item.kind === "event") {
    if (item.event === "CLICK") return null;
    const consent = item.event?.startsWith("subscribe_msg") ? consentWords(item.data) : null;
    const words = consent ?? GREY[item.event];
    return words ? h("div.grey", {}, words) : null;
  }
  const body = {
    text: () => item.content,
    voice: () => h("span.voiced", {}, icon(ICONS.voice, 18), item.content ? ` ${item.content}` : " 语音"),
    image: () => h("span.photo", {}, "照片"),
    location: () => h("span.place", {}, "📍 ", item.content || "位置"),
  }[item.msgtype]?.() ?? `[${item.msgtype}]`;
  return h("div.line.mine", {}, h("div.bubble", {}, body), h("i.face", {}, state.person.name.slice(0, 1)));
}

function consentWords(list) {
  const yes = (list ?? []).filter((one) => one.SubscribeStatusString === "accept").length;
  return yes ? `你允许了 ${yes} 条一次性订阅消息` : "你没有允许订阅消息";
}

function theirs(item) {
  if (item.kind === "template" || item.kind === "subscribe") return card(item);
  if (item.kind === "notice") return h("div.grey.bad", {}, item.content);
  if (item.msgtype === "transfer_customer_service") return h("div.grey", {}, "已转给人工客服");
  const inside = {
    text: () => h("div.bubble", {}, links(item.content ?? "")),
    msgmenu: () => menuBubble(item),
    miniprogrampage: () => miniCard(item),
    news: () => newsCard(item.articles?.[0] ?? {}),
    image: () => h("div.bubble", {}, h("span.photo", {}, "图片")),
  }[item.msgtype];
  const node = inside ? inside() : h("div.bubble", {}, item.content ?? `[${item.msgtype}]`);
  return h("div.line.theirs", {}, h("img.face", { src: "seal.svg", alt: "盒子" }), node);
}

/** WeChat shows <a href> in texts as links; those into the mini-program open it. */
function links(text) {
  const parts = text.split(/(<a\s[^>]*>.*?<\/a>)/gs);
  return parts.map((part) => {
    const tag = part.match(/^<a\s([^>]*)>(.*?)<\/a>$/s);
    if (!tag) return part;
    const path = tag[1].match(/data-miniprogram-path="([^"]*)"/)?.[1];
    return h("a", { href: "#", onclick: (event) => { event.preventDefault(); if (path) openPage(path); } }, tag[2]);
  });
}

function menuBubble(item) {
  return h("div.bubble.choices", {}, item.head_content ? h("p", {}, item.head_content) : null,
    (item.list ?? []).map((one) => h("button.menuline", { onclick: () => attempt(async () => {
      await act("text", { content: one.content, menu_id: one.id });
      await poll();
    }, { quiet: true }) }, one.content)),
    item.tail_content ? h("p", {}, item.tail_content) : null);
}

const MINI = () => h("footer", {}, h("img", { src: "seal.svg", alt: "" }), "盒子 · 小程序");

function miniCard(item) {
  return h("button.minicard", { onclick: () => openPage(item.pagepath) }, h("b", {}, item.title), h("div.cover", {}, h("img", { src: "seal.svg", alt: "" })), MINI());
}

function newsCard(article) {
  return h("div.minicard", {}, h("b", {}, article.title), h("p", {}, article.description ?? ""));
}

function card(item) {
  const page = item.pagepath || item.page;
  return h(`div.noticecard${item.kind === "subscribe" ? ".once" : ""}`, {},
    h("header", {}, h("img", { src: "seal.svg", alt: "" }), item.account === "mini" ? "盒子 · 服务通知" : "盒子 HEZI"),
    h("h3", {}, item.title),
    h("dl", {}, (item.data ?? []).map((line) => [h("dt", {}, line.label), h("dd", {}, line.value)])),
    page ? h("button", { onclick: () => openPage(page) }, "进入小程序查看", h("span", {}, "›")) : null);
}

export { poll };
