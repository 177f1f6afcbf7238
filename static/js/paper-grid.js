// Entering from paper at the speed of the keys: a letter moves on, Enter moves down, arrows move everywhere.
// Without script it is a plain form, in which Tab moves and Enter saves.

export function mount(form) {
  const rows = [...form.querySelectorAll("tbody tr")].map((row) => [...row.cells].map((cell) => cell.querySelector(".box > input:not([type=hidden])")));
  const boxes = rows.flat().filter(Boolean);
  const isOneLetter = !form.querySelector(".is-hours");
  let isDirty = boxes.some((box) => box.value);

  for (const hint of form.querySelectorAll(".keys")) hint.hidden = false;
  form.addEventListener("focusin", (event) => boxes.includes(event.target) && event.target.select());
  form.addEventListener("input", (event) => {
    isDirty = true;
    if (isOneLetter && boxes.includes(event.target) && event.inputType === "insertText" && event.target.value) move(event.target, 0, 1, true);
  });
  form.addEventListener("keydown", press);
  form.addEventListener("submit", () => (isDirty = false));
  addEventListener("beforeunload", (event) => isDirty && event.preventDefault());
  (form.querySelector("[aria-invalid]") ?? boxes.find((box) => !box.placeholder) ?? boxes[0])?.focus({ preventScroll: true });

  function press(event) {
    const box = event.target;
    if (!boxes.includes(box) || event.ctrlKey || event.metaKey || event.altKey) return;
    const atStart = box.selectionEnd === 0 || box.selectionEnd - box.selectionStart === box.value.length;
    const atEnd = box.selectionStart === box.value.length || box.selectionEnd - box.selectionStart === box.value.length;
    if (event.key === "Enter" || event.key === "ArrowDown") move(box, 1, 0);
    else if (event.key === "ArrowUp") move(box, -1, 0);
    else if (event.key === "ArrowLeft" && atStart) move(box, 0, -1);
    else if (event.key === "ArrowRight" && atEnd) move(box, 0, 1);
    else return;
    event.preventDefault();
  }

  // To the next box in this direction, past days without one; `wraps`: from the end of a row to the next row.
  function move(box, down, right, wraps) {
    let row = rows.findIndex((each) => each.includes(box));
    let column = rows[row].indexOf(box);
    do {
      row += down;
      column += right;
    } while (rows[row] && column >= 0 && column < rows[row].length && !rows[row][column]);
    const next = rows[row]?.[column] ?? (wraps ? boxes[boxes.indexOf(box) + 1] : null);
    next?.focus();
  }
}
