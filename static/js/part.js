// A form of many buttons, each saved at once: what the server answers takes the place of the elements with the same ids.
// Without script each button loads the page anew.

export function mount(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { name, value, form: owner } = event.submitter;
    const asked = new FormData(owner);
    asked.set(name, value);
    asked.set("part", "1");
    const answer = await fetch(form.action, { method: "POST", body: asked }).catch(() => null);
    if (!answer?.ok || answer.redirected) return location.reload(); // signed out, or the server is gone: let the browser say so
    const box = document.createElement("template");
    box.innerHTML = await answer.text();
    for (const element of [...box.content.children]) document.getElementById(element.id)?.replaceWith(element);
    form.querySelector(`[name="${name}"][value="${value}"]`)?.focus();
  });
}
