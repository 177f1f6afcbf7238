// A button that prints the page; without script it stays hidden, and Ctrl+P does the same.
export function mount(button) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
