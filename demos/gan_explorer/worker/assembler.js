/* WebAssembly modules with vector instructions, assembled at run time: each has one function over a
   memory that it is given.

   (WebAssembly core specification 2.0 and its relaxed vector instructions, "Binary Format".) */
const [I32, F32, V128] = [0x7f, 0x7d, 0x7b];

function unsigned(value) {
  const bytes = [];
  let rest = value;
  do {
    const more = rest > 127 ? 128 : 0;
    bytes.push((rest & 127) | more);
    rest >>>= 7;
  } while (rest);
  return bytes;
}

function signed(value) {
  const bytes = [];
  let rest = value;
  for (;;) {
    const low = rest & 127;
    rest >>= 7;
    if ((rest === 0 && low < 64) || (rest === -1 && low >= 64)) return [...bytes, low];
    bytes.push(low | 128);
  }
}

const list = (items) => [...unsigned(items.length), ...items.flat()];
const text = (word) => list([...word].map((letter) => letter.charCodeAt(0)));
const section = (id, content) => [id, ...unsigned(content.length), ...content];

export const get = (local) => [0x20, ...unsigned(local)];
export const set = (local) => [0x21, ...unsigned(local)];
export const constant = (value) => [0x41, ...signed(value)];
export const advance = (local, bytes) => [...get(local), ...constant(bytes), 0x6a, ...set(local)];
const vector = (code) => [0xfd, ...unsigned(code)];
const memory = (code, offset) => [...vector(code), 2, ...unsigned(offset)];
export const store = (offset) => memory(0x0b, offset);
export const zero = [...vector(0x0c), ...Array.from({ length: 16 }, () => 0)];
export const load = (local, offset) => [...get(local), ...memory(0x00, offset)];
export const loadSplat = (local, offset) => [...get(local), ...memory(0x09, offset)];
export const [SPLAT, ADD, MULTIPLY, MAXIMUM] = [0x13, 0xe4, 0xe6, 0xeb].map(vector);
export const RELAXED_MULTIPLY_ADD = vector(0x105);

/* A loop that runs `counter` times. */
export const loop = (counter, body) => [
  0x03, 0x40, ...body, ...get(counter), ...constant(1), 0x6b, 0x22, ...unsigned(counter), 0x0d, 0, 0x0b,
];

/* The number in all four lanes. */
export const numberSplat = (value) => [0x43, ...new Uint8Array(new Float32Array([value]).buffer), ...SPLAT];

/* The bytes of a module whose function `run` has `addresses` whole numbers and one float as its parameters,
   then as its locals `counters` whole numbers and `vectors` vectors. */
export function module(addresses, counters, vectors, code) {
  const parameters = [...Array.from({ length: addresses }, () => I32), F32];
  const body = [...list([[...unsigned(counters), I32], [...unsigned(vectors), V128]]), ...code, 0x0b];
  return new Uint8Array([
    0, ...text("asm").slice(1), 1, 0, 0, 0,
    ...section(1, list([[0x60, ...list(parameters), 0]])),
    ...section(2, list([[...text("page"), ...text("memory"), 2, 0, 1]])),
    ...section(3, list([0])),
    ...section(7, list([[...text("run"), 0, 0]])),
    ...section(10, list([[...unsigned(body.length), ...body]])),
  ]);
}

/* Whether this browser can run a module. */
export const isValid = (bytes) => typeof WebAssembly === "object" && WebAssembly.validate(bytes);

/* The function of a module over this memory. */
export function compile(bytes, page) {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { page: { memory: page } }).exports.run;
}
