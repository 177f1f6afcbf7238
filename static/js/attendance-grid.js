// The register with script: each tap is saved at once and the server draws the row. What could not be sent stays on the
// page, says so, and is sent again; one job at a time, so that each save shows the server what the one before it left.

const AGAIN_MS = 5000;
const CLICK_MS = 50; // from lifting the finger to the click
const PATIENCE_MS = 10000; // a laptop that has left the network would let the phone wait for forty seconds

export function mount(form) {
  const said = form.querySelector("[data-said]");
  const keys = form.dataset.keys.trim().split(" ");
  const jobs = []; // {row: id} or {wish: "rest" | "undo" | "done"}, the oldest first
  let isSending = false;
  let timer = 0;
  let lifted = Promise.resolve(); // a button that is replaced under the finger would never be pressed

  form.classList.add("is-live");
  form.addEventListener("change", (event) => event.target.closest(".r") && want({ row: event.target.closest(".r").id }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.submitter && event.submitter.value !== "save") want({ wish: event.submitter.value, act: form.elements.act?.value });
  });
  form.addEventListener("keydown", press);
  form.addEventListener("pointerdown", () => {
    lifted = new Promise((lift) => {
      for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(lift, CLICK_MS), { once: true });
    });
  });
  said.addEventListener("click", (event) => event.target.closest("button") && send());
  addEventListener("beforeunload", (event) => jobs.length && event.preventDefault());
  if (matchMedia("(hover: hover)").matches) focusRow(firstUnmarked() ?? rows()[0], true);

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
    const all = rows();
    const next = all[all.indexOf(row) + 1];
    const choice = keys.findIndex((each) => each.includes(event.key.toLowerCase()));
    if (event.key === "ArrowDown") focusRow(next);
    else if (event.key === "ArrowUp") focusRow(all[all.indexOf(row) - 1]);
    else if (choice >= 0 && event.key.length === 1 && event.key !== " ") mark(row, choice, next);
    else return;
    event.preventDefault();
  }

  function mark(row, choice, next) {
    const radio = row.querySelectorAll("[type=radio]")[choice];
    if (radio.disabled) return;
    if (!radio.checked) {
      radio.checked = true;
      want({ row: row.id });
    }
    focusRow(next ?? row);
  }

  function want(job) {
    // A second tap on a row that still waits takes the place of the first; one on its way is followed by the second.
    if (!job.row || !jobs.some((each, place) => each.row === job.row && !(isSending && place === 0))) jobs.push(job);
    if (job.row) document.getElementById(job.row).dataset.state = "saving";
    send();
  }

  function body(job) {
    const fields = new FormData();
    const take = (name) => form.elements[name] && fields.set(name, form.elements[name].value);
    ["csrf_token", "slot"].forEach(take);
    if (job.row) {
      const id = job.row.slice(1);
      fields.set(`s${id}`, "");
      [`m${id}`, `s${id}`].forEach(take);
    } else {
      fields.set("do", job.wish);
      if (job.act) fields.set("act", job.act);
    }
    fields.set("part", "1");
    return fields;
  }

  async function send() {
    clearTimeout(timer);
    if (isSending) return;
    isSending = true;
    let outcome = {};
    let refused = "";
    while (jobs.length && outcome.waits === undefined) {
      outcome = await post(jobs[0]);
      if (outcome.waits !== undefined) break;
      const [job] = jobs.splice(0, 1);
      if (outcome.refused) refused = outcome.refused;
      if (outcome.refused && job.row) flag(job.row);
    }
    isSending = false;
    tell(outcome.waits, refused);
  }

  // {} when it is saved, {refused: words} when the register will not have it, {waits: words} when it has to be sent again.
  async function post(job) {
    const patience = new AbortController();
    const bell = setTimeout(() => patience.abort(), PATIENCE_MS);
    try {
      const headers = { Accept: "application/json" };
      let reply = await fetch(form.action, { method: "POST", body: body(job), headers, signal: patience.signal });
      if (reply.status === 400) {
        if (!(await renewToken(patience.signal))) return { waits: form.dataset.signIn };
        reply = await fetch(form.action, { method: "POST", body: body(job), headers, signal: patience.signal });
      }
      if (reply.ok && !reply.redirected) {
        const html = await reply.text();
        await lifted;
        put(html);
        return {};
      }
      if (reply.status === 401) return { waits: form.dataset.signIn };
      const words = (await reply.json()).error.sentence;
      return reply.status < 500 ? { refused: words } : { waits: words };
    } catch {
      return { waits: form.dataset.wait };
    } finally {
      clearTimeout(bell);
    }
  }

  // Whoever signed in again has another form token; false for who signed out in another window.
  async function renewToken(signal) {
    const reply = await fetch(form.action, { signal });
    if (reply.redirected) return false;
    const fresh = new DOMParser().parseFromString(await reply.text(), "text/html").querySelector(".register [name=csrf_token]");
    if (fresh) form.elements.csrf_token.value = fresh.value;
    return true;
  }

  function put(html) {
    const drawn = document.createElement("template");
    drawn.innerHTML = html;
    for (const fresh of [...drawn.content.children]) {
      const old = document.getElementById(fresh.id);
      if (old?.matches(".r")) redraw(old, fresh);
      else if (old) replace(old, fresh);
    }
    form.querySelector("[data-counts]").textContent = document.querySelector("#bar p").textContent; // read aloud
  }

  // The radios stay where they are: a finger may be on its way to one of them.
  function redraw(old, fresh) {
    old.querySelector("legend").replaceWith(fresh.querySelector("legend"));
    old.querySelector("[type=hidden]")?.remove();
    old.append(...fresh.querySelectorAll("[type=hidden]"));
    if (jobs.some((job, place) => place > 0 && job.row === old.id)) return; // tapped again meanwhile: that tap comes next
    delete old.dataset.state;
    const said = fresh.querySelectorAll("[type=radio]");
    old.querySelectorAll("[type=radio]").forEach((radio, place) => (radio.checked = said[place].checked));
  }

  function replace(old, fresh) {
    const hadFocus = old.contains(document.activeElement) && document.activeElement.value;
    old.replaceWith(fresh);
    if (hadFocus) (fresh.querySelector(`[value="${hadFocus}"]`) ?? fresh.querySelector("button"))?.focus({ preventScroll: true });
  }

  function flag(id) {
    const row = document.getElementById(id);
    row.dataset.state = "failed";
    row.querySelector("small").textContent = `⚠ ${form.dataset.failed}`;
  }

  function tell(waits, refused) {
    if (waits) for (const job of jobs) if (job.row) flag(job.row);
    said.hidden = !waits && !refused;
    said.replaceChildren(...(said.hidden ? [] : [`${form.dataset.failed} ${waits || refused} `]));
    if (!waits) return;
    const again = { type: "button", className: "button is-quiet", textContent: form.dataset.retry };
    said.append(Object.assign(document.createElement("button"), again));
    timer = setTimeout(send, AGAIN_MS);
  }
}
