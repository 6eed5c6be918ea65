/* Convolutions as fragment shaders of WebGL 2.

   Four channels share a texel. A map of C channels and side s is a texture array of four layers, one for
   each place in a 2 x 2 block of pixels; a layer lays C / 4 tiles of s/2 x s/2 side by side, at most
   eight in a row. So a fragment computes 2 x 2 pixels of four channels, one for each of four targets,
   and reads a weight once for four pixels. Weights are (outputs / 4, inputs / 4, taps, 4 inputs, 4
   outputs), a texel four outputs. */
export const TILES = 8; // in a row
export const [SCALE, GAIN, BIAS, RGB, ROWS] = [0, 1, 2, 3, 6]; // rows of a layer in `factors`; RGB has three

export const VERTEX = `#version 300 es
void main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4. - 1., 0, 1); }`;

const HEAD = `#version 300 es
precision highp float; precision highp int; precision highp sampler2D; precision highp sampler2DArray;
uniform sampler2DArray x;                        // the map that comes in
uniform sampler2D weights, factors, noise, small;
uniform ivec3 from;                              // of x: side of a tile, tiles in a row, groups of four channels
uniform ivec2 to;                                // of what comes out: side of a tile, tiles in a row
uniform int row;                                 // of \`factors\`, the layer's first
uniform int noiseRow;                            // of \`noise\`, the map's first
uniform float strength, slope;                   // of the noise; of leaky
uniform bool shifts;                             // whether noise, bias and leaky come now
vec4 factor(int group, int kind) { return texelFetch(factors, ivec2(group, row + kind), 0); }`;

/* A pixel of a tile of x; beyond its edge 0, or the edge's. */
const at = (edge) => `
vec4 at(ivec2 tile, ivec2 p) {
  ivec2 q = clamp(p, ivec2(0), ivec2(2 * from.x - 1));
  vec4 value = texelFetch(x, ivec3(tile + (q >> 1), (q.y & 1) * 2 + (q.x & 1)), 0);
  return ${edge ? "value" : "p == q ? value : vec4(0)"};
}
ivec2 tileOf(int group) { return ivec2(group % from.y, group / from.y) * from.x; }`;

/* `body` adds to y0, y1, y2 and y3 the pixels of block q of the four channels `group`. */
const block = (body, gain) => `
layout(location = 0) out vec4 y0; layout(location = 1) out vec4 y1;
layout(location = 2) out vec4 y2; layout(location = 3) out vec4 y3;
vec4 finish(vec4 y, ivec2 p, vec4 gain, vec4 bias) {
  y *= gain;
  if (!shifts) return y;
  y += bias;
  if (noiseRow >= 0) y += strength * texelFetch(noise, ivec2(p.x, noiseRow + p.y), 0).r;
  return max(y, slope * y);
}
void main() {
  ivec2 place = ivec2(gl_FragCoord.xy), target = place / to.x, q = place - target * to.x;
  int group = target.y * to.y + target.x;
  y0 = y1 = y2 = y3 = vec4(0);
  ${body}
  vec4 gain = ${gain}, bias = factor(group, ${BIAS});
  y0 = finish(y0, 2 * q, gain, bias);
  y1 = finish(y1, 2 * q + ivec2(1, 0), gain, bias);
  y2 = finish(y2, 2 * q + ivec2(0, 1), gain, bias);
  y3 = finish(y3, 2 * q + ivec2(1, 1), gain, bias);
}`;

/* `body` multiplies with the weights that begin at texel w, four input channels at a time. */
const convolution = (taps, body) => block(`
  int wide = min(from.z, ${TILES}), rows = (from.z + wide - 1) / wide;
  for (int i = 0; i < from.z; i++) {
    ivec2 tile = tileOf(i), w = ivec2(i % wide * ${4 * taps}, group * rows + i / wide);
    vec4 scale = factor(i, ${SCALE});
    ${body}
  }`, `factor(group, ${GAIN})`);

const matrix = (tap) =>
  `mat4(${[0, 1, 2, 3].map((k) => `texelFetch(weights, w + ivec2(${4 * tap + k}, 0), 0)`).join(", ")})`;

/* 3 x 3 taps, padded; `near` gives the pixel of x for one of the enlarged x. A block's window is 4 x 4. */
function straight(near) {
  const fetchRow = (v) => `vec4 r${v}[4] = vec4[4](${[0, 1, 2, 3].map((u) =>
    `scale * at(tile, ${near(`(2 * q + ivec2(${u - 1}, ${v - 1}))`)})`).join(", ")});`;
  const multiply = (v, u) => `{
    mat4 m = ${matrix(3 * v + u)};
    y0 += m * r${v}[${u}]; y1 += m * r${v}[${u + 1}]; y2 += m * r${v + 1}[${u}]; y3 += m * r${v + 1}[${u + 1}];
  }`;
  return convolution(9, [0, 1, 2, 3].map((v) =>
    fetchRow(v) + (v ? [0, 1, 2].map((u) => multiply(v - 1, u)).join("") : "")).join("\n"));
}

/* 4 x 4 taps, transposed, stride 2: pixel q + d of x meets pixel 2 q + p of y at tap 1 + p - 2 d. */
const transposed = convolution(16, [-1, 0, 1].flatMap((v) => [-1, 0, 1].map((u) => {
  const meets = [0, 1, 2, 3].map((p) => {
    const [row, column] = [1 + (p >> 1) - 2 * v, 1 + (p & 1) - 2 * u];
    const inside = row >= 0 && row < 4 && column >= 0 && column < 4;
    return inside ? `y${p} += ${matrix(4 * row + column)} * value;` : "";
  });
  return `{ vec4 value = scale * at(tile, q + ivec2(${u}, ${v})); ${meets.join(" ")} }`;
})).join("\n"));

/* Twice the side, bilinear. */
const bilinear = block(`
  ivec2 tile = target * from.x;
  vec4 a = at(tile, q + ivec2(-1, -1)), b = at(tile, q + ivec2(0, -1)), c = at(tile, q + ivec2(1, -1));
  vec4 d = at(tile, q + ivec2(-1, 0)), e = at(tile, q), f = at(tile, q + ivec2(1, 0));
  vec4 g = at(tile, q + ivec2(-1, 1)), h = at(tile, q + ivec2(0, 1)), i = at(tile, q + ivec2(1, 1));
  y0 = (9. * e + 3. * (b + d) + a) / 16.; y1 = (9. * e + 3. * (b + f) + c) / 16.;
  y2 = (9. * e + 3. * (h + d) + g) / 16.; y3 = (9. * e + 3. * (h + f) + i) / 16.;`, "vec4(1)");

/* The picture so far: red, green and blue of x, and the smaller picture enlarged. */
const rgb = `
uniform bool enlarges;
uniform vec3 colour;
out vec4 y;
vec4 before(ivec2 p) { return texelFetch(small, clamp(p, ivec2(0), ivec2(from.x - 1)), 0); }
void main() {
  ivec2 p = ivec2(gl_FragCoord.xy), q = p >> 1, d = (p & 1) * 2 - 1;
  vec4 sum = vec4(colour, 1);
  for (int i = 0; i < from.z; i++) {
    vec4 value = at(tileOf(i), p);
    sum.rgb += vec3(dot(value, factor(i, ${RGB})), dot(value, factor(i, ${RGB + 1})), dot(value, factor(i, ${RGB + 2})));
  }
  if (enlarges) {
    vec4 near = before(q + ivec2(d.x, 0)) + before(q + ivec2(0, d.y));
    sum += (9. * before(q) + 3. * near + before(q + d)) / 16.;
  }
  y = sum;
}`;

/* The first four channels, a pixel a texel. */
const flat = `
out vec4 y;
void main() { y = at(ivec2(0), ivec2(gl_FragCoord.xy)); }`;

/* The fragment shader of a name: conv9 or conv16 by its taps, near9, bilinear, rgb, flat. */
const BODIES = {
  conv9: () => straight((p) => p),
  near9: () => straight((p) => `(${p} >> 1)`),
  conv16: () => transposed,
  bilinear: () => bilinear,
  rgb: () => rgb,
  flat: () => flat,
};

export const fragment = (name) => HEAD + at(name === "bilinear") + BODIES[name]();
