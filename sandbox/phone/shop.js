// 商店: the shelves, and one product from near.

import { h, fill, yuan } from "./dom.js";
import { api, attempt } from "./api.js";
import { toast } from "./toast.js";
import { go, push, redraw } from "./mini.js";
import { cartBar, toCart } from "./orders.js";
import { LEAST, bag, colours, drop, empty, photo, price, put, swatch, usual } from "./goods.js";

let chosen = "";

export async function shopPage(page) {
  const { items } = await api("/products?limit=100");
  const categories = [...new Set(items.map((item) => item.category))];
  const shelf = h("div.shelf");
  const chips = h("div.chips", {}, ["", ...categories].map((name) =>
    h("button.chip", { dataset: { category: name }, onclick: () => { chosen = name; draw(); } }, name || "全部")));
  const draw = () => {
    for (const chip of chips.children) chip.classList.toggle("on", chip.dataset.category === chosen);
    fill(shelf, items.filter((item) => !chosen || item.category === chosen).map(tile));
  };
  fill(page,
    h("div.hero", {}, h("p", {}, "冬 · 新到"), h("h2", {}, "先穿上身，再谈喜欢"), h("small", {}, "任选五到八件寄到家，五天里慢慢试")),
    chips, shelf, bagBar(), await cartBar());
  draw();
}

function tile(product) {
  const gone = product.skus.every((sku) => sku.left === 0);
  return h("button.tile", { dataset: { product: product.code }, onclick: () => push(product.name, (page) => detail(page, product.id)) },
    h("div.photo", {}, photo(product.picture), gone ? h("i.gone", {}, "暂缺") : null),
    h("b", {}, product.name),
    h("div.dots", {}, colours(product).map((colour) => h("i", { style: `background:${swatch(colour)}` }))),
    price(product));
}

async function detail(page, id) {
  const product = await api(`/products/${id}`);
  let sku = usual(product) ?? product.skus[0];
  const shown = h("div.big"), choice = h("div"), button = h("button.go", { id: "to-bag" });
  const draw = () => {
    fill(shown, photo(product.picture, sku.colour));
    const same = product.skus.filter((one) => one.colour === sku.colour);
    fill(choice,
      h("div.choice", {}, h("span", {}, "颜色"), colours(product).map((colour) =>
        h(`button.chip${colour === sku.colour ? ".on" : ""}`, { onclick: () => pick(usual(product, colour) ?? product.skus.find((one) => one.colour === colour)) },
          h("i.dot", { style: `background:${swatch(colour)}` }), colour))),
      h("div.choice", {}, h("span", {}, "尺码"), same.map((one) =>
        h(`button.chip${one.id === sku.id ? ".on" : ""}`, { disabled: one.left === 0, onclick: () => pick(one) }, one.size))),
      h("p.stock", {}, sku.left === 0 ? "这个尺码暂时没有" : sku.left <= 2 ? `只剩 ${sku.left} 件` : "有货"));
    button.textContent = bag().some((one) => one.sku.id === sku.id) ? "已在盒子里" : "放进自选盒";
    button.disabled = sku.left === 0;
  };
  const pick = (one) => { sku = one; draw(); };
  button.onclick = () => {
    if (put(product, sku)) toast(`放进去了，现在 ${bag().length} 件`, "good");
    else toast("已经在盒子里，或者盒子满了（最多八件）");
    draw();
    fill(bar, bagBar());
  };
  const bar = h("div", {}, bagBar());
  draw();
  fill(page, shown, h("div.facts", {}, h("h2", {}, product.name), price(product), choice,
    h("p.story", {}, product.story), h("dl.small", {}, h("dt", {}, "材质"), h("dd", {}, product.material), h("dt", {}, "会员价"), h("dd", {}, yuan(product.member_price_fen)))),
  h("div.stick.two", {}, button, h("button.ghost", { id: "to-cart", onclick: () => toCart(sku) }, "加入购物车")), bar);
}

// The box one picks oneself ------------------------------------------------------------------------

function bagBar() {
  const mine = bag();
  if (!mine.length) return null;
  return h("button.bagbar", { id: "bag-bar", onclick: () => push("自选盒", bagPage) },
    h("span.stack", {}, mine.slice(0, 4).map((one) => photo(one.product.picture, one.sku.colour))),
    h("b", {}, `自选盒 ${mine.length} 件`), h("em", {}, mine.length < LEAST ? `再挑 ${LEAST - mine.length} 件` : "可以提交了"), "›");
}

export async function bagPage(page) {
  const mine = bag();
  const sum = mine.reduce((total, one) => total + one.product.price_fen, 0);
  fill(page,
    h("p.lead", {}, `五到八件一盒。现在 ${mine.length} 件，全部留下是 ${yuan(sum)}；不喜欢的不用付。`),
    mine.map((one) => h("div.row", {}, photo(one.product.picture, one.sku.colour),
      h("div.grow", {}, h("b", {}, one.product.name), h("small", {}, `${one.sku.colour} · ${one.sku.size}`)),
      h("span", {}, yuan(one.product.price_fen)),
      h("button.plain", { onclick: () => { drop(one.sku); redraw(); } }, "拿掉"))),
    h("div.stick", {}, h("button.go", { id: "send-bag", disabled: mine.length < LEAST, onclick: send }, mine.length < LEAST ? `还差 ${LEAST - mine.length} 件` : "就要这一盒")));
}

async function send() {
  await attempt(async () => {
    await api("/boxes", { sku_ids: bag().map((one) => one.sku.id), occasion: "自选" });
    empty();
    go("box");
  }, { done: "盒子搭好了，看一眼再确认" });
}

