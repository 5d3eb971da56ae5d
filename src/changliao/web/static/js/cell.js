// A cell of the matrix is edited in a dialog; without this script, or without a network, on a page.
const dialog = document.querySelector("dialog[data-cell]");
const load = async (address) => {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) throw new Error(answer.status);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("[data-part]");
};
const look = async (form) => {
  const named = ["platform", "method", "terminal"].map((name) => [name, form.elements[name].value]);
  const address = `/console/acceptance/cell?${new URLSearchParams(named)}`;
  try {
    const part = await load(address);
    dialog.querySelector("[data-effect]").replaceWith(part.querySelector("[data-effect]"));
  } catch {
    location.assign(address);
  }
};
if (dialog) {
  document.querySelector("[data-grid]")?.addEventListener("click", async (event) => {
    const link = event.target.closest("td a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    try {
      dialog.querySelector("[data-into]").replaceChildren(await load(link.href));
      dialog.showModal();
    } catch {
      location.assign(link.href);
    }
  });
  dialog.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-cells]");
    if (form && event.target.matches("[name=method],[name=terminal]")) look(form);
  });
  dialog.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-cells]");
    if (!form || (form.getAttribute("method") === "post" && !event.submitter?.matches("[data-look]"))) return;
    event.preventDefault();
    event.stopPropagation(); // nothing is sent, so its buttons stay
    look(form);
  });
}
