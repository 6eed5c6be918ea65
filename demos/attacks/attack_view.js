/* The photo and the attacked picture, drawn from the exact pixels: a wipe between both, whose right side
   has as much of the change as a slider says, with the network's verdict on just that; and the change
   alone, magnified. The server classified every blend that the slider can show. */
(() => {
  const BLENDS = 16, LARGEST = 31, GREY = 128;
  const { make } = netglassPanel;
  const chosen = { wipe: 50, blend: BLENDS, factor: LARGEST };
  const pictures = { clean: null, adversarial: null }; // {src, pixels}
  let view = null, sayView = null, magnified = null, sayMagnified = null;
  let verdicts = { before: null, now: null, blends: [] };
  let drawn = ""; // the verdicts as the page has them

  /* -- what the page holds ---------------------------------------------------------------------- */

  async function pixelsOf(src) {
    const image = new Image();
    image.src = src;
    await image.decode();
    const canvas = make("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, canvas.width, canvas.height);
  }

  async function load(name) {
    const src = document.querySelector(`#attack-${name} img`)?.src ?? null;
    if (src === (pictures[name]?.src ?? null)) return;
    const picture = src && { src, pixels: null };
    pictures[name] = picture;
    if (picture) picture.pixels = await pixelsOf(src).catch(() => null);
    if (pictures[name] === picture) draw();
  }

  function follow() {
    if (!view) return;
    load("clean");
    load("adversarial");
    const said = document.querySelector("#attack-said [data-said]")?.dataset.said ?? "";
    if (said === drawn) return;
    drawn = said;
    verdicts = said ? JSON.parse(said) : { before: null, now: null, blends: [] };
    draw();
  }

  /* Both pictures' pixels; the second is null where there is none of the same size. */
  function pair() {
    const clean = pictures.clean?.pixels ?? null, other = pictures.adversarial?.pixels ?? null;
    return [clean, clean && other && other.width === clean.width ? other : null];
  }

  /* -- drawing ---------------------------------------------------------------------------------- */

  /* Draws value(index) of the three colours of each pixel. */
  function paint(canvas, like, value) {
    if (canvas.width !== like.width) canvas.width = canvas.height = like.width; // all are square
    const image = new ImageData(like.width, like.height);
    for (let i = 0; i < image.data.length; i += 4) {
      for (let c = 0; c < 3; c += 1) image.data[i + c] = value(i, c);
      image.data[i + 3] = 255;
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  const percent = (share) => `${(share * 100).toFixed(1)}%`;

  const named = (name) => verdicts.names?.[name]?.[document.documentElement.lang] ?? name;

  function verdict(place, title, found, outcome = "") {
    const head = make("small", "", outcome ? `${title}: ` : title);
    if (outcome) head.append(make("strong", "", outcome));
    const name = found ? named(found[0]) : "?", chance = found ? percent(found[1]) : "";
    place.replaceChildren(head, make("b", "", name), make("span", "", chance));
  }

  /* Whether the network is fooled: said of every blend in which it sees the class of the last. */
  function fooled(blends, now) {
    if (verdicts.success == null || (now && now[0] !== blends.at(-1)[0])) return "";
    return sayView(verdicts.success ? "success" : "failure");
  }

  /* What the bars' colours stand for. */
  function drawLegend(place, blends) {
    const first = make("span", "role-real", named(blends[0][0]));
    const other = make("span", "role-made", sayView("track_other"));
    place.replaceChildren(make("span", "", sayView("track")), first, other);
  }

  function draw() {
    if (view) drawView();
    if (magnified) drawChange();
  }

  function drawView() {
    const [clean, other] = pair(), find = (css) => view.querySelector(css);
    find(".attack-none").hidden = Boolean(clean);
    find(".attack-pair").hidden = !clean;
    if (!clean) return;
    const blends = other ? verdicts.blends : [], last = blends.length - 1;
    const share = last > 0 ? chosen.blend / last : 1;
    paint(find(".attack-left"), clean, (i, c) => clean.data[i + c]);
    // As models/attacks/blend.py, which classified it.
    if (other) paint(find(".attack-right"), clean, (i, c) =>
      even(clean.data[i + c] + share * (other.data[i + c] - clean.data[i + c])));
    find(".attack-wipe").classList.toggle("attack-whole", !other);
    verdict(find(".attack-before"), sayView("view_before"), verdicts.before);
    const now = last > 0 ? blends[chosen.blend] : null;
    verdict(find(".attack-after"), sayView("view_after"), now ?? verdicts.now, fooled(blends, now));
    find(".attack-blend").hidden = last < 1;
    if (last < 1) return;
    drawLegend(find(".attack-legend"), blends);
    find(".attack-blend output").textContent = `${Math.round(share * 100)}%`;
    find(".attack-track").replaceChildren(...blends.map(([name, chance], n) => {
      const same = name === blends[0][0];
      const bar = make("i", `${same ? "role-real" : "role-made"}${n === chosen.blend ? " now" : ""}`);
      bar.style.height = `${Math.max(8, chance * 100)}%`;
      return bar;
    }));
  }

  /* Halves to even, as PyTorch rounds. */
  const even = (value) => {
    const floor = Math.floor(value), rest = value - floor;
    return rest > 0.5 || (rest === 0.5 && floor % 2) ? floor + 1 : floor;
  };

  const colour = (element, role) => {
    const code = getComputedStyle(element).getPropertyValue(`--role-${role}`).trim();
    return [1, 3, 5].map((at) => parseInt(code.slice(at, at + 2), 16));
  };

  function drawChange() {
    const [clean, other] = pair(), canvas = magnified.querySelector("canvas");
    magnified.hidden = !other;
    if (!other) return;
    magnified.querySelector("label span").textContent =
      sayMagnified("change_factor", { factor: chosen.factor });
    const lighter = colour(canvas, "made"), darker = colour(canvas, "real");
    paint(canvas, clean, (i, c) => {
      let change = 0;
      for (let k = 0; k < 3; k += 1) change += (other.data[i + k] - clean.data[i + k]) / 3;
      const share = Math.min(1, Math.abs(change) * chosen.factor / (GREY - 1));
      return GREY + share * ((change > 0 ? lighter : darker)[c] - GREY);
    });
  }

  /* -- building --------------------------------------------------------------------------------- */

  function slider(name, low, high, moved) {
    const input = make("input");
    Object.assign(input, { type: "range", min: low, max: high, value: chosen[name] });
    input.addEventListener("input", () => { chosen[name] = Number(input.value); moved(); });
    return input;
  }

  function buildView() {
    const whole = make("div", "attack-pair"), wipe = make("div", "attack-wipe");
    const move = () => wipe.style.setProperty("--wipe", `${chosen.wipe}%`);
    const handle = slider("wipe", 0, 100, move), label = make("label", "attack-blend");
    handle.setAttribute("aria-label", sayView("wipe"));
    const right = make("p", "attack-verdict attack-after role-made");
    right.setAttribute("aria-live", "polite");
    wipe.append(make("canvas", "attack-left"), make("canvas", "attack-right"), make("i"), handle);
    label.append(
      make("span", "", sayView("blend")), make("output"), slider("blend", 0, BLENDS, drawView),
      make("span", "attack-track"), make("small", "attack-legend"), make("small", "", sayView("hint")),
    );
    whole.append(make("p", "attack-verdict attack-before role-real"), wipe, right, label);
    view.replaceChildren(make("p", "attack-none", sayView("before_none")), whole);
    move();
    draw();
  }

  function buildChange() {
    const label = make("label");
    label.append(make("span"), slider("factor", 1, LARGEST, drawChange));
    magnified.replaceChildren(
      label, make("canvas", "role-paper"), make("small", "", sayMagnified("change_legend")));
    draw();
  }

  netglassPanel.watch("attack-view", (element, say) => {
    view = element;
    sayView = say;
    buildView();
    follow();
  });
  netglassPanel.watch("attack-change", (element, say) => {
    magnified = element;
    sayMagnified = say;
    buildChange();
  });
  new MutationObserver(follow).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["src", "data-said"],
  });
})();
