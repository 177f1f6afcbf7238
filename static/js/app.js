// The only script every page loads. It mounts what the page names: data-module="attendance-grid" -> attendance-grid.js.

for (const element of document.querySelectorAll("[data-module]")) {
  import(`./${element.dataset.module}.js`).then((module) => module.mount(element));
}

document.querySelector(".error-summary")?.focus();

// On a phone the navigation is wider than the screen: show the entry that the person is at.
const nav = document.querySelector(".nav");
const here = nav?.querySelector("[aria-current]");
if (here) nav.scrollLeft = here.offsetLeft - (nav.clientWidth - here.offsetWidth) / 2;

// A second click on a slow computer sends nothing twice.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  const { ask } = event.target.dataset;
  if (ask && kept("daftari-waits") && !confirm(ask)) return event.preventDefault();
  if (event.timeStamp - (event.target.dataset.sentAt ?? -Infinity) < 3000) event.preventDefault();
  else event.target.dataset.sentAt = event.timeStamp;
});

function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // a browser that keeps nothing has nothing to lose
  }
}

// Nobody is signed in here, or somebody else is about to be: this phone forgets what only a person who is may read. Marks
// that wait to be sent stay, sealed.
if (!document.querySelector(".menu, [data-module=outbox]") || document.querySelector("[type=password]")) {
  globalThis.indexedDB?.deleteDatabase("daftari-key");
  globalThis.caches?.delete("registers");
}

// The menu is a plain <details>; with script it also closes when the person looks elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
