// The list of requests follows the log while it is seen; a text can be copied.
const log = document.querySelector("[data-log]");
const SLOW_MS = 300;

async function follow() {
  if (document.hidden) return;
  const address = new URL(location.href);
  address.searchParams.set("seen", log.dataset.log);
  const slow = setTimeout(() => log.setAttribute("aria-busy", "true"), SLOW_MS);
  const text = await fetch(address, { cache: "no-store" })
    .then((answer) => (answer.status === 200 ? answer.text() : ""))
    .catch(() => "");
  clearTimeout(slow);
  log.removeAttribute("aria-busy");
  const page = new DOMParser().parseFromString(text, "text/html");
  const fresh = page.querySelector("[data-log]");
  if (!fresh) return;
  const focused = document.activeElement.href;
  const [old, rows] = [log, fresh].map((one) => one.querySelector("tbody"));
  if (old && rows) old.replaceWith(rows);
  else log.replaceChildren(...fresh.childNodes);
  log.dataset.log = fresh.dataset.log;
  [...log.querySelectorAll("a")].find((link) => link.href === focused)?.focus();
}
setInterval(follow, 2000);
document.addEventListener("visibilitychange", follow);

const button = document.querySelector("[data-copy]");
if (button && navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.previousElementSibling.textContent);
    button.textContent = button.dataset.done;
  });
}
