/* Pictures that follow the knobs. Every <img data-view> has an address made from the knobs it names
   in data-knobs; it is fetched when one of them changes, the last wish wins, and nothing is fetched
   for pictures that are out of sight. */
(() => {
  const QUIET = 220; // ms without a change before the slow views are drawn
  let wish = {};
  let timer = 0;
  const known = new Map(); // img -> {busy, wanted, shown, near}

  function address(img) {
    const query = new URLSearchParams();
    for (const knob of img.dataset.knobs.split(" ")) {
      const [name, source] = knob.split(":");
      if (wish[source ?? name] != null) query.set(name, wish[source ?? name]);
    }
    for (const [name, value] of Object.entries(JSON.parse(img.dataset.fixed || "{}"))) query.set(name, value);
    query.set("lang", document.documentElement.lang || "en");
    return `gan/${img.dataset.view}?${query}`;
  }

  function complain(text) {
    for (const line of document.querySelectorAll(".gan-trouble")) line.textContent = text;
  }

  async function draw(img) {
    const state = known.get(img);
    if (!state || !state.near || !("model" in wish)) return;
    state.wanted = address(img);
    if (state.busy) return;
    state.busy = true;
    while (state.wanted !== state.shown) {
      const url = (state.shown = state.wanted);
      try {
        const answer = await fetch(url);
        if (answer.ok) {
          const fresh = URL.createObjectURL(await answer.blob());
          const old = img.src;
          img.src = fresh;
          await img.decode().catch(() => {});
          if (old.startsWith("blob:")) URL.revokeObjectURL(old);
          complain("");
        } else {
          complain(await answer.text());
        }
      } catch (error) {
        complain(String(error));
        state.shown = null;
        break;
      }
    }
    state.busy = false;
  }

  async function score(line) {
    const url = address(line);
    if (line.dataset.shown === url || line.offsetParent === null) return;
    line.dataset.shown = url;
    const answer = await fetch(url).catch(() => null);
    if (!answer?.ok) { line.textContent = answer ? await answer.text() : ""; return; }
    const value = (await answer.json()).score;
    const real = 100 / (1 + Math.exp(-value));
    line.innerHTML = `<div class="bar"><div class="fill" style="width:${real.toFixed(1)}%"></div><span></span><b>${real.toFixed(1)}%</b></div>`;
    line.querySelector("span").textContent = `${line.dataset.text} (${value.toFixed(2)})`;
  }

  function settled() {
    for (const img of known.keys()) draw(img);
    for (const line of document.querySelectorAll(".gan-score")) score(line);
  }

  function mark() {
    for (const part of document.querySelectorAll("[data-for]"))
      part.hidden = !part.dataset.for.split(" ").includes(wish.model);
    document.querySelectorAll(".gan-sheet button").forEach((button, index) => {
      button.classList.toggle("a", wish.sheet + index === wish.seed);
      button.classList.toggle("b", wish.sheet + index === wish.seed_b);
    });
    for (const button of document.querySelectorAll(".gan-inside button"))
      button.classList.toggle("on", button.dataset.step === wish.step);
  }

  const near = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      const state = known.get(target);
      if (!state) continue;
      state.near = isIntersecting;
      if (isIntersecting) draw(target);
    }
  }, { rootMargin: "100px" });

  function find() {
    for (const img of known.keys()) if (!img.isConnected) known.delete(img);
    let fresh = false;
    for (const img of document.querySelectorAll("img[data-view]")) {
      if (known.has(img)) continue;
      known.set(img, { busy: false, wanted: null, shown: null, near: false });
      near.observe(img);
      fresh = true;
    }
    for (const line of document.querySelectorAll(".gan-score:not([data-shown])")) {
      fresh = true;
      if ("model" in wish) score(line);
    }
    if (fresh) mark();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".gan-inside button");
    if (!button) return;
    wish.step = button.dataset.step;
    for (const line of document.querySelectorAll(".gan-step")) line.textContent = button.title;
    mark();
    settled();
  });

  window.netglassGan = (...values) => {
    const names = ["model", "sheet", "truncation", "seed", "seed_b", "noise", "crossover"];
    for (let i = 1; i <= 8; i++) names.push(`d${i}`);
    names.forEach((name, index) => (wish[name] = values[index]));
    mark();
    for (const [img] of known) if (img.dataset.when === "now") draw(img);
    clearTimeout(timer);
    timer = setTimeout(settled, QUIET);
  };

  new MutationObserver((changes) => {
    // A change of language renders the page's HTML anew, and puts the blank picture back.
    for (const { target } of changes) {
      const state = known.get(target);
      if (state && !target.src.startsWith("blob:")) {
        state.shown = null;
        draw(target);
      }
    }
    find();
  }).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["src"],
  });
})();
