// The wallet can be installed. Without https or localhost there is no worker, and all else works.
const worker = document.querySelector("meta[name=worker]");
navigator.serviceWorker?.register(worker.content, { scope: "/w/" }).catch(() => {});
