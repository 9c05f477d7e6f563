// 盒子: the list, and where a box stands – a page per state of its life.

import { h, fill, yuan, left, until, dayTime, shortDay } from "./dom.js";
import { api, attempt, emit, sandbox, state } from "./api.js";
import { push } from "./mini.js";
import { ITEM_STATES, REASONS, STATES } from "./words.js";
import { photo } from "./goods.js";
import { proposal, confirmed } from "./box_confirm.js";
import { about, exchangeChip, swapConsent } from "./box_pieces.js";
import { ask, requestPayment, sheet, sure } from "./sheets.js";

const STEPS = [["proposed", "搭配"], ["confirmed", "确认"], ["packing", "配货"], ["shipped", "在途"], ["deciding", "试穿"], ["returning", "寄回"], ["settled", "结算"]];
const STEP_OF = { requested: 0, styling: 0, proposed: 0, confirmed: 1, packing: 2, shipped: 3, delivered: 4, deciding: 4, returning: 5, grading: 5, disputed: 5, settled: 6 };
const UNDECIDED = ["at_member", "keeping", "returning"];
const OPEN = Object.keys(STEP_OF).filter((name) => name !== "settled");

export async function boxPage(page) {
  const { items } = await api("/boxes?limit=20");
  const open = items.filter((box) => OPEN.includes(box.state)), done = items.filter((box) => !OPEN.includes(box.state));
  if (open.length === 1) {
    await boxDetail(page, open[0].id);
    if (done.length) page.append(h("h4", {}, "从前的盒子"), ...done.map(line));
    return;
  }
  fill(page,
    open.length ? open.map(line) : h("div.empty", {}, h("div.bigbox"), h("b", {}, "还没有盒子在路上"),
      h("p", {}, "告诉造型师场合和预算，她替你搭一盒；或者去商店自己挑五到八件。")),
    h("div.two.pad", {}, h("button.go", { id: "ask-box", onclick: askForm }, "请造型师搭一盒"), h("button.ghost", { onclick: () => document.querySelector("[data-tab=shop]").click() }, "自己挑")),
    done.length ? [h("h4", {}, "从前的盒子"), done.map(line)] : null);
}

const line = (box) => h("button.card.boxline", { dataset: { box: box.id }, onclick: () => push(`盒子 ${box.id}`, (page) => boxDetail(page, box.id)) },
  h("b", {}, box.occasion || `盒子 ${box.id}`), h(`span.tag.${box.state}`, {}, STATES[box.state]),
  h("small", {}, box.state === "settled" ? `${dayTime(box.settled_at)} 结算 · ${yuan(box.charge_fen)}` : dayTime(box.created_at)));

async function askForm() {
  const told = await sheet((close) => {
    const occasion = h("input.field", { value: "通勤", id: "box-occasion" }), budget = h("input.field", { type: "number", value: 3000, min: 0 }), wish = h("textarea.field", { rows: 3, placeholder: "想要的颜色、不想要的款式、最近的安排…" });
    return [h("p.sheet-title", {}, "想要一盒怎样的"),
      h("div.hints", {}, ["通勤", "约会", "面试", "旅行", "年会"].map((name) => h("button.chip", { onclick: () => { occasion.value = name; } }, name))),
      h("label.asked", {}, "场合", occasion), h("label.asked", {}, "预算（元）", budget), h("label.asked", {}, "悄悄话", wish),
      h("button.go", { id: "send-request", onclick: () => close({ occasion: occasion.value.trim(), budget_fen: Math.round(Number(budget.value) * 100) || null, wish: wish.value.trim() }) }, "交给造型师")];
  });
  if (told) await attempt(async () => { await api("/boxes", told); emit("changed"); }, { done: "造型师收到了" });
}

export async function boxDetail(page, id) {
  const box = await api(`/boxes/${id}`);
  const body = h("div.together");
  fill(page, head(box), body);
  page.dataset.state = box.state;
  const part = { requested: styled, styling: styled, proposed: proposal, confirmed, packing: going, shipped: going, delivered: deciding, deciding, returning: deciding, grading: back, disputed: back, settled }[box.state] ?? over;
  await part(body, box);
}

function head(box) {
  const at = STEP_OF[box.state];
  return h("div.boxhead", {},
    h("div.titled", {}, h("h2", {}, box.occasion || `盒子 ${box.id}`), h(`span.tag.${box.state}`, {}, STATES[box.state])),
    at === undefined ? null : h("ol.steps", {}, STEPS.map(([, words], index) => h(`li${index < at ? ".past" : index === at ? ".now" : ""}`, {}, words))),
    box.stylist_words ? h("blockquote", {}, box.stylist_words) : null);
}

function styled(body, box) {
  fill(body, h("div.card", {}, h("b", {}, "造型师正在看你的衣橱"), h("p.muted", {}, box.wish || "搭好会在聊天里告诉你。")), giveUp(box));
}

const giveUp = (box) => h("button.ghost.wide", { onclick: async () => {
  if (await sure("不要这一盒了？", "发货前都可以取消，保障和次数会退回。", "取消这盒")) await attempt(async () => { await api(`/boxes/${box.id}/cancel`, { reason: "" }); emit("changed"); }, { done: "已取消" });
} }, "取消这盒");

export const item = (one, ...more) => h("div.row.item", { dataset: { item: one.id } }, photo(one.picture, one.colour),
  h("div.grow", {}, h("b", {}, one.name), h("small", {}, `${one.colour} · ${one.size}`), more),
  h("span.right", {}, h("b", {}, yuan(one.net_fen ?? one.price_fen)), ITEM_STATES[one.state] ? h(`em.${one.state}`, {}, ITEM_STATES[one.state]) : null));

const track = (box) => box.parcels.map((parcel) => h("div.card.parcel", {},
  h("b", {}, parcel.direction === "out" ? "寄给你" : "寄回店里"), h("span.tag", {}, STATES[parcel.state] ?? parcel.state),
  h("small", {}, [parcel.carrier, parcel.waybill].filter(Boolean).join(" ") || "等待取件"),
  parcel.accepted_at ? h("small", {}, `${dayTime(parcel.accepted_at)} 已揽收`) : null, parcel.signed_at ? h("small", {}, `${dayTime(parcel.signed_at)} 已签收`) : null));

function going(body, box) {
  fill(body, track(box), h("p.lead", {}, `最多付 ${yuan(box.highest_fen)}；签收后第五天 24:00 前决定去留。`), box.items.map((one) => item(one)), box.state === "packing" ? [swapConsent(box), giveUp(box)] : null);
}

// Trying on ----------------------------------------------------------------------------------------

async function deciding(body, box) {
  const bill = await api(`/boxes/${box.id}/settlement-preview`);
  const late = new Date(box.deadline_at) <= state.now;
  const waiting = box.parcels.find((parcel) => parcel.direction === "back" && parcel.state === "wanted");
  const marked = box.items.filter((one) => one.state === "returning" && !one.back_parcel_id);
  const open = box.items.some((one) => ["at_member", "keeping"].includes(one.state));
  fill(body,
    h("div.card.deadline", {}, h("div", {}, h("small", {}, "最晚寄出"), h("b", { id: "deadline" }, until(box.deadline_at))), h("span", {}, left(box.deadline_at, state.now)),
      !box.extended && !late ? h("button.chip", { id: "extend", onclick: () => write(`/boxes/${box.id}/extend`, {}, "多留两天") }, "再给我两天") : null),
    box.items.map((one) => item(one, late || one.back_parcel_id || !UNDECIDED.includes(one.state) ? about(box, one) : choice(box, one))),
    waiting ? pickup(waiting) : null,
    h("div.card.bill", {}, rowOf("留下的衣服", bill.gross_fen), bill.coupon_fen ? rowOf("优惠券", -bill.coupon_fen) : null, bill.keep_all_fen ? rowOf("全留优惠", -bill.keep_all_fen) : null,
      bill.freight_fen ? rowOf("运费", bill.freight_fen) : null, bill.damage_fen ? rowOf("赔付", bill.damage_fen) : null, rowOf("合计", bill.charge_fen, true), h("small", {}, `可得 ${bill.points + bill.perk_points} 积分 · 没决定的算留下`)),
    h("div.stick.two", {},
      marked.length ? h("button.go", { id: "send-back", onclick: () => sendBack(box) }, `寄回 ${marked.length} 件`) : null,
      open && !late ? h(`button.${marked.length ? "ghost" : "go"}`, { id: "keep-rest", onclick: () => keepAll(box, marked.length) }, "其余都留下") : null));
}

const rowOf = (words, fen, strong = false) => h(`div${strong ? ".strong" : ""}`, {}, words, h("b", {}, yuan(fen).replace("¥-", "−¥")));

const choice = (box, one) => h("div.choice.tight", {},
  h(`button.chip${one.state === "keeping" ? ".on" : ""}`, { onclick: () => decide(box, one, "keep") }, "留下"),
  h(`button.chip${one.state === "returning" ? ".on" : ""}`, { onclick: () => why(box, one) }, one.state === "returning" ? `退回 · ${REASONS.find(([code]) => code === one.reason)?.[1] ?? ""}` : "退回"), exchangeChip(box, one), about(box, one));

async function why(box, one) {
  const told = await sheet((close) => {
    const words = h("input.field", { placeholder: "说给造型师听（可不填）", maxLength: 200 });
    return [h("p.sheet-title", {}, "哪里不合适"), words, h("div.hints.reasons", {}, REASONS.map(([code, name]) =>
      h("button.chip", { dataset: { reason: code }, onclick: () => close({ reason: code, feedback: words.value.trim() }) }, name)))];
  });
  if (told) await decide(box, one, "return", told);
}

const decide = (box, one, decision, more = {}) => write(`/boxes/${box.id}/decisions`, { items: [{ item_id: one.id, decision, ...more }] });

async function write(path, body, done = "") {
  await attempt(async () => { await api(path, body ?? {}); emit("changed"); }, { done });
}

async function keepAll(box, marked) {
  const words = marked ? "标了退回的还会照常寄回，其余的今天就结算。" : "全部留下，今天就结算。";
  if (await sure("其余都留下？", words, "留下")) await write(`/boxes/${box.id}/keep-all`, undefined, "留下了，谢谢喜欢");
}

async function sendBack(box) {
  if (!(await sure("寄回这几件", "用微信的退货组件预约上门取件，运费按会员权益计算。", "下一步"))) return;
  await attempt(async () => {
    await api(`/boxes/${box.id}/return`, {});
    emit("changed");
  }, { done: "退货单开好了，预约一下取件" });
}

/** WeChat's return component: book the courier, or enter a waybill of one's own. */
export function pickup(parcel) {
  return h("div.card.pickup", {}, h("b", {}, "退货组件"), h("p.muted", {}, parcel.waybill ? `已预约上门取件 · ${parcel.carrier} ${parcel.waybill}` : "预约快递上门，或填写你自己寄出的单号。"),
    parcel.waybill ? null : h("div.two", {},
      h("button.go", { id: "book-pickup", disabled: !parcel.return_id, onclick: () => fillReturn(parcel, { status: 1 }) }, "预约上门取件"),
      h("button.ghost", { disabled: !parcel.return_id, onclick: async () => {
        const waybill = await ask("自行寄回", "快递单号", `SF${Date.now()}`, [], "mini-phone");
        if (waybill) await fillReturn(parcel, { status: 2, waybill_id: waybill });
      } }, "填单号")));
}

async function fillReturn(parcel, given) {
  await attempt(async () => {
    await sandbox(`/parcels/return/${parcel.return_id}`, given);
    // The courier behind the scenes hears of it too, or would wait for something else to happen.
    emit("changed");
  }, { done: given.status === 1 ? "快递员会按时上门" : "单号记下了" });
}

// The end -------------------------------------------------------------------------------------------

/** Something came back; what is still at home may be decided on meanwhile. */
function back(body, box) {
  if (box.items.some((one) => ["at_member", "keeping"].includes(one.state))) return deciding(body, box);
  return fill(body, track(box), h("p.lead", {}, box.state === "disputed" ? "有一件对不上，先不收钱，七十二小时内给你答复。" : "仓库正在验货，验完就结算。"), box.items.map((one) => item(one, about(box, one))));
}

function settled(body, box) {
  fill(body,
    h("div.card.bill", {}, rowOf("留下的衣服", box.goods_fen), box.freight_out_fen + box.freight_back_fen ? rowOf("运费", box.charge_fen - box.goods_fen) : null, rowOf(box.owed_fen ? "应付" : "实付", box.charge_fen, true),
      box.owed_fen ? h("button.go", { id: "pay-balance", onclick: () => payBalance(box) }, `补付 ${yuan(box.owed_fen)}`) : h("small", {}, `${shortDay(box.settled_at)} 已结清`)),
    box.items.map((one) => item(one, one.state === "bought" && !one.reclaimed ? h("button.link", { onclick: () => lawReturn(box, one) }, "七天无理由") : about(box, one))),
    track(box));
}

async function payBalance(box) {
  await attempt(async () => {
    const sheetOf = await api(`/boxes/${box.id}/balance`, undefined, "POST");
    await requestPayment(sheetOf.pay, { out_trade_no: sheetOf.out_trade_no, amount_fen: sheetOf.owed_fen, description: "盒子余款" });
  });
}

async function lawReturn(box, one) {
  await attempt(async () => {
    const told = await api(`/boxes/${box.id}/items/${one.id}/statutory-return`);
    if (await sure(`退回「${one.name}」`, `${until(told.until)} 前都可以退。退款 ${yuan(told.refund_fen)}${told.unpaid_fen ? `（其中 ${yuan(told.unpaid_fen)} 还没付，不再收）` : ""}，收回 ${told.points_lost} 积分${told.coupon_back ? "，优惠券退回" : ""}。`, "退回")) {
      await api(`/boxes/${box.id}/items/${one.id}/statutory-return`, {});
      emit("changed");
    }
  });
}

function over(body, box) {
  fill(body, h("div.card", {}, h("b", {}, STATES[box.state]), h("p.muted", {}, box.state === "lost" ? "包裹在路上遗失了，一分不收，次数都退回。" : "这一盒没有寄出。")), box.items.map((one) => item(one)));
}
