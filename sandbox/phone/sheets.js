// What slides up: choices, questions, the pay sheet, Pay Score, and the consent pop-up of one-time messages.

import { h, icon, ICONS, yuan } from "./dom.js";
import { act, api, attempt, emit, sandbox, state } from "./api.js";
import { toast } from "./toast.js";

/** Show a sheet over a phone; `make(close)` builds it, and the promise gives what it was closed with. */
export function sheet(make, { over = "mini-phone", kind = "" } = {}) {
  return new Promise((resolve) => {
    const close = (value) => {
      veil.classList.add("leaving");
      setTimeout(() => veil.remove(), 180);
      resolve(value);
    };
    const veil = h(`div.veil${kind ? "." + kind : ""}`, { onclick: (event) => event.target === veil && close(undefined) });
    veil.append(h("div.sheet", { role: "dialog" }, make(close)));
    document.getElementById(over).append(veil);
    veil.querySelector("[autofocus], input, textarea")?.focus();
  });
}

/** Pick one of [value, words, kind]. */
export const choose = (title, options, over = "chat-phone") => sheet((close) => [
  h("p.sheet-title", {}, title),
  options.map(([value, words, kind]) => h(`button.option${kind ? "." + kind : ""}`, { onclick: () => close(value), dataset: { value } }, words)),
  h("button.option.cancel", { onclick: () => close(undefined) }, "取消"),
], { over });

export const ask = (title, label, value = "", hints = [], over = "chat-phone") => sheet((close) => {
  const input = h("input.field", { value, maxLength: 200, onkeydown: (event) => event.key === "Enter" && close(input.value.trim()) });
  return [
    h("p.sheet-title", {}, title), h("label.asked", {}, label, input),
    hints.length ? h("div.hints", {}, hints.map((hint) => h("button.chip", { onclick: () => { input.value = hint; } }, hint))) : null,
    h("button.go", { onclick: () => close(input.value.trim()) }, "好"),
  ];
}, { over });

export const sure = (title, words, yes = "确定") => sheet((close) => [
  h("p.sheet-title", {}, title), h("p.sheet-words", {}, words),
  h("button.go", { onclick: () => close(true) }, yes), h("button.option.cancel", { onclick: () => close(false) }, "再想想"),
]);

// WeChat Pay --------------------------------------------------------------------------------------

/** wx.requestPayment: true when the person paid and the shop knows it. */
export async function requestPayment(params, payment) {
  const prepayId = params.package.replace("prepay_id=", "");
  const { items } = await sandbox(`/pay/sheets?person=${state.person.id}`);
  const found = items.find((item) => item.prepay_id === prepayId);
  const amount = found?.amount_fen ?? payment.amount_fen;
  const paid = await sheet((close) => [
    h("div.pay-head", {}, h("button.plain", { onclick: () => close(false), title: "关闭" }, icon(ICONS.close)), h("span", {}, "微信支付")),
    h("p.pay-for", {}, found?.description ?? payment.description), h("p.pay-sum", { id: "pay-sum" }, yuan(amount)),
    h("div.pay-row", {}, "收款方", h("span", {}, "盒子服饰")), h("div.pay-row", {}, "付款方式", h("span", {}, "零钱")),
    h("button.go", { id: "pay-confirm", onclick: () => close(true) }, "确认支付"),
    h("button.option.cancel", { id: "pay-refuse", onclick: () => close(false) }, "放弃付款"),
  ], { kind: "pay" });
  if (!paid) {
    await sandbox(`/pay/orders/${prepayId}/refuse`, {});
    toast("没有付款，订单还在");
    return false;
  }
  const went = await attempt(() => sandbox(`/pay/orders/${prepayId}/confirm`, params));
  return went && paidAtShop(payment.out_trade_no);
}

/** The phone's own "paid" is a hint only: ask the shop until it knows. */
async function paidAtShop(number) {
  for (let turn = 0; turn < 20; turn += 1) {
    const { state: stands } = await api(`/payments/${number}`);
    if (stands === "paid") {
      emit("changed");
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  toast("钱付出去了，店里还没收到通知，稍后会到账");
  return false;
}

/** wx.openBusinessView of Pay Score: true when the person agreed. */
export async function openPayScore(order) {
  const name = order.package;
  await sandbox(`/payscore/${encodeURIComponent(name)}/open`, { person: state.person.id, extraData: order.extraData });
  const { items } = await sandbox(`/pay/sheets?person=${state.person.id}`);
  const found = items.find((item) => item.package === name);
  const agreed = await sheet((close) => [
    h("div.pay-head", {}, h("button.plain", { onclick: () => close(false), title: "关闭" }, icon(ICONS.close)), h("span", {}, "微信支付分")),
    h("p.pay-for", {}, found?.introduction ?? "盒子 · 先试后买"),
    h("p.pay-sum", {}, "免押金"), h("p.pay-note", {}, `最高 ${yuan(found?.risk_fen ?? order.risk_fen ?? 0)}，留下多少付多少`),
    h("div.pay-row", {}, "微信支付分", h("span", {}, "721 分")), h("div.pay-row", {}, "扣款方式", h("span", {}, "服务结束后自动扣款")),
    h("button.go", { id: "score-confirm", onclick: () => close(true) }, "确认使用"),
    h("button.option.cancel", { id: "score-refuse", onclick: () => close(false) }, "暂不使用"),
  ], { kind: "pay" });
  const what = agreed ? "confirm" : "refuse";
  const went = await attempt(() => sandbox(`/payscore/${encodeURIComponent(name)}/${what}`, { person: state.person.id, extraData: order.extraData }));
  if (!agreed) toast("没有授权，盒子还在等你");
  if (went && agreed) emit("changed");
  return went && agreed;
}

// One-time subscription messages ------------------------------------------------------------------

const WANTED = { booking: ["booking_reminder"], box: ["box_shipped", "box_deadline"], refund: ["refund"], plan: ["membership_renewal"] };

/** wx.requestSubscribeMessage: what the person ticks becomes a credit for one message each. */
export async function requestMessages(what) {
  const { templates } = await sandbox("/templates");
  const asked = templates.filter((one) => one.kind === "one_time" && WANTED[what].includes(one.slug));
  if (!asked.length) return;
  const answer = await sheet((close) => {
    const boxes = asked.map((one) => h("input", { type: "checkbox", checked: true, value: one.id }));
    return [
      h("div.consent-head", {}, h("img", { src: "seal.svg", alt: "" }), h("b", {}, "盒子"), " 申请"),
      h("p.consent-title", {}, "发送以下一次性订阅消息"),
      asked.map((one, index) => h("label.consent-line", {}, boxes[index], one.title)),
      h("div.two", {},
        h("button.option.cancel", { id: "consent-refuse", onclick: () => close([]) }, "拒绝"),
        h("button.go", { id: "consent-allow", onclick: () => close(boxes.filter((box) => box.checked).map((box) => box.value)) }, "允许")),
    ];
  }, { kind: "consent" });
  if (answer === undefined) return;
  const refused = answer.length === 0;
  await attempt(() => act("consent", { template_ids: refused ? asked.map((one) => one.id) : answer, accept: !refused, account: "mini" }), { quiet: true });
  emit("said");
}

