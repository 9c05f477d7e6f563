// wx.chooseAddress: the address WeChat keeps, handed to the shop.

import { h } from "./dom.js";
import { api, attempt, emit, state } from "./api.js";
import { sheet } from "./sheets.js";

const PLACES = [
  ["浙江省", "杭州市", "上城区", "湖滨街道 1 号 3 单元 502"],
  ["上海市", "上海市", "徐汇区", "武康路 99 弄 12 号"],
  ["四川省", "成都市", "锦江区", "春熙路 8 号 1702"],
];

export async function addressForm() {
  const place = await sheet((close) => [
    h("p.sheet-title", {}, "选择收货地址"),
    PLACES.map((one, index) => h("button.option.left", { dataset: { place: index }, onclick: () => close(one) },
      h("b", {}, `${state.person.name} ${state.person.phone}`), h("small", {}, one.join(" ")))),
    h("button.option.cancel", { onclick: () => close(undefined) }, "取消"),
  ]);
  if (!place) return;
  const [province, city, area, detail] = place;
  await attempt(async () => {
    await api("/me/addresses", { name: state.person.name, phone: state.person.phone, province, city, area, detail, is_default: true });
    emit("changed");
  }, { done: "地址记好了" });
}
