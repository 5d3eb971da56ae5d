// The last minutes before an order expires, by the server's clock.
const due = document.querySelector("[data-expires]");
if (due) {
  const ahead = Number(due.dataset.now) - Date.now();
  const text = due.querySelector("[data-left]");
  const tick = () => {
    const ms = Number(due.dataset.expires) - Date.now() - ahead;
    const left = Math.max(0, Math.round(ms / 1000));
    if (left === 0 && navigator.onLine) {
      location.reload();
      return;
    }
    if (left <= 180) {
      text.hidden = false;
      text.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    }
    setTimeout(tick, left > 200 ? 15000 : 1000);
  };
  setTimeout(tick, 1000);
}
