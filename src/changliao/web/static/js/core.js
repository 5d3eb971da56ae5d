// Forms that do something: once sent, the button is disabled, so a double click sends one request.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.getAttribute("method") !== "post") { // a field may be called method, too
    return; // a form that only asks may be answered by a download, and stays
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  for (const button of form.querySelectorAll("button[type=submit]")) {
    button.setAttribute("aria-disabled", "true");
  }
});
// Coming back through the back button: forms may be sent again, and filters are the address's.
window.addEventListener("pageshow", (event) => {
  const [{ type }] = performance.getEntriesByType("navigation");
  if (event.persisted || type === "back_forward") {
    for (const filters of document.querySelectorAll("form[method=get]")) filters.reset();
  }
  for (const form of document.forms) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-disabled]")) {
      button.removeAttribute("aria-disabled");
    }
  }
});
// A menu that scrolls sideways shows where one is; the page itself stays where it is.
const here = document.querySelector(".menu [aria-current]");
if (here) {
  const [at, strip] = [here, here.closest(".menu")].map((one) => one.getBoundingClientRect());
  here.closest(".menu").scrollLeft += at.left - strip.left - (strip.width - at.width) / 2;
}
// In the console `/` goes to the search.
document.addEventListener("keydown", (event) => {
  const find = document.querySelector("[data-find]");
  if (!find || event.key !== "/" || event.target.closest("input,textarea,select")) return;
  event.preventDefault();
  find.focus();
});
