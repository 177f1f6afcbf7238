// Taps that wait on this phone: kept in IndexedDB before they are sent, and sent until the computer has answered each one.
//
// A row holds ids and a status, never a name. Where the browser can (HTTPS, localhost) it is sealed with a key that the
// computer gives to the person who is signed in, and that the phone forgets when nobody is. On plain HTTP the browser has
// no such means: there the ids and statuses lie open. Whose row it is can always be read, for it goes out under no other session.

const BEAT_MS = 3000;
const FIRST_MS = 5000; // a laptop that has left the network would let the phone wait for forty seconds
const PATIENCE_MS = 20000; // it has just answered: now a slow disk may take its time, and what it saves twice counts once
const DAY_MS = 864e5;
const LATE_MS = 3 * DAY_MS;
const MOST = 50;
const MARKS = "/attendance/marks";
const tab = draw();

function draw() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// ---- time that goes on evenly through reloads, sleep, and any setting of the phone's clock

let line = null; // {steady, wall, tab}: shared by the pages of this phone, as far as it lets them
let tick = 0;

export function steady() {
  const wall = Date.now();
  const now = performance.now();
  const last = stored("line") ?? line ?? { steady: 0, wall };
  const byWall = wall - last.wall;
  const byTick = now - tick;
  let gone = byWall;
  // Asleep, a phone counts no ticks. A clock that goes back, or on by more than a day, was set.
  if (last.tab === tab && (byWall < byTick || byWall - byTick > DAY_MS)) gone = byTick;
  else if (last.tab !== tab && (byWall < 0 || byWall > 30 * DAY_MS)) gone = 0;
  line = { steady: last.steady + gone + 0.001, wall, tab }; // never the same twice, so that taps keep their order
  tick = now;
  store("line", line);
  return line.steady;
}

function stored(name) {
  try {
    return JSON.parse(localStorage.getItem(`daftari-${name}`));
  } catch {
    return null;
  }
}

function store(name, value) {
  try {
    if (value) localStorage.setItem(`daftari-${name}`, JSON.stringify(value));
    else localStorage.removeItem(`daftari-${name}`);
  } catch {
    // A browser that keeps nothing: the page's own memory has to do.
  }
}

// ---- rows: {id, by, at, after, sent, no} and either {tap} or the sealed {iv, box}

function asked(request) {
  return new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}

function base(name, key) {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("rows", { keyPath: key });
  return asked(opening);
}

async function openRows() {
  const loose = new Map(); // what the browser would not keep
  const kept = await Promise.resolve().then(() => base("daftari", "id")).catch(() => null);
  const rows = { isSafe: Boolean(kept), all, change };

  async function all() {
    const found = kept ? await asked(kept.transaction("rows").objectStore("rows").getAll()).catch(() => []) : [];
    return [...found, ...loose.values()].sort((one, other) => one.at - other.at);
  }

  // Reads rows by id and lets `work` put and drop, all or nothing, and on the disk before it is done.
  async function change(ids, work) {
    const moved = new Set();
    try {
      if (!kept) throw new Error("nothing is kept");
      const step = kept.transaction("rows", "readwrite", { durability: "strict" });
      const shelf = step.objectStore("rows");
      const found = [];
      const go = () => work(found, (row) => moved.add(row.id) && shelf.put(row), (id) => moved.add(id) && shelf.delete(id));
      // Requests are answered in their order: with the last, all are there.
      for (const id of ids) shelf.get(id).onsuccess = ({ target }) => found.push(target.result ?? loose.get(id)) === ids.length && go();
      if (!ids.length) go();
      await new Promise((done, fail) => {
        step.oncomplete = done;
        step.onabort = () => fail(step.error);
      });
      moved.forEach((id) => loose.delete(id));
    } catch {
      rows.isSafe = false;
      work(ids.map((id) => loose.get(id)), (row) => loose.set(row.id, row), (id) => loose.delete(id));
    }
  }

  return rows;
}

// ---- the key of the person, which lies here only while somebody is signed in

async function keyOf(by, given) {
  if (!globalThis.crypto?.subtle) return { by };
  let drawer = null;
  try {
    drawer = await base("daftari-key", "by");
    const shelf = () => drawer.transaction("rows", "readwrite").objectStore("rows");
    let found = (await asked(shelf().getAll())).find((each) => !by || each.by === by);
    if (given) {
      const bytes = Uint8Array.from(atob(given), (sign) => sign.charCodeAt(0));
      if (!found) globalThis.caches?.delete("registers"); // those were another person's
      found = { by, key: await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]) };
      await asked(shelf().clear());
      await asked(shelf().put(found));
    }
    return found ?? { by };
  } catch {
    return { by };
  } finally {
    drawer?.close(); // an open one could not be deleted
  }
}

// ---- the outbox

// by, key, token  of the person who is signed in; none on the page that knows nobody
// words           -> promise of the sentences
// panel           where they are shown
// register        {cohort, on, slot} of the page
// drawn           (html, here) what the page does with what the server drew
// waits           (rows) what it does about its taps while they cannot go
export async function open({ by, key, token, words, panel, register, drawn, waits }) {
  const rows = await openRows();
  const others = globalThis.BroadcastChannel ? new BroadcastChannel("daftari") : null;
  let owner = await keyOf(by, key);
  let isAway = !token;
  let isKept = null; // whether the browser promised not to delete what waits; null = not asked yet
  let problem = ""; // away, signIn, token, or the computer's own sentence
  let patience = FIRST_MS;
  let sending = null;
  let isWanted = false;
  let timer = 0;
  let turn = Promise.resolve();
  let tellings = 0;
  let shown = "";
  let keeping = 0;
  const latest = new Map(); // apprentice -> id of the last tap in this page
  const shows = new Set(); // apprentices whose taps the page shows as waiting; another page of this phone may have sent them

  others?.addEventListener("message", async ({ data }) => {
    if (register && data.html && data.path === location.pathname + location.search) drawn(data.html, here);
    tell();
  });
  // A phone that was in a pocket counts no seconds: it tries as soon as somebody looks at it.
  document.addEventListener("visibilitychange", async () => !document.hidden && (await waitsToGo()) && send());
  await tell();
  if (await waitsToGo()) send();
  if (register) keep();
  return { add, drop, send, here, get isSafe() { return rows.isSafe; } };

  async function seal(tap) {
    if (!owner.key) return { tap };
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, box: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, owner.key, new TextEncoder().encode(JSON.stringify(tap))) };
  }

  async function opened(row) {
    if (!row.box) return row;
    const plain = owner.key && (await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv }, owner.key, row.box).catch(() => null));
    return plain ? { ...row, tap: JSON.parse(new TextDecoder().decode(plain)) } : row;
  }

  // The rows that can be read; of one person, where it is known who that is.
  async function readable(person) {
    const found = await Promise.all((await rows.all()).map(opened));
    return found.filter((row) => row.tap && (!person || row.by === person));
  }

  // The waiting taps of this register, those that are just being put down included.
  async function here() {
    await turn.catch(() => null);
    return (await readable(owner.by)).filter(({ tap }) => isHere(tap));
  }

  function isHere(tap) {
    return register && tap.cohort === register.cohort && tap.on === register.on && tap.slot === register.slot;
  }

  function concerned({ tap }) {
    return tap.rest ?? [tap.apprentice];
  }

  // isAgain: the page does not show yet what its tap before has become.
  function add(tap, isAgain) {
    const at = steady();
    turn = turn.catch(() => null).then(async () => {
      const fresh = { id: draw(), by: owner.by, at, ...(await seal({ ...register, ...tap })) };
      const isSame = ({ tap: old }) => isHere(old) && (old.rest ?? [old.apprentice]).includes(tap.apprentice);
      const before = (await readable(owner.by)).filter(isSame).pop();
      await rows.change(before ? [before.id] : [], ([old], put, remove) => {
        // What was never on its way is replaced; what may have arrived is followed.
        const isReplaced = old && !old.sent && !before.tap.rest;
        if (isReplaced) remove(old.id);
        fresh.after = isReplaced ? old.after : (before?.id ?? (isAgain ? latest.get(tap.apprentice) : undefined));
        put(fresh);
      });
      for (const id of tap.rest ?? [tap.apprentice]) latest.set(id, fresh.id);
      return fresh.id;
    });
    return turn;
  }

  // Takes a tap back that was never on its way; false where it was, or is gone.
  async function drop(id) {
    let isDropped = false;
    await rows.change([id], ([row], _put, remove) => {
      isDropped = Boolean(row && !row.sent);
      if (isDropped) remove(id);
    });
    await tell();
    return isDropped;
  }

  async function send() {
    isWanted = true;
    sending ??= (async () => {
      clearTimeout(timer);
      try {
        while (isWanted) {
          isWanted = false;
          while (await round());
        }
      } catch {
        problem ||= "away"; // whatever went wrong, what waits is tried again
      }
      sending = null;
      await tell();
      if (await waitsToGo()) timer = setTimeout(send, BEAT_MS);
    })();
    return sending;
  }

  async function waitsToGo() {
    return shows.size > 0 || (await rows.all()).some((row) => !row.no && (!owner.by || row.by === owner.by));
  }

  // One message; true when another can follow at once.
  async function round() {
    steady();
    if (!(await waitsToGo())) {
      problem = "";
      return false;
    }
    if (isAway && !(await greet())) return false;
    const batch = await leave((await readable(owner.by)).filter((row) => !row.no).slice(0, MOST));
    if (!batch.length && !shows.size) return false;
    const now = steady();
    const taps = batch.map((row) => ({ ...row.tap, id: row.id, by: row.by, after: row.after ?? null, age_s: Math.max(0, now - row.at) / 1000 }));
    const mine = [...shows, ...batch.filter(({ tap }) => isHere(tap)).flatMap(concerned)];
    const draws = mine.length ? { ...register, rows: mine } : null;
    const answer = await call("POST", JSON.stringify({ taps, draw: draws }), patience);
    isAway = !answer;
    if (!answer && problem === "token" && patience === FIRST_MS) return true; // another sign-in has another form token
    patience = FIRST_MS;
    if (!answer) return false;
    shows.clear();
    const said = new Map(answer.taps.map((each) => [each.id, each]));
    await rows.change(batch.map((row) => row.id), (found, put, remove) => {
      for (const row of found.filter(Boolean)) {
        const { state, sentence } = said.get(row.id) ?? {};
        if (state === "refused") put({ ...row, no: sentence });
        else if (["saved", "already", "conflict"].includes(state)) remove(row.id);
      }
    });
    const isOther = answer.taps.some((each) => each.state === "other");
    const early = answer.taps.find((each) => each.state === "later"); // the computer's clock is behind
    problem = isOther ? "signIn" : (early?.sentence ?? "");
    isAway = isOther;
    if (answer.html) await drawn(answer.html, here);
    if (answer.html) keepSoon();
    others?.postMessage({ html: answer.html, path: location.pathname + location.search });
    return !isOther && !early;
  }

  // Notes which rows are on their way from now on. One that was just replaced stays behind.
  async function leave(batch) {
    const gone = new Set();
    await rows.change(batch.map((row) => row.id), (found, put) => {
      for (const row of found.filter(Boolean)) {
        put({ ...row, sent: true });
        gone.add(row.id);
      }
    });
    return rows.isSafe ? batch.filter((row) => gone.has(row.id)) : batch;
  }

  // Is the computer there, and who is signed in?
  async function greet() {
    const answer = await call("GET", undefined, BEAT_MS);
    if (!answer) return false;
    if (by && answer.by !== by) {
      problem = "signIn";
      return false;
    }
    token = answer.token;
    owner = await keyOf(answer.by, answer.key);
    isAway = false;
    patience = PATIENCE_MS;
    return true;
  }

  async function call(method, body, patience) {
    const stop = new AbortController();
    const bell = setTimeout(() => stop.abort(), patience);
    const headers = { Accept: "application/json", "X-CSRFToken": token ?? "", ...(body && { "Content-Type": "application/json" }) };
    try {
      const reply = await fetch(MARKS, { method, body, headers, signal: stop.signal, cache: "no-store" });
      problem = "away";
      if (reply.redirected || reply.status === 401) problem = "signIn";
      else {
        const answer = await reply.json();
        if (reply.ok) return answer;
        problem = answer.error.code === "stale_form" ? "token" : answer.error.sentence;
      }
    } catch {
      problem = "away";
    } finally {
      clearTimeout(bell);
    }
    if (problem === "away" && isKept === null) askToKeep();
    return null;
  }

  // Asked when something has to wait, for some browsers ask the person; nothing is held up by the answer.
  async function askToKeep() {
    isKept = false;
    isKept = (await navigator.storage?.persist?.().catch(() => false)) ?? false;
    tell();
  }

  // Where the browser allows a worker, that keeps this register for the time without the computer.
  async function keep() {
    try {
      await navigator.serviceWorker.register("/attendance/sw.js");
      await navigator.serviceWorker.ready;
      keepSoon();
    } catch {
      // Plain HTTP, or a certificate that is not trusted: the page without names has to do.
    }
  }

  function keepSoon() {
    clearTimeout(keeping);
    keeping = setTimeout(() => navigator.serviceWorker?.controller && fetch(location.href).catch(() => null), BEAT_MS);
  }

  // ---- what the person is told

  async function tell() {
    const telling = (tellings += 1);
    const all = await rows.all();
    const mine = owner.by ? all.filter((row) => row.by === owner.by) : all;
    // Sealed ones go into no message and no file before their person has signed in.
    const isLegible = (await Promise.all(mine.map(opened))).some((row) => row.tap);
    const refused = mine.filter((row) => row.no);
    store("waits", mine.length);
    if (register && (problem || refused.length)) {
      const own = await here();
      for (const id of own.filter((row) => !row.no).flatMap(concerned)) shows.add(id);
      waits(own);
    }
    const said = await words();
    if (telling !== tellings) return;
    if (!said) {
      panel.hidden = !(mine.length && problem);
      panel.textContent = panel.dataset.wait;
      return;
    }
    const told = [];
    const more = [];
    const waiting = mine.filter((row) => !row.no);
    const needsSignIn = problem === "signIn" || (waiting.length && !isLegible);
    // On its way, a mark is no news: the register shows it.
    if (waiting.length && (problem || !register)) {
      const gone = steady() - waiting[0].at;
      const since = new Date(Date.now() - gone);
      const time = `${gone > DAY_MS / 2 ? `${since.getDate()}/${since.getMonth() + 1}/${since.getFullYear()} ` : ""}${since.toTimeString().slice(0, 5)}`;
      told.push(fill(waiting.length > 1 ? said.many : said.one, { n: waiting.length, time }));
      told.push(needsSignIn ? said.signIn : gone > LATE_MS ? said.late : said.goOn);
      if (isLegible) more.push(said.byThemselves);
      if (!["away", "signIn", "token", ""].includes(problem)) told.push(problem);
      more.push(rows.isSafe ? (isKept ? "" : said.unkept) : said.unsafe, navigator.serviceWorker?.controller || !register ? "" : said.shell);
    } else if (!rows.isSafe) told.push(said.unsafe);
    refused.forEach((row) => told.push(fill(said.refused, { why: row.no })));
    if (mine.length < all.length) told.push(fill(said.others, { n: all.length - mine.length }));
    if (!told.length && !register) told.push(said.none);
    const state = JSON.stringify([told, more]);
    if (state === shown) return; // said once, not at every beat
    shown = state;
    panel.hidden = !told.length;
    panel.className = `notice${needsSignIn || refused.length || !rows.isSafe ? " is-warning" : ""}`;
    const buttons = [];
    if (waiting.length && problem) buttons.push(button(said.sendNow, send));
    if (needsSignIn) buttons.push(make("a", { className: "button", href: `/accounts/sign-in?next=${encodeURIComponent(location.pathname + location.search)}` }, said.toSignIn));
    if (refused.length) buttons.push(button(said.drop, () => forget(refused)));
    const file = isLegible && (problem || !register) ? [button(said.file, save)] : [];
    const extra = more.filter(Boolean).map((sentence) => make("p", {}, sentence));
    if (file.length && register) extra.push(make("p", {}, make("a", { href: location.origin + said.address }, said.page)));
    if (!register) buttons.push(...file);
    panel.replaceChildren(make("p", {}, told.join(" ")));
    if (buttons.length) panel.append(make("div", { className: "actions" }, ...buttons));
    if (!register) panel.append(...extra);
    else if (extra.length) panel.append(make("details", {}, make("summary", {}, said.more), make("div", { className: "stack" }, ...extra, make("div", { className: "actions" }, ...file))));
  }

  async function forget(refused) {
    await rows.change([], (_found, _put, remove) => refused.forEach((row) => remove(row.id)));
    if (register) location.reload();
    else tell();
  }

  async function save() {
    const now = steady();
    const taps = (await readable()).map((row) => ({ ...row.tap, id: row.id, by: row.by, after: row.after ?? null, age_s: Math.max(0, now - row.at) / 1000 }));
    const content = JSON.stringify({ kind: "daftari marks", version: 1, written_s: Date.now() / 1000, taps });
    const address = URL.createObjectURL(new Blob([content], { type: "application/json" }));
    make("a", { href: address, download: "daftari-marks.json" }).click();
    setTimeout(() => URL.revokeObjectURL(address), PATIENCE_MS);
  }
}

function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (_place, name) => values[name]);
}

function make(name, values, ...content) {
  const made = Object.assign(document.createElement(name), values);
  made.append(...content);
  return made;
}

function button(label, press) {
  const made = make("button", { type: "button", className: "button is-quiet" }, label);
  made.addEventListener("click", press);
  return made;
}

// The sentences stand in the page that opens without the computer; to ask for them puts that page into the browser's cache.
export async function wordsOf(address) {
  const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
  return { ...page.querySelector("[data-module=outbox]").dataset, address };
}

// The page that opens without the computer.
export function mount(panel) {
  open({ words: async () => panel.dataset, panel });
}
