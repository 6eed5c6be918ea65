/* The explorer's pictures, drawn in the visitor's own browser.

   gan_explorer.js asks here first for the picture of an address such as gan/cat.png?seed=3. When the
   generator's file is here and a worker has drawn with it, the worker draws the picture; otherwise
   the answer is null, and the server is asked. The file is fetched once the first picture is on the
   screen, in parts with their hashes. What does not work is left alone until the page is opened anew. */
window.netglassClientEngine = (() => {
  const VIEWS = { cat: true, mix: true, growth: true, walk: true, sheet: false, strip: false, parts: false, noise: false };
  const SLIDERS = 8;
  const failed = new Set(); // models
  const asked = new Map(); // id -> {answer: function that is told, urgent}
  let state = "server"; // one of the texts of the line: server, loading, device, failed
  let facts = {}; // what the text has in its braces
  let current = null; // {model, worker, ready, ms}
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

  async function fetched(address, options) {
    const answer = await fetch(address, options);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return answer;
  }

  /* The generator's file. */
  async function download(model) {
    const parts = await (await fetched(`gan/networks/${model}.json`)).json();
    let done = 0;
    const contents = await Promise.all(parts.map(async ({ name, integrity }) => {
      const content = await (await fetched(`gan/networks/${name}.bin`, { integrity })).arrayBuffer();
      done += 1;
      if (current?.model === model) tell("loading", { percent: Math.round((100 * done) / parts.length) });
      return content;
    }));
    return new Blob(contents).arrayBuffer();
  }

  async function open(model) {
    const opened = { model, worker: null, ready: false };
    current = opened;
    tell("loading", { percent: 0 });
    try {
      const network = await download(model);
      if (current !== opened) return; // another model was chosen meanwhile
      const worker = new Worker(line().dataset.worker, { type: "module" });
      opened.worker = worker;
      worker.addEventListener("error", () => { if (current === opened) fail(model); });
      worker.addEventListener("message", ({ data }) => { if (current === opened) receive(data); });
      worker.postMessage({ network }, [network]);
    } catch {
      if (current === opened) fail(model);
    }
  }

  function receive({ ms, id, bmp }) {
    if (ms != null) {
      Object.assign(current, { ready: true, ms });
      tell("device", { ms: Math.max(1, Math.round(ms)) });
      return;
    }
    asked.get(id)?.answer(new Blob([bmp], { type: "image/bmp" }));
    asked.delete(id);
  }

  /* The settings in an address, or null where the server has something to say about them. */
  function read(query) {
    const found = {};
    for (const [name, [usual, low, high, whole]] of Object.entries(JSON.parse(line().dataset.settings))) {
      const value = query.has(name) ? Number(query.get(name)) : usual;
      if (!(value >= low && value <= high) || (whole && !Number.isInteger(value))) return null;
      found[name] = value;
    }
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

  /* A promise of the picture of an address as a Blob, or of null where the server is to be asked. */
  function draw(address) {
    const { pathname, searchParams: query } = new URL(address, document.baseURI);
    const view = pathname.split("/").pop().replace(".png", "");
    if (!current?.ready || !(view in VIEWS) || query.get("model") !== current.model) return null;
    const settings = read(query);
    if (!settings) return null;
    const id = count++;
    return new Promise((answer) => {
      asked.set(id, { answer, urgent: VIEWS[view] });
      current.worker.postMessage({ id, view, urgent: VIEWS[view], settings }, []);
    });
  }

  const isReady = () => current?.ready === true;

  return { cancel, draw, isReady, prepare, say };
})();
