/* "Your own cat": the box around the face, which fingers and keys move, and what the section's knobs are.

   The server writes the photograph with its box (own_cat.py); from then on the box is the browser's, and
   goes along when a run starts. The knobs go to gan_explorer.js under names of their own. */
window.netglassOwn = (() => {
  const NAMES = ["own_space", "own_d1", "own_d2", "own_d3", "own_d4", "own_toward"];
  const STEP = 0.02; // of the box's side, for a key
  const LARGEST = 2; // times the photograph's longer side
  const SCORES_DELAY = 250; // ms
  let drag = null; // {element, resizes, x, y: where it began, box: what it was then}
  let timer = 0;

  const boxOf = (element) => JSON.parse(element.dataset.box);

  function place(element) {
    const { width, height } = element.dataset;
    const [x, y, side] = boxOf(element);
    const frame = element.querySelector(".frame");
    frame.style.left = `${(100 * x) / width}%`;
    frame.style.top = `${(100 * y) / height}%`;
    frame.style.width = `${(100 * side) / width}%`;
    frame.style.height = `${(100 * side) / height}%`;
  }

  /* Its middle stays inside the photograph. */
  function set(element, x, y, side) {
    const { width, height, least } = Object.fromEntries(
      Object.entries(element.dataset).map(([name, value]) => [name, Number(value)]),
    );
    const kept = Math.min(Math.max(side, least), LARGEST * Math.max(width, height));
    const [left, top] = [[x, width], [y, height]].map(([at, most]) => (
      Math.min(Math.max(at + kept / 2, 0), most) - kept / 2
    ));
    element.dataset.box = JSON.stringify([left, top, kept].map((value) => Math.round(10 * value) / 10));
    place(element);
  }

  document.addEventListener("pointerdown", (event) => {
    const frame = event.target.closest?.(".own-box .frame");
    if (!frame) return;
    const element = frame.closest(".own-box");
    const resizes = event.target.classList.contains("corner");
    drag = { element, resizes, x: event.clientX, y: event.clientY, box: boxOf(element) };
    frame.setPointerCapture(event.pointerId);
  });

  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const { element, resizes, box: [x, y, side] } = drag;
    const pixels = element.dataset.width / element.clientWidth;
    const [right, down] = [pixels * (event.clientX - drag.x), pixels * (event.clientY - drag.y)];
    if (resizes) set(element, x, y, side + Math.max(right, down));
    else set(element, x + right, y + down, side);
  });

  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, () => { drag = null; });
  }

  document.addEventListener("keydown", (event) => {
    const frame = event.target.closest?.(".own-box .frame");
    if (!frame || event.ctrlKey || event.metaKey || event.altKey) return;
    const element = frame.closest(".own-box");
    const [x, y, side] = boxOf(element);
    const step = STEP * side;
    const moves = {
      ArrowLeft: [-step, 0, 0], ArrowRight: [step, 0, 0], ArrowUp: [0, -step, 0], ArrowDown: [0, step, 0],
      "+": [-step / 2, -step / 2, step], "-": [step / 2, step / 2, -step],
    };
    const move = moves[event.key === "=" ? "+" : event.key];
    if (!move) return;
    event.preventDefault();
    set(element, x + move[0], y + move[1], side + move[2]);
  });

  function readFacts() {
    for (const element of document.querySelectorAll(".own-box:not([data-placed])")) {
      element.dataset.placed = "";
      place(element);
    }
    for (const facts of document.querySelectorAll(".own-facts:not([data-read])")) {
      facts.dataset.read = "";
      document.getElementById("gan-own-card")?.toggleAttribute("data-has", facts.dataset.own !== "");
      netglassClientEngine.prepareOwn(facts.dataset.tuned);
      netglassGan.set("own", facts.dataset.own);
      netglassGan.set("seen", facts.dataset.step);
      scores();
    }
  }

  function scores() {
    clearTimeout(timer);
    timer = setTimeout(netglassGan.draw, SCORES_DELAY);
  }

  new MutationObserver(readFacts).observe(document.documentElement, { childList: true, subtree: true });

  return {
    /* The box as JSON; "" where there is none. */
    box: () => document.querySelector(".own-box")?.dataset.box ?? "",
    /* There is no box until the server writes one. */
    forget: () => {
      for (const element of document.querySelectorAll(".own-box")) {
        element.dataset.box = "";
        element.hidden = true;
      }
      return "";
    },
    /* Told the values of the section's knobs, in the order of NAMES. */
    knobs: (values) => {
      NAMES.forEach((name, index) => netglassGan.set(name, values[index]));
      scores();
    },
  };
})();
