/* The engine in WebGL 2: draws the plans of network.js with the shaders of shaders.js, in 32-bit floats. */
import { LANES } from "./kernel.js";
import { BIAS, GAIN, RGB, ROWS, SCALE, TILES, VERTEX, fragment } from "./shaders.js";

const GROUP = 4; // channels of a texel
const FIRST_SIDE = 4;
const SAMPLERS = ["x", "weights", "factors", "noise", "small"]; // by number of the texture unit

const groupsOf = (channels) => Math.ceil(channels / GROUP);

/* (outputs / 8, inputs, taps, 8) -> rows of (outputs / 4, inputs / 4, taps, 4 inputs, 4 outputs). */
function arrange({ weight, inputs, outputs, taps }) {
  const groups = groupsOf(inputs);
  const wide = Math.min(groups, TILES);
  const rows = Math.ceil(groups / wide);
  const width = wide * taps * GROUP;
  const height = groupsOf(outputs) * rows;
  const data = new Float32Array(width * height * GROUP);
  for (let output = 0; output < GROUP * groupsOf(outputs); output++)
    for (let input = 0; input < inputs; input++) {
      const group = input >> 2;
      const line = (output >> 2) * rows + Math.floor(group / wide);
      const to = GROUP * (line * width + (group % wide) * taps * GROUP + (input & 3)) + (output & 3);
      const from = ((output >> 3) * inputs + input) * taps * LANES + (output & 7);
      for (let tap = 0; tap < taps; tap++) data[to + GROUP * GROUP * tap] = weight[from + LANES * tap];
    }
  return { width, height, data };
}

export class GlEngine {
  name = "webgl";

  /* Raises:
       Error: there is no WebGL 2 here with 32-bit targets, or it does not work. */
  constructor(network) {
    const gl = new OffscreenCanvas(1, 1).getContext("webgl2", { antialias: false, depth: false });
    if (!gl?.getExtension("EXT_color_buffer_float")) throw new Error("no WebGL 2 with 32-bit targets");
    Object.assign(this, { gl, network, programs: new Map(), start: null, maps: null });
    const { layers } = network;
    const widest = Math.max(...layers.map(({ inputs, outputs }) => groupsOf(Math.max(inputs, outputs))));
    this.factors = this.texture(gl.RGBA32F, widest, ROWS * layers.length);
    this.table = new Float32Array(GROUP * widest * ROWS * layers.length);
    this.first = this.map(layers[0].inputs, FIRST_SIDE);
    let noises = 0;
    this.stages = layers.map((layer) => {
      const side = layer.side * (layer.after ? 2 : 1);
      const stage = {
        layer, side,
        shader: layer.before === "nearest" ? `near${layer.taps}` : `conv${layer.taps}`,
        weights: this.weights(layer),
        noiseRow: noises,
        y: this.map(layer.outputs, layer.side),
        large: layer.after ? this.map(layer.outputs, side) : null,
        picture: layer.rgb ? this.target(side) : null,
      };
      noises += layer.noise ? side : 0;
      return stage;
    });
    const { side } = this.stages.at(-1);
    if (!this.stages.some(({ picture }) => picture)) this.last = this.target(side);
    this.noise = this.texture(gl.R32F, side, Math.max(noises, 1));
    this.check();
  }

  /* Raises:
       Error: the context is lost, or something else went wrong. */
  check() {
    const { gl } = this;
    const error = gl.isContextLost() ? "the context is lost" : gl.getError();
    if (error) throw new Error(`WebGL: ${error}`);
  }

  /* Frees what it holds. */
  close() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  texture(format, width, height, layers = 0) {
    const { gl } = this;
    const kind = layers ? gl.TEXTURE_2D_ARRAY : gl.TEXTURE_2D;
    const texture = gl.createTexture();
    gl.bindTexture(kind, texture);
    if (layers) gl.texStorage3D(kind, 1, format, width, height, layers);
    else gl.texStorage2D(kind, 1, format, width, height);
    gl.texParameteri(kind, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(kind, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    return { kind, texture, width, height };
  }

  /* The weights are float16 in the file, so nothing is lost in a texture of them. */
  weights(layer) {
    const { gl } = this;
    const { width, height, data } = arrange(layer);
    layer.weight = null; // it is in the texture now
    const made = this.texture(gl.RGBA16F, width, height);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, gl.RGBA, gl.FLOAT, data);
    return made;
  }

  frame(attach, count) {
    const { gl } = this;
    const frame = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    const points = Array.from({ length: count }, (_, n) => gl.COLOR_ATTACHMENT0 + n);
    points.forEach(attach);
    gl.drawBuffers(points);
    if (gl.checkFramebufferStatus(gl.FRAMEBUFFER) !== gl.FRAMEBUFFER_COMPLETE) throw new Error("WebGL: no such target");
    return frame;
  }

  /* A picture, a pixel a texel. */
  target(side) {
    const { gl } = this;
    const made = this.texture(gl.RGBA32F, side, side);
    const frame = this.frame((point) =>
      gl.framebufferTexture2D(gl.FRAMEBUFFER, point, gl.TEXTURE_2D, made.texture, 0), 1);
    return { ...made, frame, half: side, tiles: 1 };
  }

  map(channels, side) {
    const { gl } = this;
    const groups = groupsOf(channels);
    const half = side / 2;
    const tiles = Math.min(groups, TILES);
    const made = this.texture(gl.RGBA32F, tiles * half, Math.ceil(groups / tiles) * half, 4);
    const frame = this.frame((point, n) =>
      gl.framebufferTextureLayer(gl.FRAMEBUFFER, point, made.texture, 0, n), 4);
    return { ...made, frame, groups, half, tiles };
  }

  /* A program with the places of its uniforms, by the name of its shader. */
  program(name) {
    const { gl, programs } = this;
    if (programs.has(name)) return programs.get(name);
    const program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, fragment(name)]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(`${name}: ${gl.getShaderInfoLog(shader)}`);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(`${name}: ${gl.getProgramInfoLog(program)}`);
    gl.useProgram(program);
    SAMPLERS.forEach((sampler, unit) => gl.uniform1i(gl.getUniformLocation(program, sampler), unit));
    const found = { program, places: {} };
    for (let n = 0; n < gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS); n++) {
      const uniform = gl.getActiveUniform(program, n).name;
      found.places[uniform] = gl.getUniformLocation(program, uniform);
    }
    programs.set(name, found);
    return found;
  }

  /* Runs a shader over `to`; what is told besides is for its uniforms. */
  run(name, to, { x, weights, small, row, noiseRow = -1, strength = 0, slope = 1, shifts = true, colour }) {
    const { gl } = this;
    const { program, places } = this.program(name);
    gl.useProgram(program);
    gl.bindFramebuffer(gl.FRAMEBUFFER, to.frame);
    gl.viewport(0, 0, to.width, to.height);
    [x, weights, this.factors, this.noise, small ?? this.noise].forEach((texture, unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      if (texture) gl.bindTexture(texture.kind, texture.texture);
    });
    gl.uniform3i(places.from ?? null, x.half, x.tiles, x.groups);
    gl.uniform2i(places.to ?? null, to.half, to.tiles);
    gl.uniform1i(places.row ?? null, row);
    gl.uniform1i(places.noiseRow ?? null, noiseRow);
    gl.uniform1f(places.strength ?? null, strength);
    gl.uniform1f(places.slope ?? null, slope);
    gl.uniform1i(places.shifts ?? null, shifts ? 1 : 0);
    gl.uniform1i(places.enlarges ?? null, small ? 1 : 0);
    if (colour) gl.uniform3f(places.colour, colour[0], colour[1], colour[2]);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /* As `SimdEngine.render`; a picture is read from the graphics processor when its `values` are asked
     for, and the next one takes its place. */
  render(plan) {
    this.upload(plan);
    let x = this.first;
    const pictures = [];
    this.stages.forEach((stage, index) => {
      x = this.convolve(stage, x, ROWS * index, plan.noise.length > 0);
      if (!stage.picture) return;
      const { layer: { rgb }, picture } = stage;
      this.run("rgb", picture, { x, small: pictures.at(-1), row: ROWS * index, colour: rgb.bias });
      pictures.push(picture);
    });
    if (!pictures.length) {
      this.run("flat", this.last, { x, row: 0 });
      pictures.push(this.last);
    }
    const value = this.last ? Math.tanh : (v) => v;
    const read = (picture) => this.read(picture, value);
    const found = pictures.map((picture) => ({ side: picture.width, get values() { return read(picture); } }));
    this.check();
    return found;
  }

  convolve({ layer, shader, weights, noiseRow, y, large }, x, row, noisy) {
    const shift = { noiseRow: noisy && layer.noise ? noiseRow : -1, strength: layer.noise, slope: layer.slope };
    this.run(shader, y, { x, weights, row, ...(large ? { shifts: false } : shift) });
    if (large) this.run("bilinear", large, { x: y, row, ...shift });
    return large ?? y;
  }

  /* What a plan multiplies and adds; the first map and the noise only where they are others than before. */
  upload({ start, layers, noise }) {
    const { gl, factors, table } = this;
    const put = (row, values) => table.set(values, row * factors.width * GROUP);
    layers.forEach(({ scale, gain, bias, rgb }, index) => {
      const row = ROWS * index;
      put(row + SCALE, scale);
      put(row + GAIN, gain);
      put(row + BIAS, bias);
      if (!rgb) return;
      const inputs = rgb.length / 3;
      for (let n = 0; n < 3; n++) put(row + RGB + n, rgb.subarray(n * inputs, (n + 1) * inputs));
    });
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, factors.texture);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, factors.width, factors.height, gl.RGBA, gl.FLOAT, table);
    if (start !== this.start) this.begin(start);
    this.start = start;
    if (noise === this.maps || !noise.length) return;
    this.maps = noise;
    gl.bindTexture(gl.TEXTURE_2D, this.noise.texture);
    this.stages.forEach(({ layer, side, noiseRow }, index) => {
      if (layer.noise) gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, noiseRow, side, side, gl.RED, gl.FLOAT, noise[index]);
    });
  }

  /* (channels / 8, 4, 4, 8) into the first map. */
  begin(start) {
    const { gl, first: { texture, width, height, tiles, half } } = this;
    const data = new Float32Array(4 * width * height * GROUP);
    for (let n = 0; n < start.length; n++) {
      const lane = n % LANES;
      const [x, y] = [(n >> 3) % FIRST_SIDE, (n >> 5) % FIRST_SIDE];
      const group = 2 * (n >> 7) + (lane >> 2);
      const place = 2 * (y & 1) + (x & 1);
      const line = place * height + Math.floor(group / tiles) * half + (y >> 1);
      data[GROUP * (line * width + (group % tiles) * half + (x >> 1)) + (lane & 3)] = start[n];
    }
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, texture);
    gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, 0, width, height, 4, gl.RGBA, gl.FLOAT, data);
  }

  /* A picture as `SimdEngine` has it, (side, side, 8); waits until it is drawn. */
  read({ frame, width: side }, value) {
    const { gl } = this;
    const texels = new Float32Array(GROUP * side * side);
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    gl.readPixels(0, 0, side, side, gl.RGBA, gl.FLOAT, texels);
    this.check();
    const values = new Float32Array(LANES * side * side);
    for (let pixel = 0; pixel < side * side; pixel++)
      for (let colour = 0; colour < 3; colour++) values[LANES * pixel + colour] = value(texels[GROUP * pixel + colour]);
    return values;
  }
}
