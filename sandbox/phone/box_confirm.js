// A proposal: look at it, change it, see the most it can cost, and take the cover.

import { h, fill, yuan } from "./dom.js";
import { api, attempt, emit } from "./api.js";
import { item } from "./box.js";
import { addressForm } from "./addresses.js";
import { swapConsent } from "./box_pieces.js";
import { choose, openPayScore, requestMessages, requestPayment, sure } from "./sheets.js";

const chosen = new Map(); // box id → {cover, address}

export async function proposal(body, box) {
  const [preview, { items: addresses }] = await Promise.all([api(`/boxes/${box.id}/preview`), api("/me/addresses")]);
  const mine = chosen.get(box.id) ?? {};
  mine.cover ??= preview.covers.find((one) => one.available)?.kind;
  mine.address = addresses.find((one) => one.id === mine.address?.id) ?? addresses[0];
  chosen.set(box.id, mine);
  const change = (made) => attempt(async () => { await api(`/boxes/${box.id}`, { version: box.version, ...made }, "PATCH"); emit("changed"); });
  fill(body,
    box.items.map((one) => item(one, h("div.choice.tight", {},
      h("button.chip", { onclick: () => swap(one, change) }, "换尺码"),
      h("button.chip", { disabled: box.items.length < 2, onclick: () => change({ remove: [one.id] }) }, "拿掉")))),
    h("div.card.bill", {},
      h("div", {}, "全部留下", h("b", {}, yuan(preview.goods_fen))),
      h("div", {}, "往返运费", h("b", {}, preview.round_trip_free ? `免费（还剩 ${preview.round_trips_left} 次）` : `${yuan(preview.freight_out_fen)} + ${yuan(preview.freight_back_fen)}`)),
      h("div.strong", {}, "最多会付", h("b", { id: "highest" }, yuan(preview.highest_fen))),
      h("small", {}, "现在不收货款；留下的才付。")),
    swapConsent(box),
    h("h4", {}, "收货地址"),
    addresses.length
      ? addresses.map((one) => h(`button.card.pick${one.id === mine.address?.id ? ".on" : ""}`, { onclick: () => { mine.address = one; emit("changed"); } },
        h("b", {}, `${one.name} ${one.phone}`), h("small", {}, `${one.province}${one.city}${one.area}${one.detail}`)))
      : null,
    h("button.ghost.wide", { id: "add-address", onclick: addressForm }, "＋ 用微信收货地址"),
    h("h4", {}, "用什么做保障"),
    preview.covers.map((one) => h(`button.card.pick${one.kind === mine.cover ? ".on" : ""}`, { disabled: !one.available, dataset: { cover: one.kind }, onclick: () => { mine.cover = one.kind; emit("changed"); } },
      h("b", {}, one.kind === "pay_score" ? "微信支付分 · 免押金" : `押金 ${yuan(one.now_fen)}`),
      h("small", {}, one.kind === "pay_score" ? `结算时最多扣 ${yuan(one.later_fen)}` : `先抵留下的衣服，最多退回 ${yuan(one.refundable_fen)}`))),
    h("div.stick.two", {},
      h("button.ghost", { onclick: () => giveUp(box) }, "不要了"),
      h("button.go", { id: "confirm-box", disabled: !mine.address || !mine.cover, onclick: () => confirm(box, mine, preview.highest_fen) }, "确认这一盒")));
}

async function swap(one, change) {
  const product = await api(`/products/${one.product_id}`);
  const options = product.skus.filter((sku) => sku.left > 0 && sku.id !== one.sku_id).map((sku) => [sku.id, `${sku.colour} · ${sku.size}（余 ${sku.left}）`]);
  const sku = await choose(`「${one.name}」换成`, options, "mini-phone");
  if (sku) await change({ swap: [{ item_id: one.id, sku_id: sku }] });
}

async function giveUp(box) {
  if (await sure("不要这一盒了？", "现在取消，什么都不会扣。", "取消这盒")) {
    await attempt(async () => { await api(`/boxes/${box.id}/cancel`, { reason: "不想要了" }); emit("changed"); });
  }
}

async function confirm(box, mine, highest_fen) {
  await attempt(async () => {
    const sheet = await api(`/boxes/${box.id}/confirm`, { version: box.version, cover: mine.cover, address_id: mine.address.id, highest_fen });
    emit("changed");
    await takeCover(sheet);
  });
}

/** The box is confirmed at once; it goes to the warehouse when the cover is taken. */
export async function takeCover(sheet) {
  if (sheet.taken) return;
  const taken = sheet.kind === "pay_score"
    ? await openPayScore({ package: sheet.package, risk_fen: sheet.highest_fen })
    : await requestPayment(sheet.pay, { out_trade_no: sheet.out_trade_no, amount_fen: sheet.now_fen, description: "盒子押金" });
  if (taken) await requestMessages("box");
  emit("changed");
}

export async function confirmed(body, box) {
  fill(body,
    h("div.card", {}, h("b", {}, "还差一步"), h("p.muted", {}, "货已经替你留好，授权以后仓库就开始打包。"),
      h("div.two", {},
        h("button.go", { id: "take-cover", onclick: () => attempt(async () => takeCover(await api(`/boxes/${box.id}/cover`))) }, box.cover === "pay_score" ? "打开微信支付分" : "支付押金"),
        h("button.ghost", { onclick: () => attempt(async () => takeCover(await api(`/boxes/${box.id}/cover`, { cover: box.cover === "pay_score" ? "deposit" : "pay_score" }))) }, box.cover === "pay_score" ? "改用押金" : "改用支付分")),
      h("button.link", { onclick: () => giveUp(box) }, "取消这盒")),
    box.items.map((one) => item(one)));
}
