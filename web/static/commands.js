// The command bar: what this page can do, found by typing. It holds no command of its own: it presses the page's buttons, follows its
// links and goes to its fields.

const bar = document.getElementById("commands");
if (bar) {
  const input = bar.querySelector("input");
  const list = bar.querySelector("ul");
  const most = 12;
  let all = [];
  const words = (e) => (e.labels?.[0]?.textContent ?? e.textContent).trim().replace(/\s+/g, " ");
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  function gather() {
    const seen = new Set();
    const css = "main button, main textarea, main select, main input:not([type=hidden]), main a, header a, header button, footer a, footer button";
    return [...document.querySelectorAll(css)]
      .filter((e) => e.checkVisibility() && !e.disabled && !e.hasAttribute("data-commands"))
      .map((e) => ({ e, text: words(e) }))
      .filter(({ e, text }) => {
        const key = `${e.localName} ${text} ${e.href ?? ""}`;
        return text && !seen.has(key) && seen.add(key);
      });
  }
  function show() {
    const wanted = plain(input.value).split(" ").filter(Boolean);
    const found = all.filter(({ text }) => wanted.every((w) => plain(text).includes(w))).slice(0, most);
    list.replaceChildren(...found.map(({ e, text }) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text.slice(0, 120);
      button.className = "plain";
      button.addEventListener("click", () => {
        bar.close();
        e.focus();
        if (e.matches("a, button")) e.click();
      });
      const row = document.createElement("li");
      row.append(button);
      return row;
    }));
  }
  const open = () => {
    if (bar.open) return;
    all = gather();
    input.value = "";
    show();
    bar.showModal();
    input.focus();
  };
  input.addEventListener("input", show);
  bar.addEventListener("keydown", (e) => {
    const buttons = [...list.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    if (e.key === "ArrowDown") buttons[Math.min(at + 1, buttons.length - 1)]?.focus();
    else if (e.key === "ArrowUp") (at > 0 ? buttons[at - 1] : input).focus();
    else if (e.key === "Enter" && at < 0 && e.target === input) buttons[0]?.click();
    else return;
    e.preventDefault();
  });
  for (const button of document.querySelectorAll("[data-commands]")) {
    button.hidden = false;
    button.addEventListener("click", open);
  }
  document.addEventListener("keydown", (e) => {
    if (!(e.ctrlKey || e.metaKey) || e.altKey || e.shiftKey || e.key.toLowerCase() !== "k") return;
    e.preventDefault();
    open();
  });
}
