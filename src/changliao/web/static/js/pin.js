// The PIN sheet: digits live in one variable only, never in an element, and leave in one request.
const sheet = document.querySelector("dialog[data-pin]");
if (sheet) {
  const form = sheet.querySelector("form");
  const dots = sheet.querySelector(".dots");
  const status = sheet.querySelector("[role=status]");
  let digits = "";
  let busy = false;
  let fresh = false;

  const draw = () => {
    [...dots.children].forEach((dot, place) => dot.classList.toggle("on", place < digits.length));
  };
  const count = () => {
    status.textContent = status.dataset.count.replace("0", String(digits.length));
  };
  const wrong = (message) => {
    digits = "";
    draw();
    status.textContent = message;
    dots.classList.remove("shake");
    void dots.offsetWidth;
    dots.classList.add("shake");
  };
  // Who is not logged in any more logs in first: the form is kept, and the PIN is typed anew.
  const again = () => {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "pin" }));
    form.submit();
  };
  const send = async () => {
    busy = true;
    status.textContent = status.dataset.busy;
    const body = new FormData(form);
    body.set("pin", digits);
    digits = "";
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(body),
        headers: { Accept: "application/json" },
      });
      if (answer.status === 401) return again();
      const told = await answer.json();
      if (told.next) return location.replace(told.next);
      wrong(told.message);
    } catch {
      wrong(status.dataset.offline);
    }
    busy = false;
  };
  const press = (key) => {
    if (busy) return;
    if (key === "back") digits = digits.slice(0, -1);
    else if (digits.length < 6) digits += key;
    draw();
    count();
    if (digits.length === 6) send();
  };
  sheet.addEventListener("click", (event) => {
    // The second click of a double click on the opener lands on a key: it types nothing.
    if (event.detail < 2) fresh = true;
    const button = event.target.closest("button[data-key]");
    if (button && fresh) press(button.dataset.key);
  });
  sheet.addEventListener("keydown", (event) => {
    if (/^[0-9]$/.test(event.key)) press(event.key);
    if (event.key === "Backspace") press("back");
  });
  sheet.querySelector("[data-close]").addEventListener("click", () => sheet.close());
  sheet.addEventListener("close", () => {
    digits = "";
    draw();
  });
  for (const opener of document.querySelectorAll("[data-open-pin]")) {
    opener.hidden = false;
    opener.addEventListener("click", () => {
      const fields = opener.closest("form");
      if (fields && !fields.reportValidity()) return;
      count();
      fresh = false;
      sheet.showModal();
      sheet.querySelector("button[data-key]").focus();
      // Who has chosen a passkey is asked for it at once; the keys stay for when it is not at hand.
      sheet.querySelector("[data-passkey]:not([hidden])")?.click();
    });
  }
}
