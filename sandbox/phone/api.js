// Talking: to the sandbox (WeChat and the world), to the application (as a member or as staff).

import { refusal } from "./words.js";
import { toast, busy } from "./toast.js";

export const state = { config: {}, people: [], person: null, now: new Date(), session: null };
const listeners = new Map();
const sessions = new Map(); // person id → {token, member_id}
const staffTokens = new Map();

export const on = (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener]);
export const emit = (event, detail) => (listeners.get(event) ?? []).forEach((listener) => listener(detail));

export class Problem extends Error {
  constructor(problem, status) {
    super(problem.code ?? "fault");
    this.problem = problem;
    this.status = status;
  }
}

async function call(url, method, body, headers = {}) {
  const options = { method, headers };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    headers["Content-Type"] = "application/json";
  }
  let answer;
  try {
    answer = await fetch(url, options);
  } catch {
    throw new Problem({ code: "offline" }, 0);
  }
  const data = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : await answer.text();
  if (!answer.ok) throw new Problem(typeof data === "object" ? data : { code: "fault" }, answer.status);
  return data;
}

// The sandbox ------------------------------------------------------------------------------------

export async function sandbox(path, body, method = body === undefined ? "GET" : "POST") {
  try {
    return await call(`/sandbox${path}`, method, body);
  } catch (wrong) {
    if (wrong instanceof Problem) wrong.problem.detail ??= wrong.problem.errMsg ?? wrong.problem.error;
    throw wrong;
  }
}

export const act = (name, body = {}) => sandbox(`/people/${state.person.id}/${name}`, body);

// The application, as this person ----------------------------------------------------------------

export const loggedIn = () => sessions.has(state.person?.id);

let entering = null;

/** One login at a time: several requests may notice a lapsed session together. */
export function login() {
  entering ??= enter(state.person).finally(() => { entering = null; });
  return entering;
}

async function enter(person) {
  await act("visit");
  const { code } = await act("login-code");
  keep(person.id, await call(`${state.config.api_base}/api/v1/session`, "POST", { code }));
}

export function keep(personId, session) {
  sessions.set(personId, session);
  emit("login");
}

/** A write carries an idempotency key, so a second tap or a repeat after a fault does nothing twice. */
export async function api(path, body, method = body === undefined ? "GET" : "POST", again = true) {
  const person = state.person, session = sessions.get(person.id), headers = {};
  if (session) headers.Authorization = `Bearer ${session.token}`;
  if (method !== "GET") headers["Idempotency-Key"] = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  try {
    return await call(`${state.config.api_base}/api/v1${path}`, method, body, headers);
  } catch (wrong) {
    // Sessions lapse by the shop's clock, which is moved here by days, and a merge of two members gives
    // one's own things to the older one: log in again without a word, and ask once more.
    if ([401, 404].includes(wrong.status) && session && again && person === state.person) {
      await login();
      return api(path, body, method, false);
    }
    throw wrong;
  }
}

/** A picture as the body, as it came from the phone. */
export async function upload(path, file) {
  const answer = await mine(path, { method: "POST", body: file });
  if (!answer.ok) throw new Problem(await answer.json(), answer.status);
}

/** An address of a picture that only its member may see. */
export async function pictureOf(photoId) {
  return URL.createObjectURL(await (await mine(`/photos/${photoId}`)).blob());
}

const mine = (path, options = {}) => fetch(`${state.config.api_base}/api/v1${path}`, { ...options, headers: { Authorization: `Bearer ${sessions.get(state.person.id).token}` } });

// The application, as staff ----------------------------------------------------------------------

export async function staff(who, path, body, method = body === undefined ? "GET" : "POST", again = true) {
  const base = `${state.config.api_base}/api/v1`;
  if (!staffTokens.has(who)) {
    const session = await call(`${base}/staff/session`, "POST", { login: who, password: `demo-${who}` });
    staffTokens.set(who, session);
  }
  try {
    return await call(`${base}${path}`, method, body, { Authorization: `Bearer ${staffTokens.get(who).token}` });
  } catch (wrong) {
    if (wrong.status !== 401 || !again) throw wrong;
    staffTokens.delete(who);
    return staff(who, path, body, method, false);
  }
}

export const picture = (path) => (path ? `${state.config.api_base}${path}` : "seal.svg");

// Doing things ------------------------------------------------------------------------------------

/** Run what a tap started: progress while it lasts, a kind word when it is refused. True when it went well. */
export async function attempt(work, { done = "", quiet = false } = {}) {
  const finish = quiet ? () => {} : busy();
  try {
    await work();
    if (done) toast(done, "good");
    return true;
  } catch (wrong) {
    if (!(wrong instanceof Problem)) console.error(wrong);
    toast(refusal(wrong.problem ?? { code: "fault" }), "bad");
    if (wrong.problem?.code === "stale_version") emit("changed");
    return false;
  } finally {
    finish();
  }
}
