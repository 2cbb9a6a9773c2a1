// The service worker of web push: it shows what comes, and opens the ticket when somebody presses it. It keeps nothing and answers for no
// page. Every message is shown: a browser ends subscriptions whose messages are not.

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
