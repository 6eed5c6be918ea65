"""Which engine draws in the visitor's browser, and how much memory a network takes there."""

import json

import pytest

from models import registry
from tests.browser.test_client_engine import WORKER, load, load_discriminator
from tests.serving import get

MEGABYTE = 1e6
CHOOSE = """async ([worker, parts, simd, gl]) => {
  const fetched = async ({ name }) => (await fetch(`/gan/networks/${name}.bin`)).arrayBuffer();
  const buffer = await new Blob(await Promise.all(parts.map(fetched))).arrayBuffer();
  const { choose } = await import(`/${worker}/choice.js`);
  const { SimdEngine } = await import(`/${worker}/simd.js`);
  const { GlEngine } = await import(`/${worker}/gl.js`);
  let contexts = 0;
  const validate = WebAssembly.validate;
  const original = OffscreenCanvas.prototype.getContext;
  OffscreenCanvas.prototype.getContext = function (...told) {
    contexts++;
    return gl === null ? null : original.apply(this, told);
  };
  WebAssembly.validate = () => simd !== null;
  for (const [Engine, ms] of [[SimdEngine, simd], [GlEngine, gl]])
    Engine.prototype.render = () => {
      const end = performance.now() + ms;
      while (performance.now() < end);
      if (ms < 0) throw new Error("WebGL: 1282");
      return [{ side: 64, values: new Float32Array(8 * 64 * 64) }];
    };
  try {
    return [choose(buffer).map(({ engine }) => engine.name), contexts > 0];
  } catch (error) {
    return [error.message, contexts > 0];
  } finally {
    OffscreenCanvas.prototype.getContext = original;
    WebAssembly.validate = validate;
  }
}"""
NEITHER = "no SIMD in WebAssembly, and no fast WebGL"


@pytest.mark.parametrize(
    ("simd", "gl", "chosen", "asks_for_gl"),
    [
        (5, 1, ["simd"], False),
        (30, 5, ["webgl", "simd"], True),
        (30, 60, ["simd"], True),
        (30, None, ["simd"], True),
        (30, -1, ["simd"], True),
        (None, 5, ["webgl"], True),
        (None, 30, NEITHER, True),
        (None, None, NEITHER, True),
    ],
)
def test_the_faster_engine_draws(tab, app_url, simd, gl, chosen, asks_for_gl):
    """By ms a picture; None where the browser has no such thing, -1 where it fails."""
    tab.goto(tab.url)  # modules as they are
    parts = json.loads(get(f"{app_url}/gan/networks/{registry.VAE}.json"))
    assert tab.evaluate(CHOOSE, [WORKER, parts, simd, gl]) == [chosen, asks_for_gl]


@pytest.mark.parametrize("name", registry.GANS)
def test_a_network_takes_less_than_60_mb(tab, app_url, name):
    """Both engines, as where WebGL draws, and the discriminator."""
    tab.evaluate(COUNT_TEXTURES)
    load(tab, app_url, name, "gl")
    total = tab.evaluate("textures + buffersOf([engine])")
    load(tab, app_url, name)
    if name.startswith("stylegan"):
        load_discriminator(tab, app_url, name)
    total += tab.evaluate("buffersOf([engine])")
    assert 4 * MEGABYTE < total < 60 * MEGABYTE


# Bytes of textures, and of all buffers that can be reached from an object.
COUNT_TEXTURES = """() => {
  window.textures = 0;
  const BYTES = { 0x8814: 16, 0x881a: 8, 0x822e: 4 }; // of a texel: RGBA32F, RGBA16F, R32F
  const gl = WebGL2RenderingContext.prototype;
  window.originals ??= [gl.texStorage2D, gl.texStorage3D];
  const [flat, deep] = window.originals;
  gl.texStorage2D = function (...told) {
    window.textures += BYTES[told[2]] * told[3] * told[4];
    return flat.apply(this, told);
  };
  gl.texStorage3D = function (...told) {
    window.textures += BYTES[told[2]] * told[3] * told[4] * told[5];
    return deep.apply(this, told);
  };
  window.buffersOf = (waiting) => {
    const seen = new Set();
    let total = 0;
    while (waiting.length) {
      const next = waiting.pop();
      const value = ArrayBuffer.isView(next) ? next.buffer : next;
      if (typeof value !== "object" || value === null || seen.has(value)) continue;
      seen.add(value);
      if (value instanceof ArrayBuffer) total += value.byteLength;
      else if (value instanceof Map) waiting.push(...value.values());
      else waiting.push(...Object.values(value));
    }
    return total;
  };
}"""
