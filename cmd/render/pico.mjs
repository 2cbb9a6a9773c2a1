// Speaks texts with SVOX Pico. Reads lines of JSON {id, text} from standard input and writes for each one an octet count
// (32 bit, little-endian) and as many octets of 16 kHz 16-bit mono sound. Arguments: the engine's folder, the text
// analysis file, the signal generation file.
import { readFileSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [engineFolder, ...resources] = process.argv.slice(2);
const load = (await import(pathToFileURL(engineFolder + "/svoxpico.js"))).default;
const lines = readFileSync(0, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));

const check = (status, doing) => {
  if (status !== 0) throw new Error(`${doing}: Pico answers ${status}`);
};

async function speak(text) {
  // a fresh engine for each text: what was said before must not change a single sample
  const pico = await load({ wasmBinary: readFileSync(engineFolder + "/svoxpico.wasm"), print() {}, printErr() {} });
  const cell = () => pico._malloc(64);
  const pointer = (at) => new DataView(pico.HEAPU8.buffer).getUint32(at, true);
  const string = (s) => {
    const octets = new TextEncoder().encode(s + "\0");
    const at = pico._malloc(octets.length);
    pico.HEAPU8.set(octets, at);
    return { at, length: octets.length };
  };
  const size = 2500000;
  const out = cell();
  check(pico._pico_initialize(pico._malloc(size), size, out), "starting");
  const system = pointer(out);
  const names = resources.map((file, i) => {
    pico.FS.writeFile(`/resource${i}.bin`, new Uint8Array(readFileSync(file)));
    const resource = cell(), name = cell();
    check(pico._pico_loadResource(system, string(`/resource${i}.bin`).at, resource), `loading ${file}`);
    check(pico._pico_getResourceName(system, pointer(resource), name), `naming ${file}`);
    return name;
  });
  const voice = string("voice").at;
  check(pico._pico_createVoiceDefinition(system, voice), "defining the voice");
  for (const name of names) check(pico._pico_addResourceToVoiceDefinition(system, voice, name), "adding to the voice");
  const engineOut = cell();
  check(pico._pico_newEngine(system, voice, engineOut), "making the engine");
  const engine = pointer(engineOut);
  const input = string(text);
  const put = cell(), buffer = pico._malloc(256), received = cell(), type = cell();
  const chunks = [];
  for (let sent = 0; sent < input.length; ) {
    check(pico._pico_putTextUtf8(engine, input.at + sent, input.length - sent, put), "putting text");
    sent += new DataView(pico.HEAPU8.buffer).getInt16(put, true);
    for (let status = 201; status === 201; ) {
      status = pico._pico_getData(engine, buffer, 256, received, type);
      const n = new DataView(pico.HEAPU8.buffer).getInt16(received, true);
      if (n > 0) chunks.push(Buffer.from(pico.HEAPU8.slice(buffer, buffer + n)));
      if (status !== 200 && status !== 201) throw new Error(`speaking ${text}: Pico answers ${status}`);
    }
  }
  return Buffer.concat(chunks);
}

const write = (octets) => {
  for (let at = 0; at < octets.length; ) at += writeSync(1, octets, at);
};
for (const { text } of lines) {
  const sound = await speak(text);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(sound.length);
  write(head);
  write(sound);
}
process.exit(0);
