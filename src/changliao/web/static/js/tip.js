// Read-outs: the row of a chart's table that the pointer or the arrow keys are at.
for (const figure of document.querySelectorAll("[data-tip]")) {
  const box = figure.querySelector(".scroll");
  const out = figure.querySelector(".readout");
  const heads = [...figure.querySelectorAll("thead th")].map((one) => one.textContent.trim());
  const rows = [...figure.querySelectorAll("tbody tr")];
  const svg = box.querySelector("svg");
  const [left, right] = svg.dataset.span.split(" ").map((x) => x / svg.viewBox.baseVal.width);
  let at = rows.length - 1;
  const show = (place) => {
    at = Math.max(0, Math.min(rows.length - 1, place));
    const cells = [...rows[at].children].map((one) => one.textContent.trim());
    out.textContent = cells.map((text, n) => (n ? `${heads[n]} ${text}` : text)).join(" · ");
  };
  box.addEventListener("pointermove", (event) => {
    const frame = svg.getBoundingClientRect();
    const part = ((event.clientX - frame.left) / frame.width - left) / (right - left);
    const away = (row) => Math.abs(Number(row.dataset.at) - part);
    show(rows.reduce((best, row, n) => (away(row) < away(rows[best]) ? n : best), 0));
  });
  box.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) {
      event.preventDefault();
      show(at + step);
    }
  });
  if (rows.length) show(at);
}
