// The telephone in the page: a test of sound and microphone, the call, and its keys. Sound goes by WebRTC to the line, which answers one
// offer that holds everything; keys go in the stream of sound, as a telephone sends them (RFC 4733).

const root = document.getElementById("call");
const find = (id) => document.getElementById(`call-${id}`);
const [status, problem, form, start, test, end, level, keys, sound] = ["status", "problem", "form", "start", "test", "end", "level", "keys", "sound"].map(find);
const meter = level.querySelector("meter");

const gatherTime = 2000; // ms for the browser's own addresses; the line needs none of them
const connectTime = 25000; // ms
const toneTime = 700; // ms
const keyTime = 120; // ms that a key sounds
const keyGap = 70; // ms
const heardFrom = 0.4; // of the meter: somebody speaks

let context; // of the audio: made by the first press, or browsers keep it silent
let microphone; // the stream; nothing listens while it is not there
let call; // {peer, sender, at}; one at a time
let heard = false;

const say = (name) => { status.textContent = root.dataset[name]; };
function complain(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

// listen asks for the microphone and shows how loud it is until it is released.
async function listen() {
  context ??= new AudioContext();
  await context.resume();
  if (microphone) return;
  say("asking");
  microphone = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
  const mine = microphone;
  const meterOf = context.createAnalyser();
  const source = context.createMediaStreamSource(mine);
  source.connect(meterOf);
  const samples = new Float32Array(meterOf.fftSize);
  level.hidden = false;
  heard = false;
  const look = setInterval(() => {
    if (microphone !== mine) {
      clearInterval(look);
      source.disconnect();
      return;
    }
    meterOf.getFloatTimeDomainData(samples);
    const loud = Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
    meter.value = Math.min(1, Math.max(0, 1 + Math.log10(loud + 1e-6) / 3)); // -60 dB and less is nothing
    heard ||= meter.value > heardFrom;
  }, 100);
}

function release() {
  microphone?.getTracks().forEach((t) => t.stop());
  microphone = undefined;
  level.hidden = true;
  meter.value = 0;
}

// tone plays what callers are to hear: who hears it hears the line.
function tone() {
  const from = context.createOscillator();
  const gain = context.createGain();
  from.frequency.value = 440;
  gain.gain.value = 0.2;
  from.connect(gain).connect(context.destination);
  from.start();
  from.stop(context.currentTime + toneTime / 1000);
  return new Promise((done) => { from.onended = done; });
}

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

// explain tells in words why the microphone cannot be used.
function explain(error) {
  if (error.name === "NotAllowedError" || error.name === "SecurityError") return root.dataset.noPermission;
  if (error.name === "NotFoundError" || error.name === "NotReadableError" || error.name === "OverconstrainedError") return root.dataset.noMicrophone;
  return root.dataset.failed;
}

// begins makes the page that of a call, or not.
function begins(on) {
  start.hidden = test.hidden = form.elements.number.disabled = on;
  end.hidden = !on;
}

test.addEventListener("click", async () => {
  complain("");
  test.disabled = true;
  try {
    await listen();
    say("testing");
    await tone();
    for (let i = 0; i < 30 && !heard && !call; i++) await wait(100);
    if (!call) say(heard ? "heard" : "unheard");
  } catch (error) {
    complain(explain(error));
    say("ready");
  } finally {
    test.disabled = false;
    if (!call) release();
  }
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (call) return;
  complain("");
  const mine = call = {};
  begins(true);
  end.focus();
  try {
    await listen();
    if (call !== mine) return call || release();
    say("testing");
    const [answer] = await Promise.all([connect(mine), tone()]);
    if (call !== mine) return;
    say("connecting");
    await mine.peer.setRemoteDescription({ type: "answer", sdp: answer });
    mine.late = setTimeout(() => over(mine, "noWay"), connectTime);
  } catch (error) {
    if (call === mine) over(mine, "", error.words ?? explain(error));
  }
});

// connect makes the connection's near end, and asks the line for the far one.
async function connect(mine) {
  const peer = mine.peer = new RTCPeerConnection({ bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" });
  const track = microphone.getAudioTracks()[0];
  const transceiver = peer.addTransceiver(track, { direction: "sendrecv", streams: [microphone] });
  mine.sender = transceiver.sender;
  const codecs = RTCRtpReceiver.getCapabilities?.("audio")?.codecs ?? [];
  const wanted = codecs.filter((c) => /^audio\/(PCMA|telephone-event)$/i.test(c.mimeType) && c.clockRate === 8000);
  if (wanted.some((c) => /PCMA/i.test(c.mimeType))) transceiver.setCodecPreferences?.(wanted);
  peer.addEventListener("track", ({ track: theirs }) => {
    sound.srcObject = new MediaStream([theirs]);
    sound.play().catch(() => {}); // it was pressed for: browsers let it play
  });
  peer.addEventListener("connectionstatechange", () => changed(mine));
  await peer.setLocalDescription();
  await Promise.race([wait(gatherTime), new Promise((done) => {
    const look = () => peer.iceGatheringState === "complete" && done();
    peer.addEventListener("icegatheringstatechange", look);
    look();
  })]);
  const reply = await fetch("/portal/call", {
    method: "POST", credentials: "same-origin", redirect: "manual",
    body: new URLSearchParams({ offer: peer.localDescription.sdp, number: form.elements.number.value }),
  });
  if (reply.type === "opaqueredirect") {
    location.assign("/portal/login");
    throw Object.assign(new Error("nobody is logged in"), { words: " " });
  }
  const text = await reply.text();
  if (reply.status !== 201) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const words = page.querySelector("main [role=alert]")?.textContent.trim();
    throw Object.assign(new Error(`the line answers ${reply.status}`), { words: words || root.dataset[reply.status] || root.dataset.failed });
  }
  mine.at = reply.headers.get("Location");
  if (call !== mine) tell(mine); // it was hung up meanwhile
  return text;
}

// changed follows the connection. The line hangs up by closing DTLS, of which the state of the connection tells nothing.
function changed(mine) {
  if (call !== mine) return;
  switch (mine.peer.connectionState) {
    case "connected":
      clearTimeout(mine.late);
      mine.talked = true;
      mine.sender.transport?.addEventListener("statechange", () => mine.sender.transport.state === "closed" && over(mine, "over"));
      keys.hidden = false;
      say("talking");
      break;
    case "disconnected":
      say("weak");
      break;
    case "failed":
      over(mine, mine.talked ? "lost" : "noWay");
      break;
    case "closed":
    case "new":
      if (mine.talked) over(mine, "over");
  }
}

// tell tells the line that the call is over; not every browser does so by closing the connection.
function tell(mine) {
  if (!mine.at) return;
  fetch(`${mine.at}/end`, { method: "POST", credentials: "same-origin", keepalive: true }).catch(() => {});
  mine.at = undefined;
}

function over(mine, name, words = "") {
  if (call !== mine) return;
  call = undefined;
  clearTimeout(mine.late);
  tell(mine);
  mine.peer?.close();
  sound.srcObject = null;
  keys.hidden = true;
  release();
  begins(false);
  if (name === "over" || !name) say(name || "ready");
  else {
    say("over");
    words = root.dataset[name];
  }
  complain(words.trim());
  start.focus();
}

function press(key) {
  const dtmf = call?.sender?.dtmf;
  if (!dtmf?.canInsertDTMF) return;
  dtmf.insertDTMF(dtmf.toneBuffer + key, keyTime, keyGap);
  const button = keys.querySelector(`[data-key="${CSS.escape(key)}"]`);
  button.classList.add("pressed");
  setTimeout(() => button.classList.remove("pressed"), keyTime);
}

end.addEventListener("click", () => call && over(call, "over"));
keys.addEventListener("click", (event) => {
  const key = event.target.dataset?.key;
  if (key) press(key);
});
document.addEventListener("keydown", (event) => {
  if (!call || keys.hidden || event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target.matches("input")) return;
  if (/^[0-9*#]$/.test(event.key)) {
    event.preventDefault();
    press(event.key);
  }
});
window.addEventListener("pagehide", () => call && tell(call));

root.hidden = false;
if (!window.RTCPeerConnection || !window.AudioContext || !navigator.mediaDevices?.getUserMedia) {
  start.disabled = test.disabled = true;
  complain(root.dataset.noWebrtc);
}
