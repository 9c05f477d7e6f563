// What several pages share: pictures in the right colour, prices, sizes, and the box one picks oneself.

import { h, yuan } from "./dom.js";
import { emit, picture, state } from "./api.js";

const COLOURS = {
  驼色: ["camel", "#c19a6b"], 米白: ["ivory", "#ece3d2"], 黑色: ["black", "#33312f"], 炭灰: ["charcoal", "#5a5a5c"],
  藏青: ["navy", "#2c3e5c"], 酒红: ["burgundy", "#7b2d3b"], 墨绿: ["forest", "#2f4d40"], 鼠尾草绿: ["sage", "#9fae98"],
  雾蓝: ["mist", "#a9bccb"], 豆沙粉: ["rose", "#d0a198"], 燕麦色: ["oat", "#d6c6ab"], 可可棕: ["chocolate", "#5f4335"],
  水洗蓝: ["denim", "#5f7fa3"], 白色: ["white", "#f4f2ee"], 浅灰: ["grey", "#b9b8b5"], 焦糖色: ["rust", "#b4623a"],
  茄紫: ["plum", "#63405c"], 姜黄: ["mustard", "#cf9f3d"], 金色: ["gold", "#c9a45c"], 珍珠白: ["pearl", "#e3dcd3"],
};
const USUAL = ["M", "38", "均码", "L", "37"];
export const MOST = 8, LEAST = 5;

export const swatch = (colour) => COLOURS[colour]?.[1] ?? "#ccc";

/** The drawing's own name holds its colour, so every colour of a product has a picture. */
export function photo(path, colour) {
  const key = COLOURS[colour]?.[0];
  const named = key ? path.replace(/^(\/pictures\/\w+-)\w+/, `$1${key}`) : path;
  return h("img", { src: picture(named), alt: "", loading: "lazy" });
}

export const price = (product) => h("span.price", {},
  h("b", {}, yuan(product.price_fen)),
  product.price_fen < product.public_price_fen
    ? h("s", {}, yuan(product.public_price_fen))
    : product.member_price_fen < product.price_fen ? h("em", {}, `会员 ${yuan(product.member_price_fen)}`) : null);

export const colours = (product) => [...new Set(product.skus.map((sku) => sku.colour))];

/** The piece most people would take: the first colour, a usual size, in stock. */
export function usual(product, colour = "") {
  const there = product.skus.filter((sku) => sku.left > 0 && (!colour || sku.colour === colour));
  for (const size of USUAL) {
    const found = there.find((sku) => sku.size === size);
    if (found) return found;
  }
  return there[0];
}

// The bag -----------------------------------------------------------------------------------------

const bags = new Map();

export const bag = () => {
  if (!bags.has(state.person.id)) bags.set(state.person.id, []);
  return bags.get(state.person.id);
};

/** Put a piece in; false when it is full or the piece is in already. */
export function put(product, sku) {
  const mine = bag();
  if (mine.length >= MOST || mine.some((one) => one.sku.id === sku.id)) return false;
  mine.push({ product, sku });
  emit("bag");
  return true;
}

export function drop(sku) {
  const mine = bag();
  mine.splice(mine.findIndex((one) => one.sku.id === sku.id), 1);
  emit("bag");
}

export const empty = () => { bags.set(state.person.id, []); emit("bag"); };
