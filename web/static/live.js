// Keeps the regions of a page up to date: each element with data-live is replaced by what the server shows now. Forms stand outside
// those regions, so that nobody loses what they write. A stream says when something has changed: one tab of the browser leads and
// hears it, the others hear the leader. Where no stream comes (a proxy holds it back, the server is away), the page asks every ten
// seconds all the same. When nothing has come for 25 seconds the page says of when it is. A button that is pressed twice within a
// second sends its form once.

const every = 10_000;
const staleAfter = 25_000;
const quietest = 12_000; // a stream beats every ten seconds
// The page's own address: location is another one where the page answers a form.
const here = document.body.dataset.here;
const regions = () => [...document.querySelectorAll("[data-live][id]")];
const asOf = document.getElementById("as-of");
const stale = document.getElementById("stale");
const alarm = document.getElementById("alarm");
let last = Date.now(); // when the page was brought up to date
let heard = -Infinity; // when the stream was heard
let asking = false;
let again = false; // something changed while the page was asked for
let loggedOut = false;
const writing = () => [...document.querySelectorAll("textarea")].some((t) => t.value);

function tell() {
  if (!stale) return;
  if (loggedOut) {
    stale.hidden = false;
    stale.textContent = stale.dataset.out;
    return;
  }
  stale.hidden = Date.now() - last < staleAfter;
  if (!stale.hidden) stale.textContent = `${stale.dataset.text} ${asOf?.textContent ?? ""}`;
}

// open remembers which details somebody has opened, by their place in the region.
function replace(region, next) {
  const open = [...region.querySelectorAll("details")].map((d) => d.open);
  const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
  const fresh = document.importNode(next, true);
  fresh.querySelectorAll("details").forEach((d, i) => { d.open = open[i] ?? false; });
  region.replaceWith(fresh);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

async function refresh() {
  if (regions().length === 0) return;
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  again = false;
  try {
    const answer = await fetch(here, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(every) });
    if (answer.redirected && new URL(answer.url).pathname === "/login") {
      loggedOut = writing(); // else nothing is lost by going there
      if (!loggedOut) location.assign(here);
      return;
    }
    if (answer.ok) {
      loggedOut = false;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const region of regions()) {
        const next = page.getElementById(region.id);
        if (next && next.innerHTML !== region.innerHTML) replace(region, next);
      }
      const now = page.getElementById("as-of");
      if (now && asOf) {
        asOf.textContent = now.textContent;
        asOf.dateTime = now.dateTime;
      }
      last = Date.now();
    }
  } catch {
    // the server is away: the page says of when it is
  } finally {
    asking = false;
    tell();
    if (again) refresh();
  }
}

// A tab hears the stream, or the tab that leads.
function hear(message) {
  heard = Date.now();
  if (message.kind === "present" && !here.startsWith(`/tickets/${message.ticket}`)) return;
  if (message.kind !== "beat" || !document.hidden) refresh();
}

const channel = "BroadcastChannel" in window ? new BroadcastChannel("hotline-live") : null;
let source = null;
const alarmed = new Set();

function say(message) {
  hear(message);
  channel?.postMessage(message);
}

function lead() {
  source?.close();
  source = new EventSource("/live");
  heard = Date.now(); // it has as long as any other to speak
  source.onopen = () => say({ kind: "open" }); // the page is rendered whole, whatever was missed
  source.addEventListener("beat", () => say({ kind: "beat" }));
  source.addEventListener("changed", (e) => {
    const change = JSON.parse(e.data);
    say({ kind: "changed" });
    for (const n of change.fresh ?? []) ring(n);
  });
  source.addEventListener("present", (e) => say({ kind: "present", ticket: JSON.parse(e.data).ticket }));
  source.addEventListener("end", () => {
    source.close();
    say({ kind: "end" }); // the page learns by what it asks for that nobody is logged in
  });
}

// ring tells of a new blocking ticket once, in the tab that leads.
function ring(number) {
  if (alarmed.has(number) || !wanted()) return;
  alarmed.add(number);
  const text = `${localStorage.getItem("hotline-alarm-text") ?? ""} ${number}`;
  try {
    if (globalThis.Notification?.permission === "granted") new Notification(text, { tag: `hotline-${number}` });
    const sound = new AudioContext();
    for (const at of [0, 0.35, 0.7]) {
      const tone = sound.createOscillator();
      tone.frequency.value = 880;
      tone.connect(sound.destination);
      tone.start(sound.currentTime + at);
      tone.stop(sound.currentTime + at + 0.2);
    }
    setTimeout(() => sound.close(), 2_000);
  } catch {
    // a browser without sound
  }
}

function wanted() {
  try {
    return localStorage.getItem("hotline-alarm") === "yes";
  } catch {
    return false; // a browser that keeps nothing
  }
}

if (alarm) {
  alarm.closest("label").hidden = false;
  alarm.checked = wanted();
  alarm.addEventListener("change", () => {
    try {
      localStorage.setItem("hotline-alarm", alarm.checked ? "yes" : "no");
      localStorage.setItem("hotline-alarm-text", alarm.dataset.text);
    } catch {
      alarm.checked = false;
    }
    if (alarm.checked) globalThis.Notification?.requestPermission();
  });
}

if (regions().length > 0) {
  channel?.addEventListener("message", (e) => hear(e.data));
  if (navigator.locks) navigator.locks.request("hotline-live", () => new Promise(lead)); // until this tab is closed
  else lead(); // a browser gives locks to secure pages alone: each tab has its stream there
  setInterval(() => {
    if (Date.now() - heard < quietest) return;
    refresh();
    if (source && Date.now() - heard > staleAfter) lead();
  }, every);
  setInterval(tell, 1_000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
}

let sent = -Infinity;
document.addEventListener("submit", (e) => {
  if (e.timeStamp - sent < 1_000) e.preventDefault();
  else sent = e.timeStamp;
});
