// While somebody is at a ticket: what they write is kept on the server as a draft, and colleagues see that they are there. The page
// itself shows the draft when it is opened again; nothing here is needed for that.

const area = document.querySelector("textarea[data-draft]");
const tab = [...crypto.getRandomValues(new Uint8Array(8))].map((b) => b.toString(16)).join("");
const send = (url, fields, signal) => fetch(url, { method: "POST", body: new URLSearchParams(fields), keepalive: true, redirect: "manual", signal });
let typed = -Infinity;

if (area) {
  const state = document.getElementById("draft-state");
  const version = area.form.elements.draft;
  let kept = area.value;
  let timer = 0;
  let saving = null;
  const later = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(save, ms);
  };
  async function save() {
    if (saving || area.value === kept) return;
    const text = area.value;
    saving = new AbortController();
    try {
      const answer = await send(area.dataset.draft, { text, version: version.value }, saving.signal);
      const stands = answer.ok || answer.status === 409 ? await answer.json() : null;
      if (!stands) throw new Error(answer.status);
      version.value = stands.version;
      if (answer.ok) {
        kept = text;
        state.textContent = text ? state.dataset.kept : "";
      } else {
        kept = stands.text ?? ""; // both are in sight: what is written here stands from the next key on
        if (kept) state.textContent = `${state.dataset.other} ${kept}`;
        else later(0); // another tab sent its words
      }
    } catch {
      if (!saving) return; // it was sent
      state.textContent = state.dataset.lost;
      later(5_000);
    } finally {
      saving = null;
    }
    if (area.value !== text) later(700);
  }
  area.addEventListener("input", () => {
    typed = Date.now();
    later(700);
  });
  area.form.addEventListener("submit", () => {
    clearTimeout(timer);
    kept = area.value; // it is sent: leaving the page does not keep it once more
    const going = saving;
    saving = null;
    going?.abort();
  });
  addEventListener("pagehide", save);
}

const ticket = document.body.dataset.here.match(/^\/tickets\/\d+/)?.[0];
if (ticket && document.getElementById("present")) {
  const every = 8_000;
  let last = "";
  const tell = () => {
    const now = document.hidden ? "left" : Date.now() - typed < 10_000 ? "writing" : "here";
    if (now === "left" && last === now) return;
    const fields = { tab };
    if (now !== "here") fields[now] = "yes";
    if (now !== last) fields.changed = "yes";
    last = now;
    send(`${ticket}/presence`, fields).catch(() => {});
  };
  tell();
  setInterval(tell, every);
  area?.addEventListener("input", () => { if (last !== "writing") tell(); });
  document.addEventListener("visibilitychange", tell);
  addEventListener("pagehide", () => {
    if (last !== "left") send(`${ticket}/presence`, { tab, left: "yes" }).catch(() => {});
    last = "left";
  });
  addEventListener("pageshow", (e) => { if (e.persisted) tell(); });
}
