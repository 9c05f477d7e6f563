// The page's beginning: who there is, what time it is, and the three parts that live from it.

import { h, fill } from "./dom.js";
import { attempt, emit, on, sandbox, state } from "./api.js";
import { startChat } from "./chat.js";
import { startMini } from "./mini.js";
import { startBackstage } from "./backstage.js";
import { toast } from "./toast.js";

const NAMES = ["沈知夏", "顾念", "宋时雨", "叶青", "江晚秋", "温言", "陆小满", "唐果"];
const TINTS = ["#7b2d3b", "#2f4d40", "#2c3e5c", "#b4623a", "#63405c", "#5f4335"];

export const tint = (person) => TINTS[Number(person.id.slice(1)) % TINTS.length];

async function loadPeople() {
  state.people = (await sandbox("/people")).people;
  if (state.person) state.person = state.people.find((one) => one.id === state.person.id) ?? state.people[0];
  drawPeople();
}

function drawPeople() {
  const chips = state.people.map((one) =>
    h(`button.person${one.id === state.person?.id ? ".on" : ""}`, {
      onclick: () => choose(one), title: `${one.name} ${one.phone}`, dataset: { person: one.id },
    }, h("i", { style: `background:${tint(one)}` }, one.name.slice(0, 1)), one.name));
  fill(document.getElementById("people"), chips,
    h("button.person.new", { id: "new-person", onclick: addPerson }, h("i", {}, "＋"), "新的人"));
}

async function addPerson() {
  await attempt(async () => {
    const free = NAMES.find((name) => state.people.every((one) => one.name !== name)) ?? `客人${state.people.length + 1}`;
    const made = await sandbox("/people", { name: free });
    state.people.push(made);
    choose(made);
  });
}

function choose(person) {
  state.person = person;
  sessionStorage.setItem("person", person.id);
  drawPeople();
  emit("person");
}

async function tick() {
  try {
    state.now = new Date((await sandbox("/clock")).now);
    emit("tick");
  } catch {
    // The sandbox is away for a moment; the next beat asks again.
  }
}

async function start() {
  state.config = await sandbox("/phone/config");
  if (location.hostname === "localhost" && state.config.api_base.includes("//127.0.0.1")) {
    location.hostname = "127.0.0.1"; // The application lets in the one address it was told about.
    return;
  }
  await loadPeople();
  if (!state.people.length) state.people.push(await sandbox("/people", { name: NAMES[0] }));
  const before = sessionStorage.getItem("person");
  state.person = state.people.find((one) => one.id === before) ?? state.people[0];
  await tick();
  drawPeople();
  startChat(document.getElementById("chat-phone"));
  startMini(document.getElementById("mini-phone"));
  startBackstage(document.getElementById("backstage"));
  emit("person");
  setInterval(tick, 1000);
  on("people", loadPeople);
  if (!state.config.api_base) toast("还不知道店开在哪里：用 --app 告诉沙箱", "bad");
}

start().catch((wrong) => {
  console.error(wrong);
  toast("沙箱没有应答，刷新试试", "bad");
});

