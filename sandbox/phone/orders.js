// 购物车与订单: what is bought outright, from the cart to the return.

import { h, fill, dayTime, until, yuan } from "./dom.js";
import { api, attempt, emit } from "./api.js";
import { go, push } from "./mini.js";
import { ITEM_STATES, ORDER_STATES, REASONS, STATES } from "./words.js";
import { photo } from "./goods.js";
import { pickup } from "./box.js";
import { addressForm } from "./addresses.js";
import { choose, requestPayment, sheet, sure } from "./sheets.js";

const rowOf = (words, fen, strong = false) => h(`div${strong ? ".strong" : ""}`, {}, words, h("b", {}, yuan(fen).replace("¥-", "−¥")));

// The cart -----------------------------------------------------------------------------------------

export async function cartBar() {
  const { items, sum_fen } = await api("/cart");
  const count = items.reduce((sum, one) => sum + one.quantity, 0);
  return count ? h("button.bagbar", { id: "cart-bar", onclick: () => push("购物车", cartPage) },
    h("span.stack", {}, items.slice(0, 4).map((one) => photo(one.picture, one.colour))), h("b", {}, `购物车 ${count} 件`), h("em", {}, yuan(sum_fen)), "›") : null;
}

export const toCart = (sku) => attempt(async () => {
  await api("/cart/items", { sku_id: sku.id, quantity: 1 });
  emit("changed");
}, { done: "放进购物车了" });

export async function cartPage(page) {
  const cart = await api("/cart");
  const change = (one, quantity) => attempt(async () => {
    if (quantity) await api(`/cart/items/${one.sku_id}`, { version: cart.version, quantity }, "PUT");
    else await api(`/cart/items/${one.sku_id}?version=${cart.version}`, undefined, "DELETE");
    emit("changed");
  });
  fill(page, cart.items.length ? null : h("div.empty", {}, h("b", {}, "购物车是空的"), h("p", {}, "去商店挑一件直接带走，不用开盒子。")),
    cart.items.map((one) => h("div.row", { dataset: { cart: one.sku_id } }, photo(one.picture, one.colour),
      h("div.grow", {}, h("b", {}, one.name), h("small", {}, `${one.colour} · ${one.size}`), one.on_sale && one.left ? null : h("small.bad", {}, "暂时没有货")),
      h("span.right", {}, h("b", {}, yuan(one.price_fen)), h("span.choice.tight", {},
        h("button.chip", { onclick: () => change(one, one.quantity - 1) }, "−"), `${one.quantity}`, h("button.chip", { onclick: () => change(one, one.quantity + 1) }, "＋"))))),
    cart.items.length ? h("div.stick", {}, h("button.go", { id: "checkout", onclick: () => push("确认订单", (next) => checkout(next, cart.version)) }, `去结算 · ${yuan(cart.sum_fen)}`)) : null);
}

// Placing ------------------------------------------------------------------------------------------

async function checkout(page, cart_version) {
  const [quote, { items: addresses }] = await Promise.all([api("/orders/preview", { cart_version }), api("/me/addresses")]);
  const address = addresses.find((one) => one.is_default) ?? addresses[0];
  const most = Math.min(quote.stored_free_fen, quote.total_fen);
  const stored = h("input", { type: "checkbox", id: "use-stored" });
  fill(page, h("div.together", {},
    quote.items.map((one) => h("div.row", {}, photo(one.picture, one.colour), h("div.grow", {}, h("b", {}, one.name), h("small", {}, `${one.colour} · ${one.size} × ${one.quantity}`)), h("span.right", {}, h("b", {}, yuan(one.net_fen))))),
    h("div.card.bill", {}, rowOf("商品", quote.gross_fen), quote.coupon_fen ? rowOf("优惠券", -quote.coupon_fen) : null,
      h("div", {}, "运费", h("b", {}, quote.freight_fen ? yuan(quote.freight_fen) : "免运费")),
      h("div.strong", {}, "合计", h("b", { id: "order-total" }, yuan(quote.total_fen))),
      h("small", {}, `可得 ${quote.points} 积分 · 签收后七天内无理由退货${quote.freight_fen ? ` · 满 ${yuan(quote.freight_free_from_fen)} 免运费` : ""}`)),
    most ? h("div.list", {}, h("label.switch", {}, `用储值付 ${yuan(most)}`, stored, h("i"))) : null,
    h("h4", {}, "收货地址"),
    address ? h("div.card", {}, h("b", {}, `${address.name} ${address.phone}`), h("p.muted", {}, `${address.province}${address.city}${address.area}${address.detail}`)) : null,
    h("button.ghost.wide", { id: "add-address", onclick: addressForm }, "＋ 用微信收货地址")),
    h("div.stick", {}, h("button.go", { id: "place-order", disabled: !address, onclick: () => place() }, `提交订单 · ${quote.pay_within_minutes} 分钟内付款`)));

  async function place() {
    await attempt(async () => {
      const made = await api("/orders", { cart_version, address_id: address.id, total_fen: quote.total_fen, stored_fen: stored.checked ? most : 0 });
      go("me");
      push("我的订单", ordersPage);
      push("订单", (next) => orderDetail(next, made.id));
      if (made.out_trade_no) await pay(made.out_trade_no);
    });
  }
}

async function pay(out_trade_no) {
  const payment = await api(`/payments/${out_trade_no}`);
  await requestPayment(await api(`/payments/${out_trade_no}/prepare`, {}), payment);
  emit("changed");
}

// Looking ------------------------------------------------------------------------------------------

export async function ordersPage(page) {
  const { items } = await api("/orders?limit=50");
  fill(page, items.length ? items.map((one) => h("button.card.boxline", { dataset: { order: one.id }, onclick: () => push("订单", (next) => orderDetail(next, one.id)) },
    h("b", {}, `订单 …${one.number.slice(-6)}`), h(`span.tag.${one.state}`, {}, ORDER_STATES[one.state]), h("small", {}, `${dayTime(one.created_at)} · ${yuan(one.total_fen)}${one.refunded_fen ? ` · 退 ${yuan(one.refunded_fen)}` : ""}`)))
    : h("div.empty", {}, "还没有订单"));
}

export async function orderDetail(page, id) {
  const order = await api(`/orders/${id}`);
  const marked = new Map(); // piece → reason, of what is to go back
  const send = h("button.go", { id: "send-order-back", onclick: () => sendBack(order, marked) });
  const waiting = order.parcels.filter((one) => one.direction === "back" && one.state === "wanted");
  const write = (path, body, done) => attempt(async () => { await api(`/orders/${id}${path}`, body); emit("changed"); }, { done });
  page.dataset.state = order.state;
  const draw = () => { send.textContent = `退回 ${marked.size} 件`; send.hidden = !marked.size; };
  draw();
  fill(page,
    h("div.boxhead", {}, h("div.titled", {}, h("h2", {}, "订单"), h(`span.tag.${order.state}`, { id: "order-state" }, ORDER_STATES[order.state])),
      h("small", {}, order.number),
      order.state === "placed" ? h("small", {}, `${dayTime(order.expires_at)} 前付款，货先替你留着`) : null,
      order.state === "shipped" ? h("small", {}, `没有签收消息的话，${until(order.receive_by)} 自动收货`) : null),
    order.parcels.map((one) => h("div.card.parcel", {}, h("b", {}, one.direction === "out" ? "寄给你" : "寄回店里"), h("span.tag", {}, STATES[one.state] ?? one.state), h("small", {}, [one.carrier, one.waybill].filter(Boolean).join(" ") || "等待取件"))),
    order.items.map((one) => h("div.row.item", { dataset: { piece: one.id } }, photo(one.picture, one.colour),
      h("div.grow", {}, h("b", {}, one.name), h("small", {}, `${one.colour} · ${one.size}`),
        order.state === "signed" && one.state === "bought" ? h("button.chip", { onclick: (event) => mark(event.target, one) }, "退货") : null),
      h("span.right", {}, h("b", {}, yuan(one.net_fen)), h(`em.${one.state}`, {}, ITEM_STATES[one.state] ?? "")))),
    waiting.map((one) => pickup(one)),
    h("div.card.bill", {}, rowOf("商品", order.gross_fen), order.coupon_fen ? rowOf("优惠券", -order.coupon_fen) : null, order.freight_fen ? rowOf("运费", order.freight_fen) : null,
      rowOf("合计", order.total_fen, true), order.stored_fen ? rowOf("其中储值", order.stored_fen) : null, order.refunded_fen ? h("div", {}, "已退", h("b", { id: "refunded" }, yuan(order.refunded_fen))) : null),
    h("div.stick.two", {},
      order.out_trade_no ? h("button.go", { id: "pay-order", onclick: () => attempt(() => pay(order.out_trade_no)) }, "去付款") : null,
      order.state === "shipped" ? h("button.go", { id: "receive-order", onclick: () => write("/receive", {}, "收到啦，七天内可以退") }, "确认收货") : null,
      send,
      ["placed", "paid"].includes(order.state) ? h("button.ghost", { id: "cancel-order", onclick: () => giveUp(order, write) }, "取消订单") : null));

  async function mark(chip, one) {
    if (marked.delete(one.id)) chip.textContent = "退货";
    else {
      const reason = await choose("为什么退", REASONS, "mini-phone");
      if (!reason) return;
      marked.set(one.id, reason);
      chip.textContent = `退货 · ${REASONS.find(([code]) => code === reason)[1]}`;
    }
    chip.classList.toggle("on", marked.has(one.id));
    draw();
  }
}

async function giveUp(order, write) {
  const back = await api(`/orders/${order.id}/cancel-preview`);
  const words = back.refund_fen ? `${yuan(back.refund_fen)} 原路退回。` : "还没有付款，什么都不会扣。";
  if (await sure("取消这张订单？", words + (back.coupon_back ? "优惠券也退给你。" : ""), "取消订单")) await write("/cancel", {}, "订单取消了");
}

async function sendBack(order, marked) {
  const items = [...marked].map(([item_id, reason]) => ({ item_id, reason }));
  await attempt(async () => {
    const told = await api(`/orders/${order.id}/returns/preview`, { items });
    const yes = await sheet((close) => [h("p.sheet-title", {}, `退回 ${items.length} 件`),
      h("div.card.bill", {}, rowOf("退款", told.refund_fen, true), told.stored_fen ? rowOf("其中退到储值", told.stored_fen) : null, told.points_lost ? h("div", {}, "扣回积分", h("b", {}, told.points_lost)) : null,
        told.coupon_back ? h("small", {}, "不再满足用券门槛，优惠券退回") : null, h("small", {}, `${until(told.until)} 前可以退；仓库收到后退款`)),
      h("button.go", { id: "return-confirm", onclick: () => close(true) }, "确认退货"), h("button.option.cancel", { onclick: () => close(false) }, "再想想")]);
    if (!yes) return;
    await api(`/orders/${order.id}/returns`, { items });
    emit("changed");
  });
}
