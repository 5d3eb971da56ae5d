// The wallet's worker keeps static files, whose names change with their content, and one page for
// when there is no network. Nothing about anybody or their money is ever kept.
const asked = new URL(location).searchParams;
const KEPT = `wallet-${asked.get("v")}-${asked.get("lang")}`;
const OFFLINE = `/w/offline?lang=${asked.get("lang")}`;

const install = async () => {
  const kept = await caches.open(KEPT);
  const page = await fetch(OFFLINE, { credentials: "omit" });
  const text = await page.clone().text();
  await kept.put(OFFLINE, page);
  await kept.addAll([...new Set(text.match(/\/static\/[\w./-]+/g))]);
  await self.skipWaiting();
};
const activate = async () => {
  for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
  await self.clients.claim();
};
const kept = async (request) => {
  const found = await caches.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(KEPT)).put(request, answer.clone());
  return answer;
};
const page = (request) =>
  fetch(request).catch(async () => (await caches.match(OFFLINE)) ?? Response.error());

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (pathname.startsWith("/static/")) event.respondWith(kept(request));
  else if (request.mode === "navigate") event.respondWith(page(request));
});
