// Tabs are links: the list is one stop for the Tab key, arrows move in it, Enter or Space opens.
const tabs = [...document.querySelectorAll("[role=tablist] [role=tab]")];
const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
const rove = (to) => {
  for (const one of tabs) one.tabIndex = one === to ? 0 : -1;
};
if (tabs.length) {
  rove(tabs.find((one) => one.ariaSelected === "true") ?? tabs[0]);
  tabs[0].parentElement.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(document.activeElement);
    if (at < 0) return;
    let to = null;
    if (event.key in STEPS) to = tabs.at((at + STEPS[event.key]) % tabs.length);
    else if (event.key === "Home") to = tabs[0];
    else if (event.key === "End") to = tabs.at(-1);
    else if (event.key === " ") to = tabs[at];
    if (to === null) return;
    event.preventDefault();
    rove(to);
    to.focus();
    if (event.key === " ") to.click();
  });
}
