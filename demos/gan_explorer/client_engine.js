/* The explorer's pictures, drawn in the visitor's own browser.

   gan_explorer.js asks here first for the picture of an address such as gan/cat.png?seed=3. When the
   generator's file is here and a worker has drawn with it, the worker draws the picture; otherwise
   the answer is null, and the server is asked. The file is fetched once the first picture is on the
   screen, in parts with their hashes. What does not work is left alone until the page is opened anew. */
window.netglassClientEngine = (() => {
  const URGENT = new Set(["cat", "mix", "growth", "walk", "units"]); // drawn before the others
  const VIEWS = new Set([...URGENT, "sheet", "strip", "parts", "noise", "score"]);
  const SLIDERS = 8;
  const PAUSES = [2000, 4000]; // ms before what failed is asked for again
  const failed = new Set(); // models
  const asked = new Map(); // id -> {answer: function that is told, urgent}
  let state = "server"; // one of the texts of the line: server, loading, device, failed
  let facts = {}; // what the text has in its braces
  let current = null; // {model, worker, ready, judges: whether the discriminator is here too}
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
    current?.worker?.terminate();
    current = null;
    for (const { answer } of asked.values()) answer(null);
    asked.clear();
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

  async function open(model) {
    const opened = { model, worker: null, ready: false };
    current = opened;
    tell("loading", { percent: 0 });
    try {
      const network = await download(model, (share) => {
        if (current === opened) tell("loading", { percent: Math.round(100 * share) });
      });
      if (current !== opened) return; // another model was chosen meanwhile
      const worker = new Worker(line().dataset.worker, { type: "module" });
      opened.worker = worker;
      worker.addEventListener("error", () => { if (current === opened) fail(model); });
      worker.addEventListener("message", ({ data }) => { if (current === opened) receive(opened, data); });
      worker.postMessage({ network }, [network]);
    } catch {
      if (current === opened) fail(model);
    }
  }

  /* The discriminator comes behind the generator; without it the server is asked for scores. */
  async function openDiscriminator(opened) {
    const discriminator = await download(`${opened.model}.discriminator`, () => {}).catch(() => null);
    if (current === opened && discriminator) opened.worker.postMessage({ discriminator }, [discriminator]);
  }

  function receive(opened, { ms, judged, judges, id, bmp, score }) {
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
    asked.get(id)?.answer(bmp ? new Blob([bmp], { type: "image/bmp" }) : { score });
    asked.delete(id);
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

  /* Gives up what is not urgent: its promises are kept with `undefined`. */
  function cancel() {
    for (const [id, { answer, urgent }] of asked) {
      if (urgent) continue;
      asked.delete(id);
      current.worker.postMessage({ id, cancel: true }, []);
      answer(undefined);
    }
  }

  /* What an address would be answered with: a promise of a picture as a Blob, or of {score}; null where
     the server is to be asked. */
  function draw(address) {
    const { pathname, searchParams: query } = new URL(address, document.baseURI);
    const view = pathname.split("/").pop().replace(".png", "");
    if (!current?.ready || !VIEWS.has(view) || query.get("model") !== current.model) return null;
    if (view === "score" && !current.judges) return null;
    const settings = read(query);
    if (!settings) return null;
    const id = count++;
    const urgent = URGENT.has(view);
    return new Promise((answer) => {
      asked.set(id, { answer, urgent });
      current.worker.postMessage({ id, view, urgent, settings }, []);
    });
  }

  const isReady = () => current?.ready === true;

  const judges = () => current?.judges === true;

  return { cancel, draw, isReady, judges, prepare, say };
})();
