// The pay code: a new one when its minute is over, and on to the order as soon as it was used.
const card = document.querySelector("[data-paycode]");
if (card) {
  const ahead = Number(card.dataset.now) - Date.now();
  const status = card.querySelector("[role=status]");
  const plain = status.textContent;
  const look = async () => {
    if (Number(card.dataset.expires) - Date.now() - ahead <= 0 && navigator.onLine) {
      location.replace("/w/pay-code");
      return;
    }
    try {
      const answer = await fetch(card.dataset.paycode);
      const found = answer.ok ? await answer.json() : { next: "" };
      if (found.next) {
        location.assign(found.next);
        return;
      }
      status.textContent = plain;
    } catch {
      status.textContent = status.dataset.offline;
    }
    setTimeout(look, document.hidden ? 5000 : 1500);
  };
  setTimeout(look, 1500);
  navigator.wakeLock?.request("screen").catch(() => {});
  // Back from somewhere else: this code may have been used or seen.
  addEventListener("pageshow", (event) => event.persisted && location.replace("/w/pay-code"));
}
