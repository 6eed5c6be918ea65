/* A generator as its file describes it (models/gan/networks/client_file.py), and all of its arithmetic
   that depends on no picture's size: from a seed to what each layer multiplies and adds. */
import { LANES } from "./kernel.js";
import { normalSource } from "./random.js";

const TINY = 1e-8;
const NOISES = 16; // of which the maps are kept

/* Every float16 as a number, by its bits. */
const HALF = Float32Array.from({ length: 65536 }, (_, bits) => {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits & 32768 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
});

/* The tensors of a safetensors file, as functions that give float32, and its metadata. */
export function readFile(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const { __metadata__: metadata, ...entries } = header;
  function tensor(name) {
    const { dtype, data_offsets: [begin, end] } = entries[name];
    const at = 8 + length + begin;
    if (dtype === "F32") return new Float32Array(buffer.slice(at, 8 + length + end));
    const halves = new Uint16Array(buffer, at, (end - begin) / 2);
    const values = new Float32Array(halves.length);
    for (let i = 0; i < values.length; i++) values[i] = HALF[halves[i]];
    return values;
  }
  return { tensor, metadata };
}

/* sum_i a_i b_i with a from `at` on; four sums, for one alone waits for itself. */
function dot(a, at, b) {
  let [p, q, r, s] = [0, 0, 0, 0];
  const whole = b.length - (b.length % 4);
  for (let i = 0; i < whole; i += 4) {
    p += a[at + i] * b[i];
    q += a[at + i + 1] * b[i + 1];
    r += a[at + i + 2] * b[i + 2];
    s += a[at + i + 3] * b[i + 3];
  }
  for (let i = whole; i < b.length; i++) p += a[at + i] * b[i];
  return p + q + r + s;
}

export const leaky = (value, slope) => Math.max(value, slope * value);

/* A layer of the description with its tensors. */
export const linear = (layer, tensor) =>
  layer && { ...layer, weight: tensor(layer.weight), bias: tensor(layer.bias) };

export class Network {
  constructor(buffer) {
    const { tensor, metadata } = readFile(buffer);
    const found = JSON.parse(metadata.network);
    this.latent = found.latent;
    this.normalize = found.normalize === true;
    this.mapping = (found.mapping ?? []).map((layer) => linear(layer, tensor));
    this.mean = found.mean ? tensor(found.mean) : new Float32Array(found.latent);
    this.directions = tensor(found.directions);
    const { start } = found;
    this.start = {
      slope: start.slope,
      bias: tensor(start.bias),
      weight: start.weight && tensor(start.weight),
      scale: start.scale && tensor(start.scale),
    };
    this.layers = found.layers.map((layer) => ({
      ...layer,
      weight: tensor(layer.weight),
      bias: tensor(layer.bias),
      scale: layer.scale && tensor(layer.scale),
      style: linear(layer.style, tensor),
      rgb: layer.rgb && { ...linear(layer.rgb, tensor), style: linear(layer.rgb.style, tensor) },
    }));
    this.styled = this.layers.some((layer) => layer.style);
    for (const layer of this.layers) if (layer.style) layer.power = kernelPower(layer);
    this.noises = new Map();
    this.own = found.own && { styles: tensor(found.own.styles), noise: found.own.noise.map(tensor) };
  }

  /* z of the picture with this number. */
  z(seed) {
    return normalSource(seed)(this.latent);
  }

  /* z -> w, moved by the sliders d1, d2, ... in standard deviations. */
  style(z, truncation, sliders) {
    let y = z;
    if (this.normalize) {
      const length = Math.sqrt(dot(z, 0, z) / z.length + TINY);
      y = z.map((value) => value / length);
    }
    for (const layer of this.mapping) y = apply(layer, y);
    return y.map((value, n) => {
      let w = this.mean[n] + truncation * (value - this.mean[n]);
      sliders.forEach((slider, i) => { w += slider * this.directions[i * this.latent + n]; });
      return w;
    });
  }

  /* The style of each layer, of which the sliders move those in `moved`; one style where all are moved
     or there is only one. */
  styles(z, truncation, sliders, moved) {
    const style = this.style(z, truncation, sliders);
    if (!this.styled || !moved || moved.length === this.layers.length) return [style];
    const still = this.style(z, truncation, []);
    return this.layers.map((_, index) => (moved.includes(index) ? style : still));
  }

  /* The styles of the picture that was inverted: `toward` of the way to the style b, and moved. */
  ownStyles(toward, b, sliders) {
    const { latent, directions, own: { styles } } = this;
    return this.layers.map((_, layer) => b.map((value, n) => {
      const from = styles[layer * latent + n];
      const shift = sliders.reduce((sum, slider, i) => sum + slider * directions[i * latent + n], 0);
      return from + toward * (value - from) + shift;
    }));
  }

  /* One map of noise for each layer; none where the layers have no noise. A picture that was inverted
     has its own. */
  noise(seed) {
    if (!this.styled) return [];
    if (this.own) return this.own.noise;
    if (!this.noises.has(seed)) {
      const draw = normalSource(seed);
      const maps = this.layers.map((layer) => draw((layer.side * (layer.after ? 2 : 1)) ** 2));
      if (this.noises.size >= NOISES) this.noises.clear();
      this.noises.set(seed, maps);
    }
    return this.noises.get(seed);
  }

  /* What the engine needs to draw one picture.

     Args:
       styles: w of each layer; one for all where there are fewer.
       noise: seed of the noise maps.
       channels: {layer: {channel: factor}}, how much stronger channels are made; 0 is off. */
  plan(styles, noise, channels = {}) {
    const of = (index) => styleOf(styles, index);
    const strengthen = (values, index, outputs) => {
      for (const [channel, factor] of Object.entries(channels[index] ?? {}))
        for (let at = Number(channel); at < values.length; at += outputs) values[at] *= factor;
    };
    const layers = this.layers.map((layer, index) => {
      const { inputs, outputs } = layer;
      const planned = { scale: new Float32Array(inputs).fill(1), gain: layer.scale, bias: layer.bias };
      if (layer.style) {
        planned.scale = apply(layer.style, of(index));
        planned.gain = demodulation(layer, planned.scale);
      }
      strengthen(planned.scale, index - 1, inputs);
      if (layer.rgb) {
        const own = apply(layer.rgb.style, of(index));
        planned.rgb = layer.rgb.weight.map((value, n) => value * layer.rgb.gain * own[n % outputs]);
        strengthen(planned.rgb, index, outputs);
      }
      return planned;
    });
    return { start: this.first(of(0)), layers, noise: this.noise(noise) };
  }

  /* The first map, (channels / 8, 4, 4, 8). */
  first(w) {
    const { weight, scale, bias, slope } = this.start;
    if (!weight) return bias;
    return bias.map((value, n) => leaky(scale[n] * dot(weight, n * w.length, w) + value, slope));
  }

  /* Layers whose styles come from those of a below `crossover`, from those of b from there on. */
  mix(a, b, crossover) {
    const count = this.styled ? this.layers.length : 1;
    return Array.from({ length: count }, (_, index) => styleOf(index < crossover ? a : b, index));
  }
}

/* The style of a layer, see `Network.styles`. */
export const styleOf = (styles, layer) => styles[Math.min(layer, styles.length - 1)];

/* y = leaky(gain W x + b). */
export function apply({ weight, bias, gain, slope }, x) {
  return bias.map((value, n) => leaky(gain * dot(weight, n * x.length, x) + value, slope));
}

/* sum over taps of (gain K)^2, (outputs, inputs). */
function kernelPower({ weight, gain, inputs, outputs, taps }) {
  const power = new Float32Array(outputs * inputs);
  let at = 0;
  for (let first = 0; first < outputs; first += LANES)
    for (let input = 0; input < inputs; input++)
      for (let tap = 0; tap < taps; tap++)
        for (let lane = 0; lane < LANES; lane++, at++)
          power[(first + lane) * inputs + input] += (gain * weight[at]) ** 2;
  return power;
}

function demodulation({ power, gain, activation_gain: more, inputs, outputs }, scale) {
  const square = scale.map((value) => value * value);
  return Float32Array.from({ length: outputs }, (_, n) =>
    (more * gain) / Math.sqrt(dot(power, n * inputs, square) + TINY));
}

/* Spherical interpolation from a (t = 0) to b (t = 1), see `models.gan.pretrained.slerp`. */
export function slerp(a, b, t) {
  const cosine = dot(a, 0, b) / Math.sqrt(dot(a, 0, a) * dot(b, 0, b));
  const angle = Math.acos(Math.min(Math.max(cosine, -1), 1));
  const share = (part) => (angle < 1e-4 ? part : Math.sin(part * angle) / Math.sin(angle));
  return a.map((value, n) => share(1 - t) * value + share(t) * b[n]);
}
