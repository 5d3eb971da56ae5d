// Of the buttons below the list of methods the one of the chosen method is shown.
const list = document.querySelector("[data-methods]");
if (list) {
  const show = () => {
    const chosen = list.querySelector("input:checked");
    if (!chosen) return;
    for (const one of document.querySelectorAll("[data-for]")) {
      one.classList.toggle("unchosen", one.dataset.for !== chosen.value);
    }
  };
  list.addEventListener("change", show);
  show();
}
