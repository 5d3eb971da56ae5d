// Lists are walked by keys: j and k go from row to row by its first link, which Enter opens.
// Esc closes what is open, and focus goes back to where that came from.
function walk(step) {
  const rows = [...document.querySelectorAll("main table:not([data-grid]) tbody tr")];
  const links = rows.map((row) => row.querySelector("a")).filter((one) => one?.checkVisibility());
  const here = document.activeElement.closest("tr");
  const focused = links.findIndex((link) => link.closest("tr") === here);
  const from = focused < 0 ? links.findIndex((link) => link.ariaCurrent) : focused;
  links[from + (from < 0 ? 1 : step)]?.focus();
}

function close(focused) {
  const details = focused.closest("details[open]");
  if (details) {
    details.open = false;
    details.querySelector("summary").focus();
  } else {
    document.querySelector("[data-leave]")?.click();
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { j: 1, k: -1 }[event.key];
  if (step && !event.target.closest("input,textarea,select")) walk(step);
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) close(event.target);
});
