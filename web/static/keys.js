// The same plain keys on every page: ? shows them. They are none while somebody writes, and can be turned off, because a voice that
// dictates types letters too.

const shown = document.getElementById("keys");
const off = document.getElementById("keys-off");
const kept = "hotline-keys-off";
const rooms = document.querySelector(".top nav");
const here = rooms?.querySelector("[aria-current]");
if (here) rooms.scrollLeft = here.offsetLeft - (rooms.clientWidth - here.offsetWidth) / 2; // where the rooms are one row
const rows = () => [...document.querySelectorAll("main .tickets .link, main tbody tr > :first-child a, main .others a, main li.event, main [data-row]")];

function step(by) {
  const list = rows();
  if (list.length === 0) return;
  const at = list.findIndex((e) => e === document.activeElement || e.contains(document.activeElement));
  const next = list[at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + by, 0), list.length - 1)];
  if (next.tabIndex < 0) next.tabIndex = -1;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

const first = (css) => document.querySelector(css);
const keys = {
  "?": () => shown.togglePopover(),
  j: () => step(1),
  k: () => step(-1),
  "/": () => first("main input[type=search]")?.focus(),
  n: () => first("main textarea")?.focus(),
  t: () => first('main form[action$="/take"] button, main button[formaction$="/take"]')?.click(),
  c: () => { // the next category, with what the clocks would do: Enter sets it
    const list = first("#assess select");
    if (!list) return;
    list.selectedIndex = (list.selectedIndex + 1) % list.options.length;
    first('#assess button[formaction*="/preview"]').click();
  },
  u: () => first('nav [aria-current], nav a[href="/"]')?.click(),
};

if (shown && off) {
  try {
    off.checked = localStorage.getItem(kept) === "yes";
  } catch {} // a browser that keeps nothing asks again
  off.addEventListener("change", () => {
    try {
      localStorage.setItem(kept, off.checked ? "yes" : "no");
    } catch {}
  });
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.altKey || e.metaKey || e.isComposing || e.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, audio, [contenteditable]")) return;
    if (off.checked && e.key !== "?") return;
    if (/^[0-9]$/.test(e.key)) first(`.top nav a:nth-of-type(${e.key === "0" ? 10 : e.key})`)?.click();
    else if (Object.hasOwn(keys, e.key)) keys[e.key]();
    else return;
    e.preventDefault();
  });
}

// The server tells times of rotas in the viewer's zone, too, where it differs from theirs.
document.cookie = `hotline_zone=${encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone ?? "")}; path=/; max-age=31536000; samesite=lax`;
