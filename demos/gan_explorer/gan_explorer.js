/* Pictures that follow the knobs. Every <img data-view> has an address made from the knobs it names
   in data-knobs; when one of them changes, its picture is drawn in the browser (client_engine.js) or
   fetched. Meanwhile only the newest request waits, and nothing is done for pictures that are out of
   sight or in a tab in the background. */
(() => {
  const DELAY = 220; // ms without a change before the slow views are drawn
  const VALUES = ["model", "sheet", "truncation", "seed", "seed_b", "noise", "crossover"];
  for (let i = 1; i <= 8; i++) VALUES.push(`d${i}`);
  VALUES.push("layers");
  const knobs = {};
  const views = new Map(); // img -> {busy, wanted, shown: addresses, near: in sight, error: {url, text}}
  let timer = 0;

  const isReady = () => "model" in knobs;

  /* Whether there is what an element's picture can't be drawn without. */
  const isPossible = ({ dataset }) => !dataset.needs || Boolean(knobs[dataset.needs]);

  /* Whether an element's address is made from a knob. */
  const follows = ({ dataset }, name) => dataset.knobs.split(" ").some((knob) => knob.split(":").pop() === name);

  function address(element) {
    const query = new URLSearchParams();
    for (const knob of element.dataset.knobs.split(" ")) {
      const [name, source] = knob.split(":");
      if (knobs[source ?? name] != null) query.set(name, knobs[source ?? name]);
    }
    const fixed = JSON.parse(element.dataset.fixed || "{}");
    for (const [name, value] of Object.entries(fixed)) query.set(name, value);
    query.set("lang", document.documentElement.lang || "en");
    return `gan/${element.dataset.view}?${query}`;
  }

  /* What is wrong with a picture that the knobs ask for now. */
  function sayErrors() {
    const found = [...views].find(([img, { error }]) => error && error.url === address(img));
    const text = found ? found[1].error.text : "";
    for (const line of document.querySelectorAll(".gan-trouble"))
      if (line.textContent !== text) line.textContent = text;
  }

  /* The picture of an address as a Blob; undefined if it is not wanted any more.

     Raises:
       Error: it is refused; the message says why. */
  async function drawn(url) {
    const own = await netglassClientEngine.draw(url);
    if (own !== null) return own;
    const answer = await fetch(url);
    if (answer.ok) return answer.blob();
    throw new Error(await answer.text());
  }

  /* Whether it is on the screen. */
  async function show(img, url) {
    const found = await drawn(url);
    if (!found) return false;
    const picture = URL.createObjectURL(found);
    const before = img.src;
    img.src = picture;
    await img.decode().catch(() => {});
    if (before.startsWith("blob:")) URL.revokeObjectURL(before);
    netglassClientEngine.prepare(knobs.model);
    return true;
  }

  async function draw(img) {
    const view = views.get(img);
    if (!view?.near || !isReady() || !isPossible(img) || document.hidden) return;
    view.wanted = address(img);
    if (view.busy) return;
    view.busy = true;
    while (view.wanted !== view.shown) {
      view.shown = view.wanted;
      try {
        view.error = null;
        if (await show(img, view.shown)) continue;
      } catch (error) {
        view.error = { url: view.shown, text: error.message };
      }
      if (view.wanted !== view.shown) continue;
      view.shown = null;
      break;
    }
    sayErrors();
    view.busy = false;
  }

  /* {score}, or {text} that says why there is none; undefined if it is not wanted any more. */
  async function scored(url) {
    const own = await netglassClientEngine.draw(url);
    if (own !== null) return own;
    const answer = await fetch(url).catch(() => null);
    return answer?.ok ? answer.json() : { text: (await answer?.text()) ?? "" };
  }

  /* The discriminator's score, as a bar. */
  async function drawScore(line) {
    const url = address(line);
    if (document.hidden || line.dataset.shown === url || line.offsetParent === null || !isPossible(line)) return;
    line.dataset.shown = url;
    const found = await scored(url);
    if (line.dataset.shown !== url) return; // the knobs have moved on
    if (!found) {
      line.dataset.shown = "";
      return;
    }
    if (found.text != null) {
      line.textContent = found.text;
      return;
    }
    const percent = `${(100 / (1 + Math.exp(-found.score))).toFixed(1)}%`; // of a logit
    line.innerHTML = `<div class="bar role-discriminator"><div class="fill" style="width:${percent}"></div><span></span><b>${percent}</b></div>`;
    line.querySelector("span").textContent = line.dataset.text;
  }

  function drawAll() {
    for (const img of views.keys()) draw(img);
    for (const line of document.querySelectorAll(".gan-score")) drawScore(line);
    sayErrors();
  }

  /* Shows what belongs to the model, and marks the chosen seeds and the chosen layer. */
  function mark() {
    for (const part of document.querySelectorAll("[data-for]")) {
      part.hidden = !part.dataset.for.split(" ").includes(knobs.model);
      part.dataset.marked = "";
    }
    document.querySelectorAll(".gan-sheet button").forEach((button, index) => {
      button.classList.toggle("a", knobs.sheet + index === knobs.seed);
      button.classList.toggle("b", knobs.sheet + index === knobs.seed_b);
    });
    for (const button of document.querySelectorAll(".gan-inside button"))
      button.classList.toggle("on", button.dataset.step === knobs.step);
    window.netglassUnits?.mark(knobs.model);
  }

  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const view = views.get(target);
      if (!view) continue;
      view.near = isIntersecting;
      if (isIntersecting) draw(target);
    }
  }, { rootMargin: "100px" });

  function findViews() {
    for (const img of views.keys()) if (!img.isConnected) views.delete(img);
    let found = false;
    for (const img of document.querySelectorAll("img[data-view]")) {
      if (views.has(img)) continue;
      views.set(img, { busy: false, wanted: null, shown: null, near: false });
      sight.observe(img);
      found = true;
    }
    for (const line of document.querySelectorAll(".gan-score:not([data-shown])")) {
      found = true;
      if (isReady()) drawScore(line);
    }
    // What unfolds later, or is said in another language, is new too.
    if (found || document.querySelector("[data-for]:not([data-marked])")) mark();
    netglassClientEngine.say();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".gan-inside button");
    if (!button) return;
    knobs.step = button.dataset.step;
    for (const line of document.querySelectorAll(".gan-step")) line.textContent = button.title;
    mark();
    drawAll();
  });

  /* Called by the page with the values of the knobs, in the order of VALUES. */
  window.netglassGan = (...values) => {
    VALUES.forEach((name, index) => { knobs[name] = values[index]; });
    mark();
    netglassClientEngine.cancel();
    for (const img of views.keys()) if (img.dataset.when === "now") draw(img);
    clearTimeout(timer);
    timer = setTimeout(drawAll, DELAY);
  };

  document.addEventListener("visibilitychange", drawAll);

  window.netglassGan.draw = drawAll;

  /* Sets a knob that is the script's own, and draws what follows it at once. */
  window.netglassGan.set = (name, value) => {
    knobs[name] = value;
    for (const img of views.keys()) if (follows(img, name)) draw(img);
  };

  new MutationObserver((changes) => {
    // A change of language renders the page's HTML anew, and puts the blank picture back.
    for (const { target } of changes) {
      const view = views.get(target);
      if (view && !target.src.startsWith("blob:")) {
        view.shown = null;
        draw(target);
      }
    }
    findViews();
  }).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["src"],
  });
})();
