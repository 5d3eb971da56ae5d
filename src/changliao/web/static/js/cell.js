// A cell of the matrix is edited in a dialog; without this script, or without a network, on a page.
const dialog = document.querySelector("dialog[data-cell]");
const load = async (address) => {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) throw new Error(answer.status);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("[data-part]");
};
const look = async (form) => {
  const address = `${form.action}?${new URLSearchParams(new FormData(form))}`;
  try {
    const part = await load(address);
    dialog.querySelector("[data-effect]").replaceWith(part.querySelector("[data-effect]"));
    const draft = dialog.querySelector("#edit");
    for (const field of form.elements) if (field.name && draft) draft.elements[field.name].value = field.value;
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
  for (const kind of ["change", "submit"]) {
    dialog.addEventListener(kind, (event) => {
      const form = event.target.closest("form[data-cells]");
      if (!form) return;
      event.preventDefault();
      look(form);
    });
  }
}
