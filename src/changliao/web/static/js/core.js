// Forms: a submitted form disables its button, so a double click sends one request.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  for (const button of form.querySelectorAll("button[type=submit]")) {
    button.setAttribute("aria-disabled", "true");
  }
});
// Coming back through the back button: forms may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.forms) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-disabled]")) {
      button.removeAttribute("aria-disabled");
    }
  }
});
// A menu that scrolls sideways shows where one is.
document.querySelector(".menu [aria-current]")?.scrollIntoView({block: "nearest", inline: "center"});
// In the console `/` goes to the search.
document.addEventListener("keydown", (event) => {
  const find = document.querySelector("[data-find]");
  if (!find || event.key !== "/" || event.target.closest("input,textarea,select")) return;
  event.preventDefault();
  find.focus();
});
