// 我的: the member's own page – plan, quotas, points, consents, inbox, addresses, sizes.

import { h, fill, dayTime, lastDay, yuan } from "./dom.js";
import { act, api, attempt, emit, keep, state } from "./api.js";
import { openPage, push, redraw } from "./mini.js";
import { LEVELS, PURPOSES, QUOTAS } from "./words.js";
import { requestMessages, requestPayment, sheet, sure } from "./sheets.js";
import { addressForm } from "./addresses.js";
import { cartPage, ordersPage } from "./orders.js";

export async function mePage(page) {
  const [me, plan, inbox] = await Promise.all([api("/me"), api("/me/membership"), api("/me/inbox?limit=1")]);
  const running = plan.current;
  fill(page,
    h(`div.member${running ? ".paid" : ""}`, {},
      h("div.titled", {}, h("div", {}, h("b", {}, state.person.name), h("small", {}, me.phone || "还没绑定手机号")), h("span.level", { id: "level" }, LEVELS[me.level])),
      running ? h("p", { id: "member-until" }, `${running.plan === "yearly" ? "年度会员" : "月度会员"} · 有效至 ${lastDay(running.ends_at)}`) : h("p", {}, "成为会员：造型六次，往返运费六次，会员价"),
      plan.queued ? h("small", {}, `续费的一期从 ${dayTime(plan.queued.starts_at)} 开始`) : null,
      h("div.figures", {},
        h("div", {}, h("b", { id: "points" }, me.points.usable), h("small", {}, me.points.pending ? `积分（待生效 ${me.points.pending}）` : "积分")),
        plan.quotas.map((one) => h("div", { dataset: { quota: one.kind } }, h("b", {}, one.left), h("small", {}, `${QUOTAS[one.kind]} / ${one.granted}`))))),
    plan.ordered ? h("div.card", {}, h("b", {}, "有一笔订单待付款"), h("p.muted", {}, `${plan.ordered.description} ${yuan(plan.ordered.amount_fen)}`), h("button.go", { onclick: () => attempt(() => payAgain(plan.ordered)) }, "去付款")) : null,
    running ? value(plan) : await offers(),
    h("div.list", {},
      entry("站内信", inbox.unread ? `${inbox.unread} 封未读` : "", () => push("站内信", inboxPage), "inbox"),
      entry("我的订单", "", () => push("我的订单", ordersPage), "orders"),
      entry("购物车", "", () => push("购物车", cartPage)),
      entry("权益明细", plan.lines.length ? `${plan.lines.length} 条` : "", () => push("权益明细", (next) => linesPage(next, plan))),
      entry("收货地址", "", () => push("收货地址", addressPage)),
      entry("我的尺码", me.profile.top_size ?? "未填写", () => sizes(me)),
      entry("手机号", me.phone || "绑定", bindPhone),
      running ? entry("续费一年", "", () => attempt(() => order("yearly", true))) : null),
    h("h4", {}, "授权与消息"),
    h("div.list", {},
      Object.entries(PURPOSES).filter(([purpose]) => purpose !== "renewal").map(([purpose, words]) => toggle(words, me.consents[purpose], (given) => api(`/me/consents/${purpose}`, { given }, "PUT"), purpose)),
      toggle(PURPOSES.renewal, plan.renewal, (given) => api("/me/renewal", given ? {} : undefined, given ? "POST" : "DELETE"), "renewal"),
      entry("一次性订阅消息", "去授权", async () => { await requestMessages("box"); })));
}

const entry = (words, note, onclick, id) => h("button", { onclick, id: id ? `me-${id}` : undefined }, words, h("span", {}, note, " ›"));

function toggle(words, on, write, name) {
  const box = h("input", { type: "checkbox", checked: Boolean(on), dataset: { consent: name }, onchange: async () => {
    if (!(await attempt(() => write(box.checked), { done: box.checked ? "已同意" : "已撤回" }))) box.checked = !box.checked;
    else emit("changed");
  } });
  return h("label.switch", {}, words, box, h("i"));
}

// Plans -------------------------------------------------------------------------------------------

async function offers() {
  const { items } = await api("/plans");
  return h("div.offers", {}, items.map((one) => h("button.offer", { dataset: { plan: one.code }, onclick: () => attempt(() => order(one.code)) },
    h("b", {}, one.name), h("span", {}, yuan(one.price_now_fen), h("small", {}, one.months === 12 ? " / 年" : " / 月")),
    h("small", {}, `造型 ${one.stylings} 次 · 往返 ${one.round_trips} 次`), one.campaign_on ? h("em", {}, "活动价") : null)));
}

async function order(code, renew = false) {
  const made = await api(`/plans/${code}/order${renew ? "?renew=true" : ""}`, {});
  const paid = made.payment ? await requestPayment(made.pay_params, made.payment) : true;
  emit("changed");
  if (paid) await requestMessages("plan");
}

async function payAgain(payment) {
  await requestPayment(await api(`/payments/${payment.out_trade_no}/prepare`, {}), payment);
  emit("changed");
}

function value(plan) {
  if (!plan.value) return null;
  const { value: worth } = plan;
  return h("div.card.bill", {}, h("div", {}, "会员费", h("b", {}, yuan(worth.fee_fen))), h("div", {}, "已经省下", h("b", {}, yuan(worth.saved_fen))),
    h("small", {}, `造型用了 ${worth.stylings_used} 次，往返用了 ${worth.round_trips_used} 次`));
}

function linesPage(page, plan) {
  const steps = { hold: "预留", use: "使用", restore: "退回" };
  fill(page, plan.lines.length ? h("div.list", {}, plan.lines.map((line) => h("div.plainline", {}, h("b", {}, `${QUOTAS[line.kind]} · ${steps[line.step] ?? line.step}`), h("span", {}, dayTime(line.at))))) : h("div.empty", {}, "还没有用过"));
}

// The rest ------------------------------------------------------------------------------------------

async function inboxPage(page) {
  const { items } = await api("/me/inbox?limit=50");
  fill(page, items.length ? items.map((note) => h(`button.card.note${note.read_at ? "" : ".unread"}`, { onclick: () => attempt(async () => {
    if (!note.read_at) await api(`/me/inbox/${note.id}/read`, {});
    if (note.page) openPage(note.page); else redraw();
  }) }, h("b", {}, note.title), h("p", {}, note.text), h("small", {}, dayTime(note.created_at)))) : h("div.empty", {}, "还没有消息"));
}

async function addressPage(page) {
  const { items } = await api("/me/addresses");
  fill(page, items.map((one) => h("div.card", {}, h("b", {}, `${one.name} ${one.phone}`), one.is_default ? h("span.tag", {}, "默认") : null, h("p.muted", {}, `${one.province}${one.city}${one.area}${one.detail}`),
    h("button.link", { onclick: async () => { if (await sure("删掉这个地址？", "在路上的盒子不受影响。", "删掉")) await attempt(async () => { await api(`/me/addresses/${one.id}`, undefined, "DELETE"); emit("changed"); }); } }, "删掉"))),
  items.length ? null : h("div.empty", {}, "还没有地址"), h("div.stick", {}, h("button.go", { id: "add-address", onclick: addressForm }, "用微信收货地址")));
}

async function sizes(me) {
  const told = await sheet((close) => {
    const fields = [["height_cm", "身高 cm", 165], ["weight_kg", "体重 kg", 52], ["top_size", "上装", "M"], ["bottom_size", "下装", "M"], ["shoe_size", "鞋码", "38"], ["style", "喜欢的风格", "简洁、有一点颜色"]];
    const inputs = fields.map(([name, , usual]) => h("input.field", { value: me.profile[name] ?? usual }));
    return [h("p.sheet-title", {}, "说说你的尺码"), fields.map(([, words], index) => h("label.asked.inline", {}, words, inputs[index])),
      h("button.go", { onclick: () => close(Object.fromEntries(fields.map(([name], index) => [name, index < 2 ? Number(inputs[index].value) : inputs[index].value.trim()]))) }, "保存")];
  });
  if (!told) return;
  await attempt(async () => {
    if (!me.consents.profile) await api("/me/consents/profile", { given: true }, "PUT");
    await api("/me/profile", { birthday: me.birthday, profile: told }, "PUT");
    emit("changed");
  }, { done: "造型师会看到" });
}

/** The phone number button: WeChat gives a code, the shop turns it into the number. */
async function bindPhone() {
  if (!(await sure("授权手机号", `盒子 申请获取你的手机号 ${state.person.phone.slice(0, 3)}****${state.person.phone.slice(-4)}`, "允许"))) return;
  await attempt(async () => {
    const { code } = await act("phone-code");
    keep(state.person.id, await api("/me/phone", { code }));
    emit("changed");
  }, { done: "绑定好了" });
}
