// 造型: stylists, their free times, and what is booked.

import { h, fill, clockTime, dayTime, isoDay, lastDay, shortDay, yuan } from "./dom.js";
import { api, attempt, emit, picture, state } from "./api.js";
import { go, push } from "./mini.js";
import { MODES, STATES } from "./words.js";
import { requestMessages, requestPayment, sheet, sure } from "./sheets.js";

const DAYS = 14;
const wanted = { stylist: 0, mode: "store", day: "" };

export async function bookingPage(page) {
  const [{ items: stylists }, { items: bookings }] = await Promise.all([api("/stylists"), api("/bookings?limit=20")]);
  const coming = bookings.filter((one) => one.state === "booked"), past = bookings.filter((one) => one.state !== "booked");
  const times = h("div.times.together");
  fill(page,
    coming.length ? [h("h4", {}, "我的预约"), coming.map(bookingCard)] : null,
    h("h4", {}, "选一位造型师"),
    h("div.stylists", {},
      h(`button.stylist${wanted.stylist ? "" : ".on"}`, { onclick: () => pick(0) }, h("span.any", {}, "盒"), h("b", {}, "谁都行"), h("small", {}, "最快有空")),
      stylists.map((one) => h(`button.stylist${wanted.stylist === one.id ? ".on" : ""}`, { dataset: { stylist: one.name }, onclick: () => pick(one.id) },
        h("img", { src: picture(one.picture), alt: "" }), h("b", {}, one.name), h("small", {}, one.skills.slice(0, 2).join(" · "))))),
    stylists.filter((one) => one.id === wanted.stylist).map((one) => h("p.lead", {}, one.words)),
    h("div.segment", {}, Object.entries(MODES).map(([mode, words]) => h(`button${wanted.mode === mode ? ".on" : ""}`, { onclick: () => { wanted.mode = mode; emit("changed"); } }, words))),
    times,
    past.length ? [h("h4", {}, "从前的预约"), past.slice(0, 5).map(bookingCard)] : null);
  await drawTimes(times, stylists, {});
  function pick(id) {
    wanted.stylist = id;
    emit("changed");
  }
}

async function drawTimes(root, stylists, { moving }) {
  const from = isoDay(state.now), to = isoDay(state.now.getTime() + (DAYS - 1) * 86_400_000);
  const query = new URLSearchParams({ from, to, mode: wanted.mode, ...(wanted.stylist ? { stylist_id: wanted.stylist } : {}), ...(moving ? { moving: moving.id } : {}) });
  const { days, quota_left } = await api(`/slots?${query}`);
  const open = days.find((day) => day.day === wanted.day && day.slots.length) ?? days.find((day) => day.slots.length) ?? days[0];
  const draw = (shown) => {
    wanted.day = shown.day;
    fill(root,
      h("div.days", {}, days.map((day) => h(`button${day === shown ? ".on" : ""}`, { disabled: !day.slots.length, onclick: () => draw(day) },
        h("small", {}, shortDay(`${day.day}T04:00:00Z`).replace(/^.*?(周.)$/, "$1").slice(-2)), h("b", {}, Number(day.day.slice(8)))))),
      h("div.slots", { id: "slots" }, shown.slots.map((slot) => h("button.slot", { dataset: { starts: slot.starts_at }, onclick: () => (moving ? move(moving, slot) : book(slot, stylists)) }, clockTime(slot.starts_at)))),
      shown.slots.length ? null : h("p.muted.center", {}, "这一天约满了，换一天看看"),
      quota_left === 0 ? h("button.ghost.wide", { id: "extra-styling", onclick: oneMore }, "加购一次造型") : null,
      h("p.muted.center", {}, quota_left === null ? "一对一造型是付费会员的权益，在「我的」开通" : `本会员年还有 ${quota_left} 次造型`));
  };
  if (open) draw(open);
}

/** A styling above the quota: its price first, then the payment; the unit is there when it is paid. */
async function oneMore() {
  await attempt(async () => {
    const { price_fen, until } = await api("/me/stylings/extra");
    if (!(await sure("加购一次造型？", `${yuan(price_fen)}，${lastDay(until)} 前用掉。`, "去付款"))) return;
    const made = await api("/me/stylings/extra", { price_fen });
    await requestPayment(made.pay_params, made.payment);
    emit("changed");
  });
}

async function book(slot, stylists) {
  const who = stylists.find((one) => one.id === wanted.stylist);
  const told = await sheet((close) => {
    const occasion = h("input.field", { value: "通勤", maxLength: 60 }), budget = h("input.field", { type: "number", value: 3000, min: 0 }), wish = h("textarea.field", { rows: 2, maxLength: 500, placeholder: "想解决什么问题？" });
    return [h("p.sheet-title", {}, `${dayTime(slot.starts_at)} · ${MODES[wanted.mode]} · ${who?.name ?? "最快有空的造型师"}`),
      h("div.hints", {}, ["通勤", "约会", "面试", "旅行", "婚礼"].map((name) => h("button.chip", { onclick: () => { occasion.value = name; } }, name))),
      h("label.asked", {}, "场合", occasion), h("label.asked", {}, "预算（元）", budget), h("label.asked", {}, "想说的", wish),
      h("button.go", { id: "book", onclick: () => close({ occasion: occasion.value.trim(), budget_fen: Math.round(Number(budget.value) * 100) || null, wish: wish.value.trim() }) }, "确认预约")];
  });
  if (!told) return;
  const went = await attempt(async () => {
    await api("/bookings", { starts_at: slot.starts_at, mode: wanted.mode, stylist_id: wanted.stylist || null, ...told });
    emit("changed");
  }, { done: "约好了" });
  if (went) await requestMessages("booking");
}

async function move(booking, slot) {
  if (!(await sure("改到这个时间？", `${dayTime(booking.starts_at)} → ${dayTime(slot.starts_at)}`, "改期"))) return;
  await attempt(async () => { await api(`/bookings/${booking.id}/move`, { starts_at: slot.starts_at }); go("booking"); }, { done: "改好了" });
}

function bookingCard(one) {
  const acts = [];
  if (one.may_move) acts.push(h("button.chip", { onclick: () => push("改期", async (page) => {
    wanted.stylist = one.stylist.id;
    wanted.mode = one.mode;
    const times = h("div.times.together");
    fill(page, h("p.lead", {}, `原来：${dayTime(one.starts_at)}，还可以改 ${one.moves_left} 次`), times);
    await drawTimes(times, [], { moving: one });
  }) }, "改期"));
  if (one.may_cancel) acts.push(h("button.chip", { onclick: () => cancel(one) }, "取消"));
  if (one.state === "done" && !one.rating) acts.push([1, 2, 3, 4, 5].map((stars) => h("button.star", { title: `${stars} 星`, onclick: () => attempt(async () => { await api(`/bookings/${one.id}/rating`, { stars }); emit("changed"); }, { done: "谢谢" }) }, "☆")));
  return h("div.card.booking", { dataset: { booking: one.id } }, h("img", { src: picture(one.stylist.picture), alt: "" }),
    h("div.grow", {}, h("b", {}, `${shortDay(one.starts_at)} ${clockTime(one.starts_at)}`), h("small", {}, `${one.stylist.name} · ${MODES[one.mode]}${one.occasion ? " · " + one.occasion : ""}`),
      one.rating ? h("small", {}, "★".repeat(one.rating)) : null, h("div.choice.tight", {}, acts)),
    h(`span.tag.${one.state}`, {}, STATES[one.state]));
}

async function cancel(one) {
  await attempt(async () => {
    const told = await api(`/bookings/${one.id}/cancel-preview`);
    const words = told.free ? "现在取消，次数退回给你。" : "已过免费取消的时间，这一次会算作已使用。";
    if (await sure("取消预约？", words, "取消预约")) {
      await api(`/bookings/${one.id}/cancel`, { why: "" });
      emit("changed");
    }
  });
}
