/* Draws beside the page's own thread. Messages to it:

     {network: ArrayBuffer}          answered with {engine, ms, judged}: what draws, a picture's time, and
                                     whether a discriminator is of use
     {discriminator: ArrayBuffer}    answered with {judges: true}
     {id, view, urgent, settings}    answered with {id, bmp}, or {id, score} for the view `score`
     {id, cancel: true}              that request is not answered any more

   What is urgent is drawn before what is not. Where an engine fails, the next one goes on, and says
   {engine, ms} too; the last one's failure is an error of the worker. */
import { choose } from "./choice.js";
import { Discriminator } from "./discriminator.js";
import { canRun } from "./kernel.js";
import { draw, encode } from "./views.js";

const jobs = new Map(); // id -> {view, urgent, settings, steps}, in the order in which they came
const turns = new MessageChannel();
let engines = []; // [{engine, ms}]; the first one draws
let waiting = false;

const start = (job) => ({ ...job, steps: draw(engines[0].engine, job.view, job.settings) });

function tell(values = {}) {
  const [{ engine, ms }] = engines;
  self.postMessage({ engine: engine.name, ms, ...values }, []);
}

/* All jobs begin again with the next engine. */
function replace(error) {
  const [{ engine: { discriminator } }, next] = engines;
  if (!next) throw error;
  engines.shift();
  next.engine.discriminator = discriminator;
  for (const [id, job] of jobs) jobs.set(id, start(job));
  tell();
}

function step(steps) {
  try {
    return steps.next();
  } catch (error) {
    replace(error);
    return { done: false };
  }
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
  const { done, value } = step(steps);
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
  if (network) {
    engines = choose(network);
    tell({ judged: engines[0].engine.network.styled && canRun() }); // the discriminator has no other engine
  }
  else if (discriminator) {
    engines[0].engine.discriminator = new Discriminator(discriminator);
    self.postMessage({ judges: true }, []);
  }
  else if (cancel) jobs.delete(id);
  else jobs.set(id, start({ view, urgent, settings }));
  schedule();
});
