/* Which engine draws on this machine, by a picture's time: WebAssembly's; where that is slow or cannot
   run, the faster of it and WebGL's. A browser's WebGL may well be software: it is measured, not asked. */
import { GlEngine } from "./gl.js";
import { canRun } from "./kernel.js";
import { Network } from "./network.js";
import { SimdEngine } from "./simd.js";
import { draw } from "./views.js";

const FAST = 20; // ms a picture; then nothing else is tried
const TRIES = 6;
const PATIENCE = 1000; // ms; what is slow is tried fewer times
const PLAIN = { seed: 0, truncation: 0.7, noise: 0, sliders: [] };

/* The best time of a few pictures, in ms. */
function measure(engine) {
  const begun = performance.now();
  let best = Infinity;
  for (let seed = 0; seed < TRIES && performance.now() - begun < PATIENCE; seed++) {
    const start = performance.now();
    const steps = draw(engine, "cat", { ...PLAIN, seed });
    while (!steps.next().done);
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/* The engine in WebGL with its time, if it takes less than `limit`, or null. */
function fasterGl(buffer, limit) {
  let engine = null;
  try {
    engine = new GlEngine(new Network(buffer));
    const ms = measure(engine);
    if (ms < limit) return { engine, ms };
  } catch { /* no WebGL 2, or one that does not work */ }
  engine?.close();
  return null;
}

/* [{engine, ms}] for a generator's file: what draws, and what goes on if that fails.

   Raises:
     Error: neither WebAssembly with SIMD nor a WebGL that is fast enough. */
export function choose(buffer) {
  const found = [];
  if (canRun()) {
    const engine = new SimdEngine(new Network(buffer));
    found.push({ engine, ms: measure(engine) });
    if (found[0].ms <= FAST) return found;
  }
  const gl = fasterGl(buffer, found[0]?.ms ?? FAST);
  if (gl) found.unshift(gl);
  if (!found.length) throw new Error("no SIMD in WebAssembly, and no fast WebGL");
  return found;
}
