// Recording a closure: whom it touches is shown again whenever its place or its days change, so that one press records it.
// Without script a button asks for it.

const ASKED = ["place", "sites", "since", "expected_until"];

export function mount(form) {
  const touched = form.querySelector("[data-touched]");
  let last = 0;

  form.querySelector("[value=look]").hidden = true;
  form.addEventListener("change", (event) => ASKED.includes(event.target.name) && show());
  if (!form.elements.shown.value) show();

  async function show() {
    const mine = ++last;
    const asked = new FormData(form);
    asked.delete("photo");
    asked.set("part", "1");
    const answer = await fetch(location.href, { method: "POST", body: asked }).catch(() => null);
    // Of two answers the later asked one counts; without an answer the page says it all when the closure is sent.
    if (mine === last && answer?.ok) touched.innerHTML = await answer.text();
  }
}
