// "Sync now" without leaving the page: says how far it is, and that one can go on working.

const EVERY_MS = 1000;

export function mount(form) {
  const state = document.getElementById("exchange-state");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    state.textContent = state.dataset.begin;
    state.hidden = false;
    const watch = setInterval(() => show(form.dataset.progress, state), EVERY_MS);
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.status);
      location.assign(location.pathname); // the page then says how it went, and begins at its top
    } catch {
      form.submit(); // signed out, or the server is gone: let the browser say so
    } finally {
      clearInterval(watch);
    }
  });
}

async function show(address, state) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  const { running, sentence } = await answer.json();
  if (running) state.textContent = sentence;
}
