/* Convolutions and enlargements as WebAssembly with SIMD, assembled for the size of a map.

   Maps hold eight channels together, (C / 8, height, width, 8), and weights eight outputs,
   (outputs / 8, inputs, taps, 8). A convolution computes one row of eight outputs, four pixels at a time:
   eight registers gather, for every input channel and tap, pixel x weight; then

     y = leaky(gain sum + bias + noise), leaky(v) = max(v, slope v). */
import {
  ADD, MAXIMUM, MULTIPLY, RELAXED_MULTIPLY_ADD, SPLAT, advance, compile, constant, get, isValid, load, loadSplat,
  loop, module, numberSplat, set, store, zero,
} from "./assembler.js";

export const LANES = 8;
const PIXELS = 4; // of a row at a time
const BYTES = 4 * LANES; // of one pixel

/* The bytes of a kernel for one row; it has the parameters

     x, weights, y, noise, factors: addresses; factors are eight gains and eight biases;
     blocks: how often four pixels; groups: how often eight input channels; slope.

   Args:
     taps: [row, column, index] of each tap, from the upper left of the pixel's window.
     count: taps that the weights have, used here or not.
     width, area: pixels of a row and of a map of x.
     step: 2 where every other pixel of y's row is written.
     fused: multiply and add in one instruction. */
function convolution({ taps, count, width, area, step }, fused) {
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
    begin.push(...zero, ...set(sums + i));
  const end = [];
  for (let i = 0; i < PIXELS; i++)
    for (const half of [0, 1]) {
      const sum = sums + 2 * i + half;
      end.push(
        ...get(y), ...get(sum), ...load(affine, 16 * half), ...MULTIPLY, ...load(affine, BYTES + 16 * half),
        ...ADD, ...loadSplat(noise, 4 * step * i), ...ADD, ...set(sum),
        ...get(sum), ...get(sum), ...get(slopes), ...MULTIPLY, ...MAXIMUM,
        ...store(step * BYTES * i + 16 * half),
      );
    }
  const next = [
    ...advance(x, PIXELS * BYTES), ...advance(y, step * PIXELS * BYTES), ...advance(noise, step * PIXELS * 4),
  ];
  const code = [
    ...get(slope), ...SPLAT, ...set(slopes), ...loop(blocks, [...begin, ...loop(group, oneGroup), ...end, ...next]),
  ];
  return module(7, 4, 17, code);
}

const smallest = (fused) => convolution({ taps: [[0, 0, 0]], count: 1, width: 4, area: 16, step: 1 }, fused);

// Relaxed SIMD rounds once or twice, as the processor likes; not every browser has it.
const FUSED = isValid(smallest(true));

/* The function of a kernel over this memory, see `convolution`. */
export const convolver = (kernel, page) => compile(convolution(kernel, FUSED), page);

/* Whether this browser can run such kernels. */
export const canRun = () => isValid(smallest(false));

/* A function over this memory that makes one row of twice the width and height, bilinear, of eight
   channels; then y = leaky(x + noise + bias). It has the parameters

     near, far: addresses of the rows of x that are nearest to the new one;
     y, noise, bias: addresses; width: pixels of a row of x; slope. */
export function doubler(page) {
  const [near, far, y, noise, bias, width, slope] = [0, 1, 2, 3, 4, 5, 6];
  const [before, here, after, slopes] = [7, 9, 11, 13]; // each but the last two vectors
  const halves = [0, 1];
  const copy = (from, to) => halves.flatMap((half) => [...get(from + half), ...set(to + half)]);

  /* t = (3 near + far) / 16: a new pixel is 3 t here + t of its other neighbour. */
  const gather = (to, offset) => halves.flatMap((half) => [
    ...load(near, offset + 16 * half), ...numberSplat(3 / 16), ...MULTIPLY,
    ...load(far, offset + 16 * half), ...numberSplat(1 / 16), ...MULTIPLY, ...ADD, ...set(to + half),
  ]);
  const write = (pixel, other) => halves.flatMap((half) => [
    ...get(y), ...get(here + half), ...numberSplat(3), ...MULTIPLY, ...get(other + half), ...ADD,
    ...loadSplat(noise, 4 * pixel), ...ADD, ...load(bias, 16 * half), ...ADD, ...set(slopes + 1),
    ...get(slopes + 1), ...get(slopes + 1), ...get(slopes), ...MULTIPLY, ...MAXIMUM,
    ...store(BYTES * pixel + 16 * half),
  ]);
  const both = (right) => [...write(0, before), ...write(1, right)];
  const code = [
    ...get(slope), ...SPLAT, ...set(slopes), ...advance(width, -1),
    ...gather(here, 0), ...copy(here, before),
    ...loop(width, [
      ...gather(after, BYTES), ...both(after), ...copy(here, before), ...copy(after, here),
      ...advance(near, BYTES), ...advance(far, BYTES), ...advance(y, 2 * BYTES), ...advance(noise, 8),
    ]),
    ...both(here),
  ];
  return compile(module(6, 0, 8, code), page);
}
