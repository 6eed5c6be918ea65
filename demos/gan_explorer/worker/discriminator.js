/* The style-based discriminator as its file describes it (models/gan/networks/client_discriminator.py). */
import { LANES } from "./kernel.js";
import { apply, leaky, linear, readFile } from "./network.js";
import { SimdEngine } from "./simd.js";

const SLOPE = 0.2;

/* Half the side of (groups, side, side, 8): each pixel the mean of four. */
function halve(x, side) {
  const half = side / 2;
  const out = new Float32Array(x.length / 4);
  const [right, below] = [LANES, LANES * side];
  for (let at = 0, row = 0; at < out.length; row += 2 * below)
    for (let u = 0; u < half; u++)
      for (let lane = 0, from = row + 2 * u * LANES; lane < LANES; lane++, from++, at++)
        out[at] = (x[from] + x[from + right] + x[from + below] + x[from + below + right]) / 4;
  return out;
}

export class Discriminator {
  constructor(buffer) {
    const { tensor, metadata } = readFile(buffer);
    const found = JSON.parse(metadata.discriminator);
    const layers = [];
    const conv = (layer) => {
      const plan = {
        scale: new Float32Array(layer.inputs).fill(1),
        gain: new Float32Array(layer.outputs).fill(layer.gain),
        bias: tensor(layer.bias),
      };
      const index = layers.push({ ...layer, weight: tensor(layer.weight) }) - 1;
      return (x) => this.engine.convolve(this.engine.stages[index], x, plan, null);
    };
    this.rgb = conv(found.rgb);
    this.blocks = found.blocks.map((block) => ({
      side: block.conv0.side, first: conv(block.conv0), second: conv(block.conv1), skip: conv(block.skip),
    }));
    this.last = conv({ ...found.last, slope: 1 });
    this.shift = tensor(found.shift);
    [this.hidden, this.verdict] = [linear(found.hidden, tensor), linear(found.verdict, tensor)];
    this.engine = new SimdEngine({ layers });
  }

  /* The logit of a picture (64, 64, 8) in [-1, 1], of whose channels three count. */
  score(picture) {
    let x = this.rgb(picture.map((value) => Math.min(Math.max(value, -1), 1)));
    for (const { side, first, second, skip } of this.blocks) {
      const shortcut = skip(halve(x, side));
      const y = second(halve(first(x), side));
      x = y.map((value, n) => (value + shortcut[n]) * Math.SQRT1_2);
    }
    const features = this.last(x).map((value, n) => leaky(value + this.shift[n], SLOPE));
    return apply(this.verdict, apply(this.hidden, features))[0];
  }
}
