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
  // img -> {id, near: in sight, wanted, asked, arrived: numbers and addresses of requests, see `draw`,
  //         error: {url, text}, next: what is shown next}
  const views = new Map();
  let timer = 0;
  let seen = 0; // images so far

  const isReady = () => "model" in knobs;

  /* Whether there is what an element's picture can't be drawn without. */
  const isPossible = ({ dataset }) => !dataset.needs || Boolean(knobs[dataset.needs]);

  /* Whether an element's address is made from a knob. */
  const follows = ({ dataset }, name) => dataset.knobs.split(" ").some((knob) => knob.split(":").pop() === name);

  /* The knobs of a list of names, as [name, value]. */
  function queryOf(names) {
    const found = names.split(" ").map((knob) => knob.split(":"));
    return found.map(([name, source]) => [name, knobs[source ?? name]]).filter(([, value]) => value != null);
  }

  function address(element) {
    const query = new URLSearchParams(queryOf(element.dataset.knobs));
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
  async function drawn(url, own) {
    const picture = await own;
    if (picture !== null) return picture;
    const answer = await fetch(url);
    if (answer.ok) return answer.blob();
    throw new Error(await answer.text());
  }

  /* Puts pictures on the screen, one after the other; of those that come meanwhile the newest. */
  async function show(img, view, picture) {
    const isShowing = Boolean(view.next);
    view.next = picture;
    if (isShowing) return;
    for (let now = null; now !== view.next;) {
      now = view.next;
      const before = img.src;
      img.src = URL.createObjectURL(now);
      await img.decode().catch(() => {});
      if (before.startsWith("blob:")) URL.revokeObjectURL(before);
    }
    view.next = null;
    netglassClientEngine.prepare(knobs.model);
  }

  /* Asks for the picture of an address, and shows it unless one that was asked for later is here. */
  async function take(img, view, url, own) {
    const number = ++view.count;
    view.asked = url;
    try {
      const picture = await drawn(url, own);
      if (picture && number > view.arrived) {
        [view.arrived, view.error] = [number, null];
        show(img, view, picture);
      } else if (!picture && view.asked === url) view.asked = null;
    } catch (error) {
      view.error = { url, text: error.message };
      if (view.asked === url) view.asked = null;
    }
    sayErrors();
  }

  /* The browser's own worker is told every change, and draws the newest. The server is asked for one
     picture at a time. */
  async function draw(img) {
    const view = views.get(img);
    if (!view?.near || !isReady() || !isPossible(img) || document.hidden) return;
    view.wanted = address(img);
    if (view.wanted === view.asked) return;
    const own = netglassClientEngine.draw(view.wanted, view.id);
    if (own) {
      take(img, view, view.wanted, own);
      return;
    }
    if (view.busy) return;
    view.busy = true;
    for (let url = null; url !== view.wanted;) {
      url = view.wanted;
      await take(img, view, url, netglassClientEngine.draw(url, view.id));
    }
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
    window.netglassCode?.refresh();
  }

  /* Chooses an operation inside the networks. */
  function choose(button) {
    knobs.step = button.dataset.step;
    for (const line of document.querySelectorAll(".gan-step")) line.textContent = button.title;
  }

  /* An operation that the chosen model does not have gives way to its first. */
  function keepStep() {
    const there = [...document.querySelectorAll(".gan-inside [data-for]:not([hidden]) button")];
    if (knobs.step && there.length && !there.some(({ dataset }) => dataset.step === knobs.step)) choose(there[0]);
  }

  /* Shows what belongs to the model, and marks the chosen seeds and the chosen operation. */
  function mark() {
    for (const part of document.querySelectorAll("[data-for]")) {
      part.hidden = !part.dataset.for.split(" ").includes(knobs.model);
      part.dataset.marked = "";
    }
    keepStep();
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
      views.set(img, { id: seen++, count: 0, arrived: 0, near: false });
      sight.observe(img);
      found = true;
    }
    const lines = document.querySelectorAll(".gan-score:not([data-shown])");
    // What unfolds later, or is said in another language, is new too.
    if (found || lines.length || document.querySelector("[data-for]:not([data-marked])")) mark();
    if (isReady()) for (const line of lines) drawScore(line);
    netglassClientEngine.say();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".gan-inside button");
    if (!button) return;
    choose(button);
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
  window.netglassGan.query = queryOf;

  /* The parameters of an address that sets the knobs again. */
  window.netglassGan.link = () => {
    const query = new URLSearchParams({ tab: "gan" });
    for (const name of VALUES) if (knobs[name] != null) query.set(name, knobs[name]);
    return String(query);
  };

  /* Sets a knob that is the script's own, and draws what follows it at once. */
  window.netglassGan.set = (name, value) => {
    knobs[name] = value;
    for (const img of views.keys()) if (follows(img, name)) draw(img);
    window.netglassCode?.refresh();
  };

  new MutationObserver((changes) => {
    // A change of language renders the page's HTML anew, and puts the blank picture back.
    for (const { target } of changes) {
      const view = views.get(target);
      if (view && !target.src.startsWith("blob:")) {
        view.asked = null;
        draw(target);
      }
    }
    if (changes.some(({ type }) => type === "childList")) findViews();
  }).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["src"],
  });
})();
