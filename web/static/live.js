// Keeps the regions of a page up to date: each element with data-live is replaced by what the server shows now, every ten
// seconds and when the tab is looked at again. Forms stand outside those regions, so that nobody loses what they write. When
// nothing has come for 25 seconds the page says of when it is. A button that is pressed twice within a second sends its form once.

const every = 10_000;
const staleAfter = 25_000;
// The page's own address: location is another one where the page answers a form.
const here = document.body.dataset.here;
const regions = () => [...document.querySelectorAll("[data-live][id]")];
const asOf = document.getElementById("as-of");
const stale = document.getElementById("stale");
let last = Date.now();
let asking = false;
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
  if (asking || regions().length === 0) return;
  asking = true;
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
  }
}

if (regions().length > 0) {
  setInterval(refresh, every);
  setInterval(tell, 1_000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
}

let sent = -Infinity;
document.addEventListener("submit", (e) => {
  if (e.timeStamp - sent < 1_000) e.preventDefault();
  else sent = e.timeStamp;
});
