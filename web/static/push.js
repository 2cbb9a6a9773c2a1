// Has this browser told of tickets by web push: on a press of the button alone the browser asks its user, subscribes at its push service,
// and the form carries what the house needs to reach it. On the list it marks the browser in which the page is open.

const form = document.getElementById("push");
const rows = [...document.querySelectorAll("[data-browser]")];
const able = "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;
const worker = "/static/worker.js";
const scope = "/static/";

const octets = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const hex = (buffer) => [...new Uint8Array(buffer)].map((b) => b.toString(16).padStart(2, "0")).join("");

function complain(text) {
  const problem = document.getElementById("push-problem");
  problem.textContent = text;
  problem.hidden = false;
}

// subscribe gives the subscription of this browser to the house's key; one to another key ends.
async function subscribe(key) {
  const registration = await navigator.serviceWorker.register(worker, { scope });
  while (!registration.active) await new Promise((wait) => setTimeout(wait, 50));
  const wanted = octets(key);
  const now = await registration.pushManager.getSubscription();
  if (now && hex(now.options.applicationServerKey) === hex(wanted)) return now;
  await now?.unsubscribe();
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: wanted });
}

async function tell() {
  if (!able) return complain(form.dataset.cannot);
  if (await Notification.requestPermission() !== "granted") return complain(form.dataset.denied);
  try {
    const { endpoint, keys } = (await subscribe(form.dataset.key)).toJSON();
    form.elements.address.value = endpoint;
    form.elements.p256dh.value = keys.p256dh;
    form.elements.auth.value = keys.auth;
    await (await caches.open("push")).put("/static/address", new Response(endpoint)); // for the worker, should the address change
  } catch (e) {
    return complain(`${form.dataset.failed} ${e.message}`);
  }
  form.submit();
}

if (form) {
  const known = [["Firefox/", "Firefox"], ["Edg/", "Edge"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]].find(([mark]) => navigator.userAgent.includes(mark));
  const system = navigator.userAgentData?.platform || navigator.platform;
  form.elements.name.value = [known?.[1], system].filter(Boolean).join(", ").slice(0, 60);
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    tell();
  });
}

// here marks the browser in which the page is open: its name on the list is made of its address.
async function here() {
  const registration = await navigator.serviceWorker.getRegistration(scope);
  const subscription = await registration?.pushManager.getSubscription();
  if (!subscription) return;
  const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(subscription.endpoint));
  const id = `browser-${hex(sum).slice(0, 16)}`;
  const row = rows.find((r) => r.dataset.browser === id);
  if (row) row.querySelector(".here").hidden = false;
}
if (able && rows.length > 0) here().catch(() => {});
