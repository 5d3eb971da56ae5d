// Live status: server-sent events while the page is seen, at most three streams a browser; else
// polling. Whatever happened meanwhile is read again on coming back.
const box = document.querySelector("[data-live]");
const away = document.querySelector("[data-away]");
const POLL_MS = 1500;
let source = null;
let timer = 0;
let release = null;
let wait = 2000;
let ended = box === null;

function show(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
  if (parsed === null || parsed.dataset.version === box.dataset.version) return;
  // What changed changes the whole page: the code is covered, the button goes.
  ended = true;
  stop();
  location.reload();
}

async function read() {
  try {
    const answer = await fetch(box.dataset.poll, { cache: "no-store" });
    if (answer.ok) show(await answer.text());
    away.hidden = true;
  } catch {
    away.hidden = false;
  }
}

function poll() {
  clearTimeout(timer);
  if (ended || document.hidden) return;
  timer = setTimeout(async () => {
    await read();
    poll();
  }, POLL_MS);
}

function stop() {
  clearTimeout(timer);
  if (source) source.close();
  source = null;
  if (release) release();
  release = null;
}

function listen() {
  source = new EventSource(box.dataset.live);
  source.addEventListener("html", (event) => {
    wait = 2000;
    show(JSON.parse(event.data));
  });
  source.addEventListener("end", () => {
    ended = true;
    stop();
  });
  source.onerror = async () => {
    stop();
    await read();
    if (ended || document.hidden) return;
    timer = setTimeout(start, wait);
    wait = Math.min(wait * 2, 15000);
  };
}

async function start() {
  if (ended || document.hidden || source) return;
  await read();
  if (ended || !navigator.locks) return poll();
  for (const slot of [1, 2, 3]) {
    const won = await new Promise((taken) => {
      navigator.locks.request(`changliao-live-${slot}`, { ifAvailable: true }, (lock) => {
        if (lock === null) return taken(false);
        return new Promise((free) => {
          release = free;
          taken(true);
        });
      });
    });
    if (won) return listen();
  }
  poll();
}

if (box) {
  ended = Boolean(box.dataset.final);
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
  window.addEventListener("pagehide", stop);
  // A stream may outlive the network: what it still brings would reload into the browser's own page.
  window.addEventListener("offline", () => {
    away.hidden = false;
    stop();
    poll();
  });
  window.addEventListener("online", () => {
    stop();
    start();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) start();
  });
  start();
}
