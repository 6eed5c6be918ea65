/* What a visitor brings to the GAN gym: a drawing in the plane, or pictures of their own. Both stay
   in this page; payload() hands over what is on show, when Run is pressed. */
(() => {
  const SIDE = 64, LEAST = 8, MOST = 500, NAMED = 10;
  const LEAST_POINTS = 20, MOST_POINTS = 4000; // models/gan_data.py has the same four limits
  // In the plane [-1, 1]^2: how far apart the points of a stroke lie, and a tap's disc of points.
  const STEP = 0.01, DOT = 24, DOT_RADIUS = 0.03, BLUE = "#2f7ed8", PIXELS = 720;
  const strokes = [];
  let pictures = [], kind = "", say, panel = null, canvas = null, thumbs = null;
  let pointer = null, stream = null, timer = null, opening = 0, clearings = 0;
  const { make } = netglassPanel;

  const button = (text, press) => {
    const node = make("button", "", text);
    node.type = "button";
    node.addEventListener("click", press);
    return node;
  };
  const write = (place, text) => {
    const node = panel?.querySelector(place);
    if (node) node.textContent = text;
  };
  const complain = (text) => write(".gym-trouble", text);

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
  const dot = ([x, y]) => Array.from({ length: DOT }, (_, n) => {
    const radius = DOT_RADIUS * Math.sqrt((n + 0.5) / DOT), turn = n * 2.399963;
    return [x + radius * Math.cos(turn), y + radius * Math.sin(turn)];
  });

  function points() {
    const clamp = (v) => Math.max(-1, Math.min(1, Math.round(v * 1e4) / 1e4));
    const all = strokes
      .flatMap((stroke) => isDot(stroke) ? dot(stroke[0]) : along(stroke))
      .map(([x, y]) => [clamp(x), clamp(y)]);
    const count = Math.min(all.length, MOST_POINTS);
    return Array.from({ length: count }, (_, n) => all[Math.floor(n * all.length / count)]);
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    const inside = (v) => Math.max(-1, Math.min(1, v));
    return [
      inside((event.clientX - box.left) / box.width * 2 - 1),
      inside(1 - (event.clientY - box.top) / box.height * 2),
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
    pen.strokeStyle = pen.fillStyle = BLUE;
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
    write(".gym-points", say("points", { count: points().length, low: LEAST_POINTS, high: MOST_POINTS }));
  }

  function board() {
    const half = make("div", "gym-half gym-canvas");
    canvas = make("canvas");
    canvas.width = canvas.height = PIXELS;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", say("canvas"));
    canvas.addEventListener("pointerdown", (event) => {
      if (pointer !== null || event.button) return;
      event.preventDefault();
      pointer = event.pointerId;
      canvas.setPointerCapture(pointer);
      strokes.push([place(event)]);
      paint();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerId !== pointer) return;
      const steps = event.getCoalescedEvents?.() ?? [];
      strokes.at(-1)?.push(...(steps.length ? steps : [event]).map(place));
      paint();
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, (event) => { if (event.pointerId === pointer) pointer = null; });
    }
    const actions = make("div", "gym-actions");
    const count = make("small", "gym-points");
    count.setAttribute("aria-live", "polite");
    actions.append(
      button(say("undo"), () => { strokes.pop(); paint(); }),
      button(say("clear"), () => { strokes.length = 0; paint(); }),
      count,
    );
    half.append(make("p", "", say("draw")), canvas, actions);
    return half;
  }

  /* -- the tray --------------------------------------------------------------------------------- */

  /* The centre square. Halved again and again: one big leap would skip most of the pixels. */
  function shrink(source, width, height) {
    let side = Math.min(width, height), left = (width - side) / 2, top = (height - side) / 2;
    do {
      const next = side > 2 * SIDE ? Math.ceil(side / 2) : SIDE;
      source = drawn(source, left, top, side, next);
      [side, left, top] = [next, 0, 0];
    } while (side !== SIDE);
    return source.toDataURL("image/jpeg", 0.95);
  }

  function drawn(source, left, top, side, next) {
    const sheet = make("canvas");
    sheet.width = sheet.height = next;
    const pen = sheet.getContext("2d");
    pen.fillStyle = "#fff"; // JPEG would show what is transparent as black
    pen.fillRect(0, 0, next, next);
    pen.imageSmoothingQuality = "high";
    pen.drawImage(source, left, top, side, side, 0, 0, next, next);
    return sheet;
  }

  function count() {
    write(".gym-count", say("pictures", { count: pictures.length, low: LEAST, high: MOST }));
  }

  function keep(picture) {
    if (pictures.length >= MOST) return complain(say("full", { limit: MOST }));
    const entry = { src: picture };
    pictures.push(entry);
    thumbs.append(thumb(entry));
    count();
  }

  function thumb(entry) {
    const img = make("img"), node = button(null, () => {
      pictures = pictures.filter((other) => other !== entry);
      node.remove();
      count();
    });
    Object.assign(img, { src: entry.src, alt: "" });
    node.title = say("remove");
    node.setAttribute("aria-label", say("remove"));
    node.append(img);
    return node;
  }

  async function read(files) {
    const turn = clearings, unread = [];
    complain("");
    for (const file of files) {
      if (pictures.length >= MOST) { complain(say("full", { limit: MOST })); break; }
      let picture = null;
      try {
        const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
        picture = shrink(bitmap, bitmap.width, bitmap.height);
        bitmap.close();
      } catch {
        unread.push(file.name);
      }
      if (turn !== clearings) return;
      if (picture) keep(picture);
    }
    if (!unread.length) return;
    const names = unread.slice(0, NAMED).join(", ") + (unread.length > NAMED ? ", …" : "");
    const before = panel.querySelector(".gym-trouble").textContent;
    complain([before, say("unread", { count: unread.length, names })].filter(Boolean).join(" "));
  }

  function snap() {
    const video = panel.querySelector("video");
    if (video?.videoWidth) keep(shrink(video, video.videoWidth, video.videoHeight));
    if (pictures.length >= MOST) often(false);
  }

  function often(on) {
    clearInterval(timer);
    timer = on ? setInterval(snap, 1000) : null;
    const box = panel.querySelector("input[type=checkbox]");
    if (box) box.checked = on;
  }

  function close() {
    opening += 1;
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    often(false);
    lens();
  }

  async function camera() {
    complain("");
    if (stream) return close();
    const turn = ++opening;
    try {
      const opened = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
      if (turn === opening && !stream) stream = opened;
      else opened.getTracks().forEach((track) => track.stop());
    } catch {
      if (turn === opening) complain(say("no_camera"));
    }
    lens();
  }

  function lens() {
    const place = panel.querySelector(".gym-lens");
    place.replaceChildren();
    if (!stream) return;
    const video = make("video"), actions = make("div", "gym-actions");
    Object.assign(video, { srcObject: stream, autoplay: true, muted: true, playsInline: true });
    const label = make("label"), box = make("input");
    box.type = "checkbox";
    box.checked = timer !== null;
    box.addEventListener("change", () => often(box.checked));
    label.append(box, " ", say("often"));
    actions.append(button(say("snap"), () => { complain(""); snap(); }), label);
    place.append(video, actions);
  }

  function tray() {
    const half = make("div", "gym-half gym-tray");
    const input = make("input"), actions = make("div", "gym-actions");
    Object.assign(input, { type: "file", accept: "image/*", multiple: true, hidden: true });
    input.addEventListener("change", async () => { const files = [...input.files]; input.value = ""; await read(files); });
    const counted = make("small", "gym-count");
    counted.setAttribute("aria-live", "polite");
    const clear = () => {
      clearings += 1;
      pictures = [];
      thumbs.replaceChildren();
      complain("");
      count();
    };
    actions.append(
      button(say("add"), () => input.click()), input,
      button(say("camera"), camera), button(say("clear"), clear), counted,
    );
    thumbs = make("div", "gym-thumbs");
    thumbs.append(...pictures.map(thumb));
    const trouble = make("div", "gym-trouble");
    trouble.setAttribute("role", "alert");
    half.append(make("p", "", say("note")), actions, make("div", "gym-lens"), trouble, thumbs);
    return half;
  }

  /* -- the panel -------------------------------------------------------------------------------- */

  function draw() {
    pointer = null;
    panel.replaceChildren(board(), tray());
    panel.dataset.kind = kind;
    paint();
    count();
    lens();
  }

  window.netglassGym = {
    show(wanted) {
      kind = wanted === "drawn" || wanted === "own" ? wanted : "";
      if (!panel) return;
      panel.dataset.kind = kind;
      if (kind !== "own") close();
    },
    payload: () => JSON.stringify({
      points: kind === "drawn" ? points() : [],
      pictures: kind === "own" ? pictures.map((entry) => entry.src) : [],
    }),
  };

  netglassPanel.watch("gym-inputs", (found, told) => { panel = found; say = told; draw(); });
})();
