// The list of requests follows the log while it is seen; j and k walk it; a text can be copied.
const log = document.querySelector("[data-log]");

async function follow() {
  if (document.hidden) return;
  const address = new URL(location.href);
  address.searchParams.set("seen", log.dataset.log);
  const answer = await fetch(address, { cache: "no-store" }).catch(() => null);
  if (answer?.status !== 200) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
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

document.addEventListener("keydown", (event) => {
  const step = { j: 1, k: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.target.closest("input")) return;
  const links = [...log.querySelectorAll("tbody a")];
  const focused = links.indexOf(document.activeElement);
  const from = focused < 0 ? links.findIndex((link) => link.ariaCurrent) : focused;
  links[from + (from < 0 ? 1 : step)]?.focus();
});

const button = document.querySelector("[data-copy]");
if (button && navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.previousElementSibling.textContent);
    button.textContent = button.dataset.done;
  });
}
