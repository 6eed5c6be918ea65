/* The explorer's views as demos/gan_explorer/views.py has them, drawn by an engine: each is a generator
   that yields between two pictures and returns a bitmap, or the score. */
import { slerp, styleOf } from "./network.js";
import { levels } from "./simd.js";

const SIDE = 64;
const CELL = 128; // of pictures that are shown enlarged
const STRIP = [-3, -2, -1, 0, 1, 2, 3];
const NOISES = 6;
const PARTS = [[0, 3], [3, 7], [7, 9]]; // coarse, middle and fine layers
const WHITE = 255;

/* What a view is drawn from: {seed, seed_b, truncation, noise, sliders, crossover, direction, count,
   t, moved: the layers that the sliders move, channels, toward}. */
class Painter {
  constructor(engine, settings) {
    Object.assign(this, { engine, settings, network: engine.network });
  }

  /* The styles of a picture. */
  code(seed, sliders = this.settings.sliders) {
    return this.styles(this.network.z(seed), sliders);
  }

  styles(z, sliders = this.settings.sliders) {
    return this.network.styles(z, this.settings.truncation, sliders, this.settings.moved);
  }

  /* The pictures of every size under styles, see `Network.plan`. */
  sizes(styles, seed = this.settings.noise) {
    return this.engine.render(this.network.plan(styles, seed, this.settings.channels));
  }

  picture(styles, seed) {
    return levels(this.sizes(styles, seed).at(-1));
  }
}

/* Pictures (side, side, 3) side by side in rows; gaps are white. */
function grid(pictures, columns, { side = SIDE, gap = 0 } = {}) {
  const rows = Math.ceil(pictures.length / columns);
  const width = columns * (side + gap) - gap;
  const height = rows * (side + gap) - gap;
  const pixels = new Uint8ClampedArray(4 * width * height).fill(WHITE);
  pictures.forEach((picture, index) => {
    const left = (index % columns) * (side + gap);
    const top = Math.floor(index / columns) * (side + gap);
    const scale = side / Math.sqrt(picture.length / 3); // every pixel a visible square
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const from = 3 * (Math.floor(y / scale) * (side / scale) + Math.floor(x / scale));
        const to = 4 * ((top + y) * width + left + x);
        for (let colour = 0; colour < 3; colour++) pixels[to + colour] = picture[from + colour];
      }
  });
  return { width, height, pixels };
}

function* each(painter, items, styles) {
  const pictures = [];
  for (const item of items) {
    pictures.push(painter.picture(styles(item)));
    yield;
  }
  return pictures;
}

const row = (pictures) => grid(pictures, pictures.length);

function* cat(painter) {
  return row(yield* each(painter, [painter.settings.seed], (seed) => painter.code(seed)));
}

function* sheet(painter) {
  const { seed, count } = painter.settings;
  const seeds = Array.from({ length: count }, (_, i) => seed + i);
  const pictures = yield* each(painter, seeds, (number) => painter.code(number));
  return grid(pictures, Math.ceil(Math.sqrt(count)));
}

function* strip(painter) {
  const { seed, direction, sliders } = painter.settings;
  const moved = (value) => sliders.map((slider, i) => (i === direction - 1 ? value : slider));
  return row(yield* each(painter, STRIP, (value) => painter.code(seed, moved(value))));
}

function* mix(painter) {
  const { seed, seed_b: seedB, crossover } = painter.settings;
  const [a, b] = [painter.code(seed), painter.code(seedB)];
  const styles = [a, painter.network.mix(a, b, crossover), b];
  return row(yield* each(painter, styles, (of) => of));
}

function* parts(painter) {
  const [a, b] = [painter.settings.seed, painter.settings.seed_b].map((seed) => painter.code(seed));
  const { styled, layers } = painter.network;
  const swapped = ([first, end]) => layers.map((_, i) => styleOf(styled && i >= first && i < end ? b : a, i));
  return row(yield* each(painter, PARTS, swapped));
}

// oxlint-disable-next-line require-yield -- one picture; there is nothing to wait between
function* growth(painter) {
  const sizes = painter.sizes(painter.code(painter.settings.seed));
  return grid(sizes.map(levels), sizes.length, { side: CELL, gap: 4 });
}

/* Cat A under six noises, and their deviation at each pixel, scaled to its largest value. */
function* noise(painter) {
  const style = painter.code(painter.settings.seed);
  const pictures = [];
  for (let i = 0; i < NOISES; i++) {
    pictures.push(painter.picture(style, painter.settings.noise + i));
    yield;
  }
  const deviation = pictures[0].map((_, at) => {
    const mean = pictures.reduce((sum, picture) => sum + picture[at], 0) / NOISES;
    return Math.sqrt(pictures.reduce((sum, picture) => sum + (picture[at] - mean) ** 2, 0) / NOISES);
  });
  const grey = deviation.map((_, at) => {
    const first = at - (at % 3);
    return (deviation[first] + deviation[first + 1] + deviation[first + 2]) / 3;
  });
  const largest = Math.max(grey.reduce((a, b) => Math.max(a, b)), WHITE / 1000);
  return row([...pictures, grey.map((value) => (value / largest) * WHITE)]);
}

/* Cat on the great circle from A (t = 0) to B (t = 1). */
function* walk(painter) {
  const { network, settings: { seed, seed_b: seedB, t } } = painter;
  const z = slerp(network.z(seed), network.z(seedB), t);
  return row(yield* each(painter, [z], () => painter.styles(z)));
}

/* The picture that was inverted, on its way to cat B. */
function* own(painter) {
  const { network, settings: { seed_b: seedB, truncation, toward, sliders } } = painter;
  const b = network.style(network.z(seedB), truncation, []);
  const styles = network.ownStyles(toward, b, sliders);
  return row(yield* each(painter, [styles], (of) => of));
}

/* What the discriminator says of cat A. */
function* score(painter) {
  const picture = painter.sizes(painter.code(painter.settings.seed)).at(-1).values.slice();
  yield; // another view may be drawn meanwhile
  return { score: painter.engine.discriminator.score(picture) };
}

const VIEWS = { score, cat, units: cat, sheet, strip, mix, parts, growth, noise, walk, own };

/* Draws a view; `null` for one that is not drawn here. */
export function draw(engine, view, settings) {
  return VIEWS[view] ? VIEWS[view](new Painter(engine, settings)) : null;
}

/* A bitmap as a BMP file, which needs no compression: any <img> shows it. */
export function encode({ width, height, pixels }) {
  const HEADER = 54;
  const file = new Uint8Array(HEADER + pixels.length);
  const header = new DataView(file.buffer);
  file.set([0x42, 0x4d]); // "BM"
  const fields = [[2, file.length], [10, HEADER], [14, HEADER - 14], [18, width], [22, -height]];
  for (const [at, value] of fields) header.setInt32(at, value, true);
  header.setUint16(26, 1, true); // planes
  header.setUint16(28, 32, true); // bits a pixel: blue, green, red, nothing
  for (let i = 0; i < pixels.length; i += 4) {
    file[HEADER + i] = pixels[i + 2];
    file[HEADER + i + 1] = pixels[i + 1];
    file[HEADER + i + 2] = pixels[i];
  }
  return file;
}
