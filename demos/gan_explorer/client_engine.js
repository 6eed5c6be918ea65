/* The explorer's pictures, drawn in the visitor's own browser.

   gan_explorer.js asks here first for the picture of an address such as gan/cat.png?seed=3. When the
   generator's file is here and a worker has drawn with it, the worker draws the picture; otherwise
   the answer is null, and the server is asked. The file is fetched once the first picture is on the
   screen, in parts with their hashes. What does not work is left alone until the page is opened anew. */
window.netglassClientEngine = (() => {
  const URGENT = new Set(["cat", "mix", "growth", "walk", "units", "own"]); // drawn before the others
  const VIEWS = new Set([...URGENT, "sheet", "strip", "parts", "noise", "score"]);
  const SLIDERS = 8;
  const PAUSES = [2000, 4000]; // ms before what failed is asked for again
  const failed = new Set(); // models
  const asked = new Map(); // id -> {answer: function that is told, urgent, by: what draws it}
  let state = "server"; // one of the texts of the line: server, loading, device, failed
  let facts = {}; // what the text has in its braces
  let current = null; // {model, worker, ready, judges: whether the discriminator is here too}
  let own = null; // the same of a generator that was tuned to a photograph, by its key as `model`
  let count = 0;

  const line = () => document.querySelector(".gan-engine");

  /* Says who draws; HTML that is written anew, in another language, is filled anew. */
  function say() {
    for (const element of document.querySelectorAll(".gan-engine")) {
      const said = JSON.parse(element.dataset.texts)[state].replace(/\{(\w+)\}/g, (_, name) => facts[name]);
      if (element.textContent !== said) element.textContent = said;
    }
  }

  function tell(next, values = {}) {
    [state, facts] = [next, values];
    say();
  }

  function close() {
    stop(current);
    current = null;
  }

  /* What was asked of it the server is asked for. */
  function stop(opened) {
    opened?.worker?.terminate();
    for (const [id, { answer, by }] of asked) {
      if (by !== opened) continue;
      asked.delete(id);
      answer(null);
    }
  }

  function fail(model) {
    failed.add(model);
    close();
    tell("failed");
  }

  /* An answer that is as it should be. A class that opens the page at once may ask for more than the
     server lets one address have: what fails is asked for again, a little later. */
  async function fetched(address, options) {
    for (const pause of PAUSES) {
      const answer = await fetch(address, options).catch(() => null);
      if (answer?.ok) return answer;
      await new Promise((done) => { setTimeout(done, pause); });
    }
    const answer = await fetch(address, options);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return answer;
  }

  /* The file of a generator, or of a discriminator; `tellShare` is told how much is here. */
  async function download(name, tellShare) {
    const parts = await (await fetched(`gan/networks/${name}.json`)).json();
    let done = 0;
    const contents = await Promise.all(parts.map(async (part) => {
      const { integrity } = part;
      const content = await (await fetched(`gan/networks/${part.name}.bin`, { integrity })).arrayBuffer();
      done += 1;
      tellShare(done / parts.length);
      return content;
    }));
    return new Blob(contents).arrayBuffer();
  }

  /* Hands a network to a worker of its own. */
  function start(opened, network, listen, failedThere) {
    opened.worker = new Worker(line().dataset.worker, { type: "module" });
    opened.worker.addEventListener("error", failedThere);
    opened.worker.addEventListener("message", ({ data }) => listen(data));
    opened.worker.postMessage({ network }, [network]);
  }

  async function open(model) {
    const opened = { model, worker: null, ready: false };
    current = opened;
    tell("loading", { percent: 0 });
    try {
      const network = await download(model, (share) => {
        if (current === opened) tell("loading", { percent: Math.round(100 * share) });
      });
      if (current !== opened) return; // another model was chosen meanwhile
      start(opened, network, (data) => { if (current === opened) receive(opened, data); }, () => {
        if (current === opened) fail(model);
      });
    } catch {
      if (current === opened) fail(model);
    }
  }

  /* The discriminator comes behind the generator; without it the server is asked for scores. */
  async function openDiscriminator(opened) {
    const discriminator = await download(`${opened.model}.discriminator`, () => {}).catch(() => null);
    if (current === opened && discriminator) opened.worker.postMessage({ discriminator }, [discriminator]);
  }

  function receive(opened, { ms, judged, judges, ...answer }) {
    if (ms != null) {
      opened.ready = true;
      tell("device", { ms: Math.max(1, Math.round(ms)) });
      if (judged) openDiscriminator(opened);
      return;
    }
    if (judges) {
      opened.judges = true;
      return;
    }
    give(answer);
  }

  /* Keeps a promise. */
  function give({ id, bmp, score, dropped }) {
    const { answer } = asked.get(id) ?? {};
    asked.delete(id);
    if (dropped) answer?.(undefined);
    else answer?.(bmp ? new Blob([bmp], { type: "image/bmp" }) : { score });
  }

  /* Units as `ViewSettings.units` has them, as {layer: {channel: factor}}. */
  function factors(text) {
    const found = {};
    for (const item of text.split(",").filter(Boolean)) {
      const [layer, channel, factor] = item.split("-").map(Number);
      found[layer] = { ...found[layer], [channel]: factor };
    }
    return found;
  }

  /* The settings in an address, or null where the server has something to say about them. */
  function read(query) {
    const found = {};
    for (const [name, [usual, low, high, whole]] of Object.entries(JSON.parse(line().dataset.settings))) {
      const value = query.has(name) ? Number(query.get(name)) : usual;
      if (!(value >= low && value <= high) || (whole && !Number.isInteger(value))) return null;
      found[name] = value;
    }
    found.moved = JSON.parse(line().dataset.layers)[query.get("layers") ?? "all"];
    if (!found.moved || query.get("cells")) return null; // units changed in places: the server's
    found.channels = factors(query.get("units") ?? "");
    found.toward = Number(query.get("toward") ?? 0);
    found.sliders = Array.from({ length: SLIDERS }, (_, i) => found[`d${i + 1}`]);
    return found;
  }

  /* Fetches the generator called `model`, if it is not here and there is no reason against it. */
  function prepare(model) {
    if (current?.model === model || !line() || navigator.connection?.saveData) return;
    close();
    if (failed.has(model)) tell("failed");
    else open(model);
  }

  function closeOwn() {
    stop(own);
    own = null;
  }

  /* Fetches the tuned generator with this key; "" gives up the one that is here. Where the others are
     not drawn here, this one isn't either. */
  async function prepareOwn(key) {
    if (own?.model === key || (!own && !key)) return;
    closeOwn();
    if (!key || !current?.ready) return;
    const opened = { model: key, worker: null, ready: false };
    own = opened;
    const failedThere = () => { if (own === opened) closeOwn(); };
    try {
      const network = await (await fetched(`gan/own_network.bin?own=${key}`)).arrayBuffer();
      if (own !== opened) return;
      start(opened, network, ({ ms, ...answer }) => {
        if (ms != null) opened.ready = true;
        else give(answer);
      }, failedThere);
    } catch {
      failedThere();
    }
  }

  /* What draws a view of an address; null if nothing here does. */
  function drawer(view, query) {
    const isTuned = query.get("space") === "tuned" && query.get("own") === own?.model;
    if (view === "own") return own?.ready && isTuned ? own : null;
    return current?.ready && VIEWS.has(view) && query.get("model") === current.model ? current : null;
  }

  /* Gives up what is not urgent: its promises are kept with `undefined`. */
  function cancel() {
    for (const [id, { answer, urgent, by }] of asked) {
      if (urgent) continue;
      asked.delete(id);
      by.worker.postMessage({ id, cancel: true }, []);
      answer(undefined);
    }
  }

  /* What an address would be answered with: a promise of a picture as a Blob, or of {score}; null where
     the server is to be asked. Of requests with the same `place` that nobody has begun, the newest is
     drawn; the others' promises are kept with `undefined`. */
  function draw(address, place) {
    const { pathname, searchParams: query } = new URL(address, document.baseURI);
    const view = pathname.split("/").pop().replace(".png", "");
    const by = drawer(view, query);
    if (!by) return null;
    if (view === "score" && !current.judges) return null;
    const settings = read(query);
    if (!settings) return null;
    const id = count++;
    const urgent = URGENT.has(view);
    return new Promise((answer) => {
      asked.set(id, { answer, urgent, by });
      by.worker.postMessage({ id, place, view, urgent, settings }, []);
    });
  }

  const isReady = () => current?.ready === true;

  const judges = () => current?.judges === true;

  const drawsOwn = () => own?.ready === true;

  return { cancel, draw, drawsOwn, isReady, judges, prepare, prepareOwn, say };
})();
