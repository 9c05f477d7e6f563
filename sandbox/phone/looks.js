// 灵感: the outfit board.

import { h, fill, yuan } from "./dom.js";
import { api, picture } from "./api.js";
import { toast } from "./toast.js";
import { push } from "./mini.js";
import { bag, photo, put, usual } from "./goods.js";
import { bagPage } from "./shop.js";

export async function looksPage(page) {
  const { items } = await api("/looks?limit=20");
  fill(page, h("p.lead", {}, "这一季，她们这样穿。"), items.map((look) =>
    h("button.look", { dataset: { look: look.id }, onclick: () => push(look.title, (next) => detail(next, look.id)) },
      h("img", { src: picture(look.picture), alt: "", loading: "lazy" }),
      h("h3", {}, look.title), h("p", {}, look.words), h("small", {}, `${look.products.length} 件 · ${yuan(sum(look))}`))));
}

const sum = (look) => look.products.reduce((total, product) => total + product.price_fen, 0);

async function detail(page, id) {
  const look = await api(`/looks/${id}`);
  fill(page,
    h("img.banner", { src: picture(look.picture), alt: "" }),
    h("div.facts", {}, h("h2", {}, look.title), h("p.story", {}, look.words)),
    look.products.map((product) => h("div.row", {}, photo(product.picture),
      h("div.grow", {}, h("b", {}, product.name), h("small", {}, product.category)), h("span", {}, yuan(product.price_fen)))),
    h("div.stick", {}, h("button.go", { id: "take-look", onclick: () => take(look) }, "整套放进自选盒")));
}

function take(look) {
  const pieces = look.products.map((product) => [product, usual(product)]).filter(([, sku]) => sku);
  const taken = pieces.filter(([product, sku]) => put(product, sku)).length;
  toast(taken ? `放进去 ${taken} 件，盒子里现在 ${bag().length} 件` : "都在盒子里了", "good");
  push("自选盒", bagPage);
}
