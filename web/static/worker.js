// The service worker of web push: it shows what comes, and opens the ticket when somebody presses it. It keeps its own address at the push
// service, to say which one was before, and answers for no page. Every message is shown: a browser ends subscriptions whose messages are not.

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("push", (event) => {
  let m = { title: "hotline", body: "", tag: "hotline", url: "/", at: Date.now() };
  try {
    m = { ...m, ...event.data.json() };
  } catch {
    // a message without words is shown as one
  }
  event.waitUntil(self.registration.showNotification(m.title, { body: m.body, tag: m.tag, renotify: true, timestamp: m.at, data: { url: m.url } }));
});

// A push service may give a browser another address. The house is told of it, and forgets the former one.
self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil((async () => {
    const kept = await caches.open("push");
    const former = event.oldSubscription?.endpoint ?? await (await kept.match("/static/address"))?.text();
    const manager = self.registration.pushManager;
    const now = event.newSubscription ?? await manager.getSubscription() ?? await manager.subscribe(event.oldSubscription?.options);
    const { endpoint, keys } = now.toJSON();
    if (!former || former === endpoint) return;
    const body = new URLSearchParams({ former, address: endpoint, p256dh: keys.p256dh, auth: keys.auth });
    const answer = await fetch("/browsers/moved", { method: "POST", body, credentials: "same-origin" });
    if (answer.ok && new URL(answer.url).pathname === "/browsers") await kept.put("/static/address", new Response(endpoint));
  })());
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const target = new URL(event.notification.data?.url ?? "/", self.location.origin);
  if (target.origin !== self.location.origin) return;
  event.waitUntil((async () => {
    const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const open = windows.find((w) => new URL(w.url).pathname === target.pathname);
    await (open ? open.focus() : self.clients.openWindow(target.href));
  })());
});
