/* Draws beside the page's own thread. Messages to it:

     {network: ArrayBuffer}          answered with {engine, ms, judged}: what draws, a picture's time, and
                                     whether a discriminator is of use
     {discriminator: ArrayBuffer}    answered with {judges: true}
     {id, place, view, urgent, settings}
                                     answered with {id, bmp}, or {id, score} for the view `score`; or with
                                     {id, dropped: true} if a newer one for this place came before its turn
     {id, cancel: true}              that request is not answered any more

   What is urgent is drawn before what is not. Where an engine fails, the next one goes on, and says
   {engine, ms} too; the last one's failure is an error of the worker. */
import { choose } from "./choice.js";
import { Discriminator } from "./discriminator.js";
import { canRun } from "./kernel.js";
import { draw, encode } from "./views.js";

const jobs = new Map(); // id -> {place, view, urgent, settings, steps, begun}, in the order of their coming
const turns = new MessageChannel();
let engines = []; // [{engine, ms}]; the first one draws
let waiting = false;

const start = (job) => ({ ...job, begun: false, steps: draw(engines[0].engine, job.view, job.settings) });

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
  const [id, job] = entries.find(([, { urgent }]) => urgent) ?? entries[0];
  job.begun = true;
  const { done, value } = step(job.steps);
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

/* Adds a job in place of one that waits. */
function add({ id, place, view, urgent, settings }) {
  for (const [older, job] of jobs) {
    if (place === undefined || job.place !== place || job.begun) continue;
    jobs.delete(older);
    self.postMessage({ id: older, dropped: true }, []);
  }
  jobs.set(id, start({ place, view, urgent, settings }));
}

self.addEventListener("message", ({ data }) => {
  const { network, discriminator, id, cancel } = data;
  if (network) {
    engines = choose(network);
    tell({ judged: engines[0].engine.network.styled && canRun() }); // the discriminator has no other engine
  }
  else if (discriminator) {
    engines[0].engine.discriminator = new Discriminator(discriminator);
    self.postMessage({ judges: true }, []);
  }
  else if (cancel) jobs.delete(id);
  else add(data);
  schedule();
});
