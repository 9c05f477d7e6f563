// What the shop's people would do next, one tap each, through the real staff API with the demo logins.

import { h, fill } from "./dom.js";
import { api, attempt, loggedIn, staff, state } from "./api.js";
import { usual } from "./goods.js";

const SETS = [
  ["大衣", "针织", "裤子", "鞋", "配饰", "衬衫"],
  ["羽绒服", "针织", "半裙", "鞋", "连衣裙", "配饰"],
];
const WORDS = [
  "这一盒以大衣打底：里面软一点，外面挺一点。裤长按你平时穿的鞋选的，先试第一套。",
  "你说想要一点颜色，我放了一条半裙和一条连衣裙。毛衣两边都能配，不用急着决定。",
];

export async function work(root, again) {
  if (!loggedIn()) {
    fill(root, h("p.idle", {}, "有人登录小程序之后，这里会有活儿。"));
    return;
  }
  const [{ items: boxes }, { items: bookings }, { items: orders }] = await Promise.all([api("/boxes?limit=10"), api("/bookings?limit=10"), api("/orders?limit=10")]);
  const deeds = [];
  for (const order of orders) deeds.push(...await forOrder(order));
  for (const booking of bookings.filter((one) => one.state === "booked" && new Date(one.starts_at) <= state.now)) deeds.push(["造型师", `和${booking.stylist.name}的造型做完了`, () => done(booking), `done-${booking.id}`]);
  for (const booking of bookings.filter((one) => one.state === "done").slice(0, 1)) {
    if (boxes.every((box) => ["settled", "cancelled", "lost"].includes(box.state))) deeds.push(["造型师", `${booking.stylist.name}把笔记变成一盒`, () => propose(`/staff/bookings/${booking.id}/proposal`, booking.id, booking.stylist.name), "propose"]);
  }
  for (const box of boxes) {
    if (["requested", "styling"].includes(box.state)) deeds.push(["造型师", `为盒子 ${box.id} 从库存里搭一盒`, () => propose(`/staff/boxes/${box.id}/proposal`, box.id), "propose"]);
    if (box.state === "packing") deeds.push(["仓库", `盒子 ${box.id} 打包发货`, () => ship(box), "ship"]);
    if (["returning", "grading", "disputed"].includes(box.state)) {
      const detail = await api(`/boxes/${box.id}`);
      for (const parcel of detail.parcels.filter((one) => one.direction === "back" && one.waybill && one.state !== "received")) deeds.push(["仓库", `收下退回的包裹 ${parcel.waybill}`, () => staff("warehouse1", "/staff/parcels/receive", { waybill: parcel.waybill }), "receive"]);
      if (detail.items.some((item) => item.state === "received")) deeds.push(["仓库", `盒子 ${box.id} 验货：都完好`, () => grade(detail), "grade"]);
    }
  }
  fill(root, deeds.length ? deeds.map(([who, words, act, id]) => h("button.deed", { dataset: { deed: id }, onclick: async () => { if (await attempt(act, { done: "做好了" })) again(); } }, h("i", {}, who), words)) : h("p.idle", {}, "大家都闲着，等你下一步。"));
}

const LOGINS = { 林晚: "stylist1", 周可: "stylist2", 陈屿: "stylist3", 苏禾: "stylist4" };

async function done(booking) {
  const who = LOGINS[booking.stylist.name] ?? "admin1";
  await staff(who, `/staff/bookings/${booking.id}/notes`, { notes: "肩窄，喜欢有结构的外套；鞋跟不过五厘米。" }, "PUT");
  await staff(who, `/staff/bookings/${booking.id}/done`, undefined, "POST");
}

/** One piece of each of six kinds, as they are in stock; another turn gives another set. */
async function propose(path, turn, stylist = "林晚") {
  const { items } = await api("/products?limit=100");
  const taken = SETS[turn % SETS.length].map((category) => {
    const shelf = items.filter((item) => item.category === category && usual(item));
    return usual(shelf[turn % shelf.length]).id;
  });
  await staff(LOGINS[stylist] ?? "stylist1", path, { sku_ids: taken, words: WORDS[turn % WORDS.length] });
}

async function ship(box) {
  const { items } = await staff("warehouse1", `/staff/boxes/${box.id}`);
  const waybill = `SF${state.now.getTime()}${box.id}`;
  await staff("warehouse1", `/staff/boxes/${box.id}/ship`, { parcels: [{ carrier: "SF", waybill, item_ids: items.filter((item) => item.state === "reserved").map((item) => item.id) }] });
}

/** What the warehouse would do about a shop order: send it, take back what comes back. */
async function forOrder(order) {
  const path = `/staff/orders/${order.id}`;
  if (order.state === "paid") {
    const waybill = `SF${state.now.getTime()}9${order.id}`;
    return [["仓库", `订单 ${order.id} 打包发货`, () => staff("warehouse1", `${path}/ship`, { carrier: "SF", waybill }), "ship-order"]];
  }
  if (order.state !== "signed") return [];
  const { parcels, items } = await api(`/orders/${order.id}`);
  const here = new Set(parcels.filter((one) => one.direction === "back" && one.state === "received").map((one) => one.id));
  const found = items.filter((one) => one.state === "returning" && here.has(one.parcel_id)).map((one) => ({ item_id: one.id, grade: "ok" }));
  return [
    ...parcels.filter((one) => one.direction === "back" && one.waybill && !["received", "cancelled"].includes(one.state))
      .map((one) => ["仓库", `收下订单退回的 ${one.waybill}`, () => staff("warehouse1", "/staff/orders/parcels/receive", { waybill: one.waybill }), "receive-order"]),
    ...(found.length ? [["仓库", `订单 ${order.id} 验货：都完好`, () => staff("warehouse1", `${path}/grade`, { items: found }), "grade-order"]] : []),
  ];
}

async function grade(box) {
  const items = box.items.filter((item) => item.state === "received").map((item) => ({ item_id: item.id, grade: "ok" }));
  await staff("warehouse1", `/staff/boxes/${box.id}/grade`, { items });
}
