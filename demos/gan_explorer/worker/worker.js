/* Draws beside the page's own thread. Messages to it:

     {network: ArrayBuffer}          answered with {engine, ms, styled}: what draws, and a picture's time
     {discriminator: ArrayBuffer}    answered with {judges: true}
     {id, view, urgent, settings}    answered with {id, bmp}, or {id, score} for the view `score`
     {id, cancel: true}              that request is not answered any more

   What is urgent is drawn before what is not. */
import { Discriminator } from "./discriminator.js";
import { canRun } from "./kernel.js";
import { Network } from "./network.js";
import { SimdEngine } from "./simd.js";
import { draw, encode } from "./views.js";

const TRIES = 6;
const PLAIN = { seed: 0, truncation: 0.7, noise: 0, sliders: [] };
const jobs = new Map(); // id -> {urgent, steps}, in the order in which they came
const turns = new MessageChannel();
let engine = null;
let waiting = false;

/* The best time of a few pictures, in ms. */
function measure(tried) {
  let best = Infinity;
  for (let i = 0; i < TRIES; i++) {
    const start = performance.now();
    const steps = draw(tried, "cat", { ...PLAIN, seed: i });
    while (!steps.next().done);
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

function open(buffer) {
  if (!canRun()) throw new Error("no SIMD in WebAssembly");
  engine = new SimdEngine(new Network(buffer));
  self.postMessage({ engine: engine.name, ms: measure(engine), styled: engine.network.styled }, []);
}

/* A turn is one picture; between two, messages are read. */
function schedule() {
  if (waiting || !jobs.size) return;
  waiting = true;
  turns.port2.postMessage(null, []);
}

turns.port1.addEventListener("message", () => {
  waiting = false;
  if (!jobs.size) return;
  const entries = [...jobs];
  const [id, { steps }] = entries.find(([, job]) => job.urgent) ?? entries[0];
  const { done, value } = steps.next();
  if (done) {
    jobs.delete(id);
    if (value.pixels) {
      const bmp = encode(value);
      self.postMessage({ id, bmp }, [bmp.buffer]);
    } else self.postMessage({ id, ...value }, []);
  }
  schedule();
});
turns.port1.start();

self.addEventListener("message", ({ data: { network, discriminator, id, cancel, view, urgent, settings } }) => {
  if (network) open(network);
  else if (discriminator) {
    engine.discriminator = new Discriminator(discriminator);
    self.postMessage({ judges: true }, []);
  }
  else if (cancel) jobs.delete(id);
  else jobs.set(id, { urgent, steps: draw(engine, view, settings) });
  schedule();
});
