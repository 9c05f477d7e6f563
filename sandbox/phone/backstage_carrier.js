// What the couriers report: through WeChat where WeChat knows the waybill, else told to the warehouse.

import { h, fill } from "./dom.js";
import { api, attempt, loggedIn, sandbox, staff, state } from "./api.js";

const OUT = [["揽收", 100001], ["派送", 300002], ["签收", 300003]];
const BACK = [["上门取走", 100001], ["到店签收", 300003]];

export async function parcels(root, again) {
  if (!loggedIn()) {
    fill(root, h("p.idle", {}, "还没有包裹。"));
    return;
  }
  const [{ items }, { items: orders }] = await Promise.all([api("/boxes?limit=10"), api("/orders?limit=10")]);
  const live = [
    ...items.filter((box) => ["shipped", "delivered", "deciding", "returning"].includes(box.state)).map((box) => ["/boxes", box]),
    ...orders.filter((order) => ["shipped", "signed"].includes(order.state)).map((order) => ["/orders", order]),
  ];
  const known = new Set((await sandbox("/parcels")).parcels.map((parcel) => parcel.waybill_id));
  const { returns } = live.length ? await sandbox("/parcels/return") : { returns: [] };
  const cards = [];
  for (const [kind, thing] of live) {
    const at = kind === "/orders" ? "/staff/orders/parcels" : "/staff/parcels";
    const lost = kind === "/orders" ? `/staff/orders/${thing.id}/lost` : null;
    const { parcels: found } = await api(`${kind}/${thing.id}`);
    for (const parcel of found.filter((one) => ["wanted", "accepted"].includes(one.state))) {
      const back = parcel.direction === "back", booked = returns.find((one) => one.id === parcel.return_id);
      if (back && !parcel.waybill && !booked?.waybill_id) continue;
      const run = (work) => async () => { if (await attempt(work, { done: "快递员记下了" })) again(); };
      cards.push(h("div.waybill", {}, h("b", {}, `${back ? "退回" : "寄出"} ${parcel.waybill ?? booked.waybill_id}`),
        h("div.leaps", {},
          (back ? BACK : OUT).map(([words, type]) => h("button", { dataset: { carrier: type }, onclick: run(() => report(at, parcel, back ? booked : null, type, words, known)) }, words)),
          lost && back ? null : h("button.danger", { dataset: { carrier: "lost" }, onclick: run(() => staff("warehouse1", lost ?? `/staff/parcels/${parcel.id}/lost`, undefined, "POST")) }, "丢了"))));
    }
  }
  fill(root, cards.length ? cards : h("p.idle", {}, "路上没有包裹。"));
}

async function report(at, parcel, booked, action_type, words, known) {
  if (booked) await sandbox(`/parcels/return/${booked.id}`, { action_type });
  else if (known.has(parcel.waybill)) {
    const told = await sandbox(`/carrier/${encodeURIComponent(parcel.waybill)}`, { action_type });
    if (told.pushed) return;
  }
  await staff("warehouse1", `${at}/${parcel.id}/events`, { action_type, at: state.now.toISOString(), text: `快递员：${words}` });
}
