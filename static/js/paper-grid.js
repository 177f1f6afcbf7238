// Entering from paper at the speed of the keys: a letter moves on, Enter moves down, arrows move everywhere.
// Without script it is a plain form, in which Tab moves and Enter saves.

export function mount(form) {
  const boxesOf = (row) => [...row.cells].map((cell) => cell.querySelector(":scope.box > input"));
  const rows = [...form.querySelectorAll("tbody tr")].map(boxesOf).filter((row) => row.some(Boolean));
  const boxes = rows.flat().filter(Boolean);
  const isOneLetter = !form.querySelector(".is-hours");
  let isDirty = boxes.some((box) => box.value);

  for (const hint of form.querySelectorAll(".keys")) hint.hidden = false;
  form.addEventListener("focusin", (event) => boxes.includes(event.target) && event.target.select());
  form.addEventListener("input", (event) => {
    isDirty = true;
    if (isOneLetter && boxes.includes(event.target) && event.inputType === "insertText" && event.target.value) goOn(event.target);
  });
  form.addEventListener("keydown", press);
  form.addEventListener("submit", () => (isDirty = false));
  addEventListener("beforeunload", (event) => isDirty && event.preventDefault());
  (form.querySelector("[aria-invalid]") ?? boxes.find((box) => isDue(box) && !box.placeholder) ?? boxes[0])?.focus({ preventScroll: true });

  // Somebody who is at a workplace has a box, yet hardly ever a letter on the paper: letters pass it by, arrows do not.
  function isDue(box) {
    return !("away" in box.dataset);
  }

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

  // Along the row, then to the next one, as one reads.
  function goOn(box) {
    boxes.slice(boxes.indexOf(box) + 1).find(isDue)?.focus();
  }

  // To the next box in this direction, past days without one.
  function move(box, down, right) {
    let row = rows.findIndex((each) => each.includes(box));
    let column = rows[row].indexOf(box);
    do {
      row += down;
      column += right;
    } while (rows[row] && column >= 0 && column < rows[row].length && !rows[row][column]);
    rows[row]?.[column]?.focus();
  }
}
