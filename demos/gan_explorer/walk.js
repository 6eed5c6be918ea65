/* The walk from cat A to cat B: its slider sets the knob `t`, and a button moves the slider there and back
   at the screen's rate. It plays by itself where the pictures are drawn in the browser, unless less
   motion is asked for. */
(() => {
  const SECONDS = 4; // from A to B
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let playing = false;
  let begun = false; // it has played by itself, or somebody has taken it in hand
  let time = 0; // seconds of the walk
  let before = 0; // of the last frame, in ms

  const inSight = () => [...document.querySelectorAll(".gan-walk")].find((walk) => walk.offsetParent);

  function mark(walk) {
    walk.querySelector("button").setAttribute("aria-pressed", String(playing));
  }

  function show(t) {
    netglassGan.set("t", Math.round(1000 * t) / 1000);
  }

  function frame(now) {
    const walk = inSight();
    if (!walk) playing = false;
    if (!playing) return;
    time += Math.min(now - before, 100) / 1000;
    before = now;
    const round = (time / SECONDS) % 2;
    const t = round < 1 ? round : 2 - round;
    walk.querySelector("input").value = t;
    mark(walk);
    show(t);
    requestAnimationFrame(frame);
  }

  function play() {
    playing = true;
    before = performance.now();
    requestAnimationFrame(frame);
  }

  document.addEventListener("click", (event) => {
    const walk = event.target.closest?.(".gan-walk");
    if (!walk || !event.target.closest("button")) return;
    begun = true;
    if (playing) playing = false;
    else play();
    mark(walk);
  });

  document.addEventListener("input", (event) => {
    const walk = event.target.closest?.(".gan-walk");
    if (!walk) return;
    begun = true;
    playing = false;
    time = SECONDS * Number(event.target.value);
    mark(walk);
    show(Number(event.target.value));
  });

  // `load` does not bubble. The picture before the first is a data: address.
  document.addEventListener("load", ({ target }) => {
    if (target.dataset?.view !== "walk.png" || !target.src.startsWith("blob:")) return;
    if (begun || still.matches || !netglassClientEngine.isReady()) return;
    begun = true;
    play();
  }, true);
})();
