/* Convolutions as WebAssembly with SIMD, assembled at run time for the size of a map.

   Maps hold eight channels together, (C / 8, height, width, 8), and weights eight outputs,
   (outputs / 8, inputs, taps, 8). A kernel computes one row of eight outputs, four pixels at a time:
   eight registers gather, for every input channel and tap, pixel x weight; then

     y = leaky(gain sum + bias + noise), leaky(v) = max(v, slope v).

   (WebAssembly core specification 2.0 and its relaxed vector instructions, "Binary Format".) */
export const LANES = 8;
const PIXELS = 4; // of a row at a time
const BYTES = 4 * LANES; // of one pixel

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

const get = (local) => [0x20, ...unsigned(local)];
const set = (local) => [0x21, ...unsigned(local)];
const constant = (value) => [0x41, ...signed(value)];
const advance = (local, bytes) => [...get(local), ...constant(bytes), 0x6a, ...set(local)];
const vector = (code) => [0xfd, ...unsigned(code)];
const memory = (code, offset) => [...vector(code), 2, ...unsigned(offset)];
const load = (local, offset) => [...get(local), ...memory(0x00, offset)];
const loadSplat = (local, offset) => [...get(local), ...memory(0x09, offset)];
const STORE = 0x0b;
const [SPLAT, ADD, MULTIPLY, MAXIMUM] = [0x13, 0xe4, 0xe6, 0xeb].map(vector);
const RELAXED_MULTIPLY_ADD = vector(0x105);

/* A loop that runs `counter` times. */
const loop = (counter, body) => [
  0x03, 0x40, ...body, ...get(counter), ...constant(1), 0x6b, 0x22, ...unsigned(counter), 0x0d, 0, 0x0b,
];

/* The bytes of a module whose function `row` has the parameters

     x, weights, y, noise, factors: addresses; factors are eight gains and eight biases;
     blocks: how often four pixels; groups: how often eight input channels; slope.

   Args:
     taps: [row, column, index] of each tap, from the upper left of the pixel's window.
     count: taps that the weights have, used here or not.
     width, area: pixels of a row and of a map of x.
     step: 2 where every other pixel of y's row is written.
     fused: multiply and add in one instruction. */
function assemble({ taps, count, width, area, step }, fused) {
  const [x, weights, y, noise, affine, blocks, groups, slope] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [from, weight, group, channel] = [8, 9, 10, 11];
  const [sums, pixels, kernel, slopes] = [12, 20, 20 + 6, 20 + 8];
  const rows = [...new Set(taps.map(([row]) => row))];

  const multiplyAll = rows.flatMap((row) => {
    const inside = taps.filter((tap) => tap[0] === row);
    const columns = inside.map((tap) => tap[1]);
    const first = Math.min(...columns);
    const wide = Math.max(...columns) - first + PIXELS;
    const code = [];
    for (let i = 0; i < wide; i++)
      code.push(...loadSplat(from, (row * width + first + i) * BYTES), ...set(pixels + i));
    for (const [, column, index] of inside) {
      for (const half of [0, 1]) code.push(...load(weight, index * BYTES + 16 * half), ...set(kernel + half));
      for (let i = 0; i < PIXELS; i++)
        for (const half of [0, 1]) {
          const sum = sums + 2 * i + half;
          const factors = [...get(pixels + column - first + i), ...get(kernel + half)];
          const added = fused
            ? [...factors, ...get(sum), ...RELAXED_MULTIPLY_ADD]
            : [...get(sum), ...factors, ...MULTIPLY, ...ADD];
          code.push(...added, ...set(sum));
        }
    }
    return code;
  });

  const oneChannel = [...multiplyAll, ...advance(from, 4), ...advance(weight, count * BYTES)];
  const oneGroup = [
    ...constant(LANES), ...set(channel), ...loop(channel, oneChannel), ...advance(from, (area - 1) * BYTES),
  ];
  const begin = [...get(x), ...set(from), ...get(weights), ...set(weight), ...get(groups), ...set(group)];
  for (let i = 0; i < 2 * PIXELS; i++)
    begin.push(...vector(0x0c), ...Array.from({ length: 16 }, () => 0), ...set(sums + i));
  const end = [];
  for (let i = 0; i < PIXELS; i++)
    for (const half of [0, 1]) {
      const sum = sums + 2 * i + half;
      end.push(
        ...get(y), ...get(sum), ...load(affine, 16 * half), ...MULTIPLY, ...load(affine, BYTES + 16 * half),
        ...ADD, ...loadSplat(noise, 4 * step * i), ...ADD, ...set(sum),
        ...get(sum), ...get(sum), ...get(slopes), ...MULTIPLY, ...MAXIMUM,
        ...memory(STORE, step * BYTES * i + 16 * half),
      );
    }
  const next = [
    ...advance(x, PIXELS * BYTES), ...advance(y, step * PIXELS * BYTES), ...advance(noise, step * PIXELS * 4),
  ];
  const code = [
    ...get(slope), ...SPLAT, ...set(slopes), ...loop(blocks, [...begin, ...loop(group, oneGroup), ...end, ...next]),
  ];
  const body = [...list([[4, I32], [17, V128]]), ...code, 0x0b];
  return new Uint8Array([
    0, ...text("asm").slice(1), 1, 0, 0, 0,
    ...section(1, list([[0x60, ...list([I32, I32, I32, I32, I32, I32, I32, F32]), 0]])),
    ...section(2, list([[...text("page"), ...text("memory"), 2, 0, 1]])),
    ...section(3, list([0])),
    ...section(7, list([[...text("row"), 0, 0]])),
    ...section(10, list([[...unsigned(body.length), ...body]])),
  ]);
}

const isValid = (fused) => {
  const small = { taps: [[0, 0, 0]], count: 1, width: 4, area: 16, step: 1 };
  return typeof WebAssembly === "object" && WebAssembly.validate(assemble(small, fused));
};

// Relaxed SIMD rounds once or twice, as the processor likes; not every browser has it.
const FUSED = isValid(true);

/* The function `row` of a kernel over this memory, see `assemble`. */
export function compile(kernel, page) {
  const module = new WebAssembly.Module(assemble(kernel, FUSED));
  return new WebAssembly.Instance(module, { page: { memory: page } }).exports.row;
}

/* Whether this browser can run such kernels. */
export const canRun = () => isValid(false);
