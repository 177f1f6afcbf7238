// The worker of the register: keeps the registers that were seen lately, so that they open while the computer is away.
// A new version of Daftari is a new worker and begins with nothing. When nobody is signed in, all registers go; app.js
// and the first answer that leads to the sign-in page see to it. What is kept never holds the key of the waiting taps.

const FILES = `files-${VERSION}`;
const REGISTERS = "registers";
const REGISTER = /^\/attendance\/[^/]+\/\d{4}-\d\d-\d\d$/;
const MOST = 20;
const WEEK_MS = 7 * 864e5;
const PATIENCE_MS = 4000;
const NEEDED = ["css/daftari.css", "js/app.js", "js/attendance-grid.js", "js/outbox.js"].map((name) => `/static/${VERSION}/${name}`);

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(caches.open(FILES).then((files) => files.addAll(NEEDED)));
});

addEventListener("activate", (event) => {
  const clean = async () => {
    for (const name of await caches.keys()) if (name !== FILES) await caches.delete(name);
    await clients.claim();
  };
  event.waitUntil(clean());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (REGISTER.test(pathname)) event.respondWith(register(event, pathname + (search.match(/[?&](slot=\w+)/)?.[1] ?? "")));
  else if (pathname === "/attendance/shell") event.respondWith(shell(request));
  else if (pathname.startsWith(`/static/${VERSION}/`)) event.respondWith(file(request));
});

async function register(event, name) {
  const coming = fetch(event.request);
  event.waitUntil(coming.then((reply) => keep(name, reply.clone()), () => null));
  const kept = await keptRegister(name);
  // A computer that has left the network lets one wait for forty seconds.
  const late = new Promise((done) => kept && setTimeout(done, PATIENCE_MS, kept));
  try {
    return await Promise.race([coming, late]);
  } catch {
    return kept ?? (await caches.match("/attendance/shell", { ignoreSearch: true })) ?? Response.error();
  }
}

async function keptRegister(name) {
  const found = await (await caches.open(REGISTERS)).match(name);
  return found && Date.now() - Date.parse(found.headers.get("Date")) < WEEK_MS ? found : undefined;
}

async function keep(name, reply) {
  if (reply.type === "opaqueredirect" || reply.redirected) return caches.delete(REGISTERS); // signed out
  if (!reply.ok) return false;
  const page = (await reply.text()).replace(/ data-key="[^"]*"/, "");
  const headers = new Headers(reply.headers);
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  const registers = await caches.open(REGISTERS);
  await registers.put(name, new Response(page, { headers }));
  for (const old of (await registers.keys()).slice(0, -MOST)) await registers.delete(old);
  return true;
}

async function shell(request) {
  try {
    const reply = await fetch(request);
    if (reply.ok) await (await caches.open(FILES)).put(request, reply.clone());
    return reply;
  } catch {
    return (await caches.match(request, { ignoreSearch: true })) ?? Response.error();
  }
}

async function file(request) {
  return (await caches.match(request)) ?? fetch(request);
}
