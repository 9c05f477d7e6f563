// 幕后: the clock, the carrier, faults, and the people who work in the shop.

import { h, fill, fullDay, clockTime } from "./dom.js";
import { attempt, emit, on, sandbox, state } from "./api.js";
import { work } from "./backstage_staff.js";
import { parcels } from "./backstage_carrier.js";
import { toast } from "./toast.js";

const HOUR = 3600, DAY = 86_400;
const LEAPS = [["+15 分", 900], ["+2 小时", 2 * HOUR], ["+1 天", DAY], ["+5 天", 5 * DAY], ["+30 天", 30 * DAY]];
const FAULTS = [
  ["通知重复三次", { match: "callback:official", kind: "duplicate", times: 3 }],
  ["回调晚三秒", { match: "callback:official", kind: "delay", seconds: 3, times: 1 }],
  ["支付通知丢一次", { match: "notify:pay", kind: "drop", times: 1 }],
  ["支付通知金额不对", { match: "notify:pay", kind: "wrong_amount", times: 1 }],
  ["微信系统繁忙 -1", { match: "/cgi-bin/message", kind: "errcode", errcode: -1, times: 2 }],
  ["下单接口超时", { match: "/v3/pay", kind: "status", status: 500, times: 1 }],
];
const view = {};
let lastCall = 0, looking = false, stale = false;

export function startBackstage(root) {
  view.date = h("p.date");
  view.time = h("p.clock", { id: "clock" });
  view.work = h("div.deeds");
  view.parcels = h("div.deeds");
  view.faults = h("div.active");
  view.calls = h("ol.calls");
  fill(root,
    h("h2", {}, "幕后"),
    h("section", {}, view.date, view.time,
      h("div.leaps", {}, LEAPS.map(([words, seconds]) => h("button", { dataset: { leap: seconds }, onclick: () => leap(seconds) }, words)))),
    h("section", {}, h("h3", {}, "店里的人"), view.work),
    h("section", {}, h("h3", {}, "快递员"), view.parcels),
    h("details", {}, h("summary", {}, "让微信出点错"),
      h("div.leaps.wrap", {}, FAULTS.map(([words, fault]) => h("button", { onclick: () => attempt(async () => { await sandbox("/faults", fault); await drawFaults(); }, { done: `好，${words}` }) }, words))),
      view.faults),
    h("details", { open: true }, h("summary", {}, "应用对微信说的话"), view.calls));
  on("tick", () => {
    view.date.textContent = fullDay(state.now);
    view.time.textContent = clockTime(state.now);
    drawCalls();
  });
  for (const event of ["person", "login", "changed", "heard", "moved"]) on(event, look);
  drawFaults();
}

/** Move the clock of sandbox and application together; the answer comes when the jobs that fell due have run. */
async function leap(seconds) {
  view.time.classList.add("leaping");
  await attempt(async () => {
    const answer = await fetch(`${state.config.api_base}/demo/clock`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ advance_seconds: seconds }) });
    if (!answer.ok) throw new Error("the clock did not move");
    state.now = new Date((await answer.json()).now);
    await sandbox("/settle", {});
    emit("tick");
    emit("said");
    emit("changed");
  });
  view.time.classList.remove("leaping");
}

async function look() {
  stale = true; // Something happened: whoever is looking already looks once more.
  if (looking) return;
  looking = true;
  while (stale) {
    stale = false;
    try {
      await Promise.all([work(view.work, again), parcels(view.parcels, again)]);
    } catch (wrong) {
      console.warn(wrong);
      setTimeout(look, 1000); // What could not be read now is read again, or the panel would show an older hour.
    }
  }
  looking = false;
}

const again = () => { emit("said"); emit("changed"); };

async function drawFaults() {
  const { faults } = await sandbox("/faults");
  fill(view.faults, faults.length ? h("button.clear", { onclick: () => attempt(async () => { await sandbox("/faults", undefined, "DELETE"); await drawFaults(); toast("微信恢复正常"); }) }, `还有 ${faults.length} 个故障在等，全部清掉`) : null);
}

async function drawCalls() {
  try {
    if (!lastCall) lastCall = Math.max(0, (await sandbox("/calls?limit=1")).last - 12);
    const { calls, last } = await sandbox(`/calls?after=${lastCall}`);
    lastCall = last;
    for (const call of calls.slice(-12)) {
      const bad = call.status !== 200 && call.status !== 204 || call.reply?.errcode > 0;
      view.calls.prepend(h(`li${bad ? ".bad" : ""}`, { title: JSON.stringify(call.reply ?? null).slice(0, 400) }, h("b", {}, call.method), h("em", {}, call.path.replace(/[\w-]{24,}/g, "…")), h("span", {}, call.reply?.errcode ?? call.status)));
    }
    while (view.calls.children.length > 14) view.calls.lastChild.remove();
  } catch {
    // Away for a moment.
  }
}
