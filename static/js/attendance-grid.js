// The register with script: a tap is kept on the phone, then sent, and the server draws the row. While the computer is
// away everything goes on, counts included (outbox.js). What asks the server to decide - undo of what is saved, finishing -
// waits in this page instead, one wish at a time, and says so.

const AGAIN_MS = 5000;
const CLICK_MS = 50; // from lifting the finger to the click
const PATIENCE_MS = 10000; // a laptop that has left the network would let the phone wait for forty seconds

export function mount(form) {
  const said = form.querySelector("[data-said]");
  const panel = form.querySelector("[data-wait]");
  const find = form.querySelector("[type=search]");
  const keys = form.dataset.keys.trim().split(" ");
  const register = { cohort: form.dataset.cohort, on: form.dataset.on, slot: form.elements.slot?.value ?? "day" };
  const wishes = []; // {wish, act}, the oldest first
  const pending = new Map(); // row id -> how many of its taps are just being put down
  let puts = 0;
  let box = null;
  let isSending = false;
  let timer = 0;
  let undoing = null; // a second press in haste takes nothing more back
  let spoken = null; // the sentences of the outbox
  let last = null; // the last act, as long as it may still wait here: {rows: [[row id, status before]], id of the tap once it is kept}
  let lifted = Promise.resolve(); // a button that is replaced under the finger would never be pressed
  const outbox = load();

  form.classList.add("is-live");
  form.addEventListener("change", (event) => event.target.closest(".r") && tap(event.target.closest(".r"), event.target.value));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wish = event.submitter?.value;
    if (wish === "rest") rest();
    else if (wish === "undo") undoing ??= undo().finally(() => (undoing = null));
    else if (wish && wish !== "save") want({ wish });
  });
  form.addEventListener("keydown", press);
  form.addEventListener("pointerdown", () => {
    lifted = new Promise((lift) => {
      for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(lift, CLICK_MS), { once: true });
    });
  });
  said.addEventListener("click", (event) => event.target.closest("button") && send());
  addEventListener("beforeunload", (event) => {
    if (wishes.length || pending.size || (box?.isSafe === false && form.querySelector("[data-state]"))) event.preventDefault();
  });
  find.addEventListener("input", filter);
  // Here, not with the change: the arrow keys change a choice several times before it is made. A key has no detail.
  form.addEventListener("click", (event) => event.detail && event.target.matches(".r [type=radio]") && searchAgain());
  find.addEventListener("keydown", (event) => {
    if (event.key === "Escape") find.value = "";
    else if (event.key !== "Enter") return;
    event.preventDefault();
    filter();
    focusRow(rows().find((row) => !row.hidden));
  });
  filter(); // somebody may have typed before this script came
  for (const radio of form.querySelectorAll(".r :checked")) if (!radio.defaultChecked) tap(radio.closest(".r"), radio.value); // or tapped
  if (matchMedia("(hover: hover)").matches) focusRow(firstUnmarked() ?? rows()[0], true);

  // ---- rows, keys and the search

  function rows() {
    return [...form.querySelectorAll(".r")];
  }

  function firstUnmarked() {
    return rows().find((row) => !row.querySelector(":checked"));
  }

  function focusRow(row, isQuiet) {
    (row?.querySelector(":checked") ?? row?.querySelector("input:enabled"))?.focus({ preventScroll: isQuiet });
  }

  function press(event) {
    const row = event.target.closest(".r");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = rows().filter((each) => !each.hidden);
    const next = all[all.indexOf(row) + 1];
    const choice = keys.findIndex((each) => each.includes(event.key.toLowerCase()));
    if (event.key === "ArrowDown") focusRow(next);
    else if (event.key === "ArrowUp") focusRow(all[all.indexOf(row) - 1]);
    else if (event.key === "Delete" || event.key === "Backspace") takeBack(row);
    else if (choice >= 0 && event.key.length === 1 && event.key !== " ") mark(row, choice, next);
    else return;
    event.preventDefault();
  }

  function mark(row, choice, next) {
    const radio = row.querySelectorAll("[type=radio]")[choice];
    if (radio.disabled) return;
    if (!radio.checked) {
      radio.checked = true;
      tap(row, radio.value);
    }
    if (!searchAgain()) focusRow(next ?? row);
  }

  function takeBack(row) {
    const chosen = row.querySelector(":checked:enabled");
    if (!chosen) return;
    chosen.checked = false;
    tap(row, "");
  }

  // Whoever was searched for is marked: the next one is searched for.
  function searchAgain() {
    if (!find.value) return false;
    find.value = "";
    filter();
    find.focus();
    return true;
  }

  function filter() {
    const words = find.value.toLowerCase().split(" ");
    for (const row of rows()) {
      const text = row.querySelector("legend").textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    form.querySelector("[data-nobody]").hidden = rows().some((row) => !row.hidden);
    countRest();
  }

  function expected() {
    return rows().filter((row) => !row.querySelector(":checked") && !row.matches("h2 ~ .r, [data-settled]"));
  }

  // Whom "all remaining" is about: nobody on leave, and nobody whom the search hides.
  function remaining() {
    return expected().filter((row) => !row.hidden && !row.matches("[data-leave]"));
  }

  function countRest() {
    const button = form.querySelector("[value=rest]");
    if (button) button.textContent = button.textContent.replace(/\d+/, remaining().length);
  }

  // ---- taps

  async function load(again = "") {
    try {
      const { open, wordsOf } = await import(`./outbox.js${again}`);
      const { by, key, shell } = form.dataset;
      const words = async () => (spoken ??= await wordsOf(shell).catch(() => null));
      const token = form.elements.csrf_token.value;
      box = await open({ by, key, token, words, panel, register, drawn, waits });
      const waiting = await box.here();
      const old = waiting.flatMap(({ tap: { rest: many, apprentice, status } }) => (many ?? [apprentice]).map((id) => [`r${id}`, status]));
      for (const [id, status] of old) if (!pending.has(id)) choose(document.getElementById(id), status); // else tapped again meanwhile
      if (waiting.length) recount();
      form.dataset.outbox = "open";
    } catch {
      tell(panel.dataset.wait);
      await new Promise((go) => setTimeout(go, AGAIN_MS));
      await load(`?${Date.now()}`);
    }
  }

  async function keep(act, marks) {
    let again = false;
    for (const [id] of act) {
      const row = document.getElementById(id);
      again = Boolean(row.dataset.tapped);
      row.dataset.tapped = "yes";
      row.dataset.state = "saving";
      pending.set(id, (pending.get(id) ?? 0) + 1);
    }
    puts += 1;
    recount();
    const own = (last = { rows: act });
    own.ready = outbox.then(async () => {
      for (const each of marks) own.id = await box.add(each, again);
    });
    await own.ready;
    for (const [id] of act) pending.get(id) > 1 ? pending.set(id, pending.get(id) - 1) : pending.delete(id);
    puts += 1;
    await box.send();
  }

  function tap(row, status) {
    const [seen, stored = ""] = seenOf(row);
    const before = row.dataset.shown ?? stored;
    row.dataset.shown = status;
    keep([[row.id, before]], [{ apprentice: row.id.slice(1), status, seen }]);
  }

  // The token of what the server drew, and the status it drew.
  function seenOf(row) {
    return (row.querySelector("[type=hidden]")?.value ?? "").split(" ");
  }

  function rest() {
    const left = remaining();
    for (const row of left) choose(row, "present");
    if (left.length) keep(left.map((row) => [row.id, ""]), [{ rest: left.map((row) => row.id.slice(1)), status: "present", seen: "" }]);
  }

  // What is saved the server takes back; what still waits here never needs to go.
  async function undo() {
    const own = last;
    await own?.ready;
    const isGone = own && (await box.drop(own.id));
    if (own && !isGone) await box.send();
    if (!own || (!isGone && last !== own)) return want({ wish: "undo", act: form.elements.act?.value });
    const changed = own.rows.map(([id, status]) => [id, status, document.getElementById(id)]);
    for (const [, status, row] of changed) choose(row, status);
    // The tap that is gone may have taken the place of one before it, which is owed again.
    const owed = changed.filter(([, status, row]) => !isGone || status !== (seenOf(row)[1] ?? ""));
    for (const each of changed) if (!owed.includes(each)) unflag(each[2]);
    if (owed.length) await keep(owed, owed.map(([id, status, row]) => ({ apprentice: id.slice(1), status, seen: seenOf(row)[0] })));
    last = null;
    const button = form.querySelector(".bar [value=undo]");
    if (button?.matches(":focus-visible")) focusRow(document.getElementById(changed[0][0])); // keys go on where they undid
    button?.remove();
    return recount();
  }

  function choose(row, status) {
    if (!row) return;
    row.dataset.shown = status;
    row.querySelectorAll("[type=radio]").forEach((radio) => (radio.checked = radio.value === status));
  }

  // The counts of the bar, while nobody else counts.
  function recount() {
    const all = rows();
    const counts = form.querySelector("#bar p");
    const spans = [...all[0].querySelectorAll("[type=radio]")].map((radio) => {
      const n = all.filter((row) => row.querySelector(`[value=${radio.value}]`).checked).length;
      const span = Object.assign(document.createElement("span"), { className: "nowrap", title: radio.getAttribute("aria-label") });
      span.append(Object.assign(document.createElement("b"), { textContent: n }), ` ${radio.nextSibling.textContent}`);
      return n ? [span, " "] : [];
    });
    const words = [...counts.querySelectorAll(".nowrap")].pop();
    words.textContent = words.textContent.replace(/\d+/, expected().length);
    countRest();
    counts.replaceChildren(...spans.flat(), words, " ", counts.querySelector(".badge") ?? "");
  }

  function readCounts() {
    const aloud = form.querySelector("[data-counts]");
    const counts = form.querySelector("#bar p").textContent;
    if (aloud.textContent !== counts) aloud.textContent = counts;
  }

  // What the outbox says of its taps while they cannot go.
  function waits(waiting) {
    for (const { no, tap: { rest: many, apprentice } } of waiting) {
      for (const id of many ?? [apprentice]) {
        const row = document.getElementById(`r${id}`);
        if (row) flag(row, no ? "failed" : "waits", no ? form.dataset.failed : form.dataset.waits);
      }
    }
    readCounts();
    if (!last || !spoken || form.querySelector("[value=undo]")) return;
    const button = { className: "button is-quiet", name: "do", value: "undo", textContent: spoken.undo };
    form.querySelector(".bar .actions")?.prepend(Object.assign(document.createElement("button"), button));
  }

  function flag(row, state, words) {
    const small = row.querySelector("small");
    small.dataset.drawn ??= small.textContent;
    small.textContent = `⚠ ${words}`;
    row.dataset.state = state;
  }

  function unflag(row) {
    const small = row.querySelector("small");
    small.textContent = small.dataset.drawn ?? small.textContent;
    delete row.dataset.state;
  }

  // ---- what the server decides

  function want(wish) {
    wishes.push(wish);
    send();
  }

  async function send() {
    clearTimeout(timer);
    if (isSending) return;
    isSending = true;
    let words = "";
    let isWaiting = false;
    while (wishes.length && !isWaiting) {
      await outbox;
      await box.send();
      const outcome = await post(wishes[0]);
      words = outcome.waits ?? outcome.refused ?? "";
      isWaiting = outcome.waits !== undefined;
      if (!isWaiting) wishes.shift();
    }
    isSending = false;
    tell(words, isWaiting);
    if (isWaiting) timer = setTimeout(send, AGAIN_MS);
  }

  function body({ wish, act }) {
    const fields = new FormData();
    for (const name of ["csrf_token", "slot"]) if (form.elements[name]) fields.set(name, form.elements[name].value);
    if (act) fields.set("act", act);
    fields.set("do", wish);
    fields.set("part", "1");
    return fields;
  }

  // {} when it is done, {refused: words} when the register will not have it, {waits: words} when it has to be sent again.
  async function post(wish) {
    const patience = new AbortController();
    const bell = setTimeout(() => patience.abort(), PATIENCE_MS);
    try {
      const headers = { Accept: "application/json" };
      let reply = await fetch(form.action, { method: "POST", body: body(wish), headers, signal: patience.signal });
      if (reply.status === 400) {
        if (!(await renewToken(patience.signal))) return { waits: form.dataset.signIn };
        reply = await fetch(form.action, { method: "POST", body: body(wish), headers, signal: patience.signal });
      }
      if (reply.ok && !reply.redirected) {
        await drawn(await reply.text(), box.here);
        return {};
      }
      if (reply.status === 401) return { waits: form.dataset.signIn };
      const words = (await reply.json()).error.sentence;
      return reply.status < 500 ? { refused: words } : { waits: words };
    } catch {
      return { waits: panel.dataset.wait };
    } finally {
      clearTimeout(bell);
    }
  }

  // Whoever signed in again has another form token; false for who signed out in another window, or was followed by somebody else.
  // Asked for by itself: of the page a worker might give an old one.
  async function renewToken(signal) {
    const reply = await fetch("/attendance/marks", { headers: { Accept: "application/json" }, cache: "no-store", signal });
    const { by, token } = reply.ok && !reply.redirected ? await reply.json() : {};
    if (by !== form.dataset.by) return false; // a wish goes out under no other person's name
    form.elements.csrf_token.value = token;
    return true;
  }

  // Puts what the server drew in its place. here() -> the taps of this register that it has not answered yet.
  async function drawn(html, here) {
    await lifted;
    let waiting = await here();
    // A tap in the meantime may stand neither among the waiting nor among the pending.
    for (let before = -1; before !== puts; waiting = await here()) before = puts;
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    if (last?.id && !waiting.some((row) => row.id === last.id)) last = null;
    for (const part of [...fresh.content.children]) {
      const old = document.getElementById(part.id);
      const isTapped = pending.has(part.id) || waiting.some(({ tap: { apprentice, rest: many } }) => [apprentice, ...(many ?? [])].includes(part.id.slice(1)));
      if (old?.matches(".r")) redraw(old, part, isTapped);
      else if (old) replace(old, part);
    }
    if (waiting.length) recount();
    filter();
    readCounts();
  }

  // The radios stay where they are: a finger may be on its way to one of them.
  function redraw(old, fresh, isTapped) {
    old.querySelector("legend").replaceWith(fresh.querySelector("legend"));
    old.querySelector("[type=hidden]")?.remove();
    old.append(...fresh.querySelectorAll("[type=hidden]"));
    for (const name of ["data-settled", "data-leave"]) old.toggleAttribute(name, fresh.hasAttribute(name));
    if (isTapped) return; // tapped again meanwhile: that tap comes next
    delete old.dataset.state;
    delete old.dataset.shown;
    delete old.dataset.tapped;
    const said = fresh.querySelectorAll("[type=radio]");
    old.querySelectorAll("[type=radio]").forEach((radio, place) => (radio.checked = said[place].checked));
  }

  // The focus stays on the button, or goes to Undo; never to another one that a second Enter would press.
  function replace(old, fresh) {
    const had = old.contains(document.activeElement) && document.activeElement;
    const isQuiet = had && !had.matches(":focus-visible");
    old.replaceWith(fresh);
    if (!had) return;
    const same = fresh.querySelector(`[value="${had.value}"]`) ?? fresh.querySelector("[value=undo]");
    if (same) same.focus({ preventScroll: true });
    else focusRow(firstUnmarked() ?? rows()[0], isQuiet);
  }

  function tell(words, isWaiting) {
    said.hidden = !words;
    said.replaceChildren(...(words ? [`${form.dataset.failed} ${words} `] : []));
    if (!isWaiting) return;
    const again = { type: "button", className: "button is-quiet", textContent: form.dataset.retry };
    said.append(Object.assign(document.createElement("button"), again));
  }
}
