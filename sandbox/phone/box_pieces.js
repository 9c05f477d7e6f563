// 一件衣服的事: exchanging it, saying what happened to a missing one, answering for a damaged one.

import { h, until, yuan } from "./dom.js";
import { api, attempt, emit, pictureOf, upload } from "./api.js";
import { choose, sheet } from "./sheets.js";
import { takeCover } from "./box_confirm.js";

/** What the member can do about this piece besides keeping and returning it. */
export function about(box, one) {
  if (one.state === "missing") return h("button.link", { dataset: { about: "missing" }, onclick: () => tell(box, one) }, "说明情况");
  if (one.damage_state === "proposed") return h("button.link", { dataset: { about: "damage" }, onclick: () => answer(box, one) }, "查看赔付");
  if (one.exchange_box_id) return h("small", {}, "已换，新的一件另寄");
  return null;
}

/** Whether the warehouse may put in another size or colour where a piece turns out broken, until it ships. */
export const swapConsent = (box) => h("div.list", {}, h("label.switch", {}, "缺码或有瑕疵时，仓库可以换别的尺码或颜色",
  h("input", { type: "checkbox", id: "swap-allowed", checked: box.swap_allowed, onchange: (event) => attempt(async () => { await api(`/boxes/${box.id}/swap`, { allowed: event.target.checked }, "PUT"); emit("changed"); }) }), h("i")));

export const exchangeChip = (box, one) => one.exchange_box_id ? null : h("button.chip", { dataset: { about: "exchange" }, onclick: () => exchange(box, one) }, "换一件");

async function exchange(box, one) {
  await attempt(async () => {
    const path = `/boxes/${box.id}/items/${one.id}/exchange`;
    const { skus, cover } = await api(path);
    const secured = cover.kind === "pay_score" ? "微信支付分担保" : `先付 ${yuan(cover.now_fen)}，不留全退`;
    const options = skus.map((sku) => [sku.id, `${sku.colour} · ${sku.size}（余 ${sku.on_hand}）`]);
    const sku = await choose(options.length ? `换成哪一件 · ${secured}` : "别的尺码和颜色都没有库存了", options, "mini-phone");
    if (!sku) return;
    const wanted = await api(path, { sku_id: sku });
    emit("changed");
    await takeCover(wanted);
  });
}

/** Words and pictures for the people who look for the piece. */
async function tell(box, one) {
  const told = await sheet((close) => {
    const words = h("textarea.field", { id: "evidence-words", rows: 3, maxLength: 500, placeholder: "比如：放进了同一个包裹，寄件时拍了照。" });
    const file = h("input.field", { id: "evidence-file", type: "file", accept: "image/jpeg,image/png,image/webp" });
    return [h("p.sheet-title", {}, `没有找到「${one.name}」`), h("p.sheet-words", {}, "核对期间不收费；写下您知道的，有照片更好。"),
      words, file, h("button.go", { id: "evidence-send", onclick: () => close({ words: words.value.trim(), file: file.files[0] }) }, "交给店里")];
  });
  if (!told) return;
  await attempt(async () => {
    const path = `/boxes/${box.id}/items/${one.id}`;
    if (told.file) await upload(`${path}/photos`, told.file);
    if (told.words) await api(`${path}/statement`, { words: told.words });
    emit("changed");
  }, { done: "收到了，核对完告诉你" });
}

async function answer(box, one) {
  const path = `/boxes/${box.id}/items/${one.id}/damage`;
  await attempt(async () => {
    const fee = await api(path);
    const pictures = await Promise.all(fee.photo_ids.map(async (id) => h("img.evidence", { src: await pictureOf(id), alt: "验货照片" })));
    const told = await sheet((close) => {
      const words = h("input.field", { id: "damage-words", maxLength: 300, placeholder: "不同意的话，说说情况" });
      return [h("p.sheet-title", {}, `「${one.name}」赔付 ${yuan(fee.fee_fen)}`), h("p.sheet-words", {}, `${fee.words}。${until(fee.answer_until)} 前答复；复核之后才会收取。`),
        pictures, words,
        h("button.go", { id: "damage-accept", onclick: () => close({ accept: true, words: words.value.trim() }) }, "同意"),
        h("button.option", { id: "damage-contest", onclick: () => close({ accept: false, words: words.value.trim() }) }, "不同意")];
    });
    if (!told) return;
    await api(`${path}/answer`, told);
    emit("changed");
  });
}
