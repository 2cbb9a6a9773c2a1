// More of a recording than the audio element gives: speed, jumps of five seconds, over silence, and to a place in the waveform. The
// audio element plays without this too.

for (const figure of document.querySelectorAll("figure.sound:has(audio)")) {
  const audio = figure.querySelector("audio");
  const wave = figure.querySelector(".wave");
  const at = figure.querySelector(".at");
  const skip = figure.querySelector("[data-skip]");
  let silent = null;
  figure.querySelector(".player").hidden = false;
  const length = () => (Number.isFinite(audio.duration) ? audio.duration : Number(figure.dataset.seconds));
  const go = (seconds) => {
    audio.currentTime = Math.min(Math.max(seconds, 0), length());
    show();
  };
  const show = () => { at.style.left = `${(100 * audio.currentTime) / (length() || 1)}%`; };
  for (const button of figure.querySelectorAll("[data-jump]")) {
    button.addEventListener("click", () => go(audio.currentTime + Number(button.dataset.jump)));
  }
  figure.querySelector("[data-speed]").addEventListener("change", (e) => {
    audio.playbackRate = Number(e.target.value);
    audio.preservesPitch = true;
  });
  wave.addEventListener("click", (e) => {
    const box = wave.getBoundingClientRect();
    go((length() * (e.clientX - box.left)) / box.width);
    audio.play();
  });
  skip.addEventListener("change", async () => {
    if (!skip.checked || silent) return;
    try {
      const svg = new DOMParser().parseFromString(await (await fetch(wave.querySelector("img").src)).text(), "image/svg+xml");
      silent = (svg.documentElement.dataset.silent ?? "").split(" ").filter(Boolean).map((s) => s.split("-").map(Number));
    } catch {
      skip.checked = false; // the server is away
    }
  });
  audio.addEventListener("timeupdate", () => {
    const over = skip.checked && silent?.find(([from, to]) => audio.currentTime >= from && audio.currentTime < to - 0.2);
    if (over && !audio.paused) go(over[1]);
    else show();
  });
}
