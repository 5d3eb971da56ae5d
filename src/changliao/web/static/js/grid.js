// A table of links is one tab stop; arrow keys move in it.
const grid = document.querySelector("[data-grid] tbody");
if (grid) {
  const rows = [...grid.rows].map((row) => [...row.querySelectorAll("a")]);
  const links = rows.flat();
  const stop = (chosen) => {
    for (const link of links) link.tabIndex = link === chosen ? 0 : -1;
  };
  stop(links[0]);
  grid.addEventListener("keydown", (event) => {
    const moves = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
    const move = moves[event.key];
    const y = rows.findIndex((row) => row.includes(event.target));
    if (!move || y < 0) return;
    event.preventDefault();
    const next = rows[y + move[0]]?.[rows[y].indexOf(event.target) + move[1]];
    if (next) {
      stop(next);
      next.focus();
    }
  });
}
