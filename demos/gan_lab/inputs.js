/* A visitor's own training data for the GAN lab: a drawing in the plane, or pictures. Both stay in this
   page; payload() hands over what is on show, when Run is pressed. */
(() => {
  // models/gan/training/data.py has the same side and the same four limits.
  const SIDE = 64, QUALITY = 0.95, MIN_PICTURES = 8, MAX_PICTURES = 500;
  const MIN_POINTS = 20, MAX_POINTS = 4000;
  // In the plane [-1, 1]^2: how far apart the points of a stroke lie, and a tap's disc of points.
  const STEP = 0.01, DOT_POINTS = 24, DOT_RADIUS = 0.03;
  const PIXELS = 720; // of the canvas
  const strokes = [];
  let pictures = [];
  let kind = ""; // of data: "drawn", "own", or "" for what the server has
  let say, panel = null, canvas = null, thumbnails = null;
  let pointer = null; // that draws
  let timer = null; // of the camera's pictures a second apart
  let clears = 0; // tell what was read before from what was read since
  let untouched = true; // since the page was loaded: a run found again goes on with what it has
  const isReload = performance.getEntriesByType("navigation")[0]?.type === "reload";
  const { make } = netglassPanel, button = (text, press) => netglassPanel.button(text, press);
  const camera = netglassPhotos.camera("user", (failed, gone) => {
    if (failed) showError(gone ?? say("no_camera"));
    if (!camera.isOpen()) setTimelapse(false);
    drawCamera();
  });

  const write = (selector, text) => {
    const node = panel?.querySelector(selector);
    if (node) node.textContent = text;
  };
  const showError = (text) => write(".gan-lab-error", text);

  /* The page asks before it is closed with them: they are nowhere else. */
  function noteWork() {
    const has = strokes.length > 0 || pictures.length > 0;
    if (has) untouched = false;
    netglassUnsaved.mark("lab", has);
  }

  /* How much there is and how much is needed; after a reload, that a run still has what it had. */
  const amount = (text, low, high) => isReload && untouched ? say("reloaded", { low, high }) : text;

  /* -- the drawing ------------------------------------------------------------------------------ */

  /* Points at every STEP along a stroke. */
  function along(stroke) {
    const found = [stroke[0]];
    let [x, y] = stroke[0], missing = STEP;
    for (const [nextX, nextY] of stroke) {
      let left = Math.hypot(nextX - x, nextY - y);
      while (left >= missing) {
        x += (nextX - x) * missing / left;
        y += (nextY - y) * missing / left;
        left -= missing;
        missing = STEP;
        found.push([x, y]);
      }
      missing -= left;
      [x, y] = [nextX, nextY];
    }
    return found;
  }

  /* A stroke that hardly moved is a dot: a small disc, filled evenly like a sunflower. */
  const isDot = (stroke) => along(stroke).length <= 3;
  const dot = ([x, y]) => Array.from({ length: DOT_POINTS }, (_, n) => {
    const radius = DOT_RADIUS * Math.sqrt((n + 0.5) / DOT_POINTS), turn = n * 2.399963;
    return [x + radius * Math.cos(turn), y + radius * Math.sin(turn)];
  });

  const clamp = (v) => Math.max(-1, Math.min(1, v));

  function points() {
    const rounded = (v) => clamp(Math.round(v * 1e4) / 1e4);
    const all = strokes
      .flatMap((stroke) => isDot(stroke) ? dot(stroke[0]) : along(stroke))
      .map(([x, y]) => [rounded(x), rounded(y)]);
    const count = Math.min(all.length, MAX_POINTS);
    return Array.from({ length: count }, (_, n) => all[Math.floor(n * all.length / count)]);
  }

  function position(event) {
    const box = canvas.getBoundingClientRect();
    return [
      clamp((event.clientX - box.left) / box.width * 2 - 1),
      clamp(1 - (event.clientY - box.top) / box.height * 2),
    ];
  }

  function paint() {
    if (!canvas) return;
    const pen = canvas.getContext("2d"), at = (v) => (v + 1) / 2 * PIXELS;
    pen.clearRect(0, 0, PIXELS, PIXELS);
    pen.lineWidth = 2;
    for (const line of [-0.5, 0, 0.5]) {
      pen.strokeStyle = line ? "#eee" : "#ccc";
      pen.beginPath();
      pen.moveTo(at(line), 0);
      pen.lineTo(at(line), PIXELS);
      pen.moveTo(0, at(line));
      pen.lineTo(PIXELS, at(line));
      pen.stroke();
    }
    const real = getComputedStyle(canvas).getPropertyValue("--role-real"); // as real points are in the plane
    pen.strokeStyle = pen.fillStyle = real;
    pen.lineWidth = 12;
    pen.lineCap = pen.lineJoin = "round";
    for (const stroke of strokes) {
      pen.beginPath();
      if (isDot(stroke)) {
        pen.arc(at(stroke[0][0]), at(-stroke[0][1]), DOT_RADIUS / 2 * PIXELS, 0, 7);
        pen.fill();
        continue;
      }
      stroke.forEach(([x, y]) => pen.lineTo(at(x), at(-y)));
      pen.stroke();
    }
    noteWork();
    const count = say("points", { count: points().length, low: MIN_POINTS, high: MAX_POINTS });
    write(".gan-lab-points", amount(count, MIN_POINTS, MAX_POINTS));
  }

  function drawingHalf() {
    const half = make("div", "gan-lab-source gan-lab-drawn");
    canvas = make("canvas", "role-paper"); // white in dark colours too, as the plane is
    canvas.width = canvas.height = PIXELS;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", say("canvas"));
    canvas.addEventListener("pointerdown", (event) => {
      if (pointer !== null || event.button) return;
      event.preventDefault();
      pointer = event.pointerId;
      canvas.setPointerCapture(pointer);
      strokes.push([position(event)]);
      paint();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerId !== pointer) return;
      const steps = event.getCoalescedEvents?.() ?? [];
      strokes.at(-1)?.push(...(steps.length ? steps : [event]).map(position));
      paint();
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, (event) => { if (event.pointerId === pointer) pointer = null; });
    }
    const actions = make("div", "gan-lab-actions");
    const count = make("small", "gan-lab-points");
    count.setAttribute("aria-live", "polite");
    actions.append(
      button(say("undo"), () => { strokes.pop(); paint(); }),
      netglassPanel.careful(say("clear"), say("press_again"), () => { strokes.length = 0; paint(); }, {
        has: () => strokes.length > 0,
      }),
      count,
    );
    half.append(make("p", "", say("draw")), canvas, actions);
    return half;
  }

  /* -- the pictures ----------------------------------------------------------------------------- */

  function showCount() {
    noteWork();
    const count = say("pictures", { count: pictures.length, low: MIN_PICTURES, high: MAX_PICTURES });
    write(".gan-lab-count", amount(count, MIN_PICTURES, MAX_PICTURES));
  }

  function addPicture(picture) {
    if (pictures.length >= MAX_PICTURES) return showError(say("full", { limit: MAX_PICTURES }));
    pictures.push(picture);
    thumbnails.append(thumbnail(picture));
    showCount();
  }

  const thumbnail = (picture) =>
    netglassPhotos.thumbnail(picture, say("remove", { name: picture.name }), () => {
      pictures = pictures.filter((other) => other !== picture);
      showCount();
    });

  async function read(files) {
    const before = clears, room = MAX_PICTURES - pictures.length;
    const full = files.length > room ? say("full", { limit: MAX_PICTURES }) : "";
    showError("");
    const failed = await netglassPhotos.readAll(files.slice(0, room), (bitmap, name) => {
      if (before === clears) addPicture({ src: netglassPhotos.square(bitmap, SIDE, QUALITY), name });
      return before === clears;
    });
    if (before === clears) showError([full, failed].filter(Boolean).join(" "));
  }

  function snap() {
    const picture = camera.snap(SIDE, QUALITY);
    if (picture) addPicture(picture);
    if (pictures.length >= MAX_PICTURES) setTimelapse(false);
  }

  function setTimelapse(on) {
    clearInterval(timer);
    timer = on ? setInterval(snap, 1000) : null;
    const box = panel.querySelector("input[type=checkbox]");
    if (box) box.checked = on;
  }

  function drawCamera() {
    const area = panel.querySelector(".gan-lab-camera");
    area.replaceChildren();
    if (!camera.isOpen()) return;
    const actions = make("div", "gan-lab-actions");
    const label = make("label"), box = make("input");
    box.type = "checkbox";
    box.checked = timer !== null;
    box.addEventListener("change", () => setTimelapse(box.checked));
    label.append(box, " ", say("often"));
    actions.append(button(say("snap"), () => { showError(""); snap(); }), label);
    area.append(camera.view(), actions);
  }

  function picturesHalf() {
    const half = make("div", "gan-lab-source gan-lab-own");
    const actions = make("div", "gan-lab-actions");
    const counted = make("small", "gan-lab-count");
    counted.setAttribute("aria-live", "polite");
    const clear = () => {
      clears += 1;
      pictures = [];
      thumbnails.replaceChildren();
      showError("");
      showCount();
    };
    actions.append(
      netglassPhotos.fileButton(say("add"), true, read),
      ...netglassPhotos.LIVE ? [button(say("camera"), () => { showError(""); camera.toggle(); })] :
        [netglassPhotos.fileButton(say("snap"), false, read, "user"), netglassPhotos.whyNotLive()],
      netglassPanel.careful(say("clear"), say("press_again"), clear, { has: () => pictures.length > 0 }), counted,
    );
    thumbnails = make("div", "photo-thumbnails");
    thumbnails.append(...pictures.map(thumbnail));
    const error = make("div", "gan-lab-error");
    error.setAttribute("role", "alert");
    half.append(make("p", "", say("note")), actions, make("div", "gan-lab-camera"), error, thumbnails);
    return half;
  }

  /* -- the panel -------------------------------------------------------------------------------- */

  function draw() {
    pointer = null;
    panel.replaceChildren(drawingHalf(), picturesHalf());
    panel.dataset.kind = kind;
    paint();
    showCount();
    drawCamera();
  }

  window.netglassGanLab = {
    show(wanted) {
      kind = wanted === "drawn" || wanted === "own" ? wanted : "";
      if (!panel) return;
      panel.dataset.kind = kind;
      if (kind !== "own") camera.close();
    },
    payload: () => JSON.stringify({
      points: kind === "drawn" ? points() : [],
      pictures: kind === "own" ? pictures.map((entry) => entry.src) : [],
      ...untouched && { untouched },
    }),
  };

  netglassPanel.watch("gan-lab-inputs", (element, texts) => { panel = element; say = texts; draw(); });
})();
