/* The engine in WebAssembly: draws the plans of network.js with the kernels of kernel.js. */
import { LANES, convolver, doubler } from "./kernel.js";

const FLOAT = 4; // bytes
const PAGE = 65536; // bytes of WebAssembly's memory
const PIXELS = 4; // that a kernel computes at a time

/* The kernels of a layer. A transposed convolution with stride 2 has one for each of the four places
   in a 2 x 2 block of what it makes: input pixel q + d meets output 2 q + p at tap 1 + p - 2 d. */
function kernelsOf(taps) {
  const square = (count) => Array.from({ length: count * count }, (_, n) => [Math.floor(n / count), n % count]);
  if (taps === 1) return [{ taps: [[1, 1, 0]], row: 0, column: 0 }];
  if (taps === 9) return [{ taps: square(3).map(([y, x], n) => [y, x, n]), row: 0, column: 0 }];
  return square(2).map(([row, column]) => ({
    row,
    column,
    taps: square(3)
      .map(([y, x]) => [y, x, 3 + row - 2 * y, 3 + column - 2 * x])
      .filter(([, , v, u]) => v >= 0 && v < 4 && u >= 0 && u < 4)
      .map(([y, x, v, u]) => [y, x, 4 * v + u]),
  }));
}

export class SimdEngine {
  name = "simd";

  constructor(network) {
    this.network = network;
    this.kernels = new Map();
    let size = LANES * FLOAT;
    const place = (floats) => {
      const at = size;
      size += Math.ceil(floats / 16) * 16 * FLOAT;
      return at;
    };
    const largest = Math.max(...network.layers.map((layer) => layer.side));
    this.silence = place(4 * largest ** 2); // noise of layers that have none
    this.factors = place(2 * LANES);
    this.rgbWeight = place(LANES * Math.max(...network.layers.map((layer) => layer.outputs)));
    this.stages = network.layers.map((layer) => {
      const inner = layer.taps === 16 ? layer.side / 2 : layer.side; // of the map that comes in
      const outputs = Math.ceil(layer.outputs / LANES) * LANES;
      const side = layer.side * (layer.after ? 2 : 1);
      return {
        layer, inner, outputs, side,
        x: place(layer.inputs * (inner + 2) ** 2),
        weight: place(layer.weight.length),
        y: place(outputs * layer.side ** 2),
        large: layer.after ? place(outputs * side ** 2) : null,
        shift: layer.noise ? place(side ** 2) : null,
        rgb: layer.rgb ? place(LANES * side ** 2) : null,
        enlarged: layer.rgb ? place(LANES * side ** 2) : null,
      };
    });
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(size / PAGE) });
    this.floats = new Float32Array(this.memory.buffer);
    this.doubleRow = doubler(this.memory);
    for (const stage of this.stages) {
      const { layer, inner } = stage;
      this.floats.set(layer.weight, stage.weight / FLOAT);
      layer.weight = null; // it is in `memory` now
      const step = layer.taps === 16 ? 2 : 1;
      stage.phases = kernelsOf(layer.taps).map((kernel) => ({
        ...kernel, step, run: this.kernel(kernel.taps, layer.taps, inner + 2, (inner + 2) ** 2, step),
      }));
      if (layer.rgb) stage.toRgb = this.kernel([[0, 0, 0]], 1, stage.side, stage.side ** 2, 1);
    }
  }

  /* The function of a kernel; layers of one shape share it. */
  kernel(taps, count, width, area, step) {
    const key = JSON.stringify([taps, width, area]);
    if (!this.kernels.has(key))
      this.kernels.set(key, convolver({ taps, count, width, area, step }, this.memory));
    return this.kernels.get(key);
  }

  view(address, floats) {
    return this.floats.subarray(address / FLOAT, address / FLOAT + floats);
  }

  /* The pictures of every size that the generator makes, the largest last: {side, values}, values
     (side, side, 3) in [-1, 1]. */
  render(plan) {
    let x = plan.start;
    const pictures = [];
    this.stages.forEach((stage, index) => {
      x = this.convolve(stage, x, plan.layers[index], plan.noise[index]);
      if (stage.rgb) pictures.push(this.picture(stage, x, plan.layers[index].rgb, pictures.at(-1)));
    });
    if (!pictures.length) pictures.push(this.last(x));
    return pictures;
  }

  /* The layer's input within a border of zeros, scaled, and enlarged if need be. */
  fill({ layer, inner, x: address }, x, scale) {
    const { floats } = this;
    const nearest = layer.before === "nearest" ? 1 : 0;
    const from = inner >> nearest;
    const row = LANES * (inner + 2);
    for (let group = 0; group < layer.inputs / LANES; group++) {
      for (let v = 0; v < inner; v++) {
        let to = address / FLOAT + (group * (inner + 2) + v + 1) * row + LANES;
        const line = (group * from + (v >> nearest)) * from;
        for (let u = 0; u < inner; u++, to += LANES) {
          const at = LANES * (line + (u >> nearest));
          for (let lane = 0; lane < LANES; lane++) floats[to + lane] = scale[LANES * group + lane] * x[at + lane];
        }
      }
    }
  }

  convolve(stage, x, { scale, gain, bias }, noise) {
    const { layer, inner, outputs, side } = stage;
    this.fill(stage, x, scale);
    const shift = this.shift(stage, noise);
    const size = layer.side;
    const factors = this.view(this.factors, 2 * LANES);
    const slope = layer.after ? 1 : layer.slope;
    for (let first = 0; first < outputs; first += LANES) {
      factors.fill(0);
      factors.set(gain.subarray(first, first + LANES));
      if (!layer.after) factors.set(bias.subarray(first, first + LANES), LANES);
      const weight = stage.weight + first * layer.inputs * layer.taps * FLOAT;
      for (const { row, column, step, run } of stage.phases)
        for (let v = 0; v < inner; v++) {
          const pixel = (step * v + row) * size + column;
          run(
            stage.x + v * (inner + 2) * LANES * FLOAT, weight,
            stage.y + (first * size * size + LANES * pixel) * FLOAT,
            (layer.after ? this.silence : shift) + pixel * FLOAT,
            this.factors, inner / PIXELS, layer.inputs / LANES, slope,
          );
        }
    }
    if (!layer.after) return this.view(stage.y, outputs * size * size);
    this.double(stage.y, size, outputs / LANES, stage.large, shift, bias, layer.slope);
    return this.view(stage.large, outputs * side * side);
  }

  /* Twice the side, bilinear, of all groups of x (side, side); then y = leaky(x + shift + bias).

     Args:
       x, to, shift: addresses; shift has one number a pixel of `to`.
       bias: one number a channel. */
  double(x, side, groups, to, shift, bias, slope) {
    const row = side * LANES * FLOAT;
    const factors = this.view(this.factors, LANES);
    for (let group = 0; group < groups; group++) {
      factors.set(bias.subarray(LANES * group, LANES * (group + 1)));
      for (let v = 0; v < 2 * side; v++) {
        const near = group * side + (v >> 1);
        const far = group * side + Math.min(Math.max((v >> 1) + (v & 1 ? 1 : -1), 0), side - 1);
        const y = to + 2 * row * (2 * group * side + v);
        this.doubleRow(x + near * row, x + far * row, y, shift + 2 * v * side * FLOAT, this.factors, side, slope);
      }
    }
  }

  /* The address of strength x noise; it is computed once for a noise. */
  shift(stage, noise) {
    if (!noise || !stage.layer.noise) return this.silence;
    if (stage.noise !== noise) {
      const shift = this.view(stage.shift, noise.length);
      for (let i = 0; i < noise.length; i++) shift[i] = stage.layer.noise * noise[i];
      stage.noise = noise;
    }
    return stage.shift;
  }

  /* The picture so far: red, green and blue of x, and the smaller picture enlarged. */
  picture(stage, x, weight, smaller) {
    const { layer, side } = stage;
    const packed = this.view(this.rgbWeight, LANES * layer.outputs);
    packed.fill(0);
    for (let channel = 0; channel < layer.outputs; channel++)
      for (let colour = 0; colour < 3; colour++)
        packed[LANES * channel + colour] = weight[colour * layer.outputs + channel];
    const factors = this.view(this.factors, 2 * LANES);
    factors.fill(1, 0, LANES);
    factors.fill(0, LANES);
    factors.set(layer.rgb.bias, LANES);
    stage.toRgb(
      x.byteOffset, this.rgbWeight, stage.rgb, this.silence, this.factors,
      side ** 2 / PIXELS, layer.outputs / LANES, 1,
    );
    const values = this.view(stage.rgb, LANES * side ** 2);
    if (smaller) {
      const enlarged = this.view(stage.enlarged, values.length);
      this.double(smaller.values.byteOffset, side / 2, 1, stage.enlarged, this.silence, new Float32Array(LANES), 1);
      for (let i = 0; i < values.length; i++) values[i] += enlarged[i];
    }
    return { side, values };
  }

  last(x) {
    return { side: this.stages.at(-1).side, values: x.map(Math.tanh) };
  }
}

/* (side, side, 8) in [-1, 1] -> (side, side, 3) in 0..255, not rounded. */
export function levels({ side, values }) {
  const out = new Float32Array(3 * side * side);
  for (let pixel = 0; pixel < side * side; pixel++)
    for (let colour = 0; colour < 3; colour++) {
      const value = Math.min(Math.max(values[LANES * pixel + colour], -1), 1);
      out[3 * pixel + colour] = value * 127.5 + 127.5;
    }
  return out;
}
